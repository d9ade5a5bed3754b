// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/error.hpp>
#include <lsm/storage/file_system/posix_calls.hpp>
#include <lsm/storage/file_system/posix_lock.hpp>
#include <lsm/storage/file_system/posix_mapping.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace lsm {

/// The operating system's files: the seam below `directory`, where tests put a file system of their
/// own. Everything is relative to an open folder, follows no symbolic link, and retries what a
/// signal interrupted. Files are made 0600 and folders 0700, whatever the umask.
///
/// Errors are `lsm::error` with `errc::io`, the system's error number and the file's name.
class posix_file_system {
public:
    class file;
    class folder;
    using mapping = detail::posix_mapping;
    using read_mapping = detail::posix_read_mapping;

    /// Changes with each start of the machine; empty where that cannot be told.
    [[nodiscard]] std::string boot_id() const;
    /// Whether folders may be on file systems of other machines: `remote_posix_file_system`.
    static constexpr bool may_be_remote = false;

    /// Opens a folder; makes it first if it is missing and @p may_create. Then the name of a folder
    /// that holds nothing is on the device.
    /// @returns nothing if it is missing and may not be made
    /// @throws error `invalid_argument` where no folder can have the path; `io`
    [[nodiscard]] std::optional<folder> open_folder(const std::string& path, bool may_create) const;
};

namespace detail {

/// Syncs a folder, where its file system can. @returns whether that did not fail
inline bool synced_folder(int descriptor) noexcept {
    return retried([&] { return ::fsync(descriptor); }) == 0 ||
           is_unsupported(optional_call::sync_folder, errno);
}

}  // namespace detail

/// The same on file systems of other machines, which `posix_file_system` refuses to write to. The lock file
/// then has to keep other hosts out: `directory<remote_posix_file_system>` asks for one.
class remote_posix_file_system : public posix_file_system {
public:
    static constexpr bool may_be_remote = true;
};

/// A file that is being written, or read.
class posix_file_system::file {
public:
    file(detail::descriptor opened, std::string path)
        : descriptor_(std::move(opened)), path_(std::move(path)) {}

