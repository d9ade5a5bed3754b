// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/take_while.hpp>
#include <range/v3/view/transform.hpp>

#include <cstdint>
#include <map>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Each key has a block of its own here, so that blocks fetched are entries read.
namespace scan_blocks_test {

using tree = support::memory_tree<int, std::string>;

tree make_empty() {
    return tree{lsm::memory_disk(), {.storage = {support::blocks_of(1)}, .memory_bytes = 0}};
}

/// The keys 0 to 99 in one run.
tree make_hundred() {
    tree t = make_empty();
    for (int key = 0; key < 100; ++key) t.put(key, "x");
    t.flush();
    return t;
}

template <class Range>
std::uint64_t blocks_read(const tree& t, Range&& range) {
    const std::uint64_t before = t.stats().blocks_fetched;
    for (auto&& entry : range) (void)entry;
    return t.stats().blocks_fetched - before;
}

const auto is_even = [](const auto& entry) { return entry.key() % 2 == 0; };

BOOST_AUTO_TEST_SUITE(tree_scan_blocks)

BOOST_AUTO_TEST_CASE(are_not_read_by_making_and_beginning_a_view) {
    const tree t = make_hundred();
    [[maybe_unused]] const auto view = t.scan(10, 20) | std::views::take(5);
    [[maybe_unused]] const auto at = t.scan().reversed().begin();
    BOOST_TEST(t.stats().blocks_fetched == 0U);
}

BOOST_AUTO_TEST_CASE(are_read_once_each_by_a_full_scan) {
    const tree t = make_hundred();
    BOOST_TEST(blocks_read(t, t.scan()) == 100U);
    BOOST_TEST(blocks_read(t, t.scan().reversed()) == 100U);
}

BOOST_AUTO_TEST_CASE(are_read_by_take_up_to_the_last_entry) {
    const tree t = make_hundred();
    BOOST_TEST(blocks_read(t, t.scan() | std::views::take(10)) == 10U);
    BOOST_TEST(blocks_read(t, t.scan() | ranges::views::take(10)) == 10U);
    BOOST_TEST(blocks_read(t, t.scan().reversed() | std::views::take(10)) == 10U);
    BOOST_TEST(blocks_read(t, t.scan().reversed() | ranges::views::take(10)) == 10U);
    BOOST_TEST(blocks_read(t, t.scan() | std::views::take(0)) == 0U);
}

BOOST_AUTO_TEST_CASE(are_read_by_take_before_filter_up_to_the_last_entry) {
    const tree t = make_hundred();
    auto in_std = t.scan() | std::views::take(10) | std::views::filter(is_even);
    auto in_v3 = t.scan() | ranges::views::take(10) | ranges::views::filter(is_even);
    BOOST_TEST(blocks_read(t, in_std) == 10U);
    BOOST_TEST(blocks_read(t, in_v3) == 10U);
}

BOOST_AUTO_TEST_CASE(are_read_by_our_filter_before_take_up_to_the_last_match) {
    const tree t = make_hundred();
    const auto up = t.scan() | lsm::views::filter(is_even);
    const auto down = t.scan().reversed() | lsm::views::filter(is_even);
    const auto key = [](const auto& entry) { return entry.key(); };
    BOOST_TEST(blocks_read(t, up | std::views::take(10)) == 19U);
    BOOST_TEST(blocks_read(t, up | ranges::views::take(10)) == 19U);
    BOOST_TEST(blocks_read(t, down | std::views::take(10)) == 20U);
    BOOST_TEST(blocks_read(t, down | ranges::views::take(10)) == 20U);
    BOOST_TEST(blocks_read(t, up | std::views::take(0)) == 0U);
    BOOST_TEST(blocks_read(t, up | std::views::transform(key) | std::views::take(10)) == 19U);
    BOOST_TEST(blocks_read(t, up | ranges::views::transform(key) | ranges::views::take(10)) == 19U);
    BOOST_TEST(blocks_read(t, up | lsm::views::filter(is_even) | std::views::take(10)) == 19U);
}

BOOST_AUTO_TEST_CASE(are_read_by_containers_up_to_the_last_match_of_our_filter) {
    const tree t = make_hundred();
    const auto ten = t.scan() | lsm::views::filter(is_even) | ranges::views::take(10);
    const auto all = ten | ranges::to<std::vector>();
    BOOST_TEST(t.stats().blocks_fetched == 19U);
    BOOST_TEST((all.size() == 10U && all.back().key() == 18));
    const auto map = ten | ranges::to<std::map<int, std::string>>();
    BOOST_TEST(t.stats().blocks_fetched == 2 * 19U);
    BOOST_TEST((map.size() == 10U && map.contains(18)));
}

BOOST_AUTO_TEST_CASE(are_not_read_by_beginning_and_incrementing_our_filter) {
    const tree t = make_hundred();
    auto at = (t.scan() | lsm::views::filter(is_even)).begin();
    BOOST_TEST(t.stats().blocks_fetched == 0U);
    BOOST_TEST((*at).key() == 0);
    ++at;
    BOOST_TEST(t.stats().blocks_fetched == 1U);
}

// The libraries' filters look for the next match as soon as they are incremented.
BOOST_AUTO_TEST_CASE(are_read_by_other_filters_before_take_up_to_the_next_match) {
    const tree t = make_hundred();
    BOOST_TEST(blocks_read(t, t.scan() | std::views::filter(is_even) | std::views::take(10)) ==
               21U);
    BOOST_TEST(
        blocks_read(t, t.scan() | ranges::views::filter(is_even) | ranges::views::take(10)) == 21U);
}

BOOST_AUTO_TEST_CASE(are_read_from_the_lower_end_on) {
    const tree t = make_hundred();
    BOOST_TEST(blocks_read(t, t.scan(lsm::at_least(50)) | std::views::take(3)) == 3U);
    BOOST_TEST(blocks_read(t, t.scan(lsm::at_most(50)).reversed() | std::views::take(3)) == 3U);
}

BOOST_AUTO_TEST_CASE(are_not_read_beyond_the_upper_end) {
    const tree t = make_hundred();
    BOOST_TEST(blocks_read(t, t.scan(10, 20)) <= 11U);
    BOOST_TEST(blocks_read(t, t.scan(10, 20).reversed()) <= 12U);
    BOOST_TEST(blocks_read(t, t.scan(lsm::closed(200, 300))) == 0U);
}

BOOST_AUTO_TEST_CASE(of_runs_that_interleave_are_read_in_turn) {
    tree t = make_empty();
    for (int key = 0; key < 100; key += 2) t.put(key, "even");
    t.flush();
    for (int key = 1; key < 100; key += 2) t.put(key, "odd");
    t.flush();
    BOOST_TEST(blocks_read(t, t.scan() | std::views::take(10)) == 10U);
    BOOST_TEST(blocks_read(t, t.scan() | ranges::views::take(10)) == 10U);
}

BOOST_AUTO_TEST_CASE(of_runs_that_come_later_are_not_read) {
    tree t = make_empty();
    for (int key = 0; key < 50; ++key) t.put(key, "low");
    t.flush();
    for (int key = 50; key < 100; ++key) t.put(key, "high");
    t.flush();
    BOOST_TEST(blocks_read(t, t.scan() | std::views::take(50)) == 50U);
    BOOST_TEST(blocks_read(t, t.scan().reversed() | std::views::take(50)) == 50U);
}

BOOST_AUTO_TEST_CASE(are_not_read_for_what_memory_has) {
    tree t = make_hundred();
    t.put(-1, "before all");
    BOOST_TEST(blocks_read(t, t.scan() | std::views::take(1)) == 0U);
    BOOST_TEST(t.get(-1).has_value());
    BOOST_TEST(t.stats().blocks_fetched == 0U);
}

BOOST_AUTO_TEST_CASE(are_read_by_get_one_at_most) {
    const tree t = make_hundred();
    (void)t.get(50);
    BOOST_TEST(t.stats().blocks_fetched == 1U);
    (void)t.get(1000);
    BOOST_TEST(t.stats().blocks_fetched == 1U);
}

BOOST_AUTO_TEST_CASE(come_from_the_cache_the_second_time) {
    tree t{lsm::memory_disk(), {.storage = {support::blocks_of(1)}}};
    for (int key = 0; key < 100; ++key) t.put(key, "x");
    t.flush();
    BOOST_TEST(blocks_read(t, t.scan()) == 100U);
    BOOST_TEST(blocks_read(t, t.scan()) == 0U);
    BOOST_TEST(t.stats().cache_bytes > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace scan_blocks_test
