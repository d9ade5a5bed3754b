// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <kill/oracle.hpp>
#include <kill/script.hpp>

#include <lsm/core/options.hpp>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

namespace kill_loop {

/// How one tree lives, from its first opening to its orderly end: all of it follows from a seed.
struct life {
    std::uint64_t seed = 0;
    std::string path;
    bool block = true;      ///< or binary archives
    bool skip_list = true;  ///< or an ordered map
    std::size_t threads = 0;
    lsm::durability usual = lsm::durability::process_crash;
    bool mixed = false;  ///< whether each write says its own durability
    lsm::log_options log;
    std::size_t memtable_entries = 0;
    std::size_t trigger_runs = 0;

    life(std::uint64_t of, std::uint64_t number, std::string where)
        : seed(of), path(std::move(where)) {
        block = number % 2 == 0;
        skip_list = number / 2 % 2 == 0;
        threads = number % 3;
        usual = number / 3 % 2 == 0 ? lsm::durability::process_crash : lsm::durability::power_loss;
        mixed = number % 5 < 2;
        random next(seed);
        log.segment_bytes = std::uint64_t{8192} << next.below(4);
        log.sync_bytes = std::uint64_t{2048} << 3 * next.below(4);
        log.max_bytes = std::uint64_t{65536} << 2 * next.below(3);
        memtable_entries = 20 + next.below(150);
        trigger_runs = 2 + next.below(5);
    }

    friend std::ostream& operator<<(std::ostream& out, const life& of) {
        return out << (of.block ? "block" : "archive") << (of.skip_list ? ", skip list" : ", map")
                   << ", " << of.threads << " threads"
                   << (of.usual == lsm::durability::power_loss ? ", power_loss" : ", process_crash")
                   << (of.mixed ? " and others" : "") << ", seed " << of.seed << ", " << of.path;
    }
};

/// What a child does: opens, compares, and either writes until it is killed, or closes in order.
using child_function = void (*)(const life&, model, oracle&, bool ends);
void block_skip_list(const life&, model, oracle&, bool ends);
void block_map(const life&, model, oracle&, bool ends);
void archive_skip_list(const life&, model, oracle&, bool ends);
void archive_map(const life&, model, oracle&, bool ends);

}  // namespace kill_loop