    /// Writes all of @p bytes at the end.
    void append(byte_view bytes) {
        while (!bytes.empty()) {
            const auto written = detail::retried(
                [&] { return ::write(descriptor_.get(), bytes.data(), bytes.size()); });
            if (written < 0) detail::throw_io("writing " + path_);
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }
    /// Reads up to as many bytes as there is room for. @returns how many; less only at the end
    std::size_t read(std::uint64_t offset, std::span<std::byte> to) const {
        std::size_t done = 0;
        while (done < to.size()) {
            const auto got = detail::retried([&] {
                return ::pread(descriptor_.get(), to.data() + done, to.size() - done,
                               static_cast<off_t>(offset + done));
            });
            if (got < 0) detail::throw_io("reading " + path_);
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }
    /// Says that reads come in no order: each brings in what it asks for, and nothing around it.
    void expect_any_order() const noexcept {
        ::posix_fadvise(descriptor_.get(), 0, 0, POSIX_FADV_RANDOM);
    }
    /// Says that these bytes will be read soon, so that the system begins to bring them in.
    void expect(std::uint64_t offset, std::uint64_t bytes) const noexcept {
        ::posix_fadvise(descriptor_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes),
                        POSIX_FADV_WILLNEED);
    }
    /// Says that these bytes will be synced, so that the device begins with them. What goes wrong is told by
    /// the sync.
    void expect_sync(std::uint64_t offset, std::uint64_t bytes) noexcept {
        ::sync_file_range(descriptor_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes),
                          SYNC_FILE_RANGE_WRITE);
    }
    /// Writes @p bytes from @p offset on. They survive the end of the process.
    void write_at(std::uint64_t offset, byte_view bytes) { write_at(offset, bytes, 0); }
    /// The same; these bytes, and no others, are on the device when it returns.
    void write_at_durably(std::uint64_t offset, byte_view bytes) {
        write_at(offset, bytes, RWF_DSYNC);
    }
    /// Writes what a loss of power may undo: it is not waited for.
    void write_note(std::uint64_t offset, byte_view bytes) { write_at(offset, bytes); }
    /// Gives the file this length, in zeros, with its space on the device reserved: writing there
    /// cannot find the device full. Zeros are written where the file system reserves nothing.
    void preallocate(std::uint64_t bytes) {
        int failure;
        do failure = ::posix_fallocate(descriptor_.get(), 0, static_cast<off_t>(bytes));
        while (failure == EINTR);
        if (failure == 0) return;
        if (!detail::is_unsupported(detail::optional_call::reserve, failure))
            throw detail::io_error("reserving space for " + path_, failure);
        write_zeros(bytes);
    }
    /// Locks the file against other openings of it, of this and of other processes, until it is closed.
    /// @pre it was opened to write where @p shared is false
    [[nodiscard]] lock_result lock(bool shared) {
        const short kind = shared ? F_RDLCK : F_WRLCK;
        if (detail::set_file_lock(descriptor_.get(), kind) == 0) {
            lock_ = {descriptor_.get(), [](int number) { detail::set_file_lock(number, F_UNLCK); }};
            return lock_result::taken;
        }
        if (errno == EAGAIN || errno == EACCES) return lock_result::held;
        if (detail::is_unsupported(detail::optional_call::lock_file, errno))
            return lock_result::unsupported;
        detail::throw_io("locking " + path_);
    }
    /// Maps the first bytes. @returns nothing where the file system does not keep what it reserved,
    /// so that a store could find no space: then there is only `write_at`
    [[nodiscard]] std::optional<mapping> map(std::uint64_t bytes);
    /// Maps all of a file that nobody writes to any more, to read it in any order. @returns nothing where
    /// that cannot be done
    [[nodiscard]] std::optional<read_mapping> map_to_read() const;
    [[nodiscard]] std::uint64_t bytes() const {
        struct stat status{};
        if (::fstat(descriptor_.get(), &status) != 0) detail::throw_io("examining " + path_);
        return static_cast<std::uint64_t>(status.st_size);
    }
    /// For messages.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Returns when the bytes are on the device.
    void sync() {
        if (detail::retried([&] { return ::fsync(descriptor_.get()); }) != 0)
            detail::throw_io("syncing " + path_);
    }
    /// The same, without the times of the file.
    void sync_data() {
        if (detail::retried([&] { return ::fdatasync(descriptor_.get()); }) != 0)
            detail::throw_io("syncing " + path_);
    }

private:
    void write_at(std::uint64_t offset, byte_view bytes, int flags);
    void write_zeros(std::uint64_t bytes);

    detail::descriptor descriptor_;
    detail::posix_lock lock_;  // released before the descriptor is closed
    std::string path_;
};

inline void posix_file_system::file::write_at(std::uint64_t offset, byte_view bytes, int flags) {
    while (!bytes.empty()) {
        iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};  // it is only read
        const auto written = detail::retried([&] {
            return ::pwritev2(descriptor_.get(), &part, 1, static_cast<off_t>(offset), flags);
        });
        if (written < 0 && flags != 0 &&
            detail::is_unsupported(detail::optional_call::write_durably, errno)) {
            write_at(offset, bytes, 0);
            return sync_data();
        }
        if (written < 0) detail::throw_io("writing " + path_);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
}

inline void posix_file_system::file::write_zeros(std::uint64_t bytes) {
    const std::vector<std::byte> zeros(std::size_t{1} << 16);
    for (std::uint64_t at = 0; at < bytes; at += zeros.size())
        write_at(at, byte_view(zeros).first((std::min)(std::uint64_t{zeros.size()}, bytes - at)));
}

