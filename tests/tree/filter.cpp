// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <range/v3/algorithm/find.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/all.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <memory>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace filter_test {

using tree = support::memory_tree<std::string, int>;
using ints = std::vector<int>;

constexpr auto is_odd = [](int number) { return number % 2 == 1; };
constexpr auto has_odd = [](const auto& entry) { return is_odd(entry.value()); };

template <class View>
inline constexpr bool is_view_to_both =
    std::ranges::view<View> && std::ranges::input_range<View> && ranges::view_<View> &&
    ranges::input_range<View> && std::ranges::borrowed_range<View> && ranges::borrowed_range<View>;

static_assert(is_view_to_both<lsm::filter_view<tree::scan_type, decltype(has_odd)>>);
static_assert(is_view_to_both<lsm::filter_view<ranges::ref_view<ints>, decltype(is_odd)>>);
static_assert(is_view_to_both<lsm::filter_view<std::ranges::owning_view<ints>, decltype(is_odd)>>);

tree make_letters() {
    tree t{lsm::memory_disk()};
    for (int i = 0; i < 10; ++i) t.put(std::string(1, static_cast<char>('a' + i)), i);
    t.flush();
    return t;
}

template <class Range>
ints values_of(Range&& range) {
    ints all;
    for (const auto& entry : range) all.push_back(entry.value());
    return all;
}

BOOST_AUTO_TEST_SUITE(tree_filter)

BOOST_AUTO_TEST_CASE(shows_the_matches_of_a_scan_both_ways) {
    const tree t = make_letters();
    BOOST_TEST((values_of(t.scan() | lsm::views::filter(has_odd)) == ints{1, 3, 5, 7, 9}));
    BOOST_TEST((values_of(t.scan("b", "e") | lsm::views::filter(has_odd)) == ints{1, 3}));
    BOOST_TEST(
        (values_of(t.scan().reversed() | lsm::views::filter(has_odd)) == ints{9, 7, 5, 3, 1}));
}

BOOST_AUTO_TEST_CASE(shows_nothing_where_nothing_matches) {
    const tree t = make_letters();
    const auto none = [](const auto&) { return false; };
    BOOST_TEST(values_of(t.scan() | lsm::views::filter(none)).empty());
    BOOST_TEST(values_of(tree::scan_type() | lsm::views::filter(has_odd)).empty());
    BOOST_TEST(values_of(decltype(t.scan() | lsm::views::filter(none))()).empty());
}

BOOST_AUTO_TEST_CASE(stands_between_views_of_both_libraries) {
    const tree t = make_letters();
    const auto value = [](const auto& entry) { return entry.value(); };
    ints in_std;
    for (const int number : t.scan() | std::views::drop(2) | lsm::views::filter(has_odd) |
                                std::views::transform(value) | std::views::take(2))
        in_std.push_back(number);
    const auto in_v3 = t.scan() | ranges::views::transform(value) | lsm::views::filter(is_odd) |
                       ranges::views::take(2) | ranges::to<std::vector>();
    BOOST_TEST((in_std == ints{3, 5}));
    BOOST_TEST((in_v3 == ints{1, 3}));
}

BOOST_AUTO_TEST_CASE(takes_views_of_other_things) {
    ints numbers{1, 2, 3, 4};
    for (int& each : std::views::all(numbers) | lsm::views::filter(is_odd)) each *= 10;
    BOOST_TEST((numbers == ints{10, 2, 30, 4}));
    // range-v3's filter remembers where it begins, so it has no const begin; ours has one over it.
    const auto small = [](int number) { return number < 20; };
    const auto view = ranges::views::all(numbers) | ranges::views::filter(small) |
                      lsm::views::filter([](int number) { return number > 2; });
    BOOST_TEST((ranges::to<std::vector>(view) == ints{10, 4}));
}

BOOST_AUTO_TEST_CASE(takes_no_more_from_a_stream_than_it_shows) {
    std::istringstream in("1 2 3 4 5");
    ints seen;
    for (const int number :
         std::views::istream<int>(in) | lsm::views::filter(is_odd) | std::views::take(2))
        seen.push_back(number);
    int next = 0;
    in >> next;
    BOOST_TEST((seen == ints{1, 3}));
    BOOST_TEST(next == 4);
}

BOOST_AUTO_TEST_CASE(passes_over_a_match_that_was_not_looked_at) {
    const tree t = make_letters();
    auto at = (t.scan() | lsm::views::filter(has_odd)).begin();
    ++at;
    ++at;
    const auto copy = at;
    BOOST_TEST((*at).value() == 5);
    BOOST_TEST((*copy).value() == 5);
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_predicate_that_threw) {
    const tree t = make_letters();
    bool throws = true;
    const auto view = t.scan() | lsm::views::filter([&](const auto& entry) {
                          if (entry.value() == 4 && std::exchange(throws, false))
                              throw std::runtime_error("once");
                          return entry.value() > 2;
                      });
    auto at = view.begin();
    BOOST_TEST((*at).value() == 3);
    ++at;
    BOOST_CHECK_THROW((void)*at, std::runtime_error);
    BOOST_TEST((*at).value() == 4);
}

BOOST_AUTO_TEST_CASE(has_iterators_that_outlive_it_and_the_tree) {
    auto t = std::make_unique<tree>(make_letters());
    const int least = 3;
    auto at = ranges::find(t->scan() | lsm::views::filter([least](const auto& entry) {
                               return entry.value() >= least;
                           }),
                           4, [](const auto& entry) { return entry.value(); });
    t.reset();
    ++at;
    BOOST_TEST((*at).key() == "f");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace filter_test
