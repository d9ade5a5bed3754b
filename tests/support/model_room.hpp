// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/lsm.hpp>
#include <lsm/memtable/b_tree.hpp>
#include <lsm/memtable/flat_map.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/storage/medium/directory.hpp>
#include <lsm/storage/medium/memory.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/model.hpp>
#include <support/temporary_folder.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// What the files of the model room share. LSM_SEED=<n> plays one seed again; LSM_LONG=1 does a
/// hundred times as many operations.
namespace support {

template <class Memtable, class Format, class Medium>
using text_tree =
    lsm::basic_lsm_tree<std::string, std::string, Memtable, lsm::basic_storage<Format, Medium>,
                        lsm::full_merge_compaction>;

/// One tree for each memtable, on the two media in turns. A format that begins with a directory and one that
/// begins with memory together try each memtable on both.
template <class Format, class Medium, class Other>
using trees_of = std::tuple<text_tree<lsm::ordered_map_memtable, Format, Medium>,
                            text_tree<lsm::flat_map_memtable, Format, Other>,
                            text_tree<lsm::skip_list_memtable, Format, Medium>,
                            text_tree<lsm::b_tree_memtable, Format, Other>>;
template <class Format>
using trees_from_memory = trees_of<Format, lsm::memory_medium, lsm::directory<>>;
template <class Format>
using trees_from_directory = trees_of<Format, lsm::directory<>, lsm::memory_medium>;

using text_samples = lsm::testing::model_samples<std::string, std::string>;

/// Keys that are prefixes of one another, and values of which every hundredth is as long as ten blocks.
text_samples make_text_samples();
std::vector<std::uint64_t> model_seeds();
std::size_t model_operations();
using text_tree_maker =
    std::function<std::unique_ptr<lsm::testing::any_tree<std::string, std::string>>()>;
/// Runs all seeds. Compiled once, in model/samples.cpp.
void run_text_model(const text_tree_maker& make);

/// Holds some thousand versions of a few keys. Compiled once, in model/samples.cpp.
void run_giants(const text_tree_maker& make);

/// Makes trees of a type, each in a place of its own. The folder outlives it.
template <class Tree>
text_tree_maker maker_of(const typename Tree::options& settings, const temporary_folder& folder) {
    return
        [&folder, settings,
         trees = 0]() mutable -> std::unique_ptr<lsm::testing::any_tree<std::string, std::string>> {
            if constexpr (std::is_same_v<typename Tree::location, std::string>)
                return std::make_unique<lsm::testing::erased<Tree>>(
                    folder / std::to_string(++trees), settings);
            else
                return std::make_unique<lsm::testing::erased<Tree>>(lsm::memory_disk(), settings);
        };
}

template <class Tree>
void check_model(std::size_t trigger_runs) {
    typename Tree::options settings;
    settings.memtable.max_entries = 64;
    settings.memtable.max_bytes = std::size_t{64} << 10;
    settings.storage.format.block_bytes = 512;
    settings.compaction.trigger_runs = trigger_runs;
    settings.compaction.max_table_bytes = 4096;
    settings.memory_bytes = std::size_t{8} << 20;
    const temporary_folder folder;
    run_text_model(maker_of<Tree>(settings, folder));
}

/// Keys of the largest size, large values, and as many versions as there are snapshots.
template <class Tree>
void check_giants() {
    typename Tree::options settings;
    settings.memtable.max_bytes = std::size_t{1} << 30;
    settings.storage.format.block_bytes = 512;
    settings.memory_bytes = std::size_t{8} << 20;
    const temporary_folder folder;
    run_giants(maker_of<Tree>(settings, folder));
}

inline constexpr std::size_t never = (std::numeric_limits<std::size_t>::max)();

}  // namespace support
