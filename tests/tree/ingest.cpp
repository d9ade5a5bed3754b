// SPDX-License-Identifier: BSL-1.0
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace ingest_test {

using tree = support::memory_tree<int, std::string>;
using map = std::map<int, std::string>;
using entries = std::vector<std::pair<int, std::string>>;

template <class Tree>
map contents(const Tree& of) {
    map all;
    for (const auto& [key, value] : of.scan()) all.emplace(key, value);
    return all;
}

BOOST_AUTO_TEST_SUITE(tree_ingest)

BOOST_AUTO_TEST_CASE(takes_sorted_entries) {
    tree t{lsm::memory_disk()};
    const map all{{1, "a"}, {2, "b"}, {5, "c"}};
    t.ingest(all);
    BOOST_TEST((contents(t) == all));
    BOOST_TEST((t.get(2) == "b"));
    BOOST_TEST(!t.contains(3));
    BOOST_TEST(t.stats().memtable_entries == 0U);
    BOOST_TEST(t.stats().last_sequence == 1U);
}

BOOST_AUTO_TEST_CASE(is_newer_than_all_before_and_older_than_all_after) {
    tree t{lsm::memory_disk()};
    t.put(1, "in a table");
    t.erase(2);
    t.flush();
    t.put(3, "in the memtable");
    t.erase(4);
    t.ingest(map{{1, "A"}, {2, "B"}, {3, "C"}, {4, "D"}, {5, "E"}});
    BOOST_TEST((contents(t) == map{{1, "A"}, {2, "B"}, {3, "C"}, {4, "D"}, {5, "E"}}));
    t.put(1, "later");
    t.erase(5);
    BOOST_TEST((contents(t) == map{{1, "later"}, {2, "B"}, {3, "C"}, {4, "D"}}));
    t.compact();
    BOOST_TEST((contents(t) == map{{1, "later"}, {2, "B"}, {3, "C"}, {4, "D"}}));
}

/// Also one that is taken while the range is read.
BOOST_AUTO_TEST_CASE(is_not_seen_by_older_snapshots) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    const auto before = t.snapshot();
    std::vector<tree::snapshot_type> during;
    const auto keys = std::views::iota(0, 3);
    t.ingest(keys | std::views::transform([&](int key) {
                 during.push_back(t.snapshot());
                 return std::pair(key, std::string("new"));
             }));
    BOOST_REQUIRE(during.size() == 3);
    during.push_back(before);
    for (const bool compacted : {false, true}) {
        if (compacted) t.compact();
        for (const auto& each : during) BOOST_TEST((contents(each) == map{{1, "old"}}));
        BOOST_TEST((contents(t) == map{{0, "new"}, {1, "new"}, {2, "new"}}));
    }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_sorted_and_changes_nothing) {
    const lsm::memory_disk disk;
    tree t{disk};
    t.put(1, "old");
    for (const entries& bad : {entries{{2, "b"}, {1, "a"}}, entries{{1, "a"}, {1, "b"}}}) {
        BOOST_CHECK_EXCEPTION(t.ingest(bad), lsm::error, support::is(lsm::errc::invalid_argument));
        BOOST_TEST((contents(t) == map{{1, "old"}}));
        BOOST_TEST(t.stats().last_sequence == 1U);
    }
    t.put(2, "goes on");
    t.close();
    BOOST_TEST(tree(disk).recovered().orphans_removed == 0U);
}

BOOST_AUTO_TEST_CASE(refuses_keys_without_a_place_in_the_order) {
    support::memory_tree<double, int> t{lsm::memory_disk()};
    const std::vector<std::pair<double, int>> bad{{1.0, 1}, {std::nan(""), 2}};
    BOOST_CHECK_EXCEPTION(t.ingest(bad), lsm::error, support::is(lsm::errc::invalid_argument));
    BOOST_TEST(!t.contains(1.0));
}

BOOST_AUTO_TEST_CASE(leaves_nothing_of_a_range_that_throws) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    const auto breaking = std::views::iota(0, 10) | std::views::transform([](int key) {
                              if (key == 7) throw std::runtime_error("broken off");
                              return std::pair(key, std::string("new"));
                          });
    BOOST_CHECK_THROW(t.ingest(breaking), std::runtime_error);
    BOOST_TEST((contents(t) == map{{1, "old"}}));
    t.ingest(map{{1, "new"}});
    BOOST_TEST((contents(t) == map{{1, "new"}}));
}

BOOST_AUTO_TEST_CASE(of_nothing_changes_nothing) {
    tree t{lsm::memory_disk()};
    t.ingest(map{});
    BOOST_TEST(t.stats().tables.empty());
    BOOST_TEST(t.stats().last_sequence == 0U);
}

BOOST_AUTO_TEST_CASE(is_durable_and_later_writes_have_greater_numbers) {
    const lsm::memory_disk disk;
    {
        tree t{disk};
        t.put(1, "a");
        t.ingest(map{{1, "b"}, {2, "b"}});
        t.put(2, "c");
        t.close();
    }
    tree t{disk};
    BOOST_TEST((contents(t) == map{{1, "b"}, {2, "c"}}));
    BOOST_TEST(t.stats().last_sequence == 3U);
}

BOOST_AUTO_TEST_CASE(cuts_tables_and_takes_views) {
    support::memory_tree<int, std::string> t{lsm::memory_disk()};
    const std::string large(1 << 20, 'x');
    t.ingest(std::views::iota(0, 80) | std::views::transform([&](int key) {
                 return std::pair<int, std::string_view>(key, large);
             }));
    BOOST_TEST(t.stats().tables.size() == 3U);
    BOOST_TEST(t.stats().read_amplification() == 2U);
    BOOST_TEST((t.get(79) == large));
    std::size_t count = 0;
    for (const auto& each : t.scan()) count += each.value() == large ? 1 : 0;
    BOOST_TEST(count == 80U);
}

BOOST_AUTO_TEST_CASE(stands_between_the_writes_of_other_threads) {
    lsm::lsm_tree<int, int>::options options;
    options.maintenance_threads = 1;
    const support::temporary_folder folder;
    lsm::lsm_tree<int, int> t(folder / "t", options);
    std::thread other([&] {
        for (int i = 0; i < 20'000; ++i) t.put(i % 100, i);
    });
    for (int round = 0; round < 20; ++round) {
        t.ingest(std::views::iota(1000, 2000) |
                 std::views::transform([&](int key) { return std::pair(key, round); }));
        BOOST_TEST((t.get(1500) == round));
    }
    other.join();
    for (int i = 0; i < 100; ++i) BOOST_TEST((t.get(i) == 19'900 + i));
    t.compact();
    BOOST_TEST((t.get(1999) == 19));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ingest_test
