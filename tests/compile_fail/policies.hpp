// SPDX-License-Identifier: BSL-1.0
#pragma once

// Policies that are complete, for the files of this folder to take one member away.

#include <lsm/lsm.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// A memtable that compiles; nothing here is ever run.
template <class Key, class Payload>
struct complete_memtable {
    static constexpr lsm::memtable_sharing sharing = lsm::memtable_sharing::exclusive;

    struct cursor_type {
        void seek_first();
        void seek(const std::remove_cvref_t<lsm::view_of<Key>>&);
        void next();
        bool valid() const;
        const Key& key() const;
        lsm::sequence_number sequence() const;
        const Payload& payload() const;
    };

    template <class Policy>
    explicit complete_memtable(const Policy&) {}
    void insert(Key, lsm::sequence_number, Payload, lsm::sequence_number);
    template <class F>
    void find(const std::remove_cvref_t<lsm::view_of<Key>>&, lsm::sequence_number, F&&) const;
    std::size_t entries() const;
    std::size_t bytes() const;
    cursor_type cursor(lsm::direction) const;
};

struct limits {
    std::size_t max_bytes = 1000;
    std::size_t max_entries = 1000;
};

template <class MemTablePolicy>
using tree_with_memtable = lsm::basic_lsm_tree<std::string, int, MemTablePolicy,
                                               lsm::block_storage<>, lsm::full_merge_compaction>;

template <class StoragePolicy>
using tree_with_storage = lsm::basic_lsm_tree<std::string, int, lsm::skip_list_memtable,
                                              StoragePolicy, lsm::full_merge_compaction>;

template <class CompactionPolicy>
using tree_with_compaction = lsm::basic_lsm_tree<std::string, int, lsm::skip_list_memtable,
                                                 lsm::block_storage<>, CompactionPolicy>;
