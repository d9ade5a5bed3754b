// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/engine/table_ids.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// How many runs a merge reads at a time. Each holds one decoded block in memory, so this bounds the
/// memory of a compaction, whatever its policy plans.
inline constexpr std::size_t most_merged_runs = 256;

namespace detail {

/// The inputs of a job in one run.
struct input_run {
    std::size_t level = 0;
    std::uint64_t bytes = 0;
    std::vector<std::uint64_t> tables = {};
};

/// Newest first.
inline std::vector<input_run> input_runs(const compaction_view& view, const compaction_job& job) {
    const table_ids ids(job.inputs);
    std::vector<input_run> runs;
    all_of_runs(view, [&](const run_summary& run, const run_position& position) {
        input_run taken{position.first};
        for (const table_summary& table : run)
            if (ids.contains(table.id)) {
                taken.bytes += table.bytes;
                taken.tables.push_back(table.id);
            }
        if (!taken.tables.empty()) runs.push_back(std::move(taken));
        return true;
    });
    return runs;
}

/// Where the @p count neighbours begin that have the fewest bytes; of equals, the oldest.
inline std::size_t smallest_neighbours(const std::vector<input_run>& runs, std::size_t count) {
    std::uint64_t bytes = 0;
    for (std::size_t i = runs.size() - count; i < runs.size(); ++i) bytes += runs[i].bytes;
    std::uint64_t least = bytes;
    std::size_t best = runs.size() - count;
    for (std::size_t i = best; i-- > 0;) {
        bytes += runs[i].bytes;
        bytes -= runs[i + count].bytes;
        if (bytes < least) {
            least = bytes;
            best = i;
        }
    }
    return best;
}

}  // namespace detail

/// The job to do first where a policy plans a merge: the merge itself if it reads at most @p most runs,
/// else a *pass*, which merges some of the runs into one. The policy plans again after it, and sees
/// fewer runs.
///
/// 1. A pass takes runs that are neighbours in age, and its output stands where the oldest of them
///    stood. So it keeps the order of versions, and drops a tombstone only where nothing older is left.
/// 2. It takes the neighbours with the fewest bytes. So no entry is rewritten much more often than
///    log(runs) / log(most) times.
/// 3. The first pass takes as many as make all later ones full: as in Huffman's codes with @p most
///    letters, fewer bytes are written than with any other first pass of equal runs.
///
/// A pass that `check_job` refuses, which a policy's plan can lead to whose outputs are newer than its
/// inputs, is not made: then the merge is done at once. O(runs + inputs log inputs).
///
/// @pre `most >= 2`
[[nodiscard]] inline compaction_job first_pass(const compaction_view& view, compaction_job job,
                                               std::size_t most = most_merged_runs) {
    if (job.kind != job_kind::merge || job.inputs.size() <= most) return job;
    const std::vector<detail::input_run> runs = detail::input_runs(view, job);
    if (runs.size() <= most) return job;
    const std::size_t count = (runs.size() - 2) % (most - 1) + 2;
    const std::size_t begin = detail::smallest_neighbours(runs, count);
    compaction_job pass;
    for (std::size_t i = begin; i < begin + count; ++i)
        pass.inputs.insert(pass.inputs.end(), runs[i].tables.begin(), runs[i].tables.end());
    pass.output_level = runs[begin + count - 1].level;
    pass.new_run = true;
    pass.max_table_bytes = job.max_table_bytes;
    pass.memory.assign(view.memory.begin(),
                       view.memory.end());  // the policy's job is still to come
    std::string why;
    return check_job(view, pass, why) ? pass : job;
}

}  // namespace lsm::engine
