// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

namespace support {

/// `L0: a-d, b-e | L1: a-c d-f`: levels, runs newest first, a run's tables by key. Tables are numbered
/// from 1 as they are read. Behind a table's keys: `*3` for a table of 300 bytes instead of 100, `~` for
/// one with tombstones, `!` for one that is busy.
inline lsm::compaction_view draw(const std::string& picture) {
    lsm::compaction_view view;
    std::istringstream words(picture);
    std::uint64_t id = 0;
    bool new_run = true;
    for (std::string word; words >> word;) {
        if (word == "|") continue;
        if (word.front() == 'L') {
            view.levels.resize(static_cast<std::size_t>(word.at(1) - '0') + 1);
            new_run = true;
            continue;
        }
        if (new_run) view.levels.back().emplace_back();
        lsm::table_summary table;
        table.id = ++id;
        table.min_rank = static_cast<std::size_t>(word.at(0) - 'a');
        table.max_rank = static_cast<std::size_t>(word.at(2) - 'a');
        const std::size_t times = word.find('*');
        table.entries = times == std::string::npos ? 1 : std::stoull(word.substr(times + 1));
        table.bytes = 100 * table.entries;
        table.tombstones = word.find('~') != std::string::npos ? 1 : 0;
        table.busy = word.find('!') != std::string::npos;
        new_run = word.back() == ',';
        view.levels.back().back().push_back(table);
    }
    return view;
}

/// The first job as `merge 1 2 3 into L6`, `move 1 to new L0`, with ` cut 7 9` behind it; or `nothing`.
inline std::string first_of(const std::vector<lsm::compaction_job>& plan) {
    if (plan.empty()) return "nothing";
    const lsm::compaction_job& job = plan.front();
    std::ostringstream out;
    out << (job.kind == lsm::job_kind::merge ? "merge" : "move");
    for (const std::uint64_t id : job.inputs) out << ' ' << id;
    out << (job.new_run ? " to new L" : " into L") << job.output_level;
    if (!job.cut_at.empty()) out << " cut";
    for (const std::uint64_t id : job.cut_at) out << ' ' << id;
    return out.str();
}

}  // namespace support
