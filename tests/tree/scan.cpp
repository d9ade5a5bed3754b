// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace scan_test {

using tree = support::memory_tree<int, std::string>;
using ints = std::vector<int>;
using support::keys_of;

/// 0, 10, … 90, of which every second one is in a table.
tree make_tens() {
    tree t{lsm::memory_disk()};
    for (int key = 0; key < 100; key += 20) t.put(key, "x");
    t.flush();
    for (int key = 10; key < 100; key += 20) t.put(key, "x");
    return t;
}

BOOST_AUTO_TEST_SUITE(tree_scan)

BOOST_AUTO_TEST_CASE(shows_keys_in_order) {
    const tree t = make_tens();
    BOOST_TEST((keys_of(t.scan()) == ints{0, 10, 20, 30, 40, 50, 60, 70, 80, 90}));
    BOOST_TEST((keys_of(t.scan().reversed()) == ints{90, 80, 70, 60, 50, 40, 30, 20, 10, 0}));
}

BOOST_AUTO_TEST_CASE(reversed_twice_goes_forward) {
    const tree t = make_tens();
    BOOST_TEST((keys_of(t.scan(0, 20).reversed().reversed()) == ints{0, 10}));
}

BOOST_AUTO_TEST_CASE(of_two_keys_excludes_the_second) {
    const tree t = make_tens();
    BOOST_TEST((keys_of(t.scan(20, 50)) == ints{20, 30, 40}));
    BOOST_TEST((keys_of(t.scan(15, 45)) == ints{20, 30, 40}));
}

BOOST_AUTO_TEST_CASE(keeps_to_every_form_of_range_both_ways) {
    const tree t = make_tens();
    const std::vector<std::pair<lsm::key_range<int>, ints>> cases = {
        {lsm::closed(20, 40), {20, 30, 40}},
        {lsm::open(20, 40), {30}},
        {lsm::half_open(20, 40), {20, 30}},
        {lsm::at_least(80), {80, 90}},
        {lsm::greater_than(80), {90}},
        {lsm::at_most(10), {0, 10}},
        {lsm::less_than(10), {0}},
        {lsm::closed(20, 20), {20}},
        {lsm::open(20, 20), {}},
        {lsm::half_open(20, 20), {}},
        {lsm::closed(40, 20), {}},
        {lsm::closed(21, 29), {}},
        {lsm::less_than(0), {}},
        {lsm::greater_than(90), {}},
    };
    for (const auto& [range, expected] : cases) {
        BOOST_TEST((keys_of(t.scan(range)) == expected));
        BOOST_TEST((keys_of(t.scan(range).reversed()) == ints(expected.rbegin(), expected.rend())));
    }
}

BOOST_AUTO_TEST_CASE(of_a_prefix_shows_what_begins_with_it) {
    support::memory_tree<std::string, int> t{lsm::memory_disk()};
    for (const char* key : {"", "a", "ab", "ab\xff", "abc", "ac", "b", "\xff", "\xff\xff"})
        t.put(key, 1);
    using texts = std::vector<std::string>;
    BOOST_TEST((keys_of(t.scan(lsm::prefix("ab"))) == texts{"ab", "abc", "ab\xff"}));
    BOOST_TEST((keys_of(t.scan(lsm::prefix("\xff"))) == texts{"\xff", "\xff\xff"}));
    BOOST_TEST(keys_of(t.scan(lsm::prefix(""))).size() == 9U);
    BOOST_TEST((keys_of(t.scan(lsm::closed("a", "ab"))) == texts{"a", "ab"}));
}

BOOST_AUTO_TEST_CASE(shows_the_newest_of_many_versions_both_ways) {
    tree t{lsm::memory_disk()};
    for (int version = 0; version < 10; ++version) {
        for (int key = 0; key < 5; ++key) t.put(key, std::to_string(version));
        if (version % 3 == 0) t.flush();
    }
    for (const auto& view : {t.scan(), t.scan().reversed()})
        for (const auto& [key, value] : view) BOOST_TEST(value == "9");
    BOOST_TEST((keys_of(t.scan().reversed()) == ints{4, 3, 2, 1, 0}));
}

