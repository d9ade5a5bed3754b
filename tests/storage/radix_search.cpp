// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/format/radix_search.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using numbers = std::vector<std::uint64_t>;

/// Spread evenly, in clusters, the same ones, at the limits.
numbers some_numbers(std::mt19937_64& random) {
    const std::uint64_t kind = random() % 4;
    numbers made(random() % 100);
    for (std::uint64_t& each : made)
        each = kind == 0   ? random()
               : kind == 1 ? random() % 4 * 1'000'000 + random() % 9
               : kind == 2 ? random() % 2 - 1
                           : 7;
    std::ranges::sort(made);
    return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storage_radix_search)

BOOST_AUTO_TEST_CASE(has_what_is_less_before_and_what_is_greater_behind) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 3000; ++round) {
        const numbers all = some_numbers(random);
        const lsm::detail::radix_search table(all);
        BOOST_REQUIRE(table.empty() == all.empty());
        if (all.empty()) continue;
        for (int each = 0; each < 20; ++each) {
            const std::uint64_t one = random() % 3 != 0 ? all[random() % all.size()] : random();
            const std::uint64_t sought = one + random() % 3 - 1;
            const auto [first, last] = table.among(sought);
            BOOST_REQUIRE((first <= last && last <= all.size()));
            for (std::size_t i = 0; i < first; ++i) BOOST_REQUIRE(all[i] < sought);
            for (std::size_t i = last; i < all.size(); ++i) BOOST_REQUIRE(all[i] > sought);
        }
    }
}

BOOST_AUTO_TEST_CASE(leaves_one_or_two_of_numbers_that_lie_evenly) {
    numbers all(1000);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = 1'000'000'007 + 12'345 * i;
    const lsm::detail::radix_search table(all);
    for (const std::uint64_t each : all) {
        const auto [first, last] = table.among(each);
        BOOST_TEST(last - first <= 2U);
    }
}

BOOST_AUTO_TEST_CASE(stays_within_numbers_that_are_not_sorted) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 1000; ++round) {
        numbers all(1 + random() % 20);
        for (std::uint64_t& each : all) each = random() >> random() % 64;
        const lsm::detail::radix_search table(all);
        for (int each = 0; each < 20; ++each) {
            const auto [first, last] = table.among(random() >> random() % 64);
            BOOST_REQUIRE((first <= last && last <= all.size()));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
