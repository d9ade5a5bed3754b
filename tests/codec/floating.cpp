// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/codec/head.hpp>
#include <lsm/codec/json.hpp>
#include <lsm/core/order.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// Floating-point numbers in keys. Compiled a second time with -ffast-math, so no number is looked at but by its
/// bits.
namespace {

double number(std::uint64_t bits) {
    return std::bit_cast<double>(bits);
}
std::uint64_t bits(double number) {
    return std::bit_cast<std::uint64_t>(number);
}

constexpr std::uint64_t sign = std::uint64_t{1} << 63;
constexpr std::uint64_t infinity = 0x7ff0'0000'0000'0000;
constexpr std::uint64_t smallest = 1, one = 0x3ff0'0000'0000'0000;

/// Where -ffast-math has its way, the processor takes such numbers for zero.
bool is_denormal(std::uint64_t bits) {
    return (bits & ~sign) == smallest;
}

/// Of all kinds, in order.
constexpr std::array<std::uint64_t, 9> ascending{
    infinity | sign, one | sign,   smallest | sign, 0, smallest, one,
    one + 1,         infinity - 1, infinity};
constexpr std::array<std::uint64_t, 4> nans{infinity + 1, infinity | sign | 1,
                                            0x7ff8'0000'0000'0000, ~sign};

struct partly_ordered {
    int id;
    double weight;
    friend auto operator<=>(const partly_ordered&, const partly_ordered&) = default;
};
struct only_less {
    double weight;
    friend bool operator<(const only_less& a, const only_less& b) { return a.weight < b.weight; }
};
/// Orders NaNs, too.
struct wholly_ordered {
    double weight;
    [[maybe_unused]] friend bool operator==(const wholly_ordered& a, const wholly_ordered& b) {
        return (a <=> b) == 0;
    }
    friend std::strong_ordering operator<=>(const wholly_ordered& a, const wholly_ordered& b) {
        return bits(a.weight) <=> bits(b.weight);
    }
};

template <class Key>
bool has_order(const Key& key) {
    return lsm::has_order<Key>(lsm::codec<Key>::as_view(key));
}

/// Whether keys that hold this number have a place in the order: all of them, or none.
bool is_taken(double value) {
    const bool is = has_order(value);
    BOOST_TEST(has_order(std::pair(std::string("a"), value)) == is);
    BOOST_TEST(has_order(std::tuple(1, value, 2)) == is);
    BOOST_TEST(has_order(std::optional(value)) == is);
    BOOST_TEST(has_order(std::vector{0.0, value}) == is);
    BOOST_TEST(has_order(std::array{0.0, value, 0.0}) == is);
    BOOST_TEST(has_order(lsm::descending{value}) == is);
    BOOST_TEST(has_order(partly_ordered{1, value}) == is);
    BOOST_TEST(has_order(only_less{value}) == is);
    BOOST_TEST(has_order(wholly_ordered{value}));
    return is;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(floating)

BOOST_AUTO_TEST_CASE(keys_with_a_nan_have_no_place) {
    for (const std::uint64_t each : nans) BOOST_TEST(!is_taken(number(each)), each);
    BOOST_TEST(!has_order(std::bit_cast<float>(0x7f80'0001U)));
    BOOST_TEST(!has_order(std::bit_cast<float>(0xffc0'0000U)));
}

BOOST_AUTO_TEST_CASE(keys_with_any_other_number_have_one) {
    for (const std::uint64_t each : ascending) BOOST_TEST(is_taken(number(each)), each);
    BOOST_TEST(is_taken(number(sign)));
    BOOST_TEST(has_order(std::bit_cast<float>(0xff80'0000U)));
}

BOOST_AUTO_TEST_CASE(keys_order_by_their_numbers) {
    for (std::size_t i = 0; i < ascending.size(); ++i)
        for (std::size_t j = 0; j < ascending.size(); ++j) {
            const double a = number(ascending[i]), b = number(ascending[j]);
            const lsm::descending down_a{a}, down_b{b};
            BOOST_TEST((lsm::head_of<double>(a) <=> lsm::head_of<double>(b) == (i <=> j)));
            if (is_denormal(ascending[i]) || is_denormal(ascending[j])) continue;
            BOOST_TEST((lsm::compare(a, b) == (i <=> j)));
            BOOST_TEST((lsm::compare(down_a, down_b) == (j <=> i)));
        }
}

BOOST_AUTO_TEST_CASE(both_zeros_are_one_key) {
    const double zero = number(0), minus_zero = number(sign);
    BOOST_TEST((lsm::compare(zero, minus_zero) == 0));
    BOOST_TEST(lsm::head_of<double>(zero) == lsm::head_of<double>(minus_zero));
    BOOST_TEST(lsm::hash_of<double>(zero) == lsm::hash_of<double>(minus_zero));
    BOOST_TEST(lsm::hash_of<float>(0) == lsm::hash_of<float>(std::bit_cast<float>(0x8000'0000U)));
}

BOOST_AUTO_TEST_CASE(json_keeps_the_bits_of_those_that_no_processor_takes_for_zero) {
    for (const auto& some : {std::vector(ascending.begin(), ascending.end()),
                             std::vector(nans.begin(), nans.end()),
                             {sign}})
        for (const std::uint64_t each : some) {
            if (is_denormal(each)) continue;
            BOOST_TEST(bits(lsm::from_json<double>(lsm::to_json<double>(number(each)))) == each);
        }
    BOOST_TEST(lsm::to_json<double>(number(infinity | sign)) == R"("-inf")");
    BOOST_TEST(lsm::to_json<double>(number(sign)) == "-0.0");
    BOOST_CHECK_THROW((void)lsm::from_json<float>("1e39"), lsm::decode_error);
}

BOOST_AUTO_TEST_SUITE_END()
