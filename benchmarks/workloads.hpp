// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "engine.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace bench {

/// What a store holds when a workload begins. Those of one directory come in this order.
enum class stage {
    empty,      ///< nothing: each such workload has a directory of its own
    loaded,     ///< every number once, put in random order, as the writes left it
    compacted,  ///< the same after `compact()`
    used        ///< that, and what the workloads before did to it
};

using random = std::mt19937_64;

/// What a workload's steps are drawn from.
struct range {
    std::size_t numbers;     ///< 0, 1, … that the load writes
    std::size_t operations;  ///< at most so many steps
};

/// How a workload's steps are carried out.
enum class manner { single, batches, groups, forward, backward, load, compact, reopen };

struct workload {
    std::string_view name;
    std::string_view about;
    stage begins;
    manner how;
    /// Draws the steps; null where there are none to draw.
    std::vector<step> (*draw)(const range&, random&) = nullptr;
    unsigned threads = 1;            ///< that share the steps
    bool synced = false;             ///< a few steps, since each waits for the device
    bool beside_puts = false;        ///< while another thread overwrites at a fixed rate
    bool beside_compaction = false;  ///< after overwrites, while another thread compacts
    bool also_compacted = false;     ///< again when the store has been compacted
    bool chosen = true;              ///< part of the short selection
};

/// All workloads, in the order in which they run.
[[nodiscard]] const std::vector<workload>& workloads();

}  // namespace bench
