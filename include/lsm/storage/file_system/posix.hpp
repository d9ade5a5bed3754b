// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/error.hpp>
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
#include <sys/resource.h>
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
    /// Opens a folder; makes it first if it is missing and @p may_create. Then the name of a folder
    /// that holds nothing is on the device.
    /// @returns nothing if it is missing and may not be made
    [[nodiscard]] std::optional<folder> open_folder(const std::string& path, bool may_create) const;
};

namespace detail {

/// An open descriptor, closed at the end.
class descriptor {
public:
    explicit descriptor(int number) noexcept : number_(number) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int get() const noexcept { return number_; }

private:
    int number_;
};

/// Runs a system call until no signal interrupts it.
template <class Call>
auto retried(Call call) {
    decltype(call()) result;
    do result = call();
    while (result < 0 && errno == EINTR);
    return result;
}

/// What to do about it, where the number alone does not say that.
inline std::string advice_for(int number) {
    if (number == ENFILE)
        return ": the system has no descriptor left: close files, or raise fs.file-max";
    if (number != EMFILE) return {};
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return ": this process may have " + std::to_string(limit.rlim_cur) +
           " descriptors, and no table's file is left to close: close other files, or raise the "
           "limit "
           "(ulimit -n)";
}

[[noreturn]] inline void throw_io(const std::string& what) {
    const int number = errno;
    throw error(errc::io,
                what + " failed: " + std::generic_category().message(number) + advice_for(number),
                number);
}

}  // namespace detail

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
    /// Gives the file this length, in zeros, with its space on the device reserved: writing there
    /// cannot find the device full.
    void preallocate(std::uint64_t bytes) {
        int failure;
        do failure = ::posix_fallocate(descriptor_.get(), 0, static_cast<off_t>(bytes));
        while (failure == EINTR);
        errno = failure;
        if (failure != 0) detail::throw_io("reserving space for " + path_);
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

    detail::descriptor descriptor_;
    std::string path_;
};

inline void posix_file_system::file::write_at(std::uint64_t offset, byte_view bytes, int flags) {
    while (!bytes.empty()) {
        iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};  // it is only read
        const auto written = detail::retried([&] {
            return ::pwritev2(descriptor_.get(), &part, 1, static_cast<off_t>(offset), flags);
        });
        if (written < 0) detail::throw_io("writing " + path_);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
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
    folder(folder&& other) noexcept
        : descriptor_(std::move(other.descriptor_)), path_(std::move(other.path_)),
          locked_by_(std::exchange(other.locked_by_, 0)) {}
    folder& operator=(folder&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        std::swap(path_, other.path_);
        std::swap(locked_by_, other.locked_by_);
        return *this;
    }
    /// Gives the lock back, though a child may have inherited the descriptor; the child does not.
    ~folder() {
        if (locked_by_ == ::getpid()) ::flock(descriptor_.get(), LOCK_UN);
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// Takes the folder's lock, which an unlinked or replaced file cannot break: it is on the
    /// folder's own descriptor. @returns whether it was free
    [[nodiscard]] bool lock(bool shared) {
        const int how = (shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
        if (detail::retried([&] { return ::flock(descriptor_.get(), how); }) == 0) {
            locked_by_ = ::getpid();
            return true;
        }
        if (errno == EWOULDBLOCK) return false;
        detail::throw_io("locking " + path_);
    }
    /// A new file. An existing one is an error.
    [[nodiscard]] file create(const std::string& name) {
        constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        file made(open_at(name, flags, "creating "), path_of(name));
        return made;
    }
    /// An existing file, for reading. @returns nothing if there is none
    [[nodiscard]] std::optional<file> open(const std::string& name) const {
        const int number = detail::retried([&] {
            return ::openat(descriptor_.get(), name.c_str(),
                            O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        });
        if (number < 0 && errno == ENOENT) return std::nullopt;
        if (number < 0 && errno == ELOOP)
            throw error(errc::corruption,
                        path_of(name) + " is a symbolic link, which is not followed");
        if (number < 0) detail::throw_io("opening " + path_of(name));
        detail::descriptor opened(number);
        struct stat status{};
        if (::fstat(number, &status) != 0) detail::throw_io("examining " + path_of(name));
        if (!S_ISREG(status.st_mode))
            throw error(errc::corruption, path_of(name) + " is not a regular file");
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
        if (detail::retried([&] { return ::fsync(descriptor_.get()); }) != 0)
            detail::throw_io("syncing " + path_);
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
        if (::fchmod(number, 0600) != 0) detail::throw_io(verb + path_of(name));
        return opened;
    }

    detail::descriptor descriptor_;
    std::string path_;
    pid_t locked_by_ = 0;
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
    const auto open = [&] {
        return detail::retried(
            [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    };
    int number = open();
    const bool missing = number < 0 && errno == ENOENT;
    if (missing && !may_create) return std::nullopt;
    if (missing) {
        if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
            detail::throw_io("making folder " + path);
        number = open();
    }
    if (number < 0) detail::throw_io("opening folder " + path);
    folder opened(detail::descriptor(number), path);
    if (missing && ::fchmod(number, 0700) != 0) detail::throw_io("making folder " + path);
    // Its name is an entry of its parent. An empty one may be what a process left that ended here.
    const std::size_t nothing = 2;  // "." and ".."
    if (may_create && (missing || opened.list().size() <= nothing)) {
        detail::descriptor parent(::openat(number, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (parent.get() < 0 && errno == EACCES && !missing)
            return opened;  // somebody else made it
        if (parent.get() < 0 || ::fsync(parent.get()) != 0)
            detail::throw_io("syncing the parent of " + path);
    }
    return opened;
}

}  // namespace lsm
