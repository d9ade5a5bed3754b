// SPDX-License-Identifier: BSL-1.0
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

namespace crash_block_test {

using trees = simulation::trees_of<lsm::block_format, simulation::texts, simulation::pairs,
                                   simulation::lists>;

/// What `lsm_tree` is made of.
using usual_tree = simulation::crash_tree<simulation::texts, lsm::b_tree_memtable,
                                          lsm::block_format, lsm::leveled_compaction>;

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE_TEMPLATE(loses_nothing_from_blocks, Tree, trees) {
    simulation::check_uses<Tree>();
}

BOOST_AUTO_TEST_CASE(loses_nothing_from_the_usual_tree) {
    simulation::check_uses<usual_tree>();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace crash_block_test
