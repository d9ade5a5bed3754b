// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <unistd.h>

/// @file
/// A bound on all the memory of a process, pages of files included: control groups of Linux, of either
/// version. Only the administrator may make them.

namespace bench {

namespace detail {

inline void tell(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out(file);
    if (!(out << text << std::flush))
        throw std::runtime_error("cannot write " + file.string() +
                                 ": a bound on memory needs control groups, and their owner");
}

}  // namespace detail

/// The group of one process.
class memory_group {
public:
    explicit memory_group(pid_t of)
        : root_(std::filesystem::exists("/sys/fs/cgroup/memory") ? "/sys/fs/cgroup/memory"
                                                                 : "/sys/fs/cgroup"),
          folder_(root_ / ("lsm_bench_" + std::to_string(of))) {}

    /// Bounds what the calling process takes from now on; what it has is not counted.
    void enter(std::size_t bytes) const {
        std::filesystem::create_directory(folder_);
        const bool first_version = std::filesystem::exists(folder_ / "memory.limit_in_bytes");
        detail::tell(folder_ / (first_version ? "memory.limit_in_bytes" : "memory.max"),
                     std::to_string(bytes));
        detail::tell(folder_ / "cgroup.procs", std::to_string(::getpid()));
    }
    /// Once that process has ended.
    void remove() const noexcept {
        std::error_code ignored;  // most processes never had one
        std::filesystem::remove(folder_, ignored);
    }

private:
    std::filesystem::path root_, folder_;
};

/// Takes the pages of a folder's files out of memory, where they count for whoever read them first.
inline void forget_pages(const std::filesystem::path& folder) {
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
        if (!each.is_regular_file()) continue;
        const int file = ::open(each.path().c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        ::fsync(file);
        ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        ::close(file);
    }
}

}  // namespace bench
