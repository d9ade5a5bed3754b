// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/table_ids.hpp>
#include <lsm/engine/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// What a compaction policy is shown of a version. O(runs)
template <class Key, class Value>
[[nodiscard]] compaction_view summarize(const version<Key, Value>& from) {
    compaction_view view;
    view.levels.resize(from.levels().size());
    for (std::size_t l = 0; l < from.levels().size(); ++l)
        for (const auto& one : from.levels()[l]) view.levels[l].push_back(one->summary);
    return view;
}

/// Where a job's outputs go: before which run of the output level, and whether into it.
struct job_placement {
    std::size_t run_index = 0;
    bool new_run = true;
};

namespace detail {

/// Where a run hangs. Ordered by age, newest first; odd numbers are runs, even ones the gaps between
/// them.
using run_position = std::pair<std::size_t, std::size_t>;

/// An input of a job.
struct placed_input {
    const table_summary* table;
    run_position position;
};

/// Calls `f(run, position)` for every run, newest first, until it returns false.
template <class F>
bool all_of_runs(const compaction_view& view, F&& f) {
    for (std::size_t l = 0; l < view.levels.size(); ++l)
        for (std::size_t r = 0; r < view.levels[l].size(); ++r)
            if (!f(view.levels[l][r], run_position{l, 2 * r + 1})) return false;
    return true;
}

inline std::vector<placed_input> place_inputs(const compaction_view& view, const table_ids& ids) {
    std::vector<placed_input> inputs;
    all_of_runs(view, [&](const run_summary& run, const run_position& position) {
        for (const table_summary& table : run)
            if (ids.contains(table.id)) inputs.push_back({&table, position});
        return true;
    });
    return inputs;
}

/// Into, or before, the oldest run of the output level that the job takes from; else the newest. So a merge within
/// one run stays there, although newer runs have come.
inline job_placement place_outputs(const compaction_view& view, const compaction_job& job,
                                   const std::vector<placed_input>& inputs) {
    job_placement placement{0, job.new_run};
    const std::size_t level = job.output_level;
    if (!job.new_run) {
        placement.new_run = level >= view.levels.size() || view.levels[level].empty();
        if (placement.new_run) return placement;
    }
    for (const placed_input& each : inputs)
        if (each.position.first == level)
            placement.run_index = (std::max)(placement.run_index, each.position.second / 2);
    return placement;
}

/// The keys from the first to the last of all inputs: a merge may write tables as wide as that.
inline table_summary hull_of(const std::vector<placed_input>& inputs) {
    table_summary hull = *inputs.front().table;
    for (const placed_input& each : inputs) widen(hull, *each.table);
    return hull;
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
    const table_ids ids(job.inputs);
    const std::vector<detail::placed_input> inputs = detail::place_inputs(view, ids);
    if (inputs.empty() || inputs.size() != job.inputs.size()) {
        why = "it names " + std::to_string(job.inputs.size()) + " inputs, of which " +
              std::to_string(inputs.size()) + " are live tables";
        return std::nullopt;
    }
    const auto refuse = [&](const table_summary& table, const std::string& reason) {
        why = "table " + std::to_string(table.id) + " " + reason;
        return false;
    };
    const job_placement placement = detail::place_outputs(view, job, inputs);
    const detail::run_position output{job.output_level,
                                      2 * placement.run_index + (placement.new_run ? 0 : 1)};
    const table_summary hull = detail::hull_of(inputs);
    const auto keeps_order = [&](const detail::placed_input& input, const table_summary& reach) {
        return detail::all_of_runs(view, [&](const run_summary& run,
                                             const detail::run_position& position) {
            if (position == output)
                for (const table_summary& other : overlapping(run, reach))
                    if (!ids.contains(other.id))
                        return refuse(other, "stays in the output's run, and shares keys with it");
            if ((position < input.position) == (position < output)) return true;
            for (const table_summary& other : overlapping(run, *input.table))
                if (!ids.contains(other.id))
                    return refuse(other, "shares keys with input " +
                                             std::to_string(input.table->id) +
                                             ", and would change its age against it");
            return true;
        });
    };
    for (const detail::placed_input& input : inputs) {
        if (input.table->busy) {
            refuse(*input.table, "is an input of a job in flight");
            return std::nullopt;
        }
        if (job.kind == job_kind::drop) continue;
        const bool is_first = &input == &inputs.front();
        const table_summary& reach = job.kind == job_kind::merge && is_first ? hull : *input.table;
        if (!keeps_order(input, reach)) return std::nullopt;
    }
    return placement;
}

}  // namespace lsm::engine
