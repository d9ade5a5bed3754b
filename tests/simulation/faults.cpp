// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/storage/format/serialization.hpp>
#include <lsm/testing/fault_check.hpp>
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace lsm::testing;

namespace faults_test {

using block_tree = lsm::basic_lsm_tree<std::string, std::string, lsm::skip_list_memtable,
                                       lsm::block_storage<simulation::simulated_directory>,
                                       lsm::full_merge_compaction>;
using archive_tree = lsm::basic_lsm_tree<
    std::string, std::string, lsm::ordered_map_memtable,
    lsm::serialization_storage<lsm::binary_archive, simulation::simulated_directory>,
    lsm::full_merge_compaction>;

struct campaign {
    std::uint64_t first = 1, last = 24, every = 1;
};
campaign make_campaign() {
    campaign made;
#ifndef __OPTIMIZE__
    made.last = 2;  // forty times slower, with sanitizers
    made.every = 7;
#endif
    if (std::getenv("LSM_LONG")) made.last = 80;
    if (const char* seed = std::getenv("LSM_SEED"))
        made.first = made.last = std::strtoull(seed, nullptr, 10);
    return made;
}

void run(const simulation::text_opener& open, bool maps) {
    const auto samples = simulation::make_samples();
    const auto [first, last, every] = make_campaign();
    std::uint64_t runs = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed)
        for (int kind = 0; kind <= static_cast<int>(fault_kind::flipped_bit); ++kind)
            for (const bool for_ever : {false, true}) {
                fault_plan plan{.seed = seed, .every = every};
                plan.disk.maps = maps;
                runs += check_faults<std::string, std::string>(
                    open, samples, plan, static_cast<fault_kind>(kind), for_ever);
            }
    BOOST_TEST_MESSAGE(runs << " runs with a fault");
    BOOST_TEST(runs > 100U);
}

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(lose_nothing_that_was_acknowledged) {
    run(simulation::opener<block_tree>({}), true);
}

BOOST_AUTO_TEST_CASE(lose_nothing_without_mappings_and_in_archives) {
    run(simulation::opener<archive_tree>({.usual = lsm::durability::power_loss}), false);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace faults_test
