// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/skip_list.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace {

using content = lsm::payload<std::string>;
using table = lsm::skip_list_memtable::memtable<std::string, content>;

static_assert(lsm::memtable<table, std::string, content>);
static_assert(table::sharing == lsm::memtable_sharing::single_writer);

/// A number that lets something happen in the middle of a search, as another thread would.
struct interrupted_key {
    int number;

    inline static int comparisons_left = 0;
    inline static std::function<void()> interruption;

    friend bool operator<(const interrupted_key& a, const interrupted_key& b) {
        if (comparisons_left > 0 && --comparisons_left == 0) interruption();
        return a.number < b.number;
    }
};

using interrupted_table = lsm::skip_list_memtable::memtable<interrupted_key, content>;

/// Searches among 10, 20, … 90 while 45 and 55 are inserted in the middle of one comparison: of each
/// in turn, in lists of different towers.
template <class F>
void search_interrupted(F search) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        bool interrupted = true;
        for (int n = 1; interrupted; ++n) {
            interrupted_table entries{{.seed = seed}};
            for (int number = 10; number < 100; number += 10)
                entries.insert({number}, 1, content(std::to_string(number)), 0);
            interrupted_key::interruption = [&] {
                for (const int number : {45, 55}) entries.insert({number}, 2, content("new"), 0);
            };
            interrupted_key::comparisons_left = n;
            search(entries);
            interrupted = std::exchange(interrupted_key::comparisons_left, 0) == 0;
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(skip_list_memtable_search)

BOOST_AUTO_TEST_CASE(finds_its_key_whenever_others_are_inserted_beside_it) {
    search_interrupted([](const interrupted_table& entries) {
        std::string found;
        entries.find({50}, 1, [&](lsm::sequence_number, const content& shown) {
            found = shown.value();
            return false;
        });
        BOOST_TEST(found == "50");
    });
}

BOOST_AUTO_TEST_CASE(seeks_its_key_whenever_others_are_inserted_beside_it) {
    for (const auto way : {lsm::direction::forward, lsm::direction::backward})
        search_interrupted([&](const interrupted_table& entries) {
            auto cursor = entries.cursor(way);
            cursor.seek({50});
            BOOST_TEST(cursor.key().number == 50);
        });
}

BOOST_AUTO_TEST_CASE(steps_back_to_a_lesser_key_whenever_others_are_inserted_beside_it) {
    search_interrupted([](const interrupted_table& entries) {
        auto cursor = entries.cursor(lsm::direction::backward);
        cursor.seek({50});
        cursor.next();
        BOOST_TEST((cursor.key().number == 40 || cursor.key().number == 45));
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(skip_list_memtable_heights)

BOOST_AUTO_TEST_CASE(fall_by_a_quarter_from_one_to_the_next) {
    lsm::detail::tower_heights heights(1);
    std::array<double, lsm::detail::tower_heights::max_height + 1> counts{};
    for (int n = 0; n < 1 << 16; ++n) ++counts.at(heights.draw());
    BOOST_TEST(counts[0] == 0);
    for (std::size_t height = 1; height < 5; ++height)
        BOOST_TEST(counts[height + 1] / counts[height] == 0.25, boost::test_tools::tolerance(0.25));
}

BOOST_AUTO_TEST_CASE(are_decided_by_the_seed) {
    lsm::detail::tower_heights some(7);
    lsm::detail::tower_heights same(7);
    lsm::detail::tower_heights zero(0);
    std::size_t most = 0;
    for (int n = 0; n < 1000; ++n) {
        BOOST_REQUIRE(some.draw() == same.draw());
        most = (std::max)(most, zero.draw());
    }
    BOOST_TEST(most > 1U);
}

BOOST_AUTO_TEST_SUITE_END()
