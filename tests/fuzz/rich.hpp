// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>

#include <boost/describe/class.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace fuzz {

enum class colour : unsigned char { red = 1, blue = 200 };

struct place {  // a plain aggregate: its members have no names
    std::int16_t x = 0;
    float y = 0;
    char letter = 'a';
};

struct rich {  // a part of every kind that codecs know
    std::string name;
    bool flag = false;
    colour paint = colour::red;
    std::vector<std::optional<double>> weights;
    std::map<std::string, std::vector<place>> places;
    std::optional<std::optional<std::uint64_t>> twice;
    std::array<std::byte, 3> digest{};
    std::vector<std::byte> blob;
    std::set<std::pair<std::int8_t, char32_t>> marks;
    std::tuple<std::int64_t, std::vector<bool>> rest;
};
BOOST_DESCRIBE_STRUCT(rich, (),
                      (name, flag, paint, weights, places, twice, digest, blob, marks, rest))

/// Two to begin with: one of nothing, one with something in every part.
inline std::vector<std::pair<std::string, rich>> rich_samples() {
    rich full;
    full.name = "na\xc3\xafve \xff";
    full.flag = true;
    full.paint = colour::blue;
    full.weights = {1.5, {}, -0.0};
    full.places = {{"", {}}, {"k", {{-1, 0.1F, 'z'}, {}}}};
    full.twice.emplace(7);
    full.digest = {std::byte{1}, std::byte{0}, std::byte{255}};
    full.blob = {std::byte{0x20}, std::byte{0}};
    full.marks = {{-3, U'\x10ffff'}, {4, U'a'}};
    full.rest = {-9'000'000'000, {true, false}};
    return {{"empty", {}}, {"full", full}};
}

}  // namespace fuzz
