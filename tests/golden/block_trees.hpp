// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/lsm.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>

/// The golden trees that need nothing but headers, and what all golden trees hold.
namespace golden {

template <class Key, class Value, class Format>
using tree = lsm::lsm_tree<Key, Value, lsm::skip_list_memtable,
                           lsm::basic_storage<Format, lsm::directory<>>>;

struct block : tree<std::string, std::tuple<std::int32_t, double, std::string>, lsm::block_format> {
    using basic_lsm_tree::basic_lsm_tree;
    static constexpr auto name = "block";
    static key_type key(int i) { return std::string(static_cast<std::size_t>(i), 'a') + "\xff"; }
    static mapped_type value(int i) { return {-i, 1.0 / i, std::string(i % 3 * 20U, '\0')}; }
};

struct block_numbers : tree<std::uint64_t, double, lsm::block_format> {
    using basic_lsm_tree::basic_lsm_tree;
    static constexpr auto name = "block_numbers";
    static key_type key(int i) { return std::uint64_t{1} << (7 * i); }
    static mapped_type value(int i) { return 1.0 / i; }
};

/// Small blocks, so that a table has several, and a small log.
template <class Tree>
typename Tree::options settings(lsm::open_mode mode = lsm::open_mode::open_or_create) {
    typename Tree::options how;
    how.mode = mode;
    how.storage.format.block_bytes = 64;
    how.log.segment_bytes = 8192;
    how.log.seed = 42;
    how.filter_seed = 42;
    return how;
}

/// Two tables, the first one with older versions of keys and the second one with tombstones; then
/// three commits that are in the log only, one of them a batch.
template <class Tree>
void fill(Tree& t) {
    for (int i = 1; i < 8; ++i) t.put(Tree::key(i), Tree::value(i));
    const auto keeps_versions = t.snapshot();
    for (int i = 3; i < 6; ++i) t.put(Tree::key(i), Tree::value(i + 10));
    t.flush();
    t.erase(Tree::key(2));
    t.erase(Tree::key(4));
    t.put(Tree::key(8), Tree::value(8));
    t.flush();
    t.put(Tree::key(4), Tree::value(24));
    t.erase(Tree::key(7));
    typename Tree::write_batch batch;
    batch.put(Tree::key(9), Tree::value(9));
    batch.put(Tree::key(1), Tree::value(21));
    batch.erase(Tree::key(8));
    t.write(std::move(batch));
}

/// What is there afterwards.
template <class Tree>
std::map<typename Tree::key_type, typename Tree::mapped_type> expected() {
    std::map<typename Tree::key_type, typename Tree::mapped_type> all;
    for (const auto& [key, value] : {std::pair(1, 21), {3, 13}, {4, 24}, {5, 15}, {6, 6}, {9, 9}})
        all.emplace(Tree::key(key), Tree::value(value));
    return all;
}

}  // namespace golden
