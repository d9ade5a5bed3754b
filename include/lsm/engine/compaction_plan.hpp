// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// What a compaction policy is shown of a version: keys as dense ranks. O(t log t) for t tables.
template <class Key, class Value>
[[nodiscard]] compaction_view summarize(const version<Key, Value>& from) {
    std::vector<const Key*> ends;
    from.for_each_table([&](std::size_t, std::size_t, const auto& each) {
        ends.push_back(&each->index().first_keys.front());
        ends.push_back(&*each->index().last_key);
    });
    const auto less = [](const Key* a, const Key* b) {
        return compare<std::remove_cvref_t<view_of<Key>>>(codec<Key>::as_view(*a),
                                                          codec<Key>::as_view(*b)) < 0;
    };
    std::ranges::sort(ends, less);
    const auto same = [&](const Key* a, const Key* b) { return !less(a, b); };  // sorted: a <= b
    ends.erase(std::unique(ends.begin(), ends.end(),
                           [&](const Key* a, const Key* b) { return same(b, a) && same(a, b); }),
               ends.end());
    const auto rank = [&](const Key& key) {
        return static_cast<std::size_t>(std::ranges::lower_bound(ends, &key, less) - ends.begin());
    };
    compaction_view view;
    view.levels.resize(from.levels.size());
    for (std::size_t l = 0; l < from.levels.size(); ++l)
        for (const auto& tables : from.levels[l]) {
            run_summary& summary = view.levels[l].emplace_back();
            for (const auto& each : tables) {
                const table_properties& is = each->index().properties;
                summary.push_back({each->record().id, each->record().bytes, is.entries,
                                   is.tombstones, is.min_sequence, is.max_sequence,
                                   rank(each->index().first_keys.front()),
                                   rank(*each->index().last_key), false});
            }
        }
    return view;
}

/// Where a job's outputs go: before which run of the output level, and whether into it.
struct job_placement {
    std::size_t run_index = 0;
    bool new_run = true;
};

namespace detail {

/// A table of the view and where it hangs. A position is ordered by age, newest first; odd numbers
/// are runs, even ones the gaps between them.
struct placed_table {
    const table_summary* table;
    std::pair<std::size_t, std::size_t> position;
    bool is_input;
};

inline std::vector<placed_table> place_all(const compaction_view& view, const compaction_job& job) {
    std::vector<placed_table> all;
    for (std::size_t l = 0; l < view.levels.size(); ++l)
        for (std::size_t r = 0; r < view.levels[l].size(); ++r)
            for (const table_summary& table : view.levels[l][r])
                all.push_back({&table,
                               {l, 2 * r + 1},
                               std::ranges::find(job.inputs, table.id) != job.inputs.end()});
    return all;
}

/// Before the oldest run of the output level that the job takes from; else before the newest.
inline job_placement place_outputs(const compaction_view& view, const compaction_job& job,
                                   const std::vector<placed_table>& tables) {
    job_placement placement{0, job.new_run};
    const std::size_t level = job.output_level;
    if (!job.new_run) {
        if (level >= view.levels.size() || view.levels[level].empty()) placement.new_run = true;
        return placement;
    }
    for (const placed_table& each : tables)
        if (each.is_input && each.position.first == level)
            placement.run_index = (std::max)(placement.run_index, each.position.second / 2);
    return placement;
}

}  // namespace detail

/// Checks that a job keeps the order of versions, and says where its outputs go.
///
/// 1. Each input is a live table, named once, and no other job's input.
/// 2. A table that shares keys with an input and is newer than it stays newer than the outputs, and
///    an older one older: so inputs are contiguous in age wherever their keys meet.
/// 3. Outputs that join a run share no keys with the tables that stay in it.
/// @returns the placement, or nothing with the reason in @p why
[[nodiscard]] inline std::optional<job_placement>
check_job(const compaction_view& view, const compaction_job& job, std::string& why) {
    const std::vector<detail::placed_table> tables = detail::place_all(view, job);
    const auto inputs = static_cast<std::size_t>(
        std::ranges::count_if(tables, [](const auto& each) { return each.is_input; }));
    if (inputs == 0 || inputs != job.inputs.size()) {
        why = "it names " + std::to_string(job.inputs.size()) + " inputs, of which " +
              std::to_string(inputs) + " are live tables";
        return std::nullopt;
    }
    const job_placement placement = detail::place_outputs(view, job, tables);
    const std::pair<std::size_t, std::size_t> output{
        job.output_level, 2 * placement.run_index + (placement.new_run ? 0 : 1)};
    table_summary hull;  // of all inputs: a merge may write tables as wide as that
    hull.min_rank = static_cast<std::size_t>(-1);
    for (const auto& each : tables)
        if (each.is_input) {
            hull.min_rank = (std::min)(hull.min_rank, each.table->min_rank);
            hull.max_rank = (std::max)(hull.max_rank, each.table->max_rank);
        }
    const auto refuse = [&](const table_summary& other, const std::string& reason) {
        why = "table " + std::to_string(other.id) + " " + reason;
        return std::nullopt;
    };
    for (const auto& input : tables) {
        if (!input.is_input) continue;
        if (input.table->busy) return refuse(*input.table, "is an input of a job in flight");
        const table_summary& reach = job.kind == job_kind::merge ? hull : *input.table;
        for (const auto& other : tables) {
            if (other.is_input || job.kind == job_kind::drop) continue;
            if (other.position == output && overlaps(*other.table, reach))
                return refuse(*other.table, "stays in the output's run, and shares keys with it");
            if (!overlaps(*other.table, *input.table)) continue;
            if ((other.position < input.position) != (other.position < output))
                return refuse(*other.table, "shares keys with input " +
                                                std::to_string(input.table->id) +
                                                ", and would change its age against it");
        }
    }
    return placement;
}

}  // namespace lsm::engine
