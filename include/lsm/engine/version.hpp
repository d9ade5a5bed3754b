// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/event_listener.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/key_ranks.hpp>
#include <lsm/engine/run_cursor.hpp>
#include <lsm/engine/table.hpp>
#include <lsm/engine/table_ids.hpp>
#include <lsm/engine/table_lookup.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace lsm::engine {

/// A run of a version, and what planning and statistics need of its tables. Nothing of it changes, so that
/// versions share it.
template <class Key, class Value>
struct live_run {
    run<Key, Value> tables;
    run_summary summary;  ///< of them, in the same order

    /// Whether one of its tables is among these. O(tables)
    [[nodiscard]] bool has_any_of(const table_ids& ids) const {
        return !ids.empty() && std::ranges::any_of(summary, [&](const table_summary& each) {
            return ids.contains(each.id);
        });
    }
};

/// What a compaction policy is shown of a table.
template <class Key, class Value>
[[nodiscard]] table_summary summary_of(const table<Key, Value>& from, std::size_t min_rank,
                                       std::size_t max_rank) {
    const table_properties& is = from.index().properties;
    return {from.record().id,
            from.record().bytes,
            is.entries,
            is.tombstones,
            is.min_sequence,
            is.max_sequence,
            min_rank,
            max_rank,
            false};
}

/// The immutable set of live runs at one moment: levels, newest first; in each its runs, newest
/// first; in each its tables, by key. A version that an edit makes shares the runs that the edit does not
/// change, and the ranks of all keys but the new ones.
template <class Key, class Value>
class version {
public:
    using table_type = table<Key, Value>;
    using run_type = run<Key, Value>;
    using live_run_type = live_run<Key, Value>;
    using level = std::vector<std::shared_ptr<const live_run_type>>;
    using key_view = std::remove_cvref_t<view_of<Key>>;

    version() = default;
    /// Ranks all keys: O(t log t) for t tables. @param filter_seed of all tables
    version(const std::vector<std::vector<run_type>>& levels, std::uint64_t filter_seed)
        : version(ranked(levels), index_bytes_of(levels), filter_seed) {}
    version(std::vector<level> levels, std::size_t index_bytes, std::uint64_t filter_seed)
        : levels_(std::move(levels)), index_bytes_(index_bytes), filter_seed_(filter_seed) {
        for (const level& each : levels_)
            for (const auto& one : each) runs_.push_back(&one->tables);
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
                for (const auto& each : levels_[l][r]->tables) f(l, r, each);
    }
    /// The same for those with these ids. O(tables), but only for their summaries, and O(1) for no ids.
    template <class F>
    void for_each_of(const table_ids& ids, F&& f) const {
        if (ids.empty()) return;
        for (std::size_t l = 0; l < levels_.size(); ++l)
            for (std::size_t r = 0; r < levels_[l].size(); ++r) {
                const live_run_type& one = *levels_[l][r];
                for (std::size_t i = 0; i < one.summary.size(); ++i)
                    if (ids.contains(one.summary[i].id)) f(l, r, one.tables[i]);
            }
    }

    /// About the memory that the tables' indexes and filters take. O(1)
    [[nodiscard]] std::size_t index_bytes() const noexcept { return index_bytes_; }
    /// A version of the same tables in which all keys are ranked anew.
    [[nodiscard]] version ranked_anew() const {
        std::vector<std::vector<run_type>> levels(levels_.size());
        for (std::size_t l = 0; l < levels_.size(); ++l)
            for (const auto& one : levels_[l]) levels[l].push_back(one->tables);
        return {levels, filter_seed_};
    }
    /// Widens what is known of a key's place by the ranks of the keys beside it. @returns its rank, if a
    /// table begins or ends with it. O(runs log tables)
    [[nodiscard]] std::optional<std::size_t> rank_of(const key_view& key,
                                                     key_ranks::place& where) const {
        const auto is_after = [&](std::size_t rank) {
            where.before = where.before ? (std::max)(*where.before, rank) : rank;
        };
        const auto is_before = [&](std::size_t rank) {
            where.after = where.after ? (std::min)(*where.after, rank) : rank;
        };
        for (const level& runs : levels_)
            for (const auto& one : runs) {
                const std::size_t at = first_not_before(one->tables, key);
                if (at > 0) is_after(one->summary[at - 1].max_rank);
                if (at == one->tables.size()) continue;
                const table_type& here = *one->tables[at];
                const auto begins = compare<key_view>(here.first_key(), key);
                if (begins == 0) return one->summary[at].min_rank;
                if (begins > 0) {
                    is_before(one->summary[at].min_rank);
                    continue;
                }
                if (compare<key_view>(here.last_key(), key) == 0) return one->summary[at].max_rank;
                is_after(one->summary[at].min_rank);
                is_before(one->summary[at].max_rank);
            }
        return std::nullopt;
    }