inline auto posix_file_system::file::map(std::uint64_t bytes) -> std::optional<mapping> {
    // Those that write in place, or in memory. One that copies on write may need space for a store.
    constexpr std::array<unsigned long, 3> in_place{0xef53 /* ext */, 0x58465342 /* xfs */,
                                                    0x01021994 /* tmpfs */};
    struct statfs status{};
    if (::fstatfs(descriptor_.get(), &status) != 0) detail::throw_io("examining " + path_);
    const auto kind = static_cast<unsigned long>(status.f_type);
    if (std::find(in_place.begin(), in_place.end(), kind) == in_place.end()) return std::nullopt;
    if (!detail::page_guard::install()) return std::nullopt;
    std::string name = path_;
    void* const at =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(), 0);
    if (at == MAP_FAILED) return std::nullopt;  // out of address space: it works without
    ::madvise(at, bytes, MADV_DONTFORK);  // where this fails, the owner check still refuses a child
    return mapping(at, bytes, std::move(name));
}

inline auto posix_file_system::file::map_to_read() const -> std::optional<read_mapping> {
    const auto size = static_cast<std::size_t>(bytes());
    if (!detail::page_guard::install()) return std::nullopt;
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor_.get(), 0);
    if (at == MAP_FAILED) return std::nullopt;  // empty, or out of address space
    ::madvise(at, size, MADV_RANDOM);
    return read_mapping({static_cast<const std::byte*>(at), size});
}

