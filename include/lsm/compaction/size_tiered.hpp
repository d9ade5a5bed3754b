// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/compaction/job_inputs.hpp>
#include <lsm/compaction/small_tables.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace lsm {

/// Merges runs of about the same size, when so many have gathered: the policy that writes least. An
/// entry is written once a size class, so about log(data / memtable) / log(fan_in) times; a read may
/// have to look into `fan_in - 1` runs of each class, and an overwritten entry may take space in as
/// many.
///
/// A run's class is the logarithm of its bytes to the base `fan_in`, but never less than that of a
/// newer run: so runs of one class are contiguous in age, and a small run between large ones is taken
/// along. Runs whose tables share no keys are not rewritten: their tables are hung into one run, unless
/// they are small (compaction/small_tables.hpp).
struct size_tiered_compaction {
    /// Merge when so many runs of a class have gathered.
    std::size_t fan_in = 4;
    /// Begin another table of a run after so many bytes.
    std::uint64_t max_table_bytes = default_table_bytes;
    /// Tables of fewer bytes are small; a quarter of `max_table_bytes` never is.
    std::uint64_t least_table_bytes = std::uint64_t{256} << 10;
    std::size_t slow_runs = 12;  ///< writes are slowed down when a class has so many runs
    std::size_t stop_runs = 20;  ///< writes wait when a class has so many runs

    [[nodiscard]] std::vector<compaction_job> plan(const compaction_view& view) const {
        if (view.runs() == 0) return {};
        const std::vector<aged_run> runs = by_age(view);
        if (view.requested)
            if (auto jobs = compact_all(view, runs.back().level, max_table_bytes); !jobs.empty())
                return jobs;
        for (std::size_t first = 0, last = 0; first < runs.size(); first = last) {
            last = first + 1;
            if (runs[first].busy) continue;
            while (last < runs.size() && !runs[last].busy &&
                   runs[last].size_class == runs[first].size_class)
                ++last;
            if (last - first >= least_runs()) return {job_of(runs, first, last)};
        }
        return {};
    }

    [[nodiscard]] compaction_pressure pressure(const compaction_view& view) const {
        std::size_t most = 0, count = 0, last_class = 0;
        for (const aged_run& run : by_age(view)) {
            count = run.size_class == last_class ? count + 1 : 1;
            last_class = run.size_class;
            most = (std::max)(most, count);
        }
        return most >= (std::max)(stop_runs, least_runs())   ? compaction_pressure::stop
               : most >= (std::max)(slow_runs, least_runs()) ? compaction_pressure::slow
                                                             : compaction_pressure::ok;
    }

private:
    struct aged_run {
        const run_summary* tables;
        std::size_t level;
        std::size_t size_class;
        bool busy;
    };

    [[nodiscard]] std::size_t least_runs() const noexcept {
        return (std::max)(fan_in, std::size_t{2});
    }
    [[nodiscard]] std::size_t class_of(std::uint64_t bytes) const noexcept {
        std::size_t power = 0;
        for (; bytes >= least_runs(); bytes /= least_runs()) ++power;
        return power;
    }
    /// All runs, newest first.
    [[nodiscard]] std::vector<aged_run> by_age(const compaction_view& view) const {
        std::vector<aged_run> runs;
        for (std::size_t level = 0; level < view.levels.size(); ++level)
            for (const run_summary& run : view.levels[level]) {
                const std::size_t newer = runs.empty() ? 0 : runs.back().size_class;
                runs.push_back(
                    {&run, level, (std::max)(class_of(run.bytes()), newer), run.any_busy()});
            }
        return runs;
    }
    [[nodiscard]] compaction_job job_of(const std::vector<aged_run>& runs, std::size_t first,
                                        std::size_t last) const {
        job_inputs inputs;
        for (std::size_t i = first; i < last; ++i) inputs.add_all(*runs[i].tables);
        const bool disjoint = inputs.alone().tables().size() == inputs.tables().size();
        const bool small = inputs.bytes() / inputs.tables().size() <
                           least_of(least_table_bytes, max_table_bytes);  // as their average is
        const job_kind kind = disjoint && !small ? job_kind::move : job_kind::merge;
        compaction_job job = inputs.job(kind, runs[last - 1].level, true);
        job.max_table_bytes = max_table_bytes;
        return job;
    }
};

}  // namespace lsm
