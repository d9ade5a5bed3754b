// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace flips {

inline constexpr int in_tables = 200;
inline constexpr int in_log = 80;

[[nodiscard]] inline std::string key_of(int n) {
    return "key " + std::to_string(100'000 + n);
}
[[nodiscard]] inline std::string value_of(int n) {
    return "the value of " + std::to_string(n) + std::string(20, static_cast<char>('a' + n % 26));
}

/// What a store shows: its scan, and the answer to a get of each key, empty where there was none.
struct answers {
    std::vector<std::pair<std::string, std::string>> scanned;
    std::vector<std::string> got;
};

/// A store in one of its settings.
struct subject {
    std::string name;
    /// Makes a store in a folder, and closes it in order: `in_tables` entries flushed to tables, then
    /// `in_log` more.
    std::function<void(const std::string& folder)> write;
    /// Opens it, and asks. Throws where the store says that something is wrong.
    std::function<answers(const std::string& folder)> read;
};

[[nodiscard]] std::vector<subject>& subjects();

/// Adds a subject; a file defines those of one store.
struct registration {
    explicit registration(subject added) { subjects().push_back(std::move(added)); }
};

}  // namespace flips
