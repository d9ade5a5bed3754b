// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/ordered_map.hpp>
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>

using lsm::testing::fault_kind;

namespace crash_after_fault_test {

using table_tree = lsm::basic_lsm_tree<std::string, std::string, lsm::ordered_map_memtable,
                                       lsm::block_storage<simulation::simulated_directory>,
                                       lsm::full_merge_compaction>;

/// Lets each call fail in turn, and then that one and all later ones; and the machine after it.
void strike_and_crash(fault_kind kind) {
    const auto open = simulation::opener<table_tree>({});
    for (const bool for_ever : {false, true})
        BOOST_TEST(simulation::run_faults(open, {.kind = kind, .for_ever = for_ever}) > 20U);
}

BOOST_AUTO_TEST_SUITE(crash_after_fault)

BOOST_AUTO_TEST_CASE(of_any_call_loses_nothing) {
    strike_and_crash(fault_kind::io_error);
}

BOOST_AUTO_TEST_CASE(of_space_loses_nothing) {
    strike_and_crash(fault_kind::no_space);
}

BOOST_AUTO_TEST_CASE(that_cut_a_write_loses_nothing) {
    strike_and_crash(fault_kind::short_write);
}

BOOST_AUTO_TEST_CASE(of_descriptors_loses_nothing) {
    strike_and_crash(fault_kind::too_many_files);
}

BOOST_AUTO_TEST_CASE(of_a_sync_that_no_other_makes_good_loses_nothing) {
    strike_and_crash(fault_kind::sync_loses);
}

BOOST_AUTO_TEST_CASE(that_flipped_a_bit_loses_nothing) {
    strike_and_crash(fault_kind::flipped_bit);
}

BOOST_AUTO_TEST_CASE(of_a_disk_that_was_too_small_loses_nothing) {
    for (std::uint64_t bytes = 100; bytes < 16'000; bytes += 397)
        simulation::run_small_disk(simulation::opener<table_tree>({}), bytes);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace crash_after_fault_test