    /// The one table of a run that may hold the key, null if there is none. O(log tables).
    [[nodiscard]] static const table_type* table_of(const run_type& tables, const key_view& key) {
        const std::size_t at = first_not_before(tables, key);
        return at < tables.size() ? tables[at].get() : nullptr;
    }

    /// As the root records it.
    [[nodiscard]] std::vector<level_record> records() const {
        std::vector<level_record> all(levels_.size());
        for (std::size_t l = 0; l < levels_.size(); ++l)
            for (const auto& one : levels_[l]) {
                run_record& record = all[l].emplace_back();
                record.reserve(one->tables.size());
                for (const auto& each : one->tables) record.push_back(each->record());
            }
        return all;
    }

private:
    /// The first table of a run that does not end before the key.
    [[nodiscard]] static std::size_t first_not_before(const run_type& tables, const key_view& key) {
        return parted(tables.size(), [&](std::size_t i) {
            return compare<key_view>(tables[i]->last_key(), key) < 0;
        });
    }
    static std::size_t index_bytes_of(const std::vector<std::vector<run_type>>& levels) noexcept {
        std::size_t sum = 0;
        for (const auto& runs : levels)
            for (const run_type& tables : runs)
                for (const auto& each : tables) sum += each->index_bytes();
        return sum;
    }
    static std::vector<level> ranked(const std::vector<std::vector<run_type>>& levels) {
        struct end {
            const Key* key;
            std::size_t* rank;
        };
        const auto order = [](const end& a, const end& b) {
            return compare<key_view>(codec<Key>::as_view(*a.key), codec<Key>::as_view(*b.key));
        };
        std::vector<std::vector<std::vector<table_summary>>> summaries(levels.size());
        std::vector<end> ends;
        for (std::size_t l = 0; l < levels.size(); ++l)
            for (const run_type& tables : levels[l]) {
                auto& of_run = summaries[l].emplace_back();
                for (const auto& each : tables) of_run.push_back(summary_of(*each, 0, 0));
                for (std::size_t i = 0; i < tables.size(); ++i) {
                    const table_index<Key>& index = tables[i]->index();
                    ends.push_back({&index.first_keys.front(), &of_run[i].min_rank});
                    ends.push_back({&*index.last_key, &of_run[i].max_rank});
                }
            }
        std::ranges::sort(ends, [&](const end& a, const end& b) { return order(a, b) < 0; });
        for (std::size_t i = 0; i < ends.size(); ++i) {
            const bool is_same = i > 0 && order(ends[i - 1], ends[i]) == 0;
            *ends[i].rank = is_same ? *ends[i - 1].rank : key_ranks::of(i, ends.size());
        }
        std::vector<level> made(levels.size());
        for (std::size_t l = 0; l < levels.size(); ++l)
            for (std::size_t r = 0; r < levels[l].size(); ++r)
                made[l].push_back(std::make_shared<const live_run_type>(
                    live_run_type{levels[l][r], run_summary(std::move(summaries[l][r]))}));
        return made;
    }

    std::vector<level> levels_;
    std::vector<const run_type*> runs_;  // of them; what is moved stays where it is
    std::size_t index_bytes_ = 0;
    std::uint64_t filter_seed_ = 0;
};

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
