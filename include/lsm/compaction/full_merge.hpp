// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace lsm {

/// Merges all tables into one run, on request and, if a trigger is set, whenever so many runs have
/// gathered. Reads are best right after it, and space is least; every entry is rewritten each time,
/// so writing n entries costs O(n²/trigger). The tutorial's compaction.
struct full_merge_compaction {
    /// Merge when there are so many runs; the default waits for `compact()`.
    std::size_t trigger_runs = (std::numeric_limits<std::size_t>::max)();
    /// Begin another table of the run after so many bytes.
    std::uint64_t max_table_bytes = (std::numeric_limits<std::uint64_t>::max)();

    [[nodiscard]] std::vector<compaction_job> plan(const compaction_view& view) const {
        const std::size_t runs = view.runs();
        const bool gathered = runs >= trigger_runs && runs > 1;
        if (!gathered && !(view.requested && (runs > 1 || has_garbage(view)))) return {};
        compaction_job job;
        job.output_level = 1;
        job.new_run = true;
        job.max_table_bytes = max_table_bytes;
        for (const level_summary& level : view.levels)
            for (const run_summary& run : level)
                for (const table_summary& table : run) {
                    if (table.busy) return {};
                    job.inputs.push_back(table.id);
                }
        return {job};
    }

    /// With a trigger: slow from twice as many runs on, stop from four times as many.
    [[nodiscard]] compaction_pressure pressure(const compaction_view& view) const {
        const std::size_t times = view.runs() / (trigger_runs + (trigger_runs == 0 ? 1 : 0));
        return times >= 4   ? compaction_pressure::stop
               : times >= 2 ? compaction_pressure::slow
                            : compaction_pressure::ok;
    }

private:
    /// Whether merging a single run would free anything: tombstones that no pin needs any more.
    static bool has_garbage(const compaction_view& view) {
        for (const level_summary& level : view.levels)
            for (const run_summary& run : level)
                for (const table_summary& table : run)
                    if (table.tombstones > 0 && table.max_sequence <= view.oldest_pin) return true;
        return false;
    }
};

}  // namespace lsm