/// An open folder. Names are single components.
class posix_file_system::folder {
public:
    folder(detail::descriptor opened, std::string path)
        : descriptor_(std::move(opened)), path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// Takes the folder's lock, which an unlinked or replaced file cannot break: it is on the
    /// folder's own descriptor.
    [[nodiscard]] lock_result lock(bool shared) {
        const int how = (shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
        if (detail::retried([&] { return ::flock(descriptor_.get(), how); }) == 0) {
            lock_ = {descriptor_.get(), [](int number) { ::flock(number, LOCK_UN); }};
            return lock_result::taken;
        }
        if (errno == EWOULDBLOCK) return lock_result::held;
        if (detail::is_unsupported(detail::optional_call::lock_folder, errno))
            return lock_result::unsupported;
        detail::throw_io("locking " + path_);
    }
    /// Whether the folder is known to be on another machine.
    [[nodiscard]] bool is_remote() const noexcept {
        struct statfs status{};
        return ::fstatfs(descriptor_.get(), &status) == 0 &&
               detail::is_remote_type(static_cast<unsigned long>(status.f_type));
    }
    /// A new file. An existing one is an error.
    [[nodiscard]] file create(const std::string& name) {
        constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        file made(open_at(name, flags, "creating "), path_of(name));
        return made;
    }
    /// An existing file, for reading. @returns nothing if there is none
    [[nodiscard]] std::optional<file> open(const std::string& name) const {
        return open_as(name, file_access::read);
    }
    /// The same, for @p access. @returns nothing if there is none and none is to be made
    [[nodiscard]] std::optional<file> open_as(const std::string& name, file_access access) const {
        const bool makes = access == file_access::create;
        const int flags = (access == file_access::read ? O_RDONLY : O_RDWR) |
                          (makes ? O_CREAT : 0) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
        const int number =
            detail::retried([&] { return ::openat(descriptor_.get(), name.c_str(), flags, 0600); });
        if (number < 0 && errno == ENOENT && !makes) return std::nullopt;
        if (number < 0 && errno == ELOOP)
            throw error(errc::corruption,
                        path_of(name) + " is a symbolic link, which is not followed");
        if (number < 0) detail::throw_io("opening " + path_of(name));
        detail::descriptor opened(number);
        struct stat status{};
        if (::fstat(number, &status) != 0) detail::throw_io("examining " + path_of(name));
        if (!S_ISREG(status.st_mode))
            throw error(errc::corruption, path_of(name) + " is not a regular file");
        if (makes) set_mode(number, 0600, "creating " + path_of(name));
        return file(std::move(opened), path_of(name));
    }
    /// Replaces @p to by @p from, at once.
    void rename(const std::string& from, const std::string& to) {
        if (::renameat(descriptor_.get(), from.c_str(), descriptor_.get(), to.c_str()) != 0)
            detail::throw_io("renaming " + path_of(from) + " to " + to);
    }
    /// Removes a file, if it is there.
    void remove(const std::string& name) {
        if (::unlinkat(descriptor_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
            detail::throw_io("removing " + path_of(name));
    }
    /// Returns when names made, renamed and removed so far are on the device.
    void sync() {
        if (!detail::synced_folder(descriptor_.get())) detail::throw_io("syncing " + path_);
    }
    /// The names in it, in no order.
    [[nodiscard]] std::vector<std::string> list() const;

private:
    [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }

    [[nodiscard]] detail::descriptor open_at(const std::string& name, int flags,
                                             const char* verb) const {
        const int number =
            detail::retried([&] { return ::openat(descriptor_.get(), name.c_str(), flags, 0600); });
        if (number < 0) detail::throw_io(verb + path_of(name));
        detail::descriptor opened(number);
        set_mode(number, 0600, verb + path_of(name));
        return opened;
    }
    friend posix_file_system;
    /// Whatever the umask was. Where a mount says what the modes are, it has said so.
    static void set_mode(int descriptor, mode_t mode, const std::string& doing) {
        if (::fchmod(descriptor, mode) != 0 &&
            !detail::is_unsupported(detail::optional_call::set_mode, errno))
            detail::throw_io(doing);
    }

    detail::descriptor descriptor_;
    detail::posix_lock lock_;  // released before the descriptor is closed
    std::string path_;
};

inline std::string posix_file_system::boot_id() const {
    const detail::descriptor source(
        ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    if (source.get() < 0 && (errno == EMFILE || errno == ENFILE))
        detail::throw_io("opening the boot id");
    std::array<char, 64> text;
    const auto got =
        detail::retried([&] { return ::read(source.get(), text.data(), text.size()); });
    return got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : std::string();
}

inline std::vector<std::string> posix_file_system::folder::list() const {
    const int number = ::openat(descriptor_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (number < 0) detail::throw_io("listing " + path_);
    const auto close = [](DIR* opened) { ::closedir(opened); };
    const std::unique_ptr<DIR, decltype(close)> opened(::fdopendir(number), close);
    if (!opened) {
        ::close(number);
        detail::throw_io("listing " + path_);
    }
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(opened.get());
        if (!entry && errno != 0) detail::throw_io("listing " + path_);
        if (!entry) return names;
        names.emplace_back(entry->d_name);
    }
}

inline std::optional<posix_file_system::folder>
posix_file_system::open_folder(const std::string& path, bool may_create) const {
    if (path.empty()) throw error(errc::invalid_argument, "the path of a folder is empty");
    if (path.find('\0') != path.npos)
        throw error(errc::invalid_argument, "the path of a folder has a NUL in it, behind \"" +
                                                path.substr(0, path.find('\0')) +
                                                "\": the system would open another folder");
    const auto open = [&] {
        return detail::retried(
            [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    };
    int number = open();
    const bool missing = number < 0 && errno == ENOENT;
    if (missing && !may_create) return std::nullopt;
    if (missing) {
        const bool made = ::mkdir(path.c_str(), 0700) == 0;
        if (!made && errno != EEXIST) throw detail::folder_error(path, errno, true);
        number = open();
        if (number < 0 && !made && errno == ENOENT) errno = EEXIST;  // a link to nothing
    }
    if (number < 0) throw detail::folder_error(path, errno, missing);
    folder opened(detail::descriptor(number), path);
    if (missing) folder::set_mode(number, 0700, "making folder " + path);
    // Its name is an entry of its parent. An empty one may be what a process left that ended here.
    const std::size_t nothing = 2;  // "." and ".."
    if (may_create && (missing || opened.list().size() <= nothing)) {
        detail::descriptor parent(::openat(number, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (parent.get() < 0 && errno == EACCES && !missing)
            return opened;  // somebody else made it
        if (parent.get() < 0 || !detail::synced_folder(parent.get()))
            detail::throw_io("syncing the parent of " + path);
    }
    return opened;
}

}  // namespace lsm
