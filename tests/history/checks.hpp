// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "drawn.hpp"
#include "replay.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>

/// What the drawings are checked with. A drawing is small, so every order is tried as well: what
/// is drawn must be what it claims to be.
namespace drawn {

inline void rejects(std::initializer_list<const char*> lines) {
    const lsm::testing::history whole = history(lines);
    BOOST_TEST(!replay::every_order(whole).has_right_one());
    const auto verdict = lsm::testing::check_history(whole);
    BOOST_TEST((verdict.outcome == lsm::testing::history_outcome::contradiction));
    BOOST_TEST(!verdict.operations.empty());
    BOOST_TEST(!verdict.text.empty());
}

inline void accepts(std::initializer_list<const char*> lines) {
    const lsm::testing::history whole = history(lines);
    BOOST_TEST(replay::every_order(whole).has_right_one());
    const auto verdict = lsm::testing::check_history(whole);
    BOOST_TEST((verdict.outcome == lsm::testing::history_outcome::linearizable), verdict.text);
    BOOST_TEST(replay::is_right_order(whole, verdict.operations));
}

}  // namespace drawn
