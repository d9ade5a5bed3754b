// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/pins.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using lsm::sequence_number;
using lsm::engine::pin;
using lsm::engine::pin_set;
using numbers = std::vector<sequence_number>;

}  // namespace

BOOST_AUTO_TEST_SUITE(pins)

BOOST_AUTO_TEST_CASE(are_listed_ascending_and_once) {
    pin_set set;
    const pin five(set, 5), none(set, 0), three(set, 3), again(set, 5);
    BOOST_TEST(set.all() == (numbers{0, 3, 5}), boost::test_tools::per_element());
    BOOST_TEST(set.size() == 4U);
    BOOST_TEST(set.oldest(9) == 0U);
}

BOOST_AUTO_TEST_CASE(beyond_the_slots_are_listed_too) {
    pin_set set;
    std::vector<pin> many;
    numbers expected;
    for (sequence_number i = 0; i < 40; ++i) {
        many.emplace_back(set, 100 - i);
        expected.insert(expected.begin(), 100 - i);
    }
    BOOST_TEST(set.all() == expected, boost::test_tools::per_element());
    BOOST_TEST(set.oldest(99) == 61U);
    BOOST_TEST(set.oldest(7) == 7U);
    const std::vector<pin> copies = many;
    BOOST_TEST(set.size() == 80U);
    many.erase(many.begin(), many.begin() + 39);
    BOOST_TEST(set.size() == 41U);
    BOOST_TEST(set.all() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(are_seen_while_they_are_copied_from_place_to_place) {
    pin_set set;
    pin held(set, 5);
    std::atomic<bool> ends = false;
    std::thread copier([&] {
        while (!ends) {
            pin copy = held;
            held = std::move(copy);
        }
    });
    std::size_t missed = 0;
    for (int i = 0; i < 400'000; ++i) missed += set.oldest(9) == 5 ? 0 : 1;
    ends = true;
    copier.join();
    BOOST_TEST(missed == 0U);
}

BOOST_AUTO_TEST_CASE(are_let_go_of_once) {
    pin_set set;
    {
        pin first(set, 1);
        pin taken = std::move(first);
        const pin copy = taken;
        BOOST_TEST(set.size() == 2U);
        taken = pin(set, 2);
        BOOST_TEST(set.all() == (numbers{1, 2}), boost::test_tools::per_element());
    }
    BOOST_TEST(set.size() == 0U);
    BOOST_TEST(set.oldest(9) == 9U);
}

/// Who asks for all pins may forget what only numbers between them and the newest one see. Readers check
/// that the number that they got is none of these.
BOOST_AUTO_TEST_CASE(are_seen_by_whoever_forgets_or_are_newer) {
    pin_set set;
    std::atomic<sequence_number> newest = 1;
    std::atomic<sequence_number> forgotten = 0;  // a number that nobody may read at, until it rises
    std::atomic<std::size_t> wrong = 0;
    std::atomic<bool> stops = false;
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (!stops) {
                const pin mine(set, newest);
                // What was forgotten before the pin was taken is older, or just what it reads at.
                for (int look = 0; look < 4; ++look)
                    if (forgotten.load(std::memory_order_acquire) > mine.at()) ++wrong;
            }
        });
    for (int round = 0; round < 200'000; ++round) {
        const sequence_number last = newest.load(std::memory_order_relaxed) + 1;
        newest.store(last, std::memory_order_release);
        forgotten.store(set.oldest(last), std::memory_order_release);
    }
    stops = true;
    for (std::thread& each : readers) each.join();
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
