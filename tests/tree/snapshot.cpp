// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace snapshot_test {

using tree = support::memory_tree<int, std::string>;

std::uint64_t entries_in_tables(const tree& t) {
    return t.stats().table_entries();
}

BOOST_AUTO_TEST_SUITE(tree_snapshot)

BOOST_AUTO_TEST_CASE(answers_as_of_its_moment) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    const auto before = t.snapshot();
    t.put(1, "new");
    t.put(2, "later");
    BOOST_TEST(before.get(1).value() == "old");
    BOOST_TEST(!before.contains(2));
    BOOST_TEST((support::keys_of(before.scan()) == std::vector<int>{1}));
}

BOOST_AUTO_TEST_CASE(holds_through_flush_and_compaction) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    t.put(2, "gone");
    const auto before = t.snapshot();
    t.put(1, "new");
    t.erase(2);
    t.flush();
    BOOST_TEST(before.get(1).value() == "old");
    t.compact();
    BOOST_TEST(before.get(1).value() == "old");
    BOOST_TEST(before.get(2).value() == "gone");
    BOOST_TEST((support::keys_of(before.scan().reversed()) == std::vector<int>{2, 1}));
    BOOST_TEST((support::keys_of(t.scan()) == std::vector<int>{1}));
}

BOOST_AUTO_TEST_CASE(sees_a_key_erased_before_it_as_erased) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    t.flush();
    t.erase(1);
    const auto erased = t.snapshot();
    t.put(1, "new");
    t.compact();
    BOOST_TEST(!erased.contains(1));
    BOOST_TEST(t.get(1).value() == "new");
}

BOOST_AUTO_TEST_CASE(of_a_batch_sees_all_or_nothing) {
    tree t{lsm::memory_disk()};
    const auto before = t.snapshot();
    tree::write_batch batch;
    for (int key = 0; key < 10; ++key) batch.put(key, "x");
    t.write(batch);
    const auto after = t.snapshot();
    t.compact();
    BOOST_TEST(support::keys_of(before.scan()).empty());
    BOOST_TEST(support::keys_of(after.scan()).size() == 10U);
}

BOOST_AUTO_TEST_CASE(keeps_old_versions_only_while_it_lives) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    std::optional before = t.snapshot();
    t.put(1, "new");
    t.compact();
    BOOST_TEST(entries_in_tables(t) == 2U);
    before.reset();
    t.put(2, "other");
    t.compact();
    BOOST_TEST(entries_in_tables(t) == 2U);  // one of each key
}

BOOST_AUTO_TEST_CASE(copies_hold_the_same_moment) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    std::optional first = t.snapshot();
    const auto second = *first;
    first.reset();
    t.put(1, "new");
    t.compact();
    BOOST_TEST(second.get(1).value() == "old");
    BOOST_TEST(t.stats().pins == 1U);
}

BOOST_AUTO_TEST_CASE(may_be_the_last_of_a_tree_when_another_is_assigned) {
    std::optional<tree> first(std::in_place, lsm::memory_disk());
    tree second{lsm::memory_disk()};
    first->put(1, "first");
    second.put(1, "second");
    auto held = first->snapshot();
    first.reset();
    held = second.snapshot();
    BOOST_TEST(held.get(1).value() == "second");
    BOOST_TEST(second.stats().pins == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_compact)

BOOST_AUTO_TEST_CASE(frees_tombstones_and_what_they_hide) {
    tree t{lsm::memory_disk()};
    for (int key = 0; key < 10; ++key) t.put(key, "x");
    t.flush();
    for (int key = 0; key < 10; ++key) t.erase(key);
    t.compact();
    BOOST_TEST(t.stats().tables.empty());
    BOOST_TEST(support::keys_of(t.scan()).empty());
}

BOOST_AUTO_TEST_CASE(frees_tombstones_of_a_single_run) {
    tree t{lsm::memory_disk()};
    t.put(1, "one");
    t.put(2, "two");
    std::optional pin = t.snapshot();
    t.erase(1);
    t.compact();
    BOOST_TEST(t.stats().tables.at(0).tombstones == 1U);
    pin.reset();
    t.compact();
    BOOST_TEST(t.stats().tables.at(0).tombstones == 0U);
    BOOST_TEST(entries_in_tables(t) == 1U);
}

BOOST_AUTO_TEST_CASE(keeps_each_version_that_some_snapshot_sees) {
    tree t{lsm::memory_disk()};
    std::vector<tree::snapshot_type> snapshots;
    for (int i = 0; i < 20; ++i) {
        t.put(1, std::to_string(i));
        if (i % 5 == 0) snapshots.push_back(t.snapshot());
        if (i % 7 == 0) t.flush();
    }
    t.compact();
    BOOST_TEST(entries_in_tables(t) == 5U);  // those of 0, 5, 10, 15, and the newest
    for (int i = 0; i < 4; ++i)
        BOOST_TEST(snapshots.at(static_cast<std::size_t>(i)).get(1).value() ==
                   std::to_string(5 * i));
}

BOOST_AUTO_TEST_CASE(keeps_all_versions_of_a_key_in_one_table) {
    tree t{lsm::memory_disk(), {.compaction = {.max_table_bytes = 1}}};
    std::vector<tree::snapshot_type> snapshots;
    for (int i = 0; i < 9; ++i) {
        t.put(i % 3, std::to_string(i));
        snapshots.push_back(t.snapshot());
        if (i == 4) t.flush();
    }
    t.compact();
    BOOST_TEST(t.stats().tables.size() == 3U);
    for (int i = 0; i < 9; ++i)
        BOOST_TEST(snapshots.at(static_cast<std::size_t>(i)).get(i % 3).value() ==
                   std::to_string(i));
}

BOOST_AUTO_TEST_CASE(makes_one_run_of_bounded_tables) {
    tree t{lsm::memory_disk(), {.compaction = {.max_table_bytes = 1000}}};
    std::mt19937 random(1);
    for (int key = 0; key < 100; ++key) {
        std::string value(100, '\0');  // which no compression makes smaller
        for (char& each : value) each = static_cast<char>(random());
        t.put(key, value);
    }
    t.flush();
    t.put(200, "more");
    t.compact();
    const auto stats = t.stats();
    BOOST_TEST(stats.tables.size() > 5U);
    for (const auto& table : stats.tables) BOOST_TEST((table.level == 1 && table.run == 0));
    BOOST_TEST(support::keys_of(t.scan()).size() == 101U);
}

BOOST_AUTO_TEST_CASE(happens_by_itself_at_the_trigger) {
    tree t{lsm::memory_disk(), {.memtable = {.max_entries = 1}, .compaction = {.trigger_runs = 3}}};
    t.put(1, "a");
    t.put(2, "b");
    BOOST_TEST(t.stats().compactions == 0U);
    t.put(3, "c");
    BOOST_TEST(t.stats().compactions == 1U);
    BOOST_TEST(t.stats().tables.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace snapshot_test
