// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/error.hpp>
#include <lsm/storage/file_system/page_guard.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

namespace lsm::detail {

/// The first bytes of a file as memory that can be stored to. What is stored survives the end of the
/// process. A child process does not have it.
class posix_mapping {
public:
    /// @param path for messages
    posix_mapping(void* at, std::size_t bytes, std::string path) noexcept
        : at_(static_cast<std::byte*>(at)), bytes_(bytes), path_(std::move(path)) {}
    posix_mapping(posix_mapping&& other) noexcept
        : at_(std::exchange(other.at_, nullptr)), bytes_(other.bytes_),
          path_(std::move(other.path_)), failed_(other.failed_.load()), owner_(other.owner_) {}
    posix_mapping& operator=(posix_mapping&&) = delete;
    ~posix_mapping() {  // in a child, something else may be there
        if (at_ && owner_ == ::getpid()) ::munmap(at_, bytes_);
    }

    /// Stores from the front on: a process that ends meanwhile leaves a beginning, and less than
    /// `step` bytes behind it.
    /// @throws error `io` past the end, and where a page is no part of the file any more, then and from then
    /// on
    void store(std::uint64_t offset, byte_view bytes) {
        if (offset > bytes_ || bytes.size() > bytes_ - offset)
            throw error(errc::io, "writing " + path_ + " failed: offset " + std::to_string(offset) +
                                      " is past the end of its mapping");
        std::byte* to = at_ + offset;
        const page_guard guard(to, bytes.size());
        // One memcpy may store the first bytes last, and a whole commit would stand behind a hole.
        for (; bytes.size() >= step; bytes = bytes.subspan(step), to += step) {
            std::memcpy(to, bytes.data(), step);
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
        if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
        if (guard.has_faulted()) failed_.store(true, std::memory_order_relaxed);
        if (failed_.load(std::memory_order_relaxed))
            throw error(errc::io,
                        "writing " + path_ +
                            " failed: its mapping has lost a page: the file was cut, its file "
                            "system is read-only, or the device cannot be read");
    }

    /// Says that the file is about to be synced. The pages stay stored to, and come back when they are
    /// stored to again; without this the system would protect them one by one, and interrupt all
    /// processors for each. Any thread.
    void before_sync() noexcept {
        if (at_ && owner_ == ::getpid()) ::madvise(at_, bytes_, MADV_DONTNEED);
    }

private:
    static constexpr std::size_t step = 32;  // less than any commit in the log

    std::byte* at_;
    std::size_t bytes_;
    std::string path_;
    std::atomic<bool> failed_ = false;  // the log's writer stores, and a thread that syncs
    pid_t owner_ = ::getpid();
};

/// All bytes of a file as memory, to be read. Moving it leaves them where they are.
class posix_read_mapping {
public:
    explicit posix_read_mapping(std::span<const std::byte> at) noexcept : at_(at) {}
    posix_read_mapping(posix_read_mapping&& other) noexcept
        : at_(std::exchange(other.at_, {})), failed_(other.failed_.load()) {}
    posix_read_mapping& operator=(posix_read_mapping&&) = delete;
    ~posix_read_mapping() {
        if (!at_.empty()) ::munmap(const_cast<std::byte*>(at_.data()), at_.size());
    }

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return at_; }
    /// Copies from there. Any thread. @pre it fits
    /// @returns false where a page is no part of the file any more, then and from then on: a system call
    /// says why
    [[nodiscard]] bool copy(std::uint64_t offset, std::span<std::byte> to) const noexcept {
        if (to.empty()) return true;
        const std::byte* const from = at_.data() + offset;
        const page_guard guard(from, to.size());
        std::memcpy(to.data(), from, to.size());
        if (guard.has_faulted()) failed_.store(true, std::memory_order_relaxed);
        return !failed_.load(std::memory_order_relaxed);
    }

private:
    std::span<const std::byte> at_;
    mutable std::atomic<bool> failed_ = false;
};

}  // namespace lsm::detail
