// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>

/// @file
/// What the kernel counts of this process.

namespace bench {

[[nodiscard]] inline double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// The number behind a name in one of the kernel's files; 0 where it is not.
[[nodiscard]] inline std::uint64_t number_in(const char* file, const std::string& name) {
    std::ifstream in(file);
    for (std::string word; in >> word;)
        if (word == name) {
            std::uint64_t value = 0;
            in >> value;
            return value;
        }
    return 0;
}

/// Bytes of pages that were made dirty, by writes and through mappings.
[[nodiscard]] inline std::uint64_t bytes_written() {
    return number_in("/proc/self/io", "write_bytes:");
}
/// The most memory at once since `forget_peak`, mapped files included.
[[nodiscard]] inline std::uint64_t peak_bytes() {
    return number_in("/proc/self/status", "VmHWM:") << 10;
}
inline void forget_peak() {
    std::ofstream("/proc/self/clear_refs") << 5;
}

/// What the files below a folder take on the disk.
[[nodiscard]] inline std::uint64_t disk_bytes(const std::filesystem::path& folder) {
    std::uint64_t sum = 0;
    std::error_code ignored;  // files come and go
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder, ignored)) {
        struct stat seen{};
        if (each.is_regular_file(ignored) && ::stat(each.path().c_str(), &seen) == 0)
            sum += static_cast<std::uint64_t>(seen.st_blocks) * 512;
    }
    return sum;
}

}  // namespace bench
