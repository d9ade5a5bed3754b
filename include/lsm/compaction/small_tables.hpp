// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/compaction/job_inputs.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace lsm {

/// @name What keeps a tree from falling into many small tables
/// A table costs an open file, an index, a line of the root, and a step of each search. Small flushes of
/// ascending keys meet nothing, so that moving them costs nothing; but then each leaves a table for ever.
///
/// 1. A small table is merged where it would be moved, with the small tables beside its place. It takes
///    those along that have no more bytes than what was taken before. So small tables add up as the digits
///    of a binary counter do: of n flushes about log n small tables stay, and an entry is written about
///    log n times before its table is no longer small.
/// 2. On request, neighbours that fit into one table become one.
/// @{

/// Of @p max_table_bytes, at most this share is small: tables that are cut at the borders of others,
/// which have half the bytes, are not.
inline constexpr std::uint64_t most_small_share = 4;

/// A table of fewer bytes is small.
[[nodiscard]] constexpr std::uint64_t least_of(std::uint64_t least_table_bytes,
                                               std::uint64_t max_table_bytes) noexcept {
    return (std::min)(least_table_bytes, max_table_bytes / most_small_share);
}

/// Takes those tables of a run along that stand before the inputs, are small, and have no more bytes each
/// than was taken before; if there are none, those behind the inputs. Not both: keys go on coming between
/// what stands before and behind, where keys ascend, and would meet a table that spans the place.
/// @pre the inputs are not empty, and the run's tables that meet their hull are among them. O(log tables),
/// and a step for each that it takes
inline void take_small_neighbours(job_inputs& inputs, const run_summary& run, std::uint64_t least) {
    const auto among = overlapping(run, inputs.hull());
    const auto first = static_cast<std::size_t>(among.data() - run.data());
    std::uint64_t bytes = inputs.bytes();
    const auto takes = [&](const table_summary& table) {
        if (table.busy || table.bytes >= least || table.bytes > bytes) return false;
        inputs.add(table);
        bytes += table.bytes;
        return true;
    };
    std::size_t before = first;
    while (before > 0 && takes(run[before - 1])) --before;
    if (before != first) return;
    for (std::size_t i = first + among.size(); i < run.size() && takes(run[i]);) ++i;
}

/// The first neighbours in a run that fit into one table together, as many as do. O(tables)
[[nodiscard]] inline std::optional<job_inputs> neighbours_that_fit(const run_summary& run,
                                                                   std::uint64_t max_table_bytes) {
    job_inputs together;
    std::uint64_t left = max_table_bytes;
    for (const table_summary& table : run) {
        if (table.busy || table.bytes > left) {
            if (together.tables().size() > 1) break;
            together = {};
            left = max_table_bytes;
        }
        if (table.busy || table.bytes > left) continue;
        together.add(table);
        left -= table.bytes;
    }
    if (together.tables().size() < 2) return std::nullopt;
    return together;
}

/// Merges neighbours of a level's only run into one table, however long it becomes: what is written is a
/// little more or less than what was read, and such a job must leave fewer tables, or the next plan would
/// ask for it again.
[[nodiscard]] inline compaction_job one_table_of(const job_inputs& neighbours, std::size_t level) {
    compaction_job job = neighbours.job(job_kind::merge, level, false);
    job.max_table_bytes = (std::numeric_limits<std::uint64_t>::max)();
    return job;
}

/// What `compact()` asks of a policy that makes one run of all: that, and then tables that are not small.
[[nodiscard]] inline std::vector<compaction_job>
compact_all(const compaction_view& view, std::size_t level, std::uint64_t max_table_bytes) {
    if (!is_compact(view)) return merge_all(view, level, max_table_bytes);
    for (std::size_t l = 0; l < view.levels.size(); ++l)
        for (const run_summary& run : view.levels[l])  // the only one
            if (const auto together = neighbours_that_fit(run, max_table_bytes))
                return {one_table_of(*together, l)};
    return {};
}

/// @}

}  // namespace lsm
