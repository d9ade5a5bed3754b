// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

/// What the tests of bounds share.
namespace bounded {

#ifdef __OPTIMIZE__
inline constexpr bool is_optimised = true;
#else
inline constexpr bool is_optimised = false;  // ten times slower, with sanitizers
#endif

inline bool is_long() {
    return std::getenv("LSM_LONG") != nullptr;
}

inline std::size_t open_descriptors() {
    const auto all = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)) - 1);  // less its own
}

inline std::size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::size_t pages = 0, resident = 0;
    in >> pages >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// How many files there are whose names begin so.
inline std::size_t files_named(const std::string& folder, const std::string& begin) {
    std::size_t found = 0;
    for (const auto& each : std::filesystem::directory_iterator(folder))
        found += each.path().filename().string().starts_with(begin);
    return found;
}

/// Runs `f` in a process of its own, whose limits and mounts are its own. @returns what `f` returns,
/// 1 if it throws
template <class F>
int in_child(F f) {
    const pid_t child = ::fork();
    if (child == 0) {
        int outcome = 1;
        try {
            outcome = f();
        } catch (const std::exception& failure) {
            std::fprintf(stderr, "%s\n", failure.what());
        }
        std::fflush(nullptr);
        ::_exit(outcome);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace bounded
