// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <golden/block_trees.hpp>

#include <lsm/storage/compression/lz4.hpp>
#include <lsm/storage/compression/zstd.hpp>
#include <lsm/storage/format/json.hpp>
#include <lsm/storage/format/serialization.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// What is in the golden files: a tree for each format, of different keys and values.
namespace golden {

struct block_compressed
    : tree<std::string, std::string,
           lsm::basic_block_format<lsm::by_age<lsm::bloom_filter, lsm::fuse_filter>,
                                   lsm::by_age<lsm::lz4_compression, lsm::zstd_compression>>> {
    using basic_lsm_tree::basic_lsm_tree;
    static constexpr auto name = "block_compressed";
    static key_type key(int i) { return "key " + std::to_string(i); }
    static mapped_type value(int i) { return std::string(static_cast<std::size_t>(40 * i), 'v'); }
};

struct json : tree<std::tuple<bool, std::string>, std::map<std::string, std::vector<double>>,
                   lsm::json_format> {
    using basic_lsm_tree::basic_lsm_tree;
    static constexpr auto name = "json";
    static key_type key(int i) { return {i % 2 == 0, "\"key\" " + std::to_string(i)}; }
    static mapped_type value(int i) {
        return {{"", {}}, {"\xc3\xa9", {0.1 * i, std::numeric_limits<double>::infinity()}}};
    }
};

struct binary_archive : tree<std::uint64_t, std::optional<std::string>,
                             lsm::serialization_format<lsm::binary_archive>> {
    using basic_lsm_tree::basic_lsm_tree;
    static constexpr auto name = "binary_archive";
    static key_type key(int i) { return 0xfeed'0000'0000'0000 + static_cast<std::uint64_t>(i); }
    static mapped_type value(int i) {
        return i % 2 == 0 ? std::nullopt : std::optional(std::to_string(i));
    }
};

struct text_archive : tree<lsm::descending<std::int16_t>, std::vector<std::pair<char, float>>,
                           lsm::serialization_format<lsm::text_archive>> {
    using basic_lsm_tree::basic_lsm_tree;
    static constexpr auto name = "text_archive";
    static key_type key(int i) { return {static_cast<std::int16_t>(100 * i - 300)}; }
    static mapped_type value(int i) { return {{'x', 0.5F}, {'\n', static_cast<float>(i)}}; }
};

struct xml_archive : tree<std::string, std::string, lsm::serialization_format<lsm::xml_archive>> {
    using basic_lsm_tree::basic_lsm_tree;
    static constexpr auto name = "xml_archive";
    static key_type key(int i) { return "<key " + std::to_string(i) + "/>"; }
    static mapped_type value(int i) { return std::string(static_cast<std::size_t>(i), '&'); }
};

using trees = std::tuple<block, block_numbers, block_compressed, json, binary_archive, text_archive,
                         xml_archive>;

}  // namespace golden
