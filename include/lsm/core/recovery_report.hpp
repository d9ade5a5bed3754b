// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace lsm {

/// What opening a tree found that an orderly close does not leave.
struct recovery_report {
    std::uint64_t groups = 0;         ///< commits that came back from the log
    std::uint64_t operations = 0;     ///< in them
    std::uint64_t bytes_dropped = 0;  ///< at the log's end: a commit that a crash cut short
    /// Whether a write that returned may be among what was dropped. Only after a loss of power, and
    /// only one that asked for less than `durability::power_loss`.
    bool possibly_acknowledged = false;
    std::string reason;  ///< why something was dropped, and where; empty if nothing was
    std::uint64_t orphans_removed = 0;  ///< files of a job or a log that the crash ended
    /// Files with the names of tables or segments that are another program's, by their extension or their first
    /// bytes. They stay as they are.
    std::vector<std::string> foreign_files;

    friend std::ostream& operator<<(std::ostream& out, const recovery_report& r) {
        out << r.groups << " commits with " << r.operations << " operations from the log, "
            << r.orphans_removed << " orphans removed";
        if (r.bytes_dropped > 0) out << "; " << r.bytes_dropped << " bytes dropped: " << r.reason;
        for (const std::string& each : r.foreign_files)
            out << "; left as it is, not ours: " << each;
        return out;
    }
};

}  // namespace lsm
