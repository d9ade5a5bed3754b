// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/key_ranks.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <limits>
#include <optional>

namespace ranks = lsm::engine::key_ranks;

BOOST_AUTO_TEST_SUITE(engine_key_ranks)

BOOST_AUTO_TEST_CASE(of_all_keys_stand_around_the_middle) {
    BOOST_TEST(ranks::of(0, 1) == ranks::middle);
    BOOST_TEST(ranks::of(0, 3) == ranks::middle - ranks::gap);
    BOOST_TEST(ranks::of(2, 3) == ranks::middle + ranks::gap);
    const std::size_t most = (std::size_t{1} << 31) - 1;
    BOOST_TEST(ranks::of(0, most) < ranks::of(most - 1, most));
}

BOOST_AUTO_TEST_CASE(of_new_keys_lie_in_their_place) {
    BOOST_TEST(*ranks::first_in({}, 1) == ranks::middle);
    BOOST_TEST(*ranks::first_in({.before = 100}, 5) == 100 + ranks::gap);
    BOOST_TEST(*ranks::first_in({.after = 10 * ranks::gap}, 3) == 7 * ranks::gap);
    BOOST_TEST(*ranks::first_in({.before = 100, .after = 200}, 1) == 150U);
    BOOST_TEST(*ranks::first_in({.before = 100, .after = 200}, 9) == 110U);
}

BOOST_AUTO_TEST_CASE(are_refused_where_there_is_no_room) {
    constexpr std::size_t last = (std::numeric_limits<std::size_t>::max)();
    BOOST_TEST(!ranks::first_in({.before = 100, .after = 101}, 1));
    BOOST_TEST(!ranks::first_in({.before = 100, .after = 110}, 10));
    BOOST_TEST(!ranks::first_in({.before = last - 1}, 1));
    BOOST_TEST(!ranks::first_in({.after = 3 * ranks::gap}, 3));
}

BOOST_AUTO_TEST_CASE(of_one_gap_have_room_for_32_keys_in_the_worst_order) {
    std::optional<std::size_t> after = ranks::gap;
    int keys = 0;
    while ((after = ranks::first_in({.before = 0, .after = after}, 1))) ++keys;
    BOOST_TEST(keys == 32);
}

BOOST_AUTO_TEST_SUITE_END()
