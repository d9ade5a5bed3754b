// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <range/v3/algorithm/max_element.hpp>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/map.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <map>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scan_ranges_test {

using tree = support::memory_tree<std::string, int>;
using view = tree::scan_type;
using ints = std::vector<int>;

static_assert(std::ranges::view<view> && std::ranges::input_range<view>);
static_assert(ranges::view_<view> && ranges::input_range<view>);
static_assert(!std::ranges::forward_range<view> && !ranges::forward_range<view>);
static_assert(std::ranges::borrowed_range<view> && ranges::borrowed_range<view>);

/// What an algorithm or a conversion keeps of a range's elements, where it is not told a type.
template <class Range>
using kept_in_std = std::ranges::range_value_t<Range>;
template <class Range>
using kept_in_v3 = ranges::range_value_t<Range>;

constexpr auto key_of = [](const auto& entry) { return entry.key(); };
constexpr auto is_kept = [](const auto&) { return true; };
using owned = lsm::entry<std::string, int>;

// Owned, so it may outlive the scan's next step:
static_assert(std::same_as<kept_in_std<view>, owned>);
static_assert(std::same_as<kept_in_v3<view>, owned>);
static_assert(std::same_as<kept_in_v3<decltype(view() | ranges::views::filter(is_kept))>, owned>);
static_assert(std::same_as<kept_in_v3<decltype(view() | lsm::views::filter(is_kept))>, owned>);
static_assert(std::same_as<kept_in_std<decltype(view() | std::views::keys)>, std::string>);
static_assert(std::same_as<kept_in_std<decltype(view() | std::views::elements<0>)>, std::string>);
// A view of a block, which the next step may let go: docs/tutorial.md says so, and how to keep it.
static_assert(std::same_as<kept_in_v3<decltype(view() | ranges::views::keys)>, std::string_view>);
static_assert(std::same_as<kept_in_v3<decltype(view() | ranges::views::transform(key_of))>,
                           std::string_view>);
static_assert(
    std::same_as<kept_in_std<decltype(view() | std::views::transform(key_of))>, std::string_view>);

tree make_letters() {
    tree t{lsm::memory_disk()};
    for (int i = 0; i < 10; ++i) t.put(std::string(1, static_cast<char>('a' + i)), i);
    t.flush();
    return t;
}

BOOST_AUTO_TEST_SUITE(tree_scan_in_std)

BOOST_AUTO_TEST_CASE(pipes) {
    const tree t = make_letters();
    ints seen;
    for (const int value :
         t.scan() | std::views::values | std::views::filter([](int i) { return i % 2 == 1; }) |
             std::views::transform([](int i) { return 10 * i; }) | std::views::take(3))
        seen.push_back(value);
    BOOST_TEST((seen == ints{10, 30, 50}));
}

BOOST_AUTO_TEST_CASE(gives_keys_as_views) {
    const tree t = make_letters();
    std::string all;
    for (const std::string_view key : t.scan() | std::views::keys) all += key;
    BOOST_TEST(all == "abcdefghij");
}

BOOST_AUTO_TEST_CASE(drops_and_stops) {
    const tree t = make_letters();
    ints seen;
    for (const auto& [key, value] :
         t.scan() | std::views::drop(2) |
             std::views::take_while([](const auto& e) { return e.value() < 5; }))
        seen.push_back(value);
    BOOST_TEST((seen == ints{2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(is_taken_by_algorithms) {
    const tree t = make_letters();
    BOOST_TEST(std::ranges::count_if(t.scan(), [](const auto& e) { return e.value() > 6; }) == 3);
    const auto found = std::ranges::find(t.scan(), 4, [](const auto& e) { return e.value(); });
    BOOST_TEST((*found).key() == "e");
    std::vector<std::pair<std::string, int>> copied;
    std::ranges::copy(t.scan("c", "e"), std::back_inserter(copied));
    BOOST_TEST((copied == std::vector<std::pair<std::string, int>>{{"c", 2}, {"d", 3}}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_scan_in_range_v3)

BOOST_AUTO_TEST_CASE(pipes) {
    const tree t = make_letters();
    const auto seen = t.scan() | ranges::views::values |
                      ranges::views::filter([](int i) { return i % 2 == 1; }) |
                      ranges::views::transform([](int i) { return 10 * i; }) |
                      ranges::views::take(3) | ranges::to<std::vector>();
    BOOST_TEST((seen == ints{10, 30, 50}));
}

BOOST_AUTO_TEST_CASE(converts_to_a_map) {
    tree t = make_letters();
    const auto map = t.scan("a", "c") | ranges::to<std::map>();
    const auto same = t.scan("a", "c") | ranges::to<std::map<std::string, int>>();
    t.compact();
    BOOST_TEST((map == std::map<std::string, int>{{"a", 0}, {"b", 1}}));
    BOOST_TEST((same == map));
}

BOOST_AUTO_TEST_CASE(converts_to_a_vector_of_owned_entries) {
    const auto all = [] {
        const tree t = make_letters();
        return t.scan().reversed() | ranges::views::take(2) | ranges::to<std::vector>();
    }();
    static_assert(std::is_same_v<decltype(all[0].key()), const std::string&>);
    BOOST_TEST((all.at(0).key() == "j" && all.at(1).key() == "i" && all.size() == 2));
}

BOOST_AUTO_TEST_CASE(is_taken_by_algorithms) {
    const tree t = make_letters();
    BOOST_TEST(ranges::accumulate(t.scan() | ranges::views::values, 0) == 45);
    const auto keys = t.scan() | ranges::views::keys | ranges::to<std::vector<std::string>>();
    BOOST_TEST(keys.back() == "j");
}

BOOST_AUTO_TEST_CASE(keeps_keys_that_are_owned_beyond_the_tree) {
    const auto [strings, entries] = [] {
        const tree t = make_letters();
        return std::pair(t.scan() | ranges::views::keys | ranges::to<std::vector<std::string>>(),
                         t.scan() | ranges::to<std::vector>());
    }();
    for (std::size_t i = 0; i < 10; ++i) {
        BOOST_TEST(strings.at(i) == std::string(1, static_cast<char>('a' + i)));
        BOOST_TEST(entries.at(i).key() == strings.at(i));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace scan_ranges_test
