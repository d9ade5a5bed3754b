// SPDX-License-Identifier: BSL-1.0
#include <support/model_room.hpp>

#include <lsm/memtable/append.hpp>

#include <boost/test/unit_test.hpp>

#include <tuple>

namespace {

using trees = support::trees_from_memory<lsm::block_format>;

}  // namespace

BOOST_AUTO_TEST_SUITE(model_block)

BOOST_AUTO_TEST_CASE_TEMPLATE(answers_as_a_map_does, Tree, trees) {
    support::check_model<Tree>(support::never);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(answers_as_a_map_does_while_compacting, Tree, trees) {
    support::check_model<Tree>(3);
}

// Of the memtable that sorts late, one format tells all: what it hands to a flush is what others do.
BOOST_AUTO_TEST_CASE(answers_as_a_map_does_where_writes_are_appended) {
    support::check_model<
        support::text_tree<lsm::append_memtable, lsm::block_format, lsm::memory_medium>>(3);
}

BOOST_AUTO_TEST_CASE(keeps_giant_keys_and_thousands_of_versions) {
    support::check_giants<std::tuple_element_t<2, trees>>();
}

BOOST_AUTO_TEST_SUITE_END()
