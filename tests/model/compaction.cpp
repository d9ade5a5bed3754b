// SPDX-License-Identifier: BSL-1.0
#include <lsm/compaction/leveled.hpp>
#include <lsm/compaction/size_tiered.hpp>
#include <support/model_room.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory>
#include <string>

/// The model against trees that compact often, in small steps.
namespace {

template <class Compaction>
void check_compaction(const Compaction& policy) {
    using tree = lsm::basic_lsm_tree<std::string, std::string, lsm::b_tree_memtable,
                                     lsm::block_storage<lsm::memory_medium>, Compaction>;
    typename tree::options settings;
    settings.memtable.max_entries = 32;
    settings.storage.format.block_bytes = 256;
    settings.compaction = policy;
    support::run_text_model(
        [&] { return std::make_unique<lsm::testing::erased<tree>>(lsm::memory_disk(), settings); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(model_compaction)

BOOST_AUTO_TEST_CASE(in_levels_changes_no_answer) {
    lsm::leveled_compaction policy;
    policy.fanout = 3;
    policy.level0_trigger_runs = 2;
    policy.base_level_bytes = 2048;
    policy.max_table_bytes = 1024;
    policy.last_level = 4;
    check_compaction(policy);
}

BOOST_AUTO_TEST_CASE(by_size_changes_no_answer) {
    lsm::size_tiered_compaction policy;
    policy.fan_in = 2;
    policy.max_table_bytes = 2048;
    check_compaction(policy);
}

BOOST_AUTO_TEST_SUITE_END()
