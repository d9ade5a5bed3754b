// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/clock_ring.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <deque>
#include <optional>

namespace {

struct member final : lsm::engine::clock_member {};

struct fixture {
    std::deque<member> all;
    lsm::engine::clock_ring ring;

    void add(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) ring.add(all.emplace_back());
    }
    /// Takes the next one out. @returns its number
    std::optional<std::size_t> evict() {
        const auto* const next = ring.next();
        if (!next) return std::nullopt;
        ring.remove(*next);
        for (std::size_t i = 0; i < all.size(); ++i)
            if (&all[i] == next) return i;
        return std::nullopt;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(clock_ring, fixture)

BOOST_AUTO_TEST_CASE(evicts_in_the_order_of_arrival) {
    add(3);
    for (const std::size_t each : {0U, 1U, 2U}) BOOST_TEST(evict().value() == each);
    BOOST_TEST(ring.empty());
    BOOST_TEST(!evict().has_value());
}

BOOST_AUTO_TEST_CASE(passes_once_over_a_member_that_was_used) {
    add(3);
    all[0].touch();
    for (const std::size_t each : {1U, 2U, 0U}) BOOST_TEST(evict().value() == each);
}

BOOST_AUTO_TEST_CASE(evicts_also_where_all_are_used) {
    add(3);
    for (member& each : all) each.touch();
    for (const std::size_t each : {0U, 1U, 2U}) BOOST_TEST(evict().value() == each);
}

BOOST_AUTO_TEST_CASE(passes_over_a_bounded_number_of_members) {
    constexpr std::size_t bound = lsm::engine::clock_ring::most_passed;
    add(3 * bound);
    for (member& each : all) each.touch();
    BOOST_TEST(evict().value() == bound);
    BOOST_TEST(evict().value() == 2 * bound + 1);
}

BOOST_AUTO_TEST_CASE(gives_up_a_member_at_its_hand_and_any_other) {
    add(4);
    ring.remove(all[0]);
    ring.remove(all[2]);
    for (const std::size_t each : {1U, 3U}) BOOST_TEST(evict().value() == each);
    add(1);
    BOOST_TEST(evict().value() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
