// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/compaction/job_inputs.hpp>
#include <lsm/compaction/small_tables.hpp>

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
    std::uint64_t max_table_bytes = default_table_bytes;

    [[nodiscard]] std::vector<compaction_job> plan(const compaction_view& view) const {
        const bool gathered = view.runs() >= trigger_runs && view.runs() > 1;
        if (gathered) return merge_all(view, 1, max_table_bytes);
        if (view.requested) return compact_all(view, 1, max_table_bytes);
        return {};
    }

    /// With a trigger: slow from twice as many runs on, stop from four times as many.
    [[nodiscard]] compaction_pressure pressure(const compaction_view& view) const {
        const std::size_t times = view.runs() / (trigger_runs + (trigger_runs == 0 ? 1 : 0));
        return times >= 4   ? compaction_pressure::stop
               : times >= 2 ? compaction_pressure::slow
                            : compaction_pressure::ok;
    }
};

}  // namespace lsm
