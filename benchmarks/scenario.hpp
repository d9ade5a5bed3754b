// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "engine.hpp"
#include "workloads.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// What a run was asked for.
struct plan {
    std::size_t entries = 1'000'000;
    std::size_t memory = std::size_t{256} << 20;
    std::size_t confined_to = 0;  ///< bytes of the process, once it has loaded; 0: no bound
    double seconds = 1;           ///< of reads, and at most of whatever does not fill
    survives class_of = survives::process;
    std::filesystem::path folder;
};

/// Workloads that share a directory.
using scenario = std::vector<const workload*>;

/// What one workload took of one engine.
struct measurement {
    std::string workload;
    std::string state;         ///< "" or "compacted"
    double operations = 0;     ///< entries, where they are scanned
    double seconds = 0;        ///< until the last one returned
    double drain_seconds = 0;  ///< and from then until no flush or compaction was due
    double cpu_seconds = 0;    ///< of all threads, draining included
    double user_bytes = 0;     ///< that operations wrote, as keys and values
    double written_bytes = 0;  ///< draining included
    double disk_bytes = 0;     ///< of the files, at the end
    double peak_bytes = 0;     ///< of the process
    double p50 = 0, p99 = 0, p999 = 0, most = 0;  ///< nanoseconds an operation
};

/// Carries out a scenario on an engine, in this process. Calls @p done with each measurement, and
/// once with the engine's settings. @throws std::exception where the engine fails, or is wrong
void carry_out(const scenario& what, const engine& by, std::string_view shape, const plan& how,
               std::uint64_t seed, const std::function<void(const measurement&)>& done,
               const std::function<void(const std::string&)>& told_settings);

}  // namespace bench
