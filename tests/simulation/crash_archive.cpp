// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/storage/format/serialization.hpp>
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(loses_nothing_from_archives) {
    using storage =
        lsm::serialization_storage<lsm::binary_archive, simulation::simulated_directory>;
    simulation::check_tree<lsm::basic_lsm_tree<std::string, std::string, lsm::ordered_map_memtable,
                                               storage, lsm::full_merge_compaction>>({});
}

BOOST_AUTO_TEST_SUITE_END()
