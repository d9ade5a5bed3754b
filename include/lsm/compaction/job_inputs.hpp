// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lsm {

/// The inputs of a job that a policy is about to plan, and what it may want to know of them.
class job_inputs {
public:
    void add(const table_summary& table) { tables_.push_back(table); }
    template <class Tables>
    void add_all(const Tables& tables) {
        tables_.insert(tables_.end(), tables.begin(), tables.end());
    }

    [[nodiscard]] bool empty() const noexcept { return tables_.empty(); }
    [[nodiscard]] const std::vector<table_summary>& tables() const noexcept { return tables_; }
    [[nodiscard]] bool any_busy() const noexcept {
        return std::ranges::any_of(tables_, &table_summary::busy);
    }
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        std::uint64_t sum = 0;
        for (const table_summary& table : tables_) sum += table.bytes;
        return sum;
    }
    /// From the first key of all to the last. @pre not empty
    [[nodiscard]] table_summary hull() const {
        table_summary hull = tables_.front();
        for (const table_summary& table : tables_) widen(hull, table);
        return hull;
    }
    /// Those that share keys with none of the others: they can be moved one by one.
    [[nodiscard]] job_inputs alone() const {
        std::vector<table_summary> by_key = tables_;
        std::ranges::sort(by_key, {}, &table_summary::min_rank);
        job_inputs alone;
        std::size_t reach = 0;  // one past the greatest rank so far
        for (std::size_t i = 0; i < by_key.size(); ++i) {
            const bool meets_next =
                i + 1 < by_key.size() && by_key[i + 1].min_rank <= by_key[i].max_rank;
            if (by_key[i].min_rank >= reach && !meets_next) alone.add(by_key[i]);
            reach = (std::max)(reach, by_key[i].max_rank + 1);
        }
        return alone;
    }

    /// A job that does this with them.
    [[nodiscard]] compaction_job job(job_kind kind, std::size_t output_level, bool new_run) const {
        compaction_job made;
        made.kind = kind;
        for (const table_summary& table : tables_) made.inputs.push_back(table.id);
        made.output_level = output_level;
        made.new_run = new_run;
        return made;
    }

private:
    std::vector<table_summary> tables_;
};

/// Whether writing the table anew, with nothing older below it, would rid it of tombstones.
[[nodiscard]] inline bool has_garbage(const compaction_view& view, const table_summary& table) {
    return table.tombstones > 0 && table.max_sequence <= view.oldest_pin;
}

/// Whether `compact()` has nothing left to do: there is one run at most, and no tombstone in it that
/// no pin needs.
[[nodiscard]] inline bool is_compact(const compaction_view& view) {
    for (const level_summary& level : view.levels)
        for (const run_summary& run : level)
            for (const table_summary& table : run)
                if (has_garbage(view, table)) return false;
    return view.runs() <= 1;
}

/// Merges all tables into one run of a level; nothing while some are busy.
[[nodiscard]] inline std::vector<compaction_job>
merge_all(const compaction_view& view, std::size_t level, std::uint64_t max_table_bytes) {
    job_inputs inputs;
    for (const level_summary& runs : view.levels)
        for (const run_summary& run : runs) inputs.add_all(run);
    if (inputs.any_busy()) return {};
    compaction_job job = inputs.job(job_kind::merge, level, true);
    job.max_table_bytes = max_table_bytes;
    return {std::move(job)};
}

}  // namespace lsm