BOOST_AUTO_TEST_CASE(passes_over_erased_keys) {
    tree t = make_tens();
    for (int key = 0; key < 80; ++key) t.erase(key);
    BOOST_TEST((keys_of(t.scan()) == ints{80, 90}));
    BOOST_TEST((keys_of(t.scan().reversed()) == ints{90, 80}));
}

BOOST_AUTO_TEST_CASE(sees_the_tree_as_it_was_when_it_was_made) {
    tree t = make_tens();
    const auto view = t.scan(0, 30);
    auto at = view.begin();
    BOOST_TEST((*at).key() == 0);
    for (int key = 0; key < 100000; ++key) t.put(key % 1000, std::to_string(key));
    t.flush();
    t.compact();
    ints seen;
    for (; at != view.end(); ++at) seen.push_back((*at).key());
    BOOST_TEST((seen == ints{0, 10, 20}));
    BOOST_TEST((support::entries_of(view) ==
                std::vector<std::pair<int, std::string>>{{0, "x"}, {10, "x"}, {20, "x"}}));
}

BOOST_AUTO_TEST_CASE(can_be_begun_again) {
    const tree t = make_tens();
    const auto view = t.scan(0, 30);
    BOOST_TEST((keys_of(view) == ints{0, 10, 20}));
    BOOST_TEST((keys_of(view) == ints{0, 10, 20}));
}

BOOST_AUTO_TEST_CASE(outlives_its_tree) {
    auto t = std::make_unique<tree>(make_tens());
    const auto view = t->scan();
    auto at = view.begin();
    ++at;
    t.reset();
    BOOST_TEST((*at).key() == 10);
    BOOST_TEST(keys_of(view).size() == 10U);
}

BOOST_AUTO_TEST_CASE(has_iterators_that_outlive_it) {
    const tree t = make_tens();
    auto at = t.scan().begin();
    ++at;
    BOOST_TEST((*at).key() == 10);
}

BOOST_AUTO_TEST_CASE(made_by_default_is_empty) {
    BOOST_TEST(keys_of(tree::scan_type()).empty());
    BOOST_TEST(keys_of(tree::scan_type().reversed()).empty());
}

BOOST_AUTO_TEST_CASE(counts_as_a_pin_while_it_lives) {
    const tree t = make_tens();
    auto view = t.scan();
    const auto copy = view;
    BOOST_TEST(t.stats().pins == 1U);
    view = {};
    BOOST_TEST(t.stats().pins == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_scan_entry)

BOOST_AUTO_TEST_CASE(takes_apart_by_value_and_by_reference) {
    const tree t = make_tens();
    for (auto [key, value] : t.scan(0, 10)) BOOST_TEST((key == 0 && value == "x"));
    for (auto&& [key, value] : t.scan(0, 10)) BOOST_TEST((key == 0 && value == "x"));
    for (const auto& [key, value] : t.scan(0, 10)) BOOST_TEST((key == 0 && value == "x"));
    for (auto&& entry : t.scan(0, 10)) BOOST_TEST((entry.key() == 0 && entry.value() == "x"));
}

BOOST_AUTO_TEST_CASE(becomes_owned_in_a_container) {
    tree t = make_tens();
    const auto view = t.scan(0, 20);
    std::vector<std::pair<int, std::string>> kept;
    for (const auto& entry : view) kept.emplace_back(entry);
    std::map<int, std::string> map;
    for (const auto& entry : view) map.insert(entry);
    std::vector<lsm::entry<int, std::string>> entries;
    for (const auto& entry : view) entries.push_back(entry);
    t.compact();
    BOOST_TEST((kept.at(1).first == 10 && kept.at(1).second == "x"));
    BOOST_TEST((entries.at(1).key() == 10 && entries.at(1).value() == "x"));
    BOOST_TEST((map == std::map<int, std::string>{{0, "x"}, {10, "x"}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace scan_test
