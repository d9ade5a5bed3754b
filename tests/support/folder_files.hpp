// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace support {

/// The files of a folder: names, and bytes.
using folder_files = std::map<std::string, std::string>;

inline folder_files load_folder(const std::filesystem::path& folder) {
    folder_files all;
    for (const auto& each : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(each.path(), std::ios::binary);
        all[each.path().filename().string()] = {std::istreambuf_iterator<char>(in), {}};
    }
    return all;
}

/// Makes a folder hold these and no others.
inline void store_folder(const std::filesystem::path& folder, const folder_files& all) {
    std::filesystem::create_directories(folder);
    for (const auto& each : std::filesystem::directory_iterator(folder))
        if (!all.contains(each.path().filename().string())) std::filesystem::remove(each.path());
    for (const auto& [name, bytes] : all)
        std::ofstream(folder / name, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace support
