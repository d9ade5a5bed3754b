// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/key_ranks.hpp>
#include <lsm/engine/run_cursor.hpp>
#include <lsm/engine/table_ids.hpp>
#include <lsm/engine/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace lsm::engine {

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

namespace detail {

/// How a version comes from another one by an edit.
template <class Key, class Value>
class version_step {
    using version_type = version<Key, Value>;
    using live_run_type = live_run<Key, Value>;
    using run_type = run<Key, Value>;
    using summaries = std::vector<table_summary>;

public:
    version_step(const version_type& before, const version_edit<Key, Value>& edit)
        : before_(before), edit_(edit), levels_(before.levels()),
          index_bytes_(before.index_bytes()) {}

    /// Nothing where there is no room for the ranks of new keys.
    [[nodiscard]] std::optional<version_type> made() {
        remove();
        std::optional<summaries> added = summarize_added();
        if (!added) return std::nullopt;
        if (!added->empty()) hang(std::move(*added));
        for (auto& level : levels_)
            std::erase_if(level, [](const auto& one) { return one->tables.empty(); });
        while (!levels_.empty() && levels_.back().empty()) levels_.pop_back();
        return version_type(std::move(levels_), index_bytes_, before_.filter_seed());
    }

private:
    void remove() {
        const table_ids removed(edit_.removed);
        for (auto& level : levels_)
            for (auto& one : level)
                if (one->has_any_of(removed)) one = without(*one, removed);
    }
    std::shared_ptr<const live_run_type> without(const live_run_type& from,
                                                 const table_ids& removed) {
        run_type tables;
        summaries stay;
        for (std::size_t i = 0; i < from.tables.size(); ++i)
            if (removed.contains(from.summary[i].id)) {
                removed_.push_back(from.summary[i]);
                index_bytes_ -= from.tables[i]->index_bytes();
            } else {
                tables.push_back(from.tables[i]);
                stay.push_back(from.summary[i]);
            }
        return make(std::move(tables), std::move(stay));
    }
    /// Tables that only move keep their ranks.
    [[nodiscard]] std::optional<summaries> summarize_added() {
        std::ranges::sort(removed_, {}, &table_summary::id);
        summaries added;
        std::size_t left = 2 * edit_.added.size();  // ends to be ranked
        for (const auto& each : edit_.added) {
            index_bytes_ += each->index_bytes();
            const auto known =
                std::ranges::lower_bound(removed_, each->record().id, {}, &table_summary::id);
            if (known != removed_.end() && known->id == each->record().id) {
                added.push_back(*known);
                last_rank_ = known->max_rank;
                left -= 2;
                continue;
            }
            const auto first = rank(each->first_key(), left--);
            const auto last = first ? rank(each->last_key(), left--) : std::nullopt;
            if (!last) return std::nullopt;
            added.push_back(summary_of(*each, *first, *last));
        }
        return added;
    }
    [[nodiscard]] std::optional<std::size_t> rank(const typename version_type::key_view& key,
                                                  std::size_t left) {
        if (last_key_ && compare(codec<Key>::as_view(*last_key_), key) == 0) return last_rank_;
        key_ranks::place where{last_rank_};
        auto rank = before_.rank_of(key, where);
        if (!rank) rank = key_ranks::first_in(where, left);
        if (rank) {
            last_rank_ = rank;
            last_key_.emplace(codec<Key>::own(key));
        }
        return rank;
    }
    void hang(summaries&& added) {
        if (levels_.size() <= edit_.level) levels_.resize(edit_.level + 1);
        auto& level = levels_[edit_.level];
        if (!edit_.new_run && edit_.run_index < level.size()) {
            auto& one = level[edit_.run_index];
            one = joined(*one, added);
            return;
        }
        const auto at = static_cast<std::ptrdiff_t>((std::min)(edit_.run_index, level.size()));
        level.insert(level.begin() + at, make(edit_.added, std::move(added)));
    }
    [[nodiscard]] std::shared_ptr<const live_run_type> joined(const live_run_type& to,
                                                              const summaries& added) const {
        run_type tables;
        summaries all;
        tables.reserve(to.tables.size() + added.size());
        all.reserve(to.tables.size() + added.size());
        std::size_t i = 0;
        const auto take_until = [&](std::size_t rank) {
            for (; i < to.tables.size() && to.summary[i].min_rank < rank; ++i) {
                tables.push_back(to.tables[i]);
                all.push_back(to.summary[i]);
            }
        };
        for (std::size_t j = 0; j < added.size(); ++j) {
            take_until(added[j].min_rank);
            tables.push_back(edit_.added[j]);
            all.push_back(added[j]);
        }
        take_until((std::numeric_limits<std::size_t>::max)());
        return make(std::move(tables), std::move(all));
    }
    static std::shared_ptr<const live_run_type> make(run_type tables, summaries&& of) {
        return std::make_shared<const live_run_type>(
            live_run_type{std::move(tables), run_summary(std::move(of))});
    }

    const version_type& before_;
    const version_edit<Key, Value>& edit_;
    std::vector<typename version_type::level> levels_;
    std::size_t index_bytes_;
    summaries removed_;
    std::optional<std::size_t> last_rank_;  // of the last end that was ranked
    std::optional<Key> last_key_;           // that end
};

}  // namespace detail

/// The version after an edit. The edit is valid: see `check_job`. O(runs log tables) for each new table, and
/// O(tables) for each run that the edit changes; O(tables) for the ids that it removes.
template <class Key, class Value>
[[nodiscard]] version<Key, Value> apply(const version<Key, Value>& before,
                                        const version_edit<Key, Value>& edit) {
    if (auto after = detail::version_step<Key, Value>(before, edit).made())
        return std::move(*after);
    const version<Key, Value> ranked = before.ranked_anew();
    return detail::version_step<Key, Value>(ranked, edit).made().value();
}

}  // namespace lsm::engine
