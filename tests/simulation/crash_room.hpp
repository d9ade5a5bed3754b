// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/lsm.hpp>
#include <lsm/storage/medium/directory.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/crash_check.hpp>
#include <lsm/testing/simulated_file_system.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// What the crash tests of trees share. LSM_SEED=<n> plays one seed again, and LSM_CRASH=<name> one
/// crash of it; LSM_LONG=1 looks at every crash of many seeds.
namespace simulation {

using simulated_directory = lsm::directory<lsm::testing::simulated_file_system>;
using text_opener = lsm::testing::tree_opener<std::string, std::string>;

/// How a tree is used.
struct crash_use {
    lsm::durability usual = lsm::durability::process_crash;
    bool maps = true;  ///< whether the log is written through mappings
    lsm::log_options log = {.segment_bytes = 5120, .sync_bytes = 512, .max_bytes = 32768};
    std::vector<lsm::durability> levels = lsm::testing::crash_plan().levels;
};

/// Opens a tree whose memtables and blocks are small.
template <class Tree>
text_opener opener(const crash_use& use) {
    return [=](const lsm::testing::simulated_disk& disk) {
        typename Tree::options settings;
        settings.memtable.max_entries = 6;
        settings.storage.format.block_bytes = 64;
        settings.compaction.trigger_runs = 3;
        settings.compaction.max_table_bytes = 400;
        settings.durability = use.usual;
        settings.log = use.log;
        const typename Tree::location where{lsm::testing::simulated_file_system(disk), "tree"};
        return std::make_unique<lsm::testing::erased<Tree>>(where, settings);
    };
}

/// Keys and values to draw from. Every value is another one, so that no two states of a tree look
/// the same.
lsm::testing::model_samples<std::string, std::string> make_samples();

/// Checks all seeds, and says how many crashes there were. Compiled once, in crash_room.cpp.
void run_crashes(const text_opener& open, const crash_use& use);

/// Strikes one call after the other, until a run meets no fault. What that leaves is crashed here and
/// there. @returns how many runs met it
std::uint64_t run_faults(const text_opener& open, lsm::testing::fault what);
/// Runs on a disk that has so much space, and in the end enough.
void run_small_disk(const text_opener& open, std::uint64_t bytes);

template <class Tree>
void check_tree(const crash_use& use) {
    run_crashes(opener<Tree>(use), use);
}

}  // namespace simulation
