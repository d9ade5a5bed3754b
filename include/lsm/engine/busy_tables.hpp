// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/engine/table_ids.hpp>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lsm::engine {

/// The tables that no job may take, and the runs in which they were marked: a view that is marked again costs its
/// runs, and the tables of those only that are new since.
class busy_tables {
public:
    [[nodiscard]] bool empty() const noexcept { return ids_.empty(); }
    [[nodiscard]] bool contains(std::uint64_t id) const { return ids_.contains(id); }

    void insert(const table_ids& ids) {
        marked_.clear();
        ids_.insert(ids);
    }
    void erase(const table_ids& ids) noexcept {
        marked_.clear();
        ids_.erase(ids);
    }
    /// Makes them busy in the view. O(1) where there are none
    void mark(compaction_view& view) {
        if (ids_.empty()) return;
        std::unordered_map<const table_summary*, marked_run> still;
        for (level_summary& level : view.levels)
            for (run_summary& run : level) {
                const auto known = marked_.find(run.data());
                const run_summary marked =
                    known == marked_.end() ? marks_in(run) : known->second.marked;
                still.insert({run.data(), {run, marked}});
                run = marked;
            }
        marked_ = std::move(still);
    }

private:
    /// The run as it was is kept, so that no other one takes its address.
    struct marked_run {
        run_summary as_it_was;
        run_summary marked;
    };

    [[nodiscard]] run_summary marks_in(run_summary run) const {
        const auto is_busy = [&](const table_summary& table) { return ids_.contains(table.id); };
        if (std::ranges::any_of(run, is_busy))
            run.edit([&](std::vector<table_summary>& tables) {
                for (table_summary& table : tables) table.busy |= is_busy(table);
            });
        return run;
    }

    table_ids ids_;
    std::unordered_map<const table_summary*, marked_run> marked_;  // by the address of its tables
};

}  // namespace lsm::engine
