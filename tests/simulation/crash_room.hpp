// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/full_merge.hpp>
#include <lsm/compaction/leveled.hpp>
#include <lsm/compaction/size_tiered.hpp>
#include <lsm/lsm.hpp>
#include <lsm/memtable/b_tree.hpp>
#include <lsm/memtable/flat_map.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/storage/medium/directory.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/crash_check.hpp>
#include <lsm/testing/simulated_file_system.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// What the crash tests of trees share. LSM_SEED=<n> plays one script again, and LSM_CRASH=<name> one
/// crash of it; LSM_FIRST_SEED=<n> begins with another script; LSM_LONG=1 looks at every crash of many.
namespace simulation {

using simulated_directory = lsm::directory<lsm::testing::simulated_file_system>;
using text_opener = lsm::testing::tree_opener<std::string, std::string>;

#ifdef __OPTIMIZE__
inline constexpr bool is_optimised = true;
#else
inline constexpr bool is_optimised = false;  // forty times slower, with sanitizers
#endif

/// Which scripts are played, and how many of their crashes are looked at.
struct campaign {
    std::uint64_t first = 1, scripts = 2;
    lsm::testing::crash_plan plan = {};
};
/// Few scripts, and each crash of them in an optimised build.
campaign few_scripts();
/// Many scripts, and some crashes of each.
campaign many_scripts();

/// How a script uses its tree: what the settings of a tree are, beside its policies.
struct crash_use {
    lsm::durability usual = lsm::durability::process_crash;
    bool maps = true;    ///< whether the log is written through mappings
    bool merges = true;  ///< whether runs are merged as soon as three have gathered, or later
    lsm::log_options log = {.segment_bytes = 5120, .sync_bytes = 512, .max_bytes = 32768};
    std::vector<lsm::durability> levels = lsm::testing::crash_plan().levels;
};

inline void merge_early(lsm::full_merge_compaction& policy) {
    policy.trigger_runs = 3;
}
inline void merge_early(lsm::leveled_compaction& policy) {
    policy.level0_trigger_runs = 3;
    policy.base_level_bytes = 800;
    policy.fanout = 2;
}
inline void merge_early(lsm::size_tiered_compaction& policy) {
    policy.fan_in = 3;
}

/// Opens a tree whose memtables and blocks are small.
template <class Tree>
lsm::testing::tree_opener<typename Tree::key_type, typename Tree::mapped_type>
opener(const crash_use& use) {
    return [=](const lsm::testing::simulated_disk& disk) {
        typename Tree::options settings;
        settings.memtable.max_entries = 6;
        settings.storage.format.block_bytes = 64;
        if (use.merges) merge_early(settings.compaction);
        settings.compaction.max_table_bytes = 400;
        settings.durability = use.usual;
        settings.log = use.log;
        settings.filter_seed = 1;  // so that a run can be played again
        settings.log.seed = 1;
        settings.max_open_files = 2;  // further tables open their files for each read
        const typename Tree::location where{lsm::testing::simulated_file_system(disk), "tree"};
        return std::make_unique<lsm::testing::erased<Tree>>(where, settings);
    };
}

/// Keys and values to draw from. Every value is another one, so that no two states of a tree look
/// the same.
lsm::testing::model_samples<std::string, std::string> make_samples();

/// The use that a script of many makes: sixteen of them take turns.
crash_use use_of(std::uint64_t seed);

/// Checks a campaign's scripts, each with the use it makes, and says how many crashes there were.
/// Compiled once for what is below, in crash_room.cpp.
template <class Key, class Value>
void run_crashes(const std::function<lsm::testing::tree_opener<Key, Value>(const crash_use&)>& open,
                 const std::function<crash_use(std::uint64_t seed)>& use, campaign of);

/// Strikes one call after the other, until a run meets no fault. What that leaves is crashed here and
/// there. @returns how many runs met it
std::uint64_t run_faults(const text_opener& open, lsm::testing::fault what);
/// Runs on a disk that has so much space, and in the end enough.
void run_small_disk(const text_opener& open, std::uint64_t bytes);

/// What trees hold.
using texts = std::pair<std::string, std::string>;
using pairs = std::pair<std::uint64_t, std::pair<std::string, double>>;
using lists = std::pair<std::pair<std::int32_t, std::string>, std::vector<std::uint64_t>>;

template <class Entry, class Memtable, class Format, class Compaction>
using crash_tree =
    lsm::basic_lsm_tree<typename Entry::first_type, typename Entry::second_type, Memtable,
                        lsm::basic_storage<Format, simulated_directory>, Compaction>;

/// One tree for each of three memtables, each of other keys and values: all pairs of two of a format, a
/// memtable and a type are among five of them, where each begins with the next type.
template <class Format, class A, class B, class C>
using trees_of =
    std::tuple<crash_tree<A, lsm::skip_list_memtable, Format, lsm::full_merge_compaction>,
               crash_tree<B, lsm::ordered_map_memtable, Format, lsm::leveled_compaction>,
               crash_tree<C, lsm::flat_map_memtable, Format, lsm::size_tiered_compaction>>;

template <class Tree>
void check_tree(const crash_use& use) {
    run_crashes<typename Tree::key_type, typename Tree::mapped_type>(
        opener<Tree>, [&](std::uint64_t) { return use; }, few_scripts());
}
template <class Tree>
void check_uses() {
    run_crashes<typename Tree::key_type, typename Tree::mapped_type>(opener<Tree>, use_of,
                                                                     many_scripts());
}

}  // namespace simulation
