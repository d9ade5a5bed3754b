// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/memtable/append.hpp>
#include <lsm/memtable/b_tree.hpp>
#include <lsm/memtable/memtable.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>

#include <cstddef>
#include <map>
#include <utility>

/// What is measured: the memtables, a plain map beside them, and the B+tree with one idea taken out.
namespace bench {

/// A map that overwrites, keeps no versions, and counts no bytes.
struct plain_map {
    template <class Key, class Payload>
    class memtable {
    public:
        static constexpr lsm::memtable_sharing sharing = lsm::memtable_sharing::exclusive;
        explicit memtable(const plain_map&) {}
        void insert(Key key, lsm::sequence_number sequence, Payload payload, lsm::sequence_number) {
            map_.insert_or_assign(std::move(key), std::pair(sequence, std::move(payload)));
        }
        template <class F>
        void find(const auto& key, lsm::sequence_number, F&& f) const {
            const auto found = map_.find(key);
            if (found != map_.end()) f(found->second.first, found->second.second);
        }
        [[nodiscard]] std::size_t bytes() const noexcept { return 0; }
        [[nodiscard]] auto cursor(lsm::direction) const { return cursor_type{map_, map_.end()}; }

    private:
        using map = std::map<Key, std::pair<lsm::sequence_number, Payload>, std::less<>>;
        struct cursor_type {
            const map& entries;
            typename map::const_iterator at;
            void seek_first() { at = entries.begin(); }
            void seek(const auto& key) { at = entries.lower_bound(key); }
            void next() { ++at; }
            [[nodiscard]] bool valid() const { return at != entries.end(); }
            [[nodiscard]] const Key& key() const { return at->first; }
            [[nodiscard]] const Payload& payload() const { return at->second.second; }
        };
        map map_;
    };
};

/// The B+tree in another shape.
template <class Shape>
struct shaped_b_tree {
    template <class Key, class Payload>
    struct memtable : lsm::detail::b_tree_table<Key, Payload, Shape> {
        explicit memtable(const shaped_b_tree&) {}
    };
};

using shape = lsm::detail::b_tree_shape;
struct without_fingerprints : shape {
    static constexpr bool fingerprints = false;
};
struct without_heads : shape {
    static constexpr bool heads = false;
};
struct without_huge_pages : shape {
    static constexpr bool huge_pages = false;
};
struct sorted_the_other_way : shape {
    static constexpr bool counts_to_sort = !shape::counts_to_sort;
};
template <std::size_t Slots>
struct with_leaves_of : shape {
    static constexpr std::size_t leaf_slots = Slots;
};
template <std::size_t Sorted, std::size_t Appended>
struct with_inner_of : shape {
    static constexpr std::size_t inner_sorted = Sorted;
    static constexpr std::size_t inner_appended = Appended;
};

}  // namespace bench
