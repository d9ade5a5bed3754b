// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/history.hpp>

#include <initializer_list>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

/// Histories as drawings: a line for each thread, a pair of brackets for each operation, and the
/// columns are the time.
///
///     "[a=1 b=1]              [a=-]"
///     "     [a..c:a1,b1]  [a:1 c:-?"
///
/// | in brackets | meaning |
/// | --- | --- |
/// | `a=1`, `a=-` | puts, erases; several are a batch |
/// | `a:1`, `a:-` | gets a value, or nothing; several are at one moment |
/// | `a..c:a1,c3` | scans the keys from a to c |
/// | `#7` | has this sequence number |
/// | `?` for `]` | does not return |
namespace drawn {

inline lsm::testing::history_number key(char letter) {
    return static_cast<lsm::testing::history_number>(letter - 'a');
}
inline std::optional<lsm::testing::history_number> value(const std::string& text) {
    if (text == "-") return std::nullopt;
    return std::stoull(text);
}

inline lsm::testing::recorded_look scan(const std::string& text) {
    lsm::testing::recorded_look look{key(text.at(0)), key(text.at(3)), {}};
    std::istringstream entries(text.substr(5));
    for (std::string entry; std::getline(entries, entry, ',');)
        look.entries.emplace_back(key(entry.at(0)), value(entry.substr(1)).value());
    return look;
}

inline void add(lsm::testing::recorded_operation& to, const std::string& text) {
    if (text[0] == '#') {
        to.sequence = std::stoull(text.substr(1));
    } else if (text.at(1) == '=') {
        to.steps.push_back({key(text[0]), value(text.substr(2))});
    } else if (text[1] == '.') {
        to.looks.push_back(scan(text));
    } else {
        const auto seen = value(text.substr(2));
        to.looks.push_back({key(text[0]), key(text[0]), {}});
        if (seen) to.looks.back().entries.emplace_back(key(text[0]), *seen);
    }
}

inline void add_line(lsm::testing::history& to, std::size_t thread, const std::string& line) {
    for (std::size_t begin = line.find('['); begin != std::string::npos;
         begin = line.find('[', begin + 1)) {
        const std::size_t end = line.find_first_of("]?", begin);
        if (end == std::string::npos) throw std::invalid_argument("no end: " + line);
        lsm::testing::recorded_operation operation;
        operation.thread = thread;
        operation.invoked = begin;
        if (line[end] == ']') operation.returned = end;
        std::istringstream tokens(line.substr(begin + 1, end - begin - 1));
        for (std::string token; tokens >> token;) add(operation, token);
        to.push_back(operation);
    }
}

inline lsm::testing::history history(std::initializer_list<const char*> lines) {
    lsm::testing::history made;
    std::size_t thread = 0;
    for (const char* const line : lines) add_line(made, thread++, line);
    return made;
}

}  // namespace drawn
