// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/checksum.hpp>
#include <lsm/core/error.hpp>
#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/building_memory.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lsm::engine {

/// How many tables may keep their files open at a time.
class open_files {
public:
    explicit open_files(std::size_t most) noexcept : left_(most) {}

    /// @returns whether one more may; it calls `give_back` when it does not any more
    [[nodiscard]] bool take() noexcept {
        std::size_t left = left_.load(std::memory_order_relaxed);
        while (left > 0)
            if (left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) return true;
        return false;
    }
    void give_back() noexcept { left_.fetch_add(1, std::memory_order_relaxed); }

private:
    std::atomic<std::size_t> left_;
};

/// What the tables of a store share.
template <class Medium>
struct table_resources {
    std::shared_ptr<Medium> medium;
    std::shared_ptr<block_cache> cache;
    std::shared_ptr<open_files> files;
    std::uint64_t filter_seed;                  ///< of those that are written
    std::shared_ptr<building_memory> building;  ///< of all tables that are being written
};

/// A table's file as it is read. It stays open where `open_files` lets it; else each read opens it, so
/// that the number of tables is not bounded by that of descriptors. Any thread may read.
template <class Medium>
class table_file {
    using reader = decltype(std::declval<const Medium&>().open(table_name{}));

public:
    /// @throws error `corruption` if it is missing or has another length, or `io`
    table_file(std::shared_ptr<Medium> on, std::shared_ptr<open_files> files,
               const table_record& record)
        : medium_(std::move(on)), files_(std::move(files)), name_{record.id, record.extension},
          bytes_(record.bytes) {
        reader opened = medium_->open(name_);
        if (opened.bytes() != bytes_)
            throw error(errc::corruption, where() + ": expected " + std::to_string(bytes_) +
                                              " bytes, got " + std::to_string(opened.bytes()));
        if (files_->take()) kept_.emplace(std::move(opened));
    }
    table_file(const table_file&) = delete;
    table_file& operator=(const table_file&) = delete;
    ~table_file() {
        if (kept_) files_->give_back();
    }

    /// Reads an extent, and checks it. @throws error `corruption` or `io`
    [[nodiscard]] byte_buffer read(const extent& from) const {
        if (from.offset > bytes_ || from.bytes > bytes_ - from.offset)
            throw damaged(from, "the table has only " + std::to_string(bytes_) + " bytes");
        byte_buffer bytes(from.bytes);
        if (kept_)
            kept_->read(from.offset, bytes);
        else
            medium_->open(name_).read(from.offset, bytes);
        const std::uint64_t found = checksum(bytes);
        if (found != from.checksum)
            throw damaged(from, "expected checksum " + std::to_string(from.checksum) + ", got " +
                                    std::to_string(found));
        return bytes;
    }
    /// Says that these bytes will be read soon, to a medium that can begin with it.
    void expect(std::uint64_t offset, std::uint64_t bytes) const noexcept {
        if constexpr (requires(const reader& kept) { kept.expect(offset, bytes); })
            if (kept_) kept_->expect(offset, bytes);
    }
    void remove() { medium_->remove(name_); }

    /// Names it in messages.
    [[nodiscard]] std::string where() const {
        return medium_->describe() + "/" + name_.file_name();
    }

private:
    [[nodiscard]] error damaged(const extent& what, const std::string& how) const {
        return error(errc::corruption, where() + ": " + std::to_string(what.bytes) +
                                           " bytes at offset " + std::to_string(what.offset) +
                                           " are damaged: " + how);
    }

    std::shared_ptr<Medium> medium_;
    std::shared_ptr<open_files> files_;
    table_name name_;
    std::uint64_t bytes_;
    std::optional<reader> kept_;
};

}  // namespace lsm::engine
