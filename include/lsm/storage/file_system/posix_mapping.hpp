// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

namespace lsm::detail {

/// The first bytes of a file as memory that can be stored to. What is stored survives the end of the
/// process. A child process does not have it.
class posix_mapping {
public:
    posix_mapping(void* at, std::size_t bytes) noexcept
        : at_(static_cast<std::byte*>(at)), bytes_(bytes) {}
    posix_mapping(posix_mapping&& other) noexcept
        : at_(std::exchange(other.at_, nullptr)), bytes_(other.bytes_), owner_(other.owner_) {}
    posix_mapping& operator=(posix_mapping&& other) noexcept {
        std::swap(at_, other.at_);
        std::swap(bytes_, other.bytes_);
        std::swap(owner_, other.owner_);
        return *this;
    }
    ~posix_mapping() {  // in a child, something else may be there
        if (at_ && owner_ == ::getpid()) ::munmap(at_, bytes_);
    }

    /// Stores from the front on: a process that ends meanwhile leaves a beginning, and less than
    /// `step` bytes behind it. @pre it fits
    void store(std::uint64_t offset, byte_view bytes) noexcept {
        LSM_ASSERT(offset <= bytes_ && bytes.size() <= bytes_ - offset);
        // One memcpy may store the first bytes last, and a whole commit would stand behind a hole.
        std::byte* to = at_ + offset;
        for (; bytes.size() >= step; bytes = bytes.subspan(step), to += step) {
            std::memcpy(to, bytes.data(), step);
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
        if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
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
    pid_t owner_ = ::getpid();
};

/// All bytes of a file as memory, to be read. Moving it leaves them where they are.
class posix_read_mapping {
public:
    explicit posix_read_mapping(std::span<const std::byte> at) noexcept : at_(at) {}
    posix_read_mapping(posix_read_mapping&& other) noexcept : at_(std::exchange(other.at_, {})) {}
    posix_read_mapping& operator=(posix_read_mapping&& other) noexcept {
        std::swap(at_, other.at_);
        return *this;
    }
    ~posix_read_mapping() {
        if (!at_.empty()) ::munmap(const_cast<std::byte*>(at_.data()), at_.size());
    }

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return at_; }

private:
    std::span<const std::byte> at_;
};

}  // namespace lsm::detail
