// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/codec/head.hpp>
#include <lsm/testing/codec_laws.hpp>
#include <lsm/testing/law.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

template <class T>
std::vector<T> limits_of() {
    using limits = std::numeric_limits<T>;
    return {limits::lowest(), T(-1), T(0), T(1), T(2), (limits::max)()};
}

struct named {
    std::string name;
    friend auto operator<=>(const named&, const named&) = default;
};

/// Its codec gives a head that says all.
struct ranked {
    std::uint8_t rank;
    friend auto operator<=>(const ranked&, const ranked&) = default;
};

/// Its codec gives a head that orders the other way round.
struct misled {
    int number;
    friend auto operator<=>(const misled&, const misled&) = default;
};

static_assert(lsm::has_head<int> && lsm::head_is_exact<int>);
static_assert(lsm::has_head<std::string> && !lsm::head_is_exact<std::string>);
static_assert(lsm::has_head<lsm::descending<double>> &&
              lsm::head_is_exact<lsm::descending<double>>);
static_assert(lsm::has_head<std::pair<std::string, named>>);
static_assert(!lsm::has_head<std::pair<named, int>>);
static_assert(!lsm::has_head<named> && !lsm::head_is_exact<named>);
static_assert(lsm::head_is_exact<std::array<std::byte, 8>>);
static_assert(!lsm::head_is_exact<std::array<std::byte, 9>>);

}  // namespace

template <>
struct lsm::codec<ranked> : lsm::by_value_codec<ranked> {
    static constexpr bool head_is_exact = true;
    static std::uint64_t head(ranked key) noexcept { return key.rank; }
    static void write(auto& out, ranked key) { out.number(key.rank); }
    template <class In>
    static ranked read(In& in) {
        return {in.template number<std::uint8_t>()};
    }
    static std::string shape() { return "u8"; }
};

template <>
struct lsm::codec<misled> : lsm::by_value_codec<misled> {
    static std::uint64_t head(misled key) noexcept {
        return static_cast<std::uint64_t>(-key.number);
    }
    static void write(auto& out, misled key) { out.number(key.number); }
    template <class In>
    static misled read(In& in) {
        return {in.template number<int>()};
    }
    static std::string shape() { return "i32"; }
};

BOOST_AUTO_TEST_SUITE(head)

BOOST_AUTO_TEST_CASE(orders_numbers_of_every_width_and_sign) {
    lsm::testing::check_codec(limits_of<std::int8_t>());
    lsm::testing::check_codec(limits_of<std::uint8_t>());
    lsm::testing::check_codec(limits_of<std::int32_t>());
    lsm::testing::check_codec(limits_of<std::int64_t>());
    lsm::testing::check_codec(limits_of<std::uint64_t>());
    lsm::testing::check_codec<bool>({false, true});
    lsm::testing::check_codec<char>({'\0', 'a', '\xff'});
}

BOOST_AUTO_TEST_CASE(orders_floating_point_numbers_and_both_zeros_as_one) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    lsm::testing::check_codec<double>(
        {-infinity, -1e300, -1.5, -5e-324, -0.0, 0.0, 5e-324, 1.0, 1e300, infinity});
    lsm::testing::check_codec<float>({-1e30F, -1.5F, -0.0F, 0.0F, 1.5F, 1e30F});
}

BOOST_AUTO_TEST_CASE(orders_text_by_its_first_eight_bytes) {
    lsm::testing::check_codec<std::string>({"", std::string(1, '\0'), "a", "a\x01", "ab",
                                            "abcdefgh", "abcdefghi", "abcdefgz", "\xff"});
    BOOST_TEST(lsm::head_of<std::string>("abcdefgh") == lsm::head_of<std::string>("abcdefghi"));
    BOOST_TEST(lsm::head_of<std::string>("abcdefgh") < lsm::head_of<std::string>("abcdefgi"));
}

BOOST_AUTO_TEST_CASE(orders_bytes) {
    constexpr std::byte low{0};
    constexpr std::byte high{0xff};
    lsm::testing::check_codec<std::vector<std::byte>>({{}, {low}, {low, high}, {high}});
    lsm::testing::check_codec<std::array<std::byte, 2>>({{low, low}, {low, high}, {high, low}});
    std::array<std::byte, 9> last{};
    last[8] = high;
    lsm::testing::check_codec<std::array<std::byte, 9>>({{}, last});
}

BOOST_AUTO_TEST_CASE(orders_groups_by_their_first_part) {
    lsm::testing::check_codec<std::pair<std::string, int>>({{"a", 1}, {"a", 2}, {"b", 0}});
    lsm::testing::check_codec<std::pair<int, std::vector<int>>>({{-1, {1}}, {-1, {2}}, {3, {}}});
    lsm::testing::check_codec<std::tuple<double, int>>({{-1.0, 1}, {-1.0, 2}, {0.5, 0}});
}

BOOST_AUTO_TEST_CASE(is_turned_round_with_its_key) {
    lsm::testing::check_codec<lsm::descending<int>>({{3}, {0}, {-3}});
    lsm::testing::check_codec<lsm::descending<std::string>>({{"b"}, {"ab"}, {"a"}, {""}});
}

BOOST_AUTO_TEST_CASE(is_what_a_codec_says) {
    static_assert(lsm::head_is_exact<ranked> && !lsm::head_is_exact<misled>);
    lsm::testing::check_codec<ranked>({{1}, {2}, {200}});
}

BOOST_AUTO_TEST_CASE(is_held_to_its_law) {
    BOOST_CHECK_THROW(lsm::testing::check_codec<misled>({{1}, {2}}), lsm::testing::law_broken);
}

BOOST_AUTO_TEST_SUITE_END()
