// SPDX-License-Identifier: BSL-1.0
#include <lsm/compaction/size_tiered.hpp>
#include <lsm/testing/compaction_laws.hpp>
#include <support/drawn_tables.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using lsm::compaction_pressure;
using policy = lsm::size_tiered_compaction;

/// Classes begin at 100, 900 and 2700 bytes, among others: three runs of one are merged.
std::string planned(const std::string& picture, bool requested = false) {
    lsm::compaction_view view = support::draw(picture);
    view.requested = requested;
    return support::first_of(policy{.fan_in = 3, .least_table_bytes = 0}.plan(view));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(size_tiered)

BOOST_AUTO_TEST_CASE(keeps_the_laws) {
    lsm::testing::check_compaction(policy{}, 1);
    lsm::testing::check_compaction(policy{.fan_in = 2}, 2);
    lsm::testing::check_compaction(policy{.fan_in = 3, .max_table_bytes = 5000}, 3);
    lsm::testing::check_compaction(policy{.fan_in = 0}, 4);
}

BOOST_AUTO_TEST_CASE(bounds_its_tables_unless_it_is_told_otherwise) {
    lsm::compaction_view view = support::draw("L0: a-d, a-d, a-d, a-d");
    BOOST_TEST(policy{}.plan(view).at(0).max_table_bytes == lsm::default_table_bytes);
    view.requested = true;
    BOOST_TEST(policy{}.plan(view).at(0).max_table_bytes == lsm::default_table_bytes);
    BOOST_TEST(policy{.max_table_bytes = 7}.plan(view).at(0).max_table_bytes == 7U);
}

BOOST_AUTO_TEST_CASE(merges_runs_of_one_size_when_enough_have_gathered) {
    BOOST_TEST(planned("") == "nothing");
    BOOST_TEST(planned("L0: a-d, a-d") == "nothing");
    BOOST_TEST(planned("L0: a-d, a-d, a-d") == "merge 1 2 3 to new L0");
    BOOST_TEST(planned("L0: a-d, a-d, a-d, a-d") == "merge 1 2 3 4 to new L0");
}

BOOST_AUTO_TEST_CASE(leaves_larger_runs_alone) {
    BOOST_TEST(planned("L0: a-d, a-d, a-d*9") == "nothing");
    BOOST_TEST(planned("L0: a-d, a-d, a-d, a-d*9") == "merge 1 2 3 to new L0");
    BOOST_TEST(planned("L0: a-d, a-d*9, a-d*9, a-d*9, a-d*99") == "merge 2 3 4 to new L0");
}

BOOST_AUTO_TEST_CASE(takes_a_small_run_between_large_ones_along) {
    BOOST_TEST(planned("L0: a-d*9, a-d, a-d*9") == "merge 1 2 3 to new L0");
    BOOST_TEST(planned("L0: a-d*9, a-d, a-d*99") == "nothing");
}

BOOST_AUTO_TEST_CASE(counts_the_tables_of_a_run_together) {
    BOOST_TEST(planned("L0: a-d*9, a-d*9, a-b*3 c-d*3 e-f*3") == "merge 1 2 3 4 5 to new L0");
}

BOOST_AUTO_TEST_CASE(moves_what_shares_no_keys) {
    BOOST_TEST(planned("L0: e-f, c-d, a-b") == "move 1 2 3 to new L0");
    BOOST_TEST(planned("L0: e-f, c-e, a-b") == "merge 1 2 3 to new L0");
}

BOOST_AUTO_TEST_CASE(works_beside_jobs_in_flight) {
    BOOST_TEST(planned("L0: a-d!, a-d!, a-d!") == "nothing");
    BOOST_TEST(planned("L0: a-d, a-d, a-d!, a-d") == "nothing");
    BOOST_TEST(planned("L0: a-d, a-d, a-d, a-d!, a-d!, a-d!") == "merge 1 2 3 to new L0");
}

BOOST_AUTO_TEST_CASE(takes_runs_over_the_levels_that_another_policy_left) {
    BOOST_TEST(planned("L0: a-d | L1: a-b c-d | L4: a-d") == "merge 1 2 3 4 to new L4");
}

BOOST_AUTO_TEST_CASE(makes_one_run_on_request) {
    BOOST_TEST(planned("L0: a-d, a-d*9", true) == "merge 1 2 to new L0");
    BOOST_TEST(planned("L0: a-d | L2: a-d*9, a-d*99", true) == "merge 1 2 3 to new L2");
    BOOST_TEST(planned("L0: a-d, a-d*9!", true) == "nothing");
    BOOST_TEST(planned("L0: a-d", true) == "nothing");
    BOOST_TEST(planned("L0: a-d~", true) == "merge 1 to new L0");
}

BOOST_AUTO_TEST_CASE(slows_writes_down_before_it_stops_them) {
    const policy how{.fan_in = 2, .slow_runs = 3, .stop_runs = 4};
    const auto pressure = [&](const char* picture) { return how.pressure(support::draw(picture)); };
    BOOST_CHECK(pressure("") == compaction_pressure::ok);
    BOOST_CHECK(pressure("L0: a-d, a-d, a-d*9, a-d*9") == compaction_pressure::ok);
    BOOST_CHECK(pressure("L0: a-d, a-d*9!, a-d*9!, a-d*9!") == compaction_pressure::slow);
    BOOST_CHECK(pressure("L0: a-d, a-d, a-d, a-d") == compaction_pressure::stop);
    const policy early{.fan_in = 8, .slow_runs = 0, .stop_runs = 0};  // nothing to wait for yet
    BOOST_CHECK(early.pressure(support::draw("L0: a-d, a-d")) == compaction_pressure::ok);
}

BOOST_AUTO_TEST_SUITE_END()
