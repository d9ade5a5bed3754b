// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/append.hpp>
#include <lsm/memtable/b_tree.hpp>
#include <lsm/memtable/memtable.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/testing/law.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <latch>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace {

using policies = std::tuple<lsm::skip_list_memtable, lsm::b_tree_memtable, lsm::append_memtable>;
using content = lsm::payload<std::string>;
template <class Policy, class Key = std::string>
using table_of = typename Policy::template memtable<Key, content>;
using lsm::testing::require;

constexpr std::size_t readers = 3;
constexpr lsm::sequence_number inserts = 6000;
constexpr lsm::sequence_number published_at_once = 16;
constexpr std::uint64_t keys = 2048;  // a power of two, so that odd factors permute them

/// The n-th insert's key: all keys once, in scattered order, then all of them again.
std::uint64_t key_number(lsm::sequence_number n) {
    return n * 1237 % keys;
}

std::string key_text(std::uint64_t number) {
    std::string digits = std::to_string(number);
    return "a key with digits " + std::string(6 - digits.size(), '0') + digits;
}

std::string value_text(lsm::sequence_number n) {
    return "the value of insert " + std::to_string(n);
}

/// A memtable, how far its writer says it is, and what went wrong with whom.
template <class Policy>
struct shared_table {
    typename Policy::template memtable<std::string, content> entries{Policy{}};
    std::atomic<lsm::sequence_number> published = lsm::no_sequence;
    std::latch started{readers + 1};
    std::array<std::string, readers> failures;
};

/// Publishes now and then, so that readers meet versions that nobody told them of.
template <class Policy>
void write(shared_table<Policy>& shared) {
    shared.started.arrive_and_wait();
    for (lsm::sequence_number n = 1; n <= inserts; ++n) {
        shared.entries.insert(key_text(key_number(n)), n, content(value_text(n)), n);
        if (n % published_at_once != 0 && n != inserts) continue;
        shared.published.store(n, std::memory_order_release);
        std::this_thread::yield();
    }
}

/// Every version that was published is found, newest first, each with its own value.
template <class Policy>
void check_find(const shared_table<Policy>& shared, std::uint64_t number) {
    const lsm::sequence_number at = shared.published.load(std::memory_order_acquire);
    lsm::sequence_number expected = at;
    const auto to_next = [&] {
        while (expected > 0 && key_number(expected) != number) --expected;
    };
    to_next();
    shared.entries.find(key_text(number), at, [&](lsm::sequence_number n, const content& shown) {
        require(n == expected, "find feeds every published version, newest first");
        require(shown.value() == value_text(n), "find feeds each version's own value");
        --expected;
        to_next();
        return true;
    });
    require(expected == 0, "find feeds every published version");
}

/// A scan in either direction shows every published version once, in order.
template <class Policy>
void check_scan(const shared_table<Policy>& shared, lsm::direction way) {
    const lsm::sequence_number at = shared.published.load(std::memory_order_acquire);
    lsm::sequence_number seen = 0;
    lsm::sequence_number last_of_key = 0;
    std::string key;
    auto cursor = shared.entries.cursor(way);
    for (cursor.seek_first(); cursor.valid(); cursor.next()) {
        const bool same_key = key == cursor.key();
        const bool in_order =
            way == lsm::direction::forward ? key < cursor.key() : cursor.key() < key;
        require(key.empty() || same_key || in_order, "a scan shows keys in its direction");
        require(!same_key || cursor.sequence() < last_of_key,
                "a scan shows the newest version first");
        require(cursor.key() == key_text(key_number(cursor.sequence())) &&
                    cursor.payload().value() == value_text(cursor.sequence()),
                "a scan shows each version's own key and value");
        key = cursor.key();
        last_of_key = cursor.sequence();
        if (cursor.sequence() <= at) ++seen;
    }
    require(seen == at, "a scan shows every published version once");
}

/// Reads in every way until the writer is done, and once after that.
template <class Policy>
void read_all(const shared_table<Policy>& shared, std::uint64_t seed) {
    std::minstd_rand random(static_cast<std::uint32_t>(seed + 1));
    std::size_t last_entries = 0;
    std::size_t last_bytes = 0;
    for (bool done = false; !done;) {
        done = shared.published.load(std::memory_order_acquire) == inserts;
        for (int n = 0; n < 100; ++n) check_find(shared, random() % keys);
        check_scan(shared, lsm::direction::forward);
        check_scan(shared, lsm::direction::backward);
        const std::size_t entries = shared.entries.entries();
        const std::size_t bytes = shared.entries.bytes();
        require(entries >= last_entries && bytes >= last_bytes, "the sizes only grow");
        last_entries = entries;
        last_bytes = bytes;
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(single_writer_memtable_readers)

BOOST_AUTO_TEST_CASE_TEMPLATE(see_all_that_was_published_while_one_writes, Policy, policies) {
    shared_table<Policy> shared;
    static_assert(decltype(shared.entries)::sharing == lsm::memtable_sharing::single_writer);
    std::vector<std::thread> threads;
    for (std::size_t reader = 0; reader < readers; ++reader)
        threads.emplace_back([&shared, reader] {
            shared.started.arrive_and_wait();
            try {
                read_all(shared, reader);
            } catch (const std::exception& failure) {
                shared.failures[reader] = failure.what();
            }
        });
    write(shared);
    for (std::thread& thread : threads) thread.join();
    for (const std::string& failure : shared.failures) BOOST_TEST(failure == "");
    const bool counts_versions = lsm::memtable_counts_versions<decltype(shared.entries)>;
    BOOST_TEST(shared.entries.entries() == (counts_versions ? inserts : keys));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(single_writer_memtable_insert)

BOOST_AUTO_TEST_CASE_TEMPLATE(keeps_every_version_whatever_the_floor, Policy, policies) {
    table_of<Policy> entries{{}};
    for (lsm::sequence_number n = 1; n <= 5; ++n) entries.insert("k", n, content("v"), n);
    std::size_t fed = 0;
    entries.find("k", lsm::max_sequence, [&](lsm::sequence_number, const content&) {
        ++fed;
        return true;
    });
    BOOST_TEST(fed == 5U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(leaves_keys_and_payloads_where_they_are, Policy, policies) {
    table_of<Policy> entries{{}};
    entries.insert("m", 1, content("first"), 0);
    auto cursor = entries.cursor(lsm::direction::backward);
    cursor.seek_first();
    const std::string* const key = &cursor.key();
    const content* const shown = &cursor.payload();
    for (lsm::sequence_number n = 2; n < 200; ++n)
        entries.insert(std::to_string(n), n, content("other"), n);
    cursor.seek("m");
    BOOST_TEST(&cursor.key() == key);
    BOOST_TEST(&cursor.payload() == shown);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(takes_keys_that_are_aligned_more_than_others, Policy, policies) {
    struct alignas(64) wide {
        std::string text;
        bool operator<(const wide& other) const { return text < other.text; }
    };
    table_of<Policy, wide> entries{{}};
    for (lsm::sequence_number n = 1; n <= 100; ++n)
        entries.insert(wide{std::to_string(n)}, n, content("v"), 0);
    auto cursor = entries.cursor(lsm::direction::forward);
    for (cursor.seek_first(); cursor.valid(); cursor.next())
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(&cursor.key()) % 64 == 0U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(ends_without_a_deep_stack, Policy, policies) {
    table_of<Policy> entries{{}};
    for (lsm::sequence_number n = 1; n <= 100'000; ++n)
        entries.insert("k", n, content::tombstone(), 0);
    BOOST_TEST(entries.entries() > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
