// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/format/serialization.hpp>
#include <support/model_room.hpp>

#include <boost/test/unit_test.hpp>

#include <tuple>

namespace {

using trees = support::trees_from_memory<lsm::serialization_format<lsm::text_archive>>;

}  // namespace

BOOST_AUTO_TEST_SUITE(model_text)

BOOST_AUTO_TEST_CASE_TEMPLATE(answers_as_a_map_does, Tree, trees) {
    support::check_model<Tree>(support::never);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(answers_as_a_map_does_while_compacting, Tree, trees) {
    support::check_model<Tree>(3);
}

BOOST_AUTO_TEST_CASE(keeps_giant_keys_and_thousands_of_versions) {
    support::check_giants<std::tuple_element_t<2, trees>>();
}

BOOST_AUTO_TEST_SUITE_END()
