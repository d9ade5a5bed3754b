// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <unistd.h>

namespace support {

/// A folder of its own, removed with all that is in it. In memory where the system has a place for
/// that: there syncing a file is a call like any other, but costs nothing.
class temporary_folder {
public:
    temporary_folder() : path_(make()) {}
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// A name in it.
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (path_ / name).string();
    }

private:
    static std::filesystem::path make() {
        std::error_code none;
        const bool in_memory =
            std::filesystem::is_directory("/dev/shm", none) && ::access("/dev/shm", W_OK) == 0;
        const auto where = in_memory ? "/dev/shm" : std::filesystem::temp_directory_path();
        std::string name = (where / "lsm_test_XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), name);
        return name;
    }

    std::filesystem::path path_;
};

}  // namespace support
