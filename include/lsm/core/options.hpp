// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/event_listener.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace lsm {

/// How a tree is opened.
enum class open_mode {
    open_or_create,  ///< recover what is there; create it if there is nothing
    open,            ///< recover what is there; an error if there is nothing
    create,          ///< an error if there is anything
    read_only        ///< recover what is there and never change it; shared with other readers
};

/// A tree's settings: those of its three policies, and its own. All have good defaults:
/// `tree t{"stock.db", {.memtable = {.max_bytes = 1 << 20}}};`
template <class MemTablePolicy, class StoragePolicy, class CompactionPolicy>
struct tree_options {
    MemTablePolicy memtable = {};
    StoragePolicy storage = {};
    CompactionPolicy compaction = {};
    open_mode mode = open_mode::open_or_create;
    std::size_t cache_bytes = std::size_t{64} << 20;  ///< for decoded blocks
    /// A memtable that could not be flushed waits in memory. When so many wait, writes are refused
    /// with the flush's error.
    std::size_t max_frozen_memtables = 2;
    /// Whether the compaction policy may drop tables with all their entries.
    bool allow_drop = false;
    std::shared_ptr<event_listener> listener = nullptr;  ///< told of flushes, compactions, errors
};

/// The largest key, in bytes of its codec.
inline constexpr std::uint64_t max_key_bytes = std::uint64_t{1} << 16;
/// The largest value, in bytes of its codec.
inline constexpr std::uint64_t max_value_bytes = std::uint64_t{1} << 30;

}  // namespace lsm
