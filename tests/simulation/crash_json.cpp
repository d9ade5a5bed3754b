// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/format/json.hpp>
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

namespace crash_json_test {

using trees =
    simulation::trees_of<lsm::json_format, simulation::pairs, simulation::lists, simulation::texts>;

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE_TEMPLATE(loses_nothing_from_json, Tree, trees) {
    simulation::check_uses<Tree>();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace crash_json_test
