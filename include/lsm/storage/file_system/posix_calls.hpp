// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace lsm {

/// What became of an attempt to take a lock.
enum class lock_result {
    taken,
    held,        ///< another process or another tree has it
    unsupported  ///< the file system has no locks of this kind
};

/// How a file is opened that may be there already.
enum class file_access {
    read,    ///< only if it is there
    write,   ///< only if it is there
    create,  ///< made if it is missing
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

/// The calls that some file systems do not have.
enum class optional_call {
    sync_folder,    ///< without: names reach the device when the file system sees fit
    lock_folder,    ///< without: the lock on a file in it has to do
    lock_file,      ///< without: the lock on the folder has to do
    set_mode,       ///< without: the mount says what the modes are
    reserve,        ///< without: zeros are written
    write_durably,  ///< without: a write, and a sync of the file
};

/// Whether an error number says that the file system does not have the call, rather than that the call
/// failed. File systems do not agree on the number.
[[nodiscard]] constexpr bool is_unsupported(optional_call call, int number) noexcept {
    const bool locks = call == optional_call::lock_folder || call == optional_call::lock_file;
    switch (number) {
    case ENOSYS:
    case EOPNOTSUPP:
#if ENOTSUP != EOPNOTSUPP
    case ENOTSUP:
#endif
        return true;
    case EINVAL: return true;  // CIFS and some FUSE, of each of them
    case ENOLCK: return locks;
    case EBADF: return call == optional_call::lock_folder;  // NFS: locks need a file to write to
    case ENODEV: return call == optional_call::reserve;
    case EPERM: return call == optional_call::set_mode;  // FAT, and CIFS with another owner
    default: return false;
    }
}

/// Whether a file system's type, as `statfs` tells it, is known to be on other machines. Their locks may
/// not exclude other hosts, and a file that is removed may end for a reader. FUSE and 9p are not
/// among them: they are local as often as not, and the type does not tell.
[[nodiscard]] constexpr bool is_remote_type(unsigned long type) noexcept {
    constexpr std::array<unsigned long, 12> remote{
        0x6969 /* NFS */,        0x517b /* SMB */,      0xff534d42 /* CIFS */,
        0xfe534d42 /* SMB2 */,   0x00c36400 /* Ceph */, 0x5346414f /* AFS */,
        0x6b414653 /* kAFS */,   0x73757245 /* Coda */, 0x564c /* NCP */,
        0x0bd00bd0 /* Lustre */, 0x47504653 /* GPFS */, 0x19830326 /* BeeGFS */};
    return std::ranges::find(remote, type & 0xffffffffUL) != remote.end();
}

/// What to do about a failure, where the number alone does not say that; else nothing.
[[nodiscard]] inline std::string advice_for(int number) {
    switch (number) {
    case EROFS:
        return ": the file system is mounted read-only: a tree that is there can be opened with "
               "open_mode::read_only";
    case ENFILE: return ": the system has no descriptor left: close files, or raise fs.file-max";
    case EMFILE: {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        return ": this process may have " + std::to_string(limit.rlim_cur) +
               " descriptors, and no table's file is left to close: close other files, or raise "
               "the limit (ulimit -n)";
    }
    default: return {};
    }
}

[[nodiscard]] inline error io_error(const std::string& what, int number) {
    return {errc::io,
            what + " failed: " + std::generic_category().message(number) + advice_for(number),
            number};
}
[[noreturn]] inline void throw_io(const std::string& what) {
    throw io_error(what, errno);
}

/// What opening a folder failed for. Where only the path is to blame, the error is `invalid_argument` and says
/// what about the path.
[[nodiscard]] inline error folder_error(const std::string& path, int number, bool making) {
    const auto wrong = [&](const std::string& why) {
        return error(errc::invalid_argument, "folder " + path + ": " + why, number);
    };
    switch (number) {
    case ENOENT: return wrong("the folder that it is to be in is missing: make that first");
    case EEXIST: return wrong("a link is there that leads nowhere: remove it, or make its target");
    case ENOTDIR: return wrong("a part of the path is a file: a tree needs a folder");
    case ELOOP: return wrong("the links in the path lead round in a circle");
    case ENAMETOOLONG: return wrong("the path is too long for the file system");
    case EROFS:
        return wrong("it is missing, and the file system is mounted read-only: only a tree that is "
                     "there can be opened, with open_mode::read_only");
    default: return io_error((making ? "making folder " : "opening folder ") + path, number);
    }
}

}  // namespace detail

}  // namespace lsm
