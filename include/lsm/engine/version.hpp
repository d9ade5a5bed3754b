// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/event_listener.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/run_cursor.hpp>
#include <lsm/engine/table.hpp>
#include <lsm/engine/table_ids.hpp>
#include <lsm/engine/table_lookup.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace lsm::engine {

/// The immutable set of live runs at one moment: levels, newest first; in each its runs, newest
/// first; in each its tables, by key.
template <class Key, class Value>
class version {
public:
    using table_type = table<Key, Value>;
    using run_type = run<Key, Value>;
    using level = std::vector<run_type>;
    using key_view = std::remove_cvref_t<view_of<Key>>;

    version() = default;
    /// @param filter_seed of all tables
    version(std::vector<level> levels, std::uint64_t filter_seed)
        : levels_(std::move(levels)), filter_seed_(filter_seed) {
        for (const level& each : levels_)
            for (const run_type& tables : each) runs_.push_back(&tables);
    }
    version(version&&) = default;
    version& operator=(version&&) = default;

    [[nodiscard]] const std::vector<level>& levels() const noexcept { return levels_; }
    /// Those of all levels, newest first: what a reader goes through.
    [[nodiscard]] std::span<const run_type* const> runs() const noexcept { return runs_; }
    [[nodiscard]] std::uint64_t filter_seed() const noexcept { return filter_seed_; }

    /// As `table::find`, over all runs, newest first. One table a run can hold the key.
    /// @returns how many runs were asked
    template <class F>
    std::size_t find(const sought_key<Key>& key, sequence_number at, read_guard& reads,
                     F&& f) const {
        std::size_t asked = 0;
        for (const run_type* const tables : runs_) {
            ++asked;
            const table_type* const in = table_of(*tables, key.view);
            if (in && !in->find(key, at, reads, f)) return asked;
        }
        return asked;
    }
    /// As `find` of several keys, which go through each run side by side: while one waits for memory,
    /// so do the others. Calls `f(lookup, kind, value cell, keep)`, and forgets the lookup where that
    /// returns false. @returns how many lookups asked another run, over all runs but the first
    template <class F>
    std::size_t find_all(std::vector<table_lookup<Key, Value>>& open, sequence_number at,
                         read_guard& reads, F&& f) const {
        const std::size_t first = open.size();
        std::size_t asked = 0;
        for (const run_type* const tables : runs_) {
            asked += open.size();
            for (auto& one : open) one.begin(table_of(*tables, one.key()));
            for (auto& one : open) one.choose_block();
            for (const auto& one : open) one.expect_block(reads);
            for (const auto& one : open) one.expect_keys();
            std::erase_if(open, [&](const auto& one) {
                return !one.find(at, reads,
                                 [&](payload_kind kind, const cell<Value>& value, auto&& keep) {
                                     return f(one, kind, value, keep);
                                 });
            });
        }
        return asked - (std::min)(asked, first);
    }

    /// Calls `f(level, run, table)` for every table.
    template <class F>
    void for_each_table(F&& f) const {
        for (std::size_t l = 0; l < levels_.size(); ++l)
            for (std::size_t r = 0; r < levels_[l].size(); ++r)
                for (const auto& each : levels_[l][r]) f(l, r, each);
    }

    /// About the memory that the tables' indexes and filters take.
    [[nodiscard]] std::size_t index_bytes() const noexcept {
        std::size_t sum = 0;
        for_each_table([&](auto, auto, const auto& each) { sum += each->index_bytes(); });
        return sum;
    }

    /// The one table of a run that may hold the key, null if there is none. O(log tables).
    [[nodiscard]] static const table_type* table_of(const run_type& tables, const key_view& key) {
        const std::size_t at = parted(tables.size(), [&](std::size_t i) {
            return compare<key_view>(tables[i]->last_key(), key) < 0;
        });
        return at < tables.size() ? tables[at].get() : nullptr;
    }

    /// As the root records it.
    [[nodiscard]] std::vector<level_record> records() const {
        std::vector<level_record> all(levels_.size());
        for (std::size_t l = 0; l < levels_.size(); ++l)
            for (const run_type& tables : levels_[l]) {
                run_record& record = all[l].emplace_back();
                for (const auto& each : tables) record.push_back(each->record());
            }
        return all;
    }

private:
    std::vector<level> levels_;
    std::vector<const run_type*> runs_;  // of them; what is moved stays where it is
    std::uint64_t filter_seed_ = 0;
};

/// The difference between two versions.
template <class Key, class Value>
struct version_edit {
    std::vector<std::uint64_t> removed;  ///< table ids
    run<Key, Value> added;               ///< by key
    std::size_t level = 0;               ///< where they go
    std::size_t run_index = 0;           ///< before which run of the level as it was
    bool new_run = true;                 ///< as a run of their own, or into that run

    /// The tables that it takes away for good: those that a move hangs elsewhere stay.
    [[nodiscard]] table_ids gone() const {
        std::vector<std::uint64_t> stay;
        for (const auto& each : added) stay.push_back(each->record().id);
        table_ids ids(removed);
        ids.erase(table_ids(std::move(stay)));
        return ids;
    }
};

/// The version after an edit. The edit is valid: see `check_job`.
template <class Key, class Value>
[[nodiscard]] version<Key, Value> apply(const version<Key, Value>& before,
                                        const version_edit<Key, Value>& edit) {
    using run_type = run<Key, Value>;
    auto levels = before.levels();
    const table_ids removed(edit.removed);
    const auto is_removed = [&](const auto& each) { return removed.contains(each->record().id); };
    for (auto& level : levels)
        for (run_type& tables : level) std::erase_if(tables, is_removed);
    if (!edit.added.empty()) {
        if (levels.size() <= edit.level) levels.resize(edit.level + 1);
        auto& level = levels[edit.level];
        const bool joins = !edit.new_run && edit.run_index < level.size();
        if (!joins) {
            const auto at = static_cast<std::ptrdiff_t>((std::min)(edit.run_index, level.size()));
            level.insert(level.begin() + at, edit.added);
        } else {
            run_type& tables = level[edit.run_index];
            tables.insert(tables.end(), edit.added.begin(), edit.added.end());
            std::ranges::sort(tables, [](const auto& a, const auto& b) {
                return compare(a->first_key(), b->first_key()) < 0;
            });
        }
    }
    for (auto& level : levels) std::erase_if(level, [](const auto& r) { return r.empty(); });
    while (!levels.empty() && levels.back().empty()) levels.pop_back();
    return {std::move(levels), before.filter_seed()};
}

/// A table as events and statistics tell of it.
template <class Key, class Value>
[[nodiscard]] table_statistics describe(std::size_t level, std::size_t run_index,
                                        const table<Key, Value>& from) {
    const table_record& record = from.record();
    const table_properties& properties = from.index().properties;
    return {table_name{record.id, record.extension}.file_name(),
            level,
            run_index,
            record.bytes,
            properties.entries,
            properties.tombstones};
}

}  // namespace lsm::engine
