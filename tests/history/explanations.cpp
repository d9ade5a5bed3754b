// SPDX-License-Identifier: BSL-1.0
#include "drawn.hpp"
#include "random_history.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace lsm::testing;

}  // namespace

// clang-format off
BOOST_AUTO_TEST_SUITE(an_explanation)

BOOST_AUTO_TEST_CASE(names_what_contradicts_and_nothing_else) {
    const auto verdict = check_history(drawn::history(
        {"[b=9] [a=1] [a=2]       [c=4] ",
         "[b:-]             [a:1]       ",
         "      [c:-] [b:9]       [b:9] "}));
    BOOST_TEST(verdict.text == "no order explains these 3 operations:\n"
                               "  [6, 10] thread 0: put 0=1\n"
                               "  [12, 16] thread 0: put 0=2\n"
                               "  [18, 22] thread 1: read 0 -> 1\n");
}
BOOST_AUTO_TEST_CASE(tells_where_a_value_came_from) {
    const auto verdict = check_history(drawn::history(
        {"[   a=1 b=2   ] [c=3]",
         "  [a..b:a1]          "}));
    BOOST_TEST(verdict.text == "nothing that was written explains\n"
                               "  [2, 10] thread 1: read 0..1 -> {0=1}\n"
                               "whenever these happened, which they saw:\n"
                               "  [0, 14] thread 0: batch put 0=1, put 1=2\n");
}
BOOST_AUTO_TEST_CASE(of_a_value_that_nobody_wrote_is_the_read) {
    const auto verdict = check_history(drawn::history({"[a=1] [a:7]"}));
    BOOST_TEST(verdict.text == "nothing that was written explains\n"
                               "  [6, 10] thread 0: read 0 -> 7\n");
}
BOOST_AUTO_TEST_CASE(is_what_is_thrown) {
    BOOST_CHECK_EXCEPTION(require_linearizable(drawn::history({"[a=1] [a:-]"})), law_broken,
                          [](const law_broken& broken) {
                              return std::string(broken.what()).find("read 0 -> nothing") !=
                                     std::string::npos;
                          });
    BOOST_CHECK_NO_THROW(require_linearizable(drawn::history({"[a=1] [a:1]"})));
}
BOOST_AUTO_TEST_CASE(is_not_given_for_values_written_twice) {
    BOOST_CHECK_THROW((void)check_history(drawn::history({"[a=1] [a=1]"})), std::invalid_argument);
    BOOST_CHECK_NO_THROW((void)check_history(drawn::history({"[a=1] [b=1]"})));
}
BOOST_AUTO_TEST_CASE(says_when_the_search_was_given_up) {
    const auto whole = random_history::simulation({}, 1).run();
    BOOST_TEST((check_history(whole, 3).outcome == history_outcome::undecided));
}
// clang-format on

/// Where one operation less, with all other reads left out and all other writes at any time, has an
/// order.
BOOST_AUTO_TEST_CASE(can_do_without_none_of_its_operations) {
    std::size_t seen = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        auto whole = random_history::simulation({}, seed).run();
        std::mt19937_64 random(seed);
        random_history::change_a_result(whole, random);
        const auto verdict = check_history(whole);
        if (verdict.outcome != history_outcome::contradiction) continue;
        const auto is_contradiction = [&](std::size_t without) {
            std::vector<bool> kept(whole.size(), false);
            for (const std::size_t place : verdict.operations) kept[place] = place != without;
            const detail::history_plan plan(whole, kept);
            return detail::linearizer(plan).run(100000) == history_outcome::contradiction;
        };
        BOOST_TEST(is_contradiction(whole.size()));
        for (const std::size_t place : verdict.operations) BOOST_TEST(!is_contradiction(place));
        ++seen;
    }
    BOOST_TEST(seen > 30U);
}

BOOST_AUTO_TEST_SUITE_END()
