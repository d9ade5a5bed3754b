// SPDX-License-Identifier: BSL-1.0
#include <lsm/compaction/leveled.hpp>
#include <lsm/testing/compaction_laws.hpp>
#include <support/drawn_tables.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace {

using lsm::compaction_pressure;
using policy = lsm::leveled_compaction;

/// Level 3 is the last; of 1000 bytes there, level 2 may hold 500 and level 1 250. A level is worth
/// having from 200 bytes on, and a table is full with 400.
policy small() {
    return {.fanout = 2,
            .level0_trigger_runs = 2,
            .base_level_bytes = 200,
            .max_table_bytes = 400,
            .last_level = 3};
}
/// The same with tables that are full with 4000 bytes, and small with fewer than 1000: `a-b*9` is small.
policy with_small_tables() {
    policy how = small();
    how.base_level_bytes = 1'000'000;
    how.max_table_bytes = 4000;
    return how;
}
std::string planned(const std::string& picture, const policy& how = small()) {
    return support::first_of(how.plan(support::draw(picture)));
}
std::string for_readers(const std::string& picture, const policy& how = small()) {
    lsm::compaction_view view = support::draw(picture);
    view.for_readers = true;
    return support::first_of(how.plan(view));
}
std::string requested(const std::string& picture, const policy& how = small()) {
    lsm::compaction_view view = support::draw(picture);
    view.requested = true;
    return support::first_of(how.plan(view));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(leveled)

BOOST_AUTO_TEST_CASE(keeps_the_laws) {
    lsm::testing::check_compaction(policy{}, 1);
    lsm::testing::check_compaction(policy{.fanout = 3,
                                          .level0_trigger_runs = 2,
                                          .base_level_bytes = 4000,
                                          .max_table_bytes = 2000},
                                   2);
    lsm::testing::check_compaction(policy{.fanout = 0,
                                          .level0_trigger_runs = 0,
                                          .base_level_bytes = 0,
                                          .max_table_bytes = 1000,
                                          .least_table_bytes = 0,
                                          .last_level = 0,
                                          .pick = lsm::leveled_pick::most_tombstones},
                                   3);
}

BOOST_AUTO_TEST_CASE(merges_level_0_into_the_base_when_enough_runs_have_gathered) {
    BOOST_TEST(planned("") == "nothing");
    BOOST_TEST(planned("L0: a-d") == "nothing");
    BOOST_TEST(planned("L0: a-d, b-e") == "merge 1 2 into L3");
    BOOST_TEST(planned("L0: a-d, b-e | L3: a-b d-f x-z") == "merge 1 2 3 4 into L3");
    // what lies between the inputs is taken too, so that the outputs have room
    BOOST_TEST(planned("L0: a-f, a-b, e-f | L3: c-d") == "merge 1 2 3 4 into L3");
}

BOOST_AUTO_TEST_CASE(adds_levels_as_the_data_grows) {
    BOOST_TEST(planned("L0: a-d, b-e | L3: a-z*3") == "merge 1 2 3 into L3");
    BOOST_TEST(planned("L0: a-d, b-e | L3: a-z*4") == "merge 1 2 into L2");
    BOOST_TEST(planned("L0: a-d, b-e | L3: a-z*8") == "merge 1 2 into L1");
    BOOST_TEST(planned("L0: a-d, b-e | L3: a-z*80") == "merge 1 2 into L1");
}

BOOST_AUTO_TEST_CASE(sends_a_table_down_from_a_level_that_is_too_large) {
    BOOST_TEST(planned("L2: a-b*2 | L3: a-z*4") == "nothing");
    BOOST_TEST(planned("L2: a-b*3 | L3: a-z*4") == "merge 1 2 into L3");
}

BOOST_AUTO_TEST_CASE(sends_the_table_with_the_least_overlap) {
    BOOST_TEST(planned("L2: a-d e-f g-h*2 | L3: a-b c-d e-e f-f g-h") == "merge 3 8 into L3");
    BOOST_TEST(planned("L2: a-d*3 e-f g-h | L3: a-b c-d e-e f-f g-g h-h") == "merge 1 4 5 into L3");
}

BOOST_AUTO_TEST_CASE(sends_the_table_with_most_tombstones_if_asked_to) {
    policy how = small();
    how.pick = lsm::leveled_pick::most_tombstones;
    BOOST_TEST(planned("L2: a-d~ e-f g-h*2~ | L3: a-b c-d e-e f-f g-h", how) ==
               "merge 1 4 5 into L3");
}

BOOST_AUTO_TEST_CASE(takes_neighbours_along_that_meet_nothing_more) {
    BOOST_TEST(planned("L2: a-b c-d e-f x-y*9 | L3: a-f*3 x-y*9") == "merge 4 6 into L3");
    BOOST_TEST(planned("L2: a-b c-d e-g*5 | L3: a-f*4 g-g*4 h-i*4") == "merge 1 2 3 4 5 into L3");
}

BOOST_AUTO_TEST_CASE(moves_what_meets_nothing) {
    BOOST_TEST(planned("L0: a-b, c-d") == "move 1 2 into L3");
    BOOST_TEST(planned("L0: a-b, c-d, d-e | L3: a-a") == "merge 1 2 3 4 into L3");
    BOOST_TEST(planned("L0: x-z, c-d, d-e | L3: a-a") == "move 1 into L3");
    BOOST_TEST(planned("L2: a-b*2 c-d*2 e-f*2 | L3: a-b*2 x-z*2") == "move 2 3 into L3");
    BOOST_TEST(planned("L2: a-b*2 c-d e-f | L3: a-b*2 x-z*2") == "move 2 3 into L3");
    BOOST_TEST(planned("L2: a-b*2 c-d e-f g-h | L3: a-b*4 x-z*2") == "move 2 3 into L3");
}

BOOST_AUTO_TEST_CASE(merges_small_tables_that_meet_nothing) {
    const auto of = [](const char* picture) { return planned(picture, with_small_tables()); };
    BOOST_TEST(of("L0: c-d, a-b") == "merge 2 1 into L3");
    BOOST_TEST(of("L0: c-d*10, a-b*12") == "move 2 1 into L3");
    BOOST_TEST(of("L0: c-d*10, a-b") == "move 1 into L3");  // the other one is left on level 0
    BOOST_TEST(of("L0: e-f, a-b | L3: c-d*10") == "move 2 1 into L3");
    BOOST_TEST(of("L0: g-h, e-f, a-b | L3: c-d*10") == "merge 2 1 into L3");
    // about as many as fill a table
    policy how = with_small_tables();
    how.level0_trigger_runs = 1;
    BOOST_TEST(planned("L0: a-b*9 c-d*9 e-f*9 g-h*9 i-j*9 k-l*9", how) ==
               "merge 1 2 3 4 5 into L3");
}

BOOST_AUTO_TEST_CASE(takes_the_small_tables_along_that_stand_beside_the_outputs) {
    const auto of = [](const char* picture) { return planned(picture, with_small_tables()); };
    BOOST_TEST(of("L0: e-f, c-d | L3: a-b") == "merge 2 1 3 into L3");
    BOOST_TEST(of("L0: c-d, a-b | L3: e-f") == "merge 2 1 3 into L3");
    BOOST_TEST(of("L0: e-f, c-d | L3: a-b*10 x-z*10") == "merge 2 1 into L3");
    // before the outputs or behind them, not both
    BOOST_TEST(of("L0: e-f, c-d | L3: a-b x-z") == "merge 2 1 3 into L3");
    BOOST_TEST(of("L0: e-f, c-d | L3: a-b*9 x-z") == "merge 2 1 4 into L3");
    // those that have no more bytes than what was taken before
    BOOST_TEST(of("L0: e-f, c-d | L3: a-b*3") == "merge 2 1 into L3");
    BOOST_TEST(of("L0: i-j, g-h | L3: a-b*9 c-d*4 e-f*2") == "merge 2 1 5 4 into L3");
    BOOST_TEST(of("L0: i-j, g-h | L3: a-b*8 c-d*4 e-f*2") == "merge 2 1 5 4 3 into L3");
    BOOST_TEST(of("L0: e-f, c-d | L3: a-b!") == "merge 2 1 into L3");
    // also where something below is met: its rest would be one small table more each time
    BOOST_TEST(of("L0: c-d, c-d | L3: a-c*40 e-f x-z*40") == "merge 1 2 3 4 into L3");
    BOOST_TEST(of("L2: c-d*30 | L3: a-c*40 e-f x-z*10") == "merge 1 2 3 into L3");
    BOOST_TEST(of("L2: e-f*3 g-h*30 | L3: a-c*2 x-z*40") == "move 2 into L3");
    BOOST_TEST(of("L1: e-f*3 | L3: a-c*2 x-z*40") == "merge 1 2 into L3");
}

BOOST_AUTO_TEST_CASE(puts_nothing_between_the_inputs_of_a_job_in_flight) {
    const auto of = [](const char* picture) { return planned(picture, with_small_tables()); };
    BOOST_TEST(of("L1: e-f*30 | L3: a-c! x-z!") == "nothing");
    BOOST_TEST(of("L1: a-c! e-f*30 x-z! | L3: k-k*40") == "move 2 into L3");
    BOOST_TEST(of("L1: a-c! e-f*30 h-i! | L3: k-k*40") == "nothing");
    // also where other tables have come between the inputs since
    BOOST_TEST(of("L1: a-c! e-f*30 h-i*30 x-z!") == "nothing");
    BOOST_TEST(of("L0: e-f*30 | L3: a-c! x-z!") == "nothing");
    // nor are outputs that reach over one
    BOOST_TEST(of("L1: e-f! g-h*3 | L3: a-c*2 x-z*40") == "move 2 into L3");
    BOOST_TEST(of("L1: c-d e-f! g-h | L3: x-z*40") == "move 1 3 into L3");
}

BOOST_AUTO_TEST_CASE(leaves_tables_of_the_intended_size_on_request) {
    const auto of = [](const char* picture) { return requested(picture, with_small_tables()); };
    BOOST_TEST(of("L3: a-b c-d e-f*39 g-h") == "merge 1 2 into L3");
    BOOST_TEST(of("L3: a-d*2 e-f*39 g-h") == "merge 2 3 into L3");
    BOOST_TEST(of("L3: a-d*2 e-f*40 g-h") == "nothing");
    BOOST_TEST(of("L3: a-b*40 c-d~ e-f~") == "merge 2 3 into L3");
    BOOST_TEST(of("L3: a-b c-d! e-f g-h") == "merge 3 4 into L3");
    BOOST_TEST(of("L3: a-b*20 c-d*20 e-f*21 g-h*20") == "merge 1 2 into L3");
    BOOST_TEST(planned("L3: a-b c-d", with_small_tables()) == "nothing");
    // two tables of the same bytes would be two again where what is written takes a little more
    lsm::compaction_view view = support::draw("L3: a-b*20 c-d*20");
    view.requested = true;
    BOOST_TEST(with_small_tables().plan(view).front().max_table_bytes ==
               (std::numeric_limits<std::uint64_t>::max)());
}

BOOST_AUTO_TEST_CASE(cuts_outputs_where_tables_begin_two_levels_down) {
    // each piece is to meet about 400 bytes, as much as belongs to half a full table
    policy how = small();
    how.base_level_bytes = 1000;
    BOOST_TEST(planned("L0: a-z, a-z | L3: a-b*4 c-d*4 e-f*2 g-h*2 i-j*9 k-l", how) ==
               "merge 1 2 into L2 cut 4 5 7 8");
    BOOST_TEST(planned("L0: c-f, c-f | L3: a-b*9 c-d*4 e-f*4 g-h*9", how) ==
               "merge 1 2 into L2 cut 5");
}

BOOST_AUTO_TEST_CASE(sends_down_what_lies_above_the_base) {
    BOOST_TEST(planned("L1: a-b c-d | L3: a-b") == "move 2 into L3");
    BOOST_TEST(planned("L1: a-b | L3: a-b") == "merge 1 2 into L3");
    BOOST_TEST(planned("L1: a-b | L2: x-y | L3: a-b") == "move 1 into L2");
    BOOST_TEST(planned("L0: a-b, a-b | L1: c-d! | L3: a-b") == "merge 1 2 into L1");
}

BOOST_AUTO_TEST_CASE(takes_a_tree_that_another_policy_wrote) {
    BOOST_TEST(planned("L0: a-d, b-e | L1: a-c, b-d | L3: a-b") == "merge 3 4 to new L1");
    BOOST_TEST(planned("L1: a-c!, b-d") == "nothing");
    BOOST_TEST(planned("L0: a-d | L5: a-b, a-b") == "merge 2 3 to new L5");
    BOOST_TEST(planned("L0: a-d, a-d | L5: a-b") == "merge 1 2 3 into L5");
}

BOOST_AUTO_TEST_CASE(works_beside_jobs_in_flight) {
    BOOST_TEST(planned("L0: a-d, a-d!") == "nothing");
    BOOST_TEST(planned("L0: a-d, a-d | L3: a-b!") == "nothing");
    BOOST_TEST(planned("L0: a-d, a-d | L3: x-z!") == "merge 1 2 into L3");
    BOOST_TEST(planned("L2: a-b*3! c-d*3 | L3: a-b*2! c-d*4") == "nothing");  // it is leaving
    BOOST_TEST(planned("L2: a-b*9 c-d*9 | L3: a-b*3! c-d*4") == "merge 2 4 into L3");
}

BOOST_AUTO_TEST_CASE(keeps_the_base_free_for_level_0_while_that_waits) {
    BOOST_TEST(planned("L0: a-d, a-d, a-d, a-d | L2: a-b! c-d*4 | L3: a-b*3! c-d*4") == "nothing");
    BOOST_TEST(planned("L2: a-b! c-d*4 | L3: a-b*3! c-d*4") == "merge 2 4 into L3");
}

BOOST_AUTO_TEST_CASE(brings_everything_to_the_last_level_on_request) {
    BOOST_TEST(requested("L3: a-b") == "nothing");
    BOOST_TEST(requested("L0: a-b") == "move 1 into L3");
    BOOST_TEST(requested("L0: a-b | L3: a-z*80") == "merge 1 2 into L3");
    BOOST_TEST(requested("L2: a-b | L3: a-z*80") == "merge 1 2 into L3");
    BOOST_TEST(requested("L0: a-b | L2: x-y | L3: a-z*80") == "merge 2 3 into L3");
}

BOOST_AUTO_TEST_CASE(merges_level_0_however_few_its_runs_for_readers) {
    BOOST_TEST(for_readers("L0: a-b") == "nothing");  // there is one run
    BOOST_TEST(for_readers("L0: a-b | L3: a-z*3") == "merge 1 2 into L3");
    BOOST_TEST(for_readers("L0: a-b | L3: a-z*80") == "nothing");  // L1 would be one run more
    BOOST_TEST(for_readers("L0: a-b | L1: b-c | L3: a-z*80") == "merge 1 2 into L1");
    BOOST_TEST(for_readers("L0: a-b, c-d | L3: a-z*80") == "move 1 2 into L1");
    BOOST_TEST(for_readers("L2: a-b | L3: a-z*80") == "nothing");
    policy how = small();
    how.level0_trigger_runs = 3;
    BOOST_TEST(planned("L0: a-c, b-d", how) == "nothing");
    BOOST_TEST(for_readers("L0: a-c, b-d", how) == "merge 1 2 into L3");
    how.merge_for_readers = false;
    BOOST_TEST(for_readers("L0: a-c, b-d", how) == "nothing");
}

BOOST_AUTO_TEST_CASE(rids_the_last_level_of_tombstones_on_request) {
    BOOST_TEST(planned("L3: a-b*4 c-d*4~ e-f*4~") == "nothing");
    BOOST_TEST(requested("L3: a-b*4 c-d*4~ e-f*4~") == "merge 2 into L3");
    BOOST_TEST(requested("L3: a-b*4 c-d*4~! e-f*4~") == "merge 3 into L3");
}

BOOST_AUTO_TEST_CASE(slows_writes_down_before_it_stops_them) {
    policy how = small();
    how.level0_slow_runs = 3;
    how.level0_stop_runs = 4;
    const auto pressure = [&](const char* picture) { return how.pressure(support::draw(picture)); };
    BOOST_CHECK(pressure("") == compaction_pressure::ok);
    BOOST_CHECK(pressure("L0: a-d, a-d | L1: a-b, a-b") == compaction_pressure::ok);
    BOOST_CHECK(pressure("L0: a-d, a-d, a-d!") == compaction_pressure::slow);
    BOOST_CHECK(pressure("L0: a-d, a-d, a-d, a-d") == compaction_pressure::stop);
    how.level0_trigger_runs = 8;  // nothing to wait for before that
    BOOST_CHECK(pressure("L0: a-d, a-d, a-d, a-d") == compaction_pressure::ok);
}

BOOST_AUTO_TEST_SUITE_END()
