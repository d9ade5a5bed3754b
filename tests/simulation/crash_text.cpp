// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/format/serialization.hpp>
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

namespace crash_text_test {

using trees = simulation::trees_of<lsm::serialization_format<lsm::text_archive>, simulation::lists,
                                   simulation::texts, simulation::pairs>;

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE_TEMPLATE(loses_nothing_from_text_archives, Tree, trees) {
    simulation::check_uses<Tree>();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace crash_text_test
