// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/order.hpp>

#include <boost/test/unit_test.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using lsm::descending;
using lsm::key_range;
using text_range = lsm::text_prefix;

template <class From, class Key>
concept makes_range_of = std::convertible_to<From, key_range<Key>>;

/// A text with an order of its own, made of a string and seen as one.
struct backward {
    std::string text;
    backward() = default;
    explicit backward(std::string from) : text(std::move(from)) {}
    operator std::string_view() const { return text; }
    [[maybe_unused]] friend auto operator<=>(const backward& a, const backward& b) {
        return b.text <=> a.text;
    }
};

static_assert(makes_range_of<text_range, std::string>);
static_assert(makes_range_of<text_range, descending<std::string>>);
static_assert(!makes_range_of<text_range, backward>);
static_assert(!makes_range_of<text_range, descending<backward>>);
static_assert(!makes_range_of<text_range, std::pair<std::string, int>>);
static_assert(!makes_range_of<text_range, std::tuple<descending<std::string>>>);
static_assert(!makes_range_of<text_range, std::optional<descending<std::string>>>);
static_assert(!makes_range_of<text_range, std::vector<std::byte>>);
static_assert(!makes_range_of<text_range, int>);

static_assert(makes_range_of<key_range<const char*>, std::string>);
static_assert(makes_range_of<key_range<std::string_view>, std::string>);
static_assert(makes_range_of<key_range<int>, long>);
static_assert(!makes_range_of<key_range<int>, descending<int>>);
static_assert(!makes_range_of<key_range<const char*>, descending<std::string>>);
static_assert(!makes_range_of<key_range<std::string>, backward>);
static_assert(!makes_range_of<key_range<int>, std::tuple<descending<int>>>);

template <class Key>
bool holds(const key_range<Key>& range, const Key& key) {
    const auto& [lower, upper] = range;
    if (lower && (lower->inclusive ? key < lower->key : key <= lower->key)) return false;
    return !upper || (upper->inclusive ? key <= upper->key : key < upper->key);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_ranges)

BOOST_AUTO_TEST_CASE(of_a_prefix_hold_what_begins_with_it_in_either_order) {
    using namespace std::string_literals;
    const std::vector all{""s,          "a"s,         "a\0"s,        "a\0b"s,       "a\xff"s,
                          "a\xff\xff"s, "ab"s,        "ab\xff\xff"s, "ab\xff\x01"s, "abc"s,
                          "b"s,         "\x7f"s,      "\x80"s,       "\xff"s,       "\xff\xfe"s,
                          "\xff\xff"s,  "\xff\xff\0"s};
    for (const std::string& text : all) {
        const key_range<std::string> ascending = lsm::prefix(text);
        const key_range<descending<std::string>> down = lsm::prefix(text);
        const key_range<descending<descending<std::string>>> up = lsm::prefix(text);
        for (const std::string& key : all) {
            const bool begins = key.starts_with(text);
            BOOST_TEST(holds(ascending, key) == begins);
            BOOST_TEST(holds(down, {key}) == begins);
            BOOST_TEST(holds(up, {{key}}) == begins);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
