// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/lsm.hpp>
#include <lsm/memtable/append.hpp>
#include <lsm/memtable/b_tree.hpp>
#include <lsm/memtable/flat_map.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/storage/medium/directory.hpp>
#include <lsm/storage/medium/memory.hpp>

#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

/// The trees that tests use, and what they ask of them.
namespace support {

template <class Key, class Value, class Memtable = lsm::skip_list_memtable>
using memory_tree =
    lsm::basic_lsm_tree<Key, Value, Memtable, lsm::block_storage<lsm::memory_medium>,
                        lsm::full_merge_compaction>;

template <class Key, class Value, class Memtable = lsm::skip_list_memtable>
using disk_tree = lsm::basic_lsm_tree<Key, Value, Memtable, lsm::block_storage<lsm::directory<>>,
                                      lsm::full_merge_compaction>;

using memtables = std::tuple<lsm::ordered_map_memtable, lsm::flat_map_memtable,
                             lsm::skip_list_memtable, lsm::b_tree_memtable, lsm::append_memtable>;

/// Everything a scan shows, owned.
template <class Key, class Value>
std::vector<std::pair<Key, Value>> entries_of(const lsm::scan_view<Key, Value>& view) {
    std::vector<std::pair<Key, Value>> all;
    for (const auto& shown : view)
        all.emplace_back(lsm::codec<Key>::own(shown.key()), lsm::codec<Value>::own(shown.value()));
    return all;
}

/// The keys a scan shows, owned.
template <class Key, class Value>
std::vector<Key> keys_of(const lsm::scan_view<Key, Value>& view) {
    std::vector<Key> all;
    for (const auto& shown : view) all.push_back(lsm::codec<Key>::own(shown.key()));
    return all;
}

/// A block table's blocks end at the first key after so many bytes.
inline lsm::block_format blocks_of(std::size_t bytes) {
    lsm::block_format format;
    format.block_bytes = bytes;
    return format;
}

/// For BOOST_CHECK_EXCEPTION.
inline auto is(lsm::errc code) {
    return [code](const lsm::error& failure) { return failure.which() == code; };
}

}  // namespace support

#ifdef LSM_TEST_TREES
#include <support/compiled_trees.hpp>
#endif
