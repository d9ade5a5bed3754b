// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/fwd.hpp>
#include <lsm/storage/file_system/posix.hpp>
#include <lsm/storage/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm {

/// A folder on a file system that is more than its type: one in memory, or one that counts.
template <class FileSystem>
struct file_location {
    FileSystem files;
    std::string path;
};

/// A folder of files: one a table, and one for the root. One owner at a time has it, or any number
/// of readers, from construction to destruction.
///
/// Consistency: a committed table is durable before `commit` returns; the root is replaced at once
/// by renaming, and is durable when `replace_root` returns `ok`. A crash may leave tables that no
/// root names, and an unfinished root beside the root; neither is ever read.
///
/// @tparam FileSystem the seam: `posix_file_system`, or `testing::simulated_file_system`
template <class FileSystem>
class directory {
    using file = typename FileSystem::file;
    using folder = typename FileSystem::folder;

public:
    /// The folder's path, to which a `std::filesystem::path` converts; with the file system, if that
    /// has state.
    using location =
        std::conditional_t<std::is_empty_v<FileSystem>, std::string, file_location<FileSystem>>;

    class table_writer;
    class table_reader;

    /// Opens, and locks. @throws error `locked`, `io`, or `invalid_argument` if it is missing
    directory(const location& where, open_mode mode);

    /// Begins a table. Nothing refers to it before it is committed and named by the root.
    [[nodiscard]] table_writer create(const table_name& name) {
        return {folder_, name.file_name()};
    }

    /// @throws error `corruption` if there is no such table: only live tables are opened
    [[nodiscard]] table_reader open(const table_name& name) const {
        std::optional<file> opened = folder_.open(name.file_name());
        if (!opened)
            throw error(errc::corruption, describe() + "/" + name.file_name() +
                                              " is missing, though the root names it");
        return table_reader(std::move(*opened));
    }

    void remove(const table_name& name) { folder_.remove(name.file_name()); }

    [[nodiscard]] std::vector<table_name> list() const {
        std::vector<table_name> tables;
        for (const std::string& name : folder_.list())
            if (auto table = table_name::parse(name)) tables.push_back(std::move(*table));
        return tables;
    }

    /// The root's bytes; nothing if there never was a root.
    [[nodiscard]] std::optional<byte_buffer> load_root() const;

    /// @throws error `io` where the old root still stands for sure
    replace_result replace_root(byte_view bytes);

    /// Names the place in messages.
    [[nodiscard]] std::string describe() const { return folder_.path(); }

private:
    static constexpr const char* root_name = "root";
    static constexpr const char* next_root_name = "root.next";

    static FileSystem files_of(const location& where) {
        if constexpr (std::is_empty_v<FileSystem>)
            return FileSystem();
        else
            return where.files;
    }
    static const std::string& path_of(const location& where) {
        if constexpr (std::is_empty_v<FileSystem>)
            return where;
        else
            return where.path;
    }
    static folder open_folder(const std::string& path, open_mode mode, FileSystem& files);

    FileSystem files_;
    folder folder_;
};

/// A table on its way. One that is not committed is removed again.
template <class FileSystem>
class directory<FileSystem>::table_writer {
public:
    table_writer(folder& in, std::string name)
        : folder_(&in), name_(std::move(name)), file_(in.create(name_)) {}
    table_writer(table_writer&& other) noexcept
        : folder_(std::exchange(other.folder_, nullptr)), name_(std::move(other.name_)),
          file_(std::move(other.file_)) {}
    table_writer& operator=(table_writer&&) = delete;
    ~table_writer() {
        if (!folder_) return;
        try {
            folder_->remove(name_);
        } catch (...) {  // it stays as an orphan, which the next opening removes
        }
    }

    void append(byte_view bytes) { file_.append(bytes); }

    /// Returns when bytes and name are on the device.
    void commit() {
        file_.sync();
        folder_->sync();
        folder_ = nullptr;
    }

private:
    folder* folder_;
    std::string name_;
    file file_;
};

/// A committed table. Its bytes never change; any thread may read.
template <class FileSystem>
class directory<FileSystem>::table_reader {
public:
    explicit table_reader(file opened) : file_(std::move(opened)) {}

    [[nodiscard]] std::uint64_t bytes() const { return file_.bytes(); }
    /// Reads exactly so many bytes. @throws error `corruption` if the table ends before
    void read(std::uint64_t offset, std::span<std::byte> to) const {
        const std::size_t got = file_.read(offset, to);
        if (got != to.size())
            throw error(errc::corruption, file_.path() + ": expected " + std::to_string(to.size()) +
                                              " bytes at offset " + std::to_string(offset) +
                                              ", got " + std::to_string(got));
    }

private:
    file file_;
};

template <class FileSystem>
directory<FileSystem>::directory(const location& where, open_mode mode)
    : files_(files_of(where)), folder_(open_folder(path_of(where), mode, files_)) {
    if (!folder_.lock(mode == open_mode::read_only))
        throw error(errc::locked,
                    describe() + " is open elsewhere: another process or another tree has it");
}

template <class FileSystem>
auto directory<FileSystem>::open_folder(const std::string& path, open_mode mode, FileSystem& files)
    -> folder {
    const bool may_create = mode == open_mode::open_or_create || mode == open_mode::create;
    std::optional<folder> opened = files.open_folder(path, may_create);
    if (!opened)
        throw error(errc::invalid_argument,
                    "there is no folder " + path + ": open it with open_mode::open_or_create");
    return std::move(*opened);
}

template <class FileSystem>
std::optional<byte_buffer> directory<FileSystem>::load_root() const {
    const std::optional<file> stored = folder_.open(root_name);
    if (!stored) return std::nullopt;
    byte_buffer bytes(stored->bytes());
    bytes.resize(stored->read(0, bytes));
    return bytes;
}

template <class FileSystem>
replace_result directory<FileSystem>::replace_root(byte_view bytes) {
    folder_.remove(next_root_name);
    {
        file next = folder_.create(next_root_name);
        next.append(bytes);
        next.sync();
    }
    folder_.rename(next_root_name, root_name);
    try {
        folder_.sync();
    } catch (...) {
        return replace_result::unknown;  // the name may or may not be on the device
    }
    return replace_result::ok;
}

}  // namespace lsm
