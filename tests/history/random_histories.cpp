// SPDX-License-Identifier: BSL-1.0
#include "random_history.hpp"
#include "replay.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

using lsm::testing::check_history;
using lsm::testing::history;
using lsm::testing::history_outcome;
using random_history::shape;

/// LSM_LONG=1 tries fifty times as many.
std::uint64_t times(std::uint64_t count) {
    return std::getenv("LSM_LONG") ? 50 * count : count;
}

void check_that_all_are_accepted(const shape& of, std::uint64_t count) {
    for (std::uint64_t seed = 0; seed < times(count); ++seed) {
        const history whole = random_history::simulation(of, seed).run();
        const auto verdict = check_history(whole);
        BOOST_REQUIRE_MESSAGE(verdict.outcome == history_outcome::linearizable,
                              "seed " << seed << ": " << verdict.text);
        BOOST_REQUIRE_MESSAGE(replay::is_right_order(whole, verdict.operations),
                              "seed " << seed << ": the order is wrong");
    }
}

/// Without the explanation, which takes longer.
history_outcome outcome_of(const history& whole) {
    const std::vector<bool> all(whole.size(), true);
    const lsm::testing::detail::history_plan plan(whole, all);
    return lsm::testing::detail::linearizer(plan).run(1 << 20);
}

/// @returns in how many percent of histories a change of one result is noticed
double percent_rejected(const shape& of, std::uint64_t count) {
    std::uint64_t changed = 0;
    std::uint64_t rejected = 0;
    for (std::uint64_t seed = 0; seed < times(count); ++seed) {
        history whole = random_history::simulation(of, seed).run();
        std::mt19937_64 random(seed);
        if (!random_history::change_a_result(whole, random)) continue;
        const history_outcome outcome = outcome_of(whole);
        BOOST_REQUIRE((outcome != history_outcome::undecided));
        ++changed;
        if (outcome == history_outcome::contradiction) ++rejected;
    }
    return 100.0 * static_cast<double>(rejected) / static_cast<double>(changed);
}

/// Small histories, some right and some wrong, on which both say the same. @returns how many are
/// wrong
std::uint64_t compare_with_every_order(const shape& of, unsigned changes, std::uint64_t count) {
    std::uint64_t wrong = 0;
    for (std::uint64_t seed = 0; seed < times(count); ++seed) {
        history whole = random_history::simulation(of, seed).run();
        std::mt19937_64 random(seed);
        for (unsigned change = 0; change < changes; ++change)
            random_history::change_something(whole, random);
        const bool expected = replay::every_order(whole).has_right_one();
        if (!expected) ++wrong;
        const history_outcome outcome =
            expected ? history_outcome::linearizable : history_outcome::contradiction;
        BOOST_REQUIRE_MESSAGE(outcome_of(whole) == outcome,
                              "seed " << seed << ", " << changes << " changes");
        if (expected) BOOST_REQUIRE(replay::is_right_order(whole, check_history(whole).operations));
    }
    return wrong;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random_histories)

BOOST_AUTO_TEST_CASE(are_accepted) {
    check_that_all_are_accepted({}, 400);
}
BOOST_AUTO_TEST_CASE(are_accepted_on_one_key) {
    check_that_all_are_accepted({.keys = 1}, 400);
}
BOOST_AUTO_TEST_CASE(are_accepted_on_many_keys) {
    check_that_all_are_accepted({.keys = 40}, 400);
}
BOOST_AUTO_TEST_CASE(are_accepted_with_failed_writes) {
    check_that_all_are_accepted({.failing_percent = 5}, 400);
    check_that_all_are_accepted({.failing_percent = 30}, 200);
}
BOOST_AUTO_TEST_CASE(are_accepted_of_batches_and_scans) {
    check_that_all_are_accepted({.batch_percent = 80, .scan_percent = 80}, 400);
}
BOOST_AUTO_TEST_CASE(are_accepted_with_sequence_numbers) {
    check_that_all_are_accepted({.numbered = true}, 200);
}
BOOST_AUTO_TEST_CASE(are_accepted_of_one_thread) {
    check_that_all_are_accepted({.threads = 1}, 50);
}
BOOST_AUTO_TEST_CASE(are_accepted_of_eight_threads) {
    check_that_all_are_accepted({.threads = 8}, 200);
}

// What is not noticed is right: the changed read was concurrent with a write that explains it.
BOOST_AUTO_TEST_CASE(with_a_changed_result_are_rejected) {
    const double percent = percent_rejected({}, 400);
    BOOST_TEST_MESSAGE(percent << " % of changed results are rejected");
    BOOST_TEST(percent > 90);
}
BOOST_AUTO_TEST_CASE(of_two_threads_with_a_changed_result_are_rejected) {
    BOOST_TEST(percent_rejected({.threads = 2}, 400) > 95);
}
BOOST_AUTO_TEST_CASE(of_one_thread_with_a_changed_result_are_all_rejected) {
    BOOST_TEST(percent_rejected({.threads = 1}, 100) == 100);
}

BOOST_AUTO_TEST_CASE(have_the_verdict_of_trying_every_order) {
    std::uint64_t wrong = 0;
    for (unsigned changes = 0; changes < 4; ++changes)
        for (const unsigned failing : {0U, 25U, 60U})
            for (const bool numbered : {false, true}) {
                const shape small = {.threads = 3,
                                     .operations = 8,
                                     .keys = 2,
                                     .failing_percent = failing,
                                     .batch_percent = 40,
                                     .scan_percent = 40,
                                     .numbered = numbered};
                wrong += compare_with_every_order(small, changes, 1000);
            }
    BOOST_TEST_MESSAGE(wrong << " of " << times(24000) << " small histories are wrong");
    BOOST_TEST(wrong > times(4000));
    BOOST_TEST(wrong < times(20000));
}

BOOST_AUTO_TEST_SUITE_END()
