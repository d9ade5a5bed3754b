// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/fwd.hpp>
#include <lsm/storage/file_system/posix.hpp>
#include <lsm/storage/medium/folder_owner.hpp>
#include <lsm/storage/medium/table_reads.hpp>
#include <lsm/storage/storage.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
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
/// by renaming, and is durable when `replace_root` returns `ok`; a log segment's name, length and
/// space are durable before anything is written to it. A crash may leave tables and segments that no
/// root names, and an unfinished root beside the root; none of them is ever read.
///
/// @tparam FileSystem the seam: `posix_file_system`, or `testing::simulated_file_system`
/// @tparam Reads      how tables are read: `cached_reads` or `mapped_reads`
template <class FileSystem, class Reads>
class directory {
    using file = typename FileSystem::file;
    using folder = typename FileSystem::folder;

public:
    /// The folder's path, to which a `std::filesystem::path` converts; with the file system, if that
    /// has state.
    using location =
        std::conditional_t<std::is_empty_v<FileSystem>, std::string, file_location<FileSystem>>;

    class table_writer;
    using table_reader = typename Reads::template reader<file>;
    class log_segment;

    /// Opens, and locks. @throws error `locked`, `io`, or `invalid_argument` if it is missing
    directory(const location& where, open_mode mode);

    /// Takes what to call where the process, or the system, has no descriptor left: it closes some that it can do
    /// without, and says whether there were any. Then the call that failed is tried again. Before threads share
    /// the medium.
    void on_shortage(std::function<bool()> close_some) { close_some_ = std::move(close_some); }

    /// Begins a table. Nothing refers to it before it is committed and named by the root.
    [[nodiscard]] table_writer create(const table_name& name) {
        return tried([&] { return table_writer(folder_, name.file_name()); });
    }

    /// @throws error `corruption` if there is no such table: only live tables are opened
    [[nodiscard]] table_reader open(const table_name& name) const {
        return table_reader(open_file(name.file_name()));
    }

    void remove(const table_name& name) { folder_.remove(name.file_name()); }

    [[nodiscard]] std::vector<table_name> list() const {
        std::vector<table_name> tables;
        for (const std::string& name : names())
            if (auto table = table_name::parse(name)) tables.push_back(std::move(*table));
        return tables;
    }

    /// @name The log's segments
    /// @{

    /// A segment of zeros, durably there. @param may_map whether stores may go to a mapping
    [[nodiscard]] log_segment create_log_segment(std::uint64_t number, std::uint64_t bytes,
                                                 bool may_map);
    /// Gives a segment that no root names any more another number. What it holds stays.
    void reuse_log_segment(log_segment& spare, std::uint64_t number);
    /// @throws error `corruption` if there is no such segment: only named ones are opened
    [[nodiscard]] cached_reads::reader<file> open_log_segment(std::uint64_t number) const {
        return cached_reads::reader<file>(open_file(log_file_name(number)));
    }
    void remove_log_segment(std::uint64_t number) { folder_.remove(log_file_name(number)); }
    [[nodiscard]] std::vector<std::uint64_t> list_log_segments() const {
        std::vector<std::uint64_t> numbers;
        for (const std::string& name : names())
            if (const auto number = parse_log_file_name(name)) numbers.push_back(*number);
        return numbers;
    }
    /// Which start of the machine this is; empty where that cannot be told.
    [[nodiscard]] std::string boot_id() const {
        return tried([&] { return files_.boot_id(); });
    }
    /// @}

    /// The root's bytes; nothing if there never was a root.
    [[nodiscard]] std::optional<byte_buffer> load_root() const;

    /// @throws error `io` where the old root still stands for sure
    replace_result replace_root(byte_view bytes);

    /// The generation of the newest root that is known to have been there, and the way to make it known. A
    /// loss of power may leave an older one, never a newer one.
    [[nodiscard]] std::uint64_t newest_root() const noexcept { return owner_.newest_root(); }
    void note_root(std::uint64_t generation) noexcept { owner_.note_root(generation); }

    /// Names the place in messages.
    [[nodiscard]] std::string describe() const { return folder_.path(); }

private:
    static constexpr const char* root_name = "root";
    static constexpr const char* next_root_name = "root.next";
    static constexpr int most_tries = 10;  // other threads may take what was closed

    /// Calls `call`, which needs a descriptor, until there is one, or none can be closed.
    template <class Call>
    auto tried(Call call) const {
        for (int left = most_tries;; --left) {
            try {
                return call();
            } catch (const error& failure) {
                const int number = failure.system_errno();
                const bool is_short = number == EMFILE || number == ENFILE;
                if (!is_short || left == 0 || !close_some_ || !close_some_()) throw;
            }
        }
    }
    [[nodiscard]] std::vector<std::string> names() const {
        return tried([&] { return folder_.list(); });
    }
    [[nodiscard]] file open_file(const std::string& name) const {
        std::optional<file> opened = tried([&] { return folder_.open(name); });
        if (!opened)
            throw error(errc::corruption,
                        describe() + "/" + name + " is missing, though the root names it");
        return std::move(*opened);
    }
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
    static bool may_create(open_mode mode) noexcept {
        return mode == open_mode::open_or_create || mode == open_mode::create;
    }

    FileSystem files_;
    folder folder_;
    std::function<bool()> close_some_;
    folder_owner<FileSystem> owner_;
};

