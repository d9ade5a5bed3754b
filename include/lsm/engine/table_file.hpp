// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/checksum.hpp>
#include <lsm/core/error.hpp>
#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/building_memory.hpp>
#include <lsm/engine/open_files.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace lsm::engine {

/// What the tables of a store share.
template <class Medium>
struct table_resources {
    std::shared_ptr<Medium> medium;
    std::shared_ptr<block_cache> cache;
    std::shared_ptr<open_files> files;
    std::uint64_t filter_seed;                  ///< of those that are written
    std::shared_ptr<building_memory> building;  ///< of all tables that are being written
};

/// A table's file as it is read. `open_files` keeps the files open that are read most; else a read opens the
/// file, so that the number of tables is not bounded by that of descriptors. Any thread may read.
template <class Medium>
class table_file {
    using reader = decltype(std::declval<const Medium&>().open(table_name{}));

public:
    /// @throws error `corruption` if it is missing or has another length, or `io`
    table_file(std::shared_ptr<Medium> on, std::shared_ptr<open_files> files,
               const table_record& record)
        : medium_(std::move(on)), files_(std::move(files)), name_{record.id, record.extension},
          bytes_(record.bytes) {
        auto opened = std::make_shared<const reader>(medium_->open(name_));
        if (opened->bytes() != bytes_)
            throw error(errc::corruption, where() + ": expected " + std::to_string(bytes_) +
                                              " bytes, got " + std::to_string(opened->bytes()));
        files_->keep(kept_, std::move(opened));
    }
    table_file(const table_file&) = delete;
    table_file& operator=(const table_file&) = delete;
    ~table_file() { files_->forget(kept_); }

    /// Reads an extent, and checks it. @throws error `corruption` or `io`
    [[nodiscard]] byte_buffer read(const extent& from) const {
        if (from.offset > bytes_ || from.bytes > bytes_ - from.offset)
            throw damaged(from, "the table has only " + std::to_string(bytes_) + " bytes");
        byte_buffer bytes(from.bytes);
        opened()->read(from.offset, bytes);
        const std::uint64_t found = checksum(bytes);
        if (found != from.checksum)
            throw damaged(from, "expected checksum " + std::to_string(from.checksum) + ", got " +
                                    std::to_string(found));
        return bytes;
    }
    /// Says that these bytes will be read soon, to a medium that can begin with it.
    void expect(std::uint64_t offset, std::uint64_t bytes) const noexcept {
        if constexpr (requires(const reader& kept) { kept.expect(offset, bytes); })
            if (const auto kept = std::static_pointer_cast<const reader>(kept_.peek()))
                kept->expect(offset, bytes);
    }
    void remove() { medium_->remove(name_); }

    /// Names it in messages.
    [[nodiscard]] std::string where() const {
        return medium_->describe() + "/" + name_.file_name();
    }

private:
    [[nodiscard]] std::shared_ptr<const reader> opened() const {
        auto kept = kept_.use();
        if (!kept) {
            kept = std::make_shared<const reader>(medium_->open(name_));
            files_->keep_instead(kept_, kept);
        }
        return std::static_pointer_cast<const reader>(std::move(kept));
    }
    [[nodiscard]] error damaged(const extent& what, const std::string& how) const {
        return error(errc::corruption, where() + ": " + std::to_string(what.bytes) +
                                           " bytes at offset " + std::to_string(what.offset) +
                                           " are damaged: " + how);
    }

    std::shared_ptr<Medium> medium_;
    std::shared_ptr<open_files> files_;
    table_name name_;
    std::uint64_t bytes_;
    kept_file kept_;
};

}  // namespace lsm::engine
