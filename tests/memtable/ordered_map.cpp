// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/ordered_map.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace {

using content = lsm::payload<std::string>;
using table = lsm::ordered_map_memtable::memtable<std::string, content>;

static_assert(lsm::memtable<table, std::string, content>);
static_assert(table::sharing == lsm::memtable_sharing::exclusive);

}  // namespace

BOOST_AUTO_TEST_SUITE(ordered_map_memtable_insert)

BOOST_AUTO_TEST_CASE(leaves_keys_where_they_are) {
    table entries{{}};
    entries.insert("m", 1, content("first"), 0);
    auto cursor = entries.cursor(lsm::direction::forward);
    cursor.seek("m");
    const std::string* const key = &cursor.key();
    for (lsm::sequence_number n = 2; n < 200; ++n)
        entries.insert(std::to_string(n), n, content("other"), 0);
    cursor.seek("m");
    BOOST_TEST(&cursor.key() == key);
}

BOOST_AUTO_TEST_CASE(gives_back_the_memory_of_versions_that_the_floor_hides) {
    table entries{{}};
    entries.insert("k", 1, content(std::string(1000, 'x')), 0);
    entries.insert("k", 2, content("short"), 0);
    const std::size_t before = entries.bytes();
    entries.insert("k", 3, content("short"), 2);
    BOOST_TEST(entries.bytes() < before);
    BOOST_TEST(entries.bytes() > 0U);
}

BOOST_AUTO_TEST_CASE(counts_what_keys_and_values_hold_outside_themselves) {
    table small{{}};
    table large{{}};
    small.insert("k", 1, content("v"), 0);
    large.insert(std::string(1000, 'k'), 1, content(std::string(5000, 'v')), 0);
    BOOST_TEST(large.bytes() - small.bytes() == 999U + 4999U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ordered_map_memtable_find)

BOOST_AUTO_TEST_CASE(takes_a_view_of_the_key) {
    table entries{{}};
    entries.insert("key", 1, content("value"), 0);
    std::string found;
    entries.find(std::string_view("key and more").substr(0, 3), lsm::max_sequence,
                 [&](lsm::sequence_number, const content& shown) {
                     found = shown.value();
                     return false;
                 });
    BOOST_TEST(found == "value");
}

BOOST_AUTO_TEST_SUITE_END()
