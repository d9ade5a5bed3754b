// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/storage/file_system/posix_calls.hpp>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

namespace lsm::detail {

/// A lock on a file, or on a folder, for as long as the process that took it keeps it. A child may
/// inherit the descriptor; the lock goes all the same.
class posix_lock {
public:
    using release_call = void (*)(int descriptor);

    posix_lock() = default;
    posix_lock(int descriptor, release_call release) noexcept
        : descriptor_(descriptor), release_(release), locked_by_(::getpid()) {}
    posix_lock(posix_lock&& other) noexcept
        : descriptor_(other.descriptor_), release_(other.release_),
          locked_by_(std::exchange(other.locked_by_, 0)) {}
    posix_lock& operator=(posix_lock&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        std::swap(release_, other.release_);
        std::swap(locked_by_, other.locked_by_);
        return *this;
    }
    ~posix_lock() {
        if (locked_by_ == ::getpid()) release_(descriptor_);
    }

private:
    int descriptor_ = -1;
    release_call release_ = nullptr;
    pid_t locked_by_ = 0;
};

/// Sets a lock on all of a file that belongs to the open file, not to the process: of two in one process
/// each excludes the other, and NFS passes it on to the server.
inline int set_file_lock(int descriptor, short kind) noexcept {
#ifdef F_OFD_SETLK
    struct flock range{};
    range.l_type = kind;
    range.l_whence = SEEK_SET;
    return retried([&] { return ::fcntl(descriptor, F_OFD_SETLK, &range); });
#else
    static_cast<void>(descriptor), static_cast<void>(kind);
    errno = ENOSYS;
    return -1;
#endif
}

}  // namespace lsm::detail
