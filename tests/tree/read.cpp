// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace read_test {

using tree = support::memory_tree<std::string, std::string>;
using answers = std::vector<std::optional<std::string>>;

BOOST_AUTO_TEST_SUITE(tree_get)

BOOST_AUTO_TEST_CASE(finds_nothing_in_an_empty_tree) {
    tree t{lsm::memory_disk()};
    BOOST_TEST(!t.get("key").has_value());
    BOOST_TEST(!t.contains("key"));
}

BOOST_AUTO_TEST_CASE(tells_an_empty_value_from_none) {
    tree t{lsm::memory_disk()};
    t.put("", "");
    BOOST_TEST(t.get("").value().empty());
    t.flush();
    BOOST_TEST(t.get("").value().empty());
}

BOOST_AUTO_TEST_CASE(takes_a_view_of_the_key) {
    tree t{lsm::memory_disk()};
    t.put("key", "value");
    const std::string_view longer = "key and more";
    BOOST_TEST(t.get(longer.substr(0, 3)).value() == "value");
    BOOST_TEST(!t.get(longer).has_value());
}

BOOST_AUTO_TEST_CASE(finds_keys_with_zeros_and_high_bytes) {
    tree t{lsm::memory_disk()};
    const std::string key("\0\xff\0", 3);
    t.put(key, "value");
    t.flush();
    BOOST_TEST(t.get(key).value() == "value");
    BOOST_TEST(!t.contains(std::string_view("\0\xff", 2)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_visit)

BOOST_AUTO_TEST_CASE(shows_the_value_in_place) {
    tree t{lsm::memory_disk()};
    t.put("key", "value");
    const char* first = nullptr;
    const auto look = [&](std::string_view value) { return value.data(); };
    BOOST_TEST(t.visit("key", [&](std::string_view value) { first = look(value); }));
    BOOST_TEST(t.visit("key", [&](std::string_view value) { BOOST_TEST(look(value) == first); }));
}

BOOST_AUTO_TEST_CASE(shows_the_same_type_of_memtables_and_tables) {
    tree t{lsm::memory_disk()};
    t.put("key", "value");
    const auto f = [](auto&& value) {
        static_assert(std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string_view>);
    };
    BOOST_TEST(t.visit("key", f));
    t.flush();
    BOOST_TEST(t.visit("key", f));
}

BOOST_AUTO_TEST_CASE(of_an_absent_key_does_not_call) {
    tree t{lsm::memory_disk()};
    t.put("key", "value");
    t.erase("key");
    bool called = false;
    BOOST_TEST(!t.visit("key", [&](std::string_view) { called = true; }));
    BOOST_TEST(!called);
}

BOOST_AUTO_TEST_CASE(lets_through_what_the_function_throws) {
    tree t{lsm::memory_disk()};
    t.put("key", "value");
    BOOST_CHECK_THROW(t.visit("key", [](std::string_view) { throw 5; }), int);
    BOOST_TEST(t.get("key").value() == "value");
    BOOST_TEST(t.stats().pins == 0U);
}

BOOST_AUTO_TEST_CASE(may_close_the_tree) {
    for (const bool in_table : {false, true})
        for (const bool of_snapshot : {false, true}) {
            tree t{lsm::memory_disk()};
            t.put("key", "value");
            if (in_table) t.flush();
            std::string seen;
            const auto close = [&](std::string_view value) {
                t.close();
                seen = value;
            };
            BOOST_TEST((of_snapshot ? t.snapshot().visit("key", close) : t.visit("key", close)));
            BOOST_TEST(seen == "value");
        }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_multi_get)

BOOST_AUTO_TEST_CASE(answers_in_the_order_of_the_keys) {
    tree t{lsm::memory_disk()};
    t.put("a", "1");
    t.put("b", "2");
    const std::vector<std::string> keys{"b", "none", "a", "b"};
    BOOST_TEST((t.multi_get(keys) == answers{"2", std::nullopt, "1", "2"}));
}

/// Each key is in one of three runs, in the memtable, erased in a newer place, or nowhere.
BOOST_AUTO_TEST_CASE(looks_wherever_a_key_may_be) {
    lsm::tree_options<lsm::skip_list_memtable, lsm::block_storage<lsm::memory_medium>,
                      lsm::full_merge_compaction>
        options;
    options.storage.format.block_bytes = 200;
    support::memory_tree<int, std::string> t{lsm::memory_disk(), options};
    std::map<int, std::string> expected;
    std::mt19937 random(1);
    for (int part = 0; part < 4; ++part) {
        for (int i = 0; i < 500; ++i) {
            const int key = static_cast<int>(random() % 1000);
            if (random() % 4 == 0) {
                t.erase(key);
                expected.erase(key);
            } else {
                expected[key] = std::to_string(random());
                t.put(key, expected[key]);
            }
        }
        if (part < 3) t.flush();
    }
    BOOST_REQUIRE(t.stats().tables.size() == 3);
    std::vector<int> keys;
    for (int i = 0; i < 1500; ++i) keys.push_back(static_cast<int>(random() % 1200));
    const auto values = t.multi_get(keys);
    const auto then = t.snapshot();
    for (int i = 0; i < 1000; ++i) t.put(i, "later");
    BOOST_REQUIRE(values.size() == keys.size());
    BOOST_TEST((then.multi_get(keys) == values));
    std::size_t right = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto found = expected.find(keys[i]);
        right += found == expected.end() ? !values[i] : values[i] == found->second;
    }
    BOOST_TEST(right == keys.size());
}

/// Such a view shows one object again and again.
BOOST_AUTO_TEST_CASE(takes_a_view_that_reuses_its_memory) {
    tree t{lsm::memory_disk()};
    t.put("key 1", "1");
    t.put("key 2", "2");
    t.flush();
    std::string made;
    const auto keys =
        std::views::iota(0, 4) | std::views::transform([&](int i) -> const std::string& {
            return made = "key " + std::to_string(i);
        });
    BOOST_TEST((t.multi_get(keys) == answers{std::nullopt, "1", "2", std::nullopt}));
}

BOOST_AUTO_TEST_CASE(finds_no_key_without_a_place_in_the_order) {
    support::memory_tree<double, int> t{lsm::memory_disk()};
    t.put(1.0, 1);
    t.flush();
    const std::vector<double> keys{std::nan(""), 1.0};
    const std::vector<std::optional<int>> expected{std::nullopt, 1};
    BOOST_TEST((t.multi_get(keys) == expected));
}

BOOST_AUTO_TEST_CASE(takes_literals_and_empty_ranges) {
    tree t{lsm::memory_disk()};
    t.put("a", "1");
    const char* const keys[] = {"a", "z"};
    BOOST_TEST((t.multi_get(keys) == answers{"1", std::nullopt}));
    BOOST_TEST(t.multi_get(std::vector<std::string>{}).empty());
}

BOOST_AUTO_TEST_CASE(takes_a_single_pass_range) {
    support::memory_tree<int, int> t{lsm::memory_disk()};
    t.put(2, 20);
    const auto keys = std::views::iota(1, 4) | std::views::transform([](int i) { return i; });
    const std::vector<std::optional<int>> expected{std::nullopt, 20, std::nullopt};
    BOOST_TEST((t.multi_get(keys) == expected));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace read_test
