// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/flat_map.hpp>
#include <lsm/testing/throwing.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace {

using content = lsm::payload<int>;
using table = lsm::flat_map_memtable::memtable<std::string, content>;
using lsm::testing::throwing_moves;

static_assert(lsm::memtable<table, std::string, content>);
static_assert(table::sharing == lsm::memtable_sharing::exclusive);

/// Puts other keys before, between and behind, often enough for the array to grow several times.
void insert_around(table& entries, lsm::sequence_number after) {
    for (int n = 0; n < 100; ++n)
        for (const char* start : {"a", "d", "x"})
            entries.insert(start + std::to_string(n), ++after, content(n), 0);
}

template <class Cursor>
std::vector<std::string> keys_from(Cursor& cursor) {
    std::vector<std::string> keys;
    for (; cursor.valid(); cursor.next()) keys.push_back(cursor.key());
    return keys;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(flat_map_memtable_cursor)

BOOST_AUTO_TEST_CASE(shows_the_same_key_while_keys_move) {
    table entries{{}};
    for (const char* key : {"b", "c"}) entries.insert(key, 1, content(1), 0);
    for (const auto way : {lsm::direction::forward, lsm::direction::backward}) {
        auto cursor = entries.cursor(way);
        cursor.seek("c");
        const std::string& key = cursor.key();
        insert_around(entries, entries.entries());
        BOOST_TEST(key == "c");
        BOOST_TEST(&key == &cursor.key());
    }
}

BOOST_AUTO_TEST_CASE(goes_on_behind_its_key_wherever_that_went) {
    table entries{{}};
    entries.insert("b", 1, content(1), 0);
    entries.insert("c", 2, content(1), 0);
    auto cursor = entries.cursor(lsm::direction::forward);
    cursor.seek("b");
    entries.insert("a", 3, content(1), 0);
    entries.insert("bb", 4, content(1), 0);
    BOOST_TEST(keys_from(cursor) == (std::vector<std::string>{"b", "bb", "c"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(goes_on_before_its_key_wherever_that_went) {
    table entries{{}};
    entries.insert("b", 1, content(1), 0);
    entries.insert("c", 2, content(1), 0);
    auto cursor = entries.cursor(lsm::direction::backward);
    cursor.seek("c");
    entries.insert("a", 3, content(1), 0);
    entries.insert("bb", 4, content(1), 0);
    entries.insert("d", 5, content(1), 0);
    BOOST_TEST(keys_from(cursor) == (std::vector<std::string>{"c", "bb", "b", "a"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(can_be_copied_and_goes_on_by_itself) {
    table entries{{}};
    for (const char* key : {"a", "b", "c"}) entries.insert(key, 1, content(1), 0);
    auto cursor = entries.cursor(lsm::direction::forward);
    cursor.seek_first();
    auto other = cursor;
    other.next();
    BOOST_TEST(cursor.key() == "a");
    BOOST_TEST(other.key() == "b");
}

BOOST_AUTO_TEST_CASE(is_not_valid_after_a_key_could_not_be_copied) {
    using key = lsm::testing::throwing_key<throwing_moves::no>;
    lsm::flat_map_memtable::memtable<key, content> entries{{}};
    for (const int n : {1, 2}) entries.insert(key(n), 1, content(n), 0);
    auto cursor = entries.cursor(lsm::direction::forward);
    cursor.seek_first();
    {
        const lsm::testing::fail_at_call armed(1);
        BOOST_CHECK_THROW(cursor.next(), lsm::testing::injected_failure);
    }
    BOOST_TEST(!cursor.valid());
    cursor.seek(key(2));
    BOOST_TEST(cursor.key().number() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(flat_map_memtable_insert)

BOOST_AUTO_TEST_CASE(leaves_keys_where_they_are_whose_moves_may_throw) {
    using key = lsm::testing::throwing_key<throwing_moves::yes>;
    lsm::flat_map_memtable::memtable<key, content> entries{{}};
    entries.insert(key(50), 1, content(1), 0);
    auto cursor = entries.cursor(lsm::direction::forward);
    cursor.seek_first();
    const key* const shown = &cursor.key();
    for (int n = 0; n < 100; ++n) entries.insert(key(n), 2, content(1), 0);
    cursor.seek(key(50));
    BOOST_TEST(&cursor.key() == shown);
}

BOOST_AUTO_TEST_SUITE_END()
