// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/engine/table_ids.hpp>

#include <cstddef>
#include <cstdint>

namespace lsm::engine {

/// What readers lose because there are several runs, and what merging these would take: about
/// nanoseconds, as the benchmarks of 8/8 and 16/100 have them. Only the ratios matter. A merge that
/// nothing else makes due is worth it once its absence has cost readers as much: then all are never
/// worse off than by twice what they would be if the future were known.
///
/// Sources: Karlin et al., "Competitive snoopy caching", Algorithmica 3, 1988; LevelDB, which lets a
/// table's seeks pay for its compaction.
namespace read_cost {

/// Of a lookup that asked so many runs.
[[nodiscard]] constexpr std::uint64_t of_get(std::size_t runs_asked) noexcept {
    return runs_asked > 1 ? (runs_asked - 1) * std::uint64_t{150} : 0;
}
/// Of so many lookups side by side, each of a run beyond the first.
[[nodiscard]] constexpr std::uint64_t of_group(std::size_t asked_again) noexcept {
    return asked_again * std::uint64_t{30};
}
/// Of a scan that begins in so many runs.
[[nodiscard]] constexpr std::uint64_t of_seek(std::size_t runs) noexcept {
    return runs > 1 ? (runs - 1) * std::uint64_t{500} : 0;
}
/// Of a scan that was handed so many entries of runs that alternate.
[[nodiscard]] constexpr std::uint64_t of_scan(std::uint64_t alternated) noexcept {
    return alternated * 8;
}
/// Of a merge, even of one entry: its files and the root have to reach the device.
inline constexpr std::uint64_t least_merge = 5'000'000;
/// Of a merge of so many entries and bytes.
[[nodiscard]] constexpr std::uint64_t of_merge(std::uint64_t entries,
                                               std::uint64_t bytes) noexcept {
    return least_merge + 40 * entries + bytes;
}
/// Of a job. @param in what it was planned from
[[nodiscard]] inline std::uint64_t of_job(const compaction_job& job, const compaction_view& in) {
    std::uint64_t entries = 0, bytes = 0;
    const table_ids inputs(job.inputs);
    if (job.kind == job_kind::merge)
        for (const level_summary& level : in.levels)
            for (const run_summary& run : level)
                for (const table_summary& table : run)
                    if (inputs.contains(table.id)) {
                        entries += table.entries;
                        bytes += table.bytes;
                    }
    return of_merge(entries, bytes);
}

}  // namespace read_cost

}  // namespace lsm::engine