/// A table on its way. One that is not committed is removed again.
template <class FileSystem, class Reads>
class directory<FileSystem, Reads>::table_writer {
public:
    table_writer(folder& in, std::string name)
        : folder_(&in), name_(std::move(name)), file_(in.create(name_)) {}
    table_writer(table_writer&& other) noexcept
        : folder_(std::exchange(other.folder_, nullptr)), name_(std::move(other.name_)),
          file_(std::move(other.file_)), written_(other.written_) {}
    table_writer& operator=(table_writer&&) = delete;
    ~table_writer() {
        if (!folder_) return;
        try {
            folder_->remove(name_);
        } catch (...) {  // it stays as an orphan, which the next opening removes
        }
    }

    /// The device begins to write them, beside whoever makes the next ones.
    void append(byte_view bytes) {
        file_.append(bytes);
        file_.expect_sync(written_, bytes.size());
        written_ += bytes.size();
    }

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
    std::uint64_t written_ = 0;
};

/// A segment of the log that is written to. One thread writes; any may `sync`.
template <class FileSystem, class Reads>
class directory<FileSystem, Reads>::log_segment {
    using mapping = typename decltype(std::declval<file&>().map(0))::value_type;

public:
    log_segment(std::string name, file made, std::optional<mapping> mapped)
        : name_(std::move(name)), file_(std::move(made)), mapped_(std::move(mapped)) {}

    /// Writes. The bytes survive the end of the process.
    void write(std::uint64_t offset, byte_view bytes) {
        if (mapped_)
            mapped_->store(offset, bytes);
        else
            file_.write_at(offset, bytes);
    }
    /// Whether a write is a store to memory, which the process's end may cut short anywhere.
    [[nodiscard]] bool is_mapped() const noexcept { return mapped_.has_value(); }
    /// Writes. These bytes are on the device when it returns. They do not go through pages that a
    /// mapping made dirty: after the first such write the segment is mapped no more.
    void write_durably(std::uint64_t offset, byte_view bytes) {
        mapped_.reset();
        file_.write_at_durably(offset, bytes);
    }
    /// Returns when all that was written is on the device.
    void sync() {
        if (mapped_) mapped_->before_sync();
        file_.sync_data();
    }

private:
    friend directory;

    std::string name_;
    file file_;
    std::optional<mapping> mapped_;
};

template <class FileSystem, class Reads>
auto directory<FileSystem, Reads>::create_log_segment(std::uint64_t number, std::uint64_t bytes,
                                                      bool may_map) -> log_segment {
    const std::string name = log_file_name(number);
    // Where another file has the name, that file stays.
    file made = tried([&] { return folder_.create(name); });
    try {
        made.preallocate(bytes);
        made.sync();
        folder_.sync();
        auto mapped = may_map ? made.map(bytes) : std::nullopt;
        return log_segment(name, std::move(made), std::move(mapped));
    } catch (...) {
        try {
            folder_.remove(name);
        } catch (...) {  // it stays as an orphan, which the next opening removes
        }
        throw;
    }
}

template <class FileSystem, class Reads>
void directory<FileSystem, Reads>::reuse_log_segment(log_segment& spare, std::uint64_t number) {
    const std::string name = log_file_name(number);
    folder_.rename(spare.name_, name);
    spare.name_ = name;
    folder_.sync();
}

template <class FileSystem, class Reads>
directory<FileSystem, Reads>::directory(const location& where, open_mode mode)
    : files_(files_of(where)), folder_(open_folder(path_of(where), mode, files_)),
      owner_(folder_, mode == open_mode::read_only,
             may_create(mode) || folder_.open(root_name).has_value()) {
    if (mode == open_mode::read_only) return;
    // A process that ended may have left an unfinished root, and names that are not on the device yet,
    // the root's among them. What follows from what is read now must not outlive it.
    folder_.remove(next_root_name);
    folder_.sync();
}

template <class FileSystem, class Reads>
auto directory<FileSystem, Reads>::open_folder(const std::string& path, open_mode mode,
                                               FileSystem& files) -> folder {
    std::optional<folder> opened = files.open_folder(path, may_create(mode));
    if (!opened)
        throw error(errc::invalid_argument,
                    "there is no folder " + path + ": open it with open_mode::open_or_create");
    return std::move(*opened);
}

template <class FileSystem, class Reads>
std::optional<byte_buffer> directory<FileSystem, Reads>::load_root() const {
    const std::optional<file> stored = tried([&] { return folder_.open(root_name); });
    if (!stored) return std::nullopt;
    byte_buffer bytes(stored->bytes());
    bytes.resize(stored->read(0, bytes));
    return bytes;
}

template <class FileSystem, class Reads>
replace_result directory<FileSystem, Reads>::replace_root(byte_view bytes) {
    folder_.remove(next_root_name);
    {
        file next = tried([&] { return folder_.create(next_root_name); });
        next.append(bytes);
        next.sync();
    }
    try {
        folder_.rename(next_root_name, root_name);
    } catch (const error& failure) {
        // Of any other failure POSIX says that it leaves the file of the new name as it was.
        if (failure.system_errno() != EIO) throw;
        return replace_result::unknown;
    }
    try {
        folder_.sync();
    } catch (...) {
        return replace_result::unknown;  // the name may or may not be on the device
    }
    return replace_result::ok;
}

}  // namespace lsm
