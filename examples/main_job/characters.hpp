// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "input.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// What Unicode says of a character. A plain struct: its codec is found by itself.
struct character {
    std::string name;
    std::string category;  ///< `Lu`, `Nd`, …
    std::uint8_t combining_class;
    std::optional<char32_t> uppercase;
    std::optional<char32_t> lowercase;

    bool operator==(const character&) const = default;
    [[nodiscard]] bool is_letter() const { return category.starts_with('L'); }
};

/// Reads UnicodeData.txt: 15 fields a line, separated by semicolons. Of a range that the file lists
/// by its ends, `<…, First>` and `<…, Last>`, the two ends are kept and nothing between them.
/// @throws input_error
inline std::map<char32_t, character> read_characters(const std::string& path) {
    std::map<char32_t, character> result;
    line_reader in(path);
    const auto code_point = [&](std::string_view text) {
        const std::uint64_t value = in.number(text, 16);
        if (value > 0x10ffff) in.fail("U+" + std::string(text) + " is past the last code point");
        return static_cast<char32_t>(value);
    };
    const auto optional_code_point = [&](std::string_view text) {
        return text.empty() ? std::nullopt : std::optional(code_point(text));
    };
    for (std::string line; in.next(line);) {
        if (std::ranges::count(line, ';') != 14) in.fail("not 15 fields");
        std::array<std::string_view, 15> fields;
        std::string_view rest = line;
        for (std::string_view& field : fields) field = cut(rest, ';');
        const std::uint64_t combining_class = in.number(fields[3]);
        if (combining_class > 255) in.fail("a combining class above 255");
        character is{std::string(fields[1]), std::string(fields[2]),
                     static_cast<std::uint8_t>(combining_class), optional_code_point(fields[12]),
                     optional_code_point(fields[13])};
        if (!result.try_emplace(code_point(fields[0]), std::move(is)).second)
            in.fail("U+" + std::string(fields[0]) + " comes twice");
    }
    if (result.empty()) in.fail("there is not one character in it");
    return result;
}
