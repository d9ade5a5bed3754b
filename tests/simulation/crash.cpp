// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/skip_list.hpp>
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using lsm::durability;

namespace crash_test {

using tree = lsm::basic_lsm_tree<std::string, std::string, lsm::skip_list_memtable,
                                 lsm::block_storage<simulation::simulated_directory>,
                                 lsm::full_merge_compaction>;

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(loses_nothing_that_a_level_promised) {
    simulation::check_tree<tree>({});
}

BOOST_AUTO_TEST_CASE(loses_nothing_without_mappings) {
    simulation::check_tree<tree>({.maps = false});
}

BOOST_AUTO_TEST_CASE(loses_nothing_where_all_is_to_survive_a_loss_of_power) {
    simulation::check_tree<tree>(
        {.usual = durability::power_loss, .levels = {durability::power_loss}});
}

BOOST_AUTO_TEST_CASE(leaves_a_first_part_of_what_was_promised_nothing) {
    simulation::check_tree<tree>({.levels = {durability::none}});
}

BOOST_AUTO_TEST_CASE(loses_nothing_that_was_flushed_without_a_log) {
    simulation::check_tree<tree>(
        {.usual = durability::none, .log = {.enabled = false}, .levels = {durability::none}});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace crash_test
