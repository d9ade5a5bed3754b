// SPDX-License-Identifier: BSL-1.0
#include <lsm/core/order.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <random>
#include <utility>

namespace {

/// Arrays that often share a beginning.
template <std::size_t N>
void check_arrays(std::mt19937& random) {
    using array = std::array<std::byte, N>;
    for (int round = 0; round < 1000; ++round) {
        array a{}, b{};
        for (std::size_t i = 0; i < N; ++i) {
            a[i] = static_cast<std::byte>(random() % 3 * 127);
            b[i] = random() % 16 != 0 ? a[i] : static_cast<std::byte>(random());
        }
        const std::weak_ordering expected = a <=> b;
        BOOST_TEST((lsm::compare(a, b) == expected));
        BOOST_TEST((lsm::compare(a, a) == 0));
    }
}

constexpr std::array<std::byte, 2> low{std::byte{1}, std::byte{255}}, high{std::byte{2}};
static_assert(lsm::compare(low, high) < 0);

}  // namespace

BOOST_AUTO_TEST_SUITE(order)

BOOST_AUTO_TEST_CASE(of_byte_arrays_is_their_own) {
    std::mt19937 random(1);
    [&]<std::size_t... N>(std::index_sequence<N...>) {
        (check_arrays<N + 1>(random), ...);
    }(std::make_index_sequence<20>{});
}

BOOST_AUTO_TEST_CASE(finds_where_a_range_parts_wherever_it_is_expected) {
    for (const std::size_t count : {0U, 1U, 7U, 16U, 17U, 18U, 19U, 60U})
        for (std::size_t parts_at = 0; parts_at <= count; ++parts_at) {
            const auto precedes = [&](std::size_t i) {
                BOOST_REQUIRE(i < count);
                return i < parts_at;
            };
            BOOST_REQUIRE(lsm::parted(count, precedes) == parts_at);
            for (std::size_t expected = 0; expected <= count; ++expected)
                BOOST_REQUIRE(lsm::parted_near(expected, 8, count, precedes) == parts_at);
        }
}

BOOST_AUTO_TEST_SUITE_END()
