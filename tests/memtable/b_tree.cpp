// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/b_tree.hpp>
#include <lsm/testing/memtable_laws.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using content = lsm::payload<std::string>;
using table = lsm::b_tree_memtable::memtable<std::string, content>;

static_assert(lsm::memtable<table, std::string, content>);
static_assert(table::sharing == lsm::memtable_sharing::single_writer);

/// The smallest nodes, so that few keys make a tree of several levels.
struct small_nodes : lsm::detail::b_tree_shape {
    static constexpr std::size_t leaf_slots = 8;
    static constexpr std::size_t inner_sorted = 4;
    static constexpr std::size_t inner_appended = 2;
};
struct small_nodes_without_heads : small_nodes {
    static constexpr bool heads = false;
};
struct small_nodes_without_fingerprints : small_nodes {
    static constexpr bool fingerprints = false;
};
/// What a processor with wide registers does, on any.
struct sorted_by_counting : lsm::detail::b_tree_shape {
    static constexpr bool counts_to_sort = true;
};
struct sorted_by_comparing : lsm::detail::b_tree_shape {
    static constexpr bool counts_to_sort = false;
};

template <class Shape>
struct shaped {
    template <class Key, class Payload>
    struct memtable : lsm::detail::b_tree_table<Key, Payload, Shape> {
        explicit memtable(const shaped&) {}
    };
};
using small_tree = shaped<small_nodes>;
using shapes = std::tuple<small_tree, shaped<small_nodes_without_heads>,
                          shaped<small_nodes_without_fingerprints>, shaped<sorted_by_counting>,
                          shaped<sorted_by_comparing>>;

template <class Key>
using small_table = small_tree::memtable<Key, content>;

template <class Key>
std::vector<Key> keys_of(const auto& entries, lsm::direction way) {
    std::vector<Key> keys;
    auto cursor = entries.cursor(way);
    for (cursor.seek_first(); cursor.valid(); cursor.next()) keys.push_back(cursor.key());
    return keys;
}

std::string text_of(int number) {
    const std::string digits = std::to_string(number);
    return "a head that all share " + std::string(6 - digits.size(), '0') + digits;
}

std::vector<int> numbers(int count) {
    std::vector<int> all;
    for (int n = 0; n < count; ++n) all.push_back(n * 619 % count);  // a prime: all of them once
    return all;
}
std::vector<std::string> texts(int count) {
    std::vector<std::string> all;
    for (const int n : numbers(count)) all.push_back(text_of(n));
    return all;
}

/// Text whose codec gives the first four bytes for its head.
struct short_headed {
    std::string text;
};

using kinds_of_texts = std::tuple<std::string, lsm::byte_buffer, short_headed>;

template <class Key>
Key key_of(std::string_view text) {
    if constexpr (std::is_same_v<Key, lsm::byte_buffer>)
        return {lsm::as_bytes(text).begin(), lsm::as_bytes(text).end()};
    else
        return Key{std::string(text)};
}
std::string text_of(const std::string& key) {
    return key;
}
std::string text_of(const short_headed& key) {
    return key.text;
}
std::string text_of(const lsm::byte_buffer& key) {
    return std::string(lsm::as_text(key));
}

constexpr std::size_t several = 5;

/// The next keys that a cursor shows, fewer at its end.
std::vector<std::string> shown_by(auto& cursor) {
    std::vector<std::string> keys;
    for (; cursor.valid() && keys.size() < several; cursor.next())
        keys.push_back(text_of(cursor.key()));
    return keys;
}
std::vector<std::string> some_of(auto from, auto end) {
    std::vector<std::string> keys;
    for (; from != end && keys.size() < several; ++from) keys.push_back(*from);
    return keys;
}

/// A number that lets something happen in the middle of a search, as another thread would.
struct interrupted_key {
    int number;

    inline static int comparisons_left = 0;
    inline static std::function<void()> interruption;

    friend bool operator<(const interrupted_key& a, const interrupted_key& b) {
        if (comparisons_left > 0 && --comparisons_left == 0) interruption();
        return a.number < b.number;
    }
};

using interrupted_table = small_table<interrupted_key>;

/// Nodes whose splits are looked at between any two stores.
struct watched_nodes : small_nodes {
    inline static std::function<void()> look;
    static void between_stores() noexcept {
        if (look) look();
    }
};

constexpr int present = 200;  // the multiples of 10 below ten times as much

/// Searches a tree of several levels while many keys around 1000 are inserted in the middle of one
/// comparison, of each in turn: its leaf is split, its slots are used again.
template <class F>
void search_interrupted(F search) {
    bool interrupted = true;
    for (int n = 1; interrupted; ++n) {
        const auto entries = std::make_unique<interrupted_table>(small_tree{});
        for (const int each : numbers(present))
            entries->insert({10 * each}, 1, content(std::to_string(10 * each)), 0);
        interrupted_key::interruption = [&] {
            for (int distance = 1; distance < 60; ++distance)
                for (const int number : {1000 - distance, 1000 + distance})
                    if (number % 10 != 0)
                        entries->insert({number}, 2, content(std::to_string(number)), 0);
        };
        interrupted_key::comparisons_left = n;
        search(*entries);
        interrupted = std::exchange(interrupted_key::comparisons_left, 0) == 0;
    }
}

}  // namespace

template <>
struct lsm::codec<short_headed> {
    static constexpr access_kind access = access_kind::borrowed;
    using view = std::string_view;
    static view as_view(const short_headed& key) noexcept { return key.text; }
    static short_headed own(view text) { return {std::string(text)}; }
    static std::uint64_t head(view text) noexcept {
        return detail::head_of_bytes(as_bytes(text)) >> 32;
    }
    static void write(auto& out, view text) { out.text(text); }
    template <class In>
    static short_headed read(In& in) {
        return {std::string(in.text())};
    }
    template <class In>
    static view read_view(In& in) {
        return in.text();
    }
    static std::string shape() { return "text"; }
};

BOOST_AUTO_TEST_SUITE(b_tree_memtable_nodes)

BOOST_AUTO_TEST_CASE_TEMPLATE(of_any_shape_keep_the_laws, Policy, shapes) {
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
        lsm::testing::check_memtable(Policy{}, numbers(100), texts(5), seed);
        lsm::testing::check_memtable(Policy{}, texts(100), numbers(5), seed);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_any_shape_keep_the_laws_when_inserts_fail, Policy, shapes) {
    lsm::testing::check_memtable_failures(Policy{}, 32);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_thousands_of_keys_in_order, Policy, shapes) {
    typename Policy::template memtable<std::string, content> entries{Policy{}};
    std::vector<std::string> keys = texts(5000);
    lsm::sequence_number last = 0;
    for (const std::string& key : keys) entries.insert(key, ++last, content("v"), 0);
    std::sort(keys.begin(), keys.end());
    BOOST_CHECK(keys_of<std::string>(entries, lsm::direction::forward) == keys);
    std::reverse(keys.begin(), keys.end());
    BOOST_CHECK(keys_of<std::string>(entries, lsm::direction::backward) == keys);
    for (const std::string& key : keys) {
        bool found = false;
        entries.find(key, last,
                     [&](lsm::sequence_number, const content&) { return !(found = true); });
        BOOST_REQUIRE(found);
    }
}

/// Also where a leaf's keys share more than a head, some of them less, and the sought one nothing.
BOOST_AUTO_TEST_CASE_TEMPLATE(seek_the_nearest_whatever_keys_share, Key, kinds_of_texts) {
    small_table<Key> entries{small_tree{}};
    std::set<std::string> keys;
    const char* const beginnings[] = {"a beginning of the first ", "n", "a head that all share ",
                                      "a head that all share, and more ", "user"};
    for (const int n : numbers(3000)) {
        const std::string key = beginnings[n * 5 / 3000] + std::to_string(n * n);
        if (keys.insert(key).second) entries.insert(key_of<Key>(key), keys.size(), content("v"), 0);
    }
    std::vector<std::string> sought{"", "a", "a head", "zzz", std::string(40, '\xff')};
    for (const std::string& key : keys)
        for (const std::string& near : {key, key + "!", key.substr(0, key.size() - 1)})
            sought.push_back(near);
    std::size_t wrong = 0;
    auto up = entries.cursor(lsm::direction::forward);
    auto down = entries.cursor(lsm::direction::backward);
    for (const std::string& key : sought) {
        const Key from = key_of<Key>(key);
        up.seek(lsm::codec<Key>::as_view(from));
        wrong += shown_by(up) != some_of(keys.lower_bound(key), keys.end());
        down.seek(lsm::codec<Key>::as_view(from));
        wrong +=
            shown_by(down) != some_of(std::reverse_iterator(keys.upper_bound(key)), keys.rend());
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(are_full_when_keys_come_in_ascending_order) {
    lsm::b_tree_memtable::memtable<int, content> ascending{{}};
    lsm::b_tree_memtable::memtable<int, content> scattered{{}};
    lsm::sequence_number last = 0;
    for (const int n : numbers(10'000)) {
        ++last;
        ascending.insert(static_cast<int>(last), last, content::tombstone(), 0);
        scattered.insert(n, last, content::tombstone(), 0);
    }
    BOOST_TEST(ascending.bytes() * 10 < scattered.bytes() * 9);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(b_tree_memtable_split)

using kinds_of_keys = std::tuple<int, std::string>;

/// Whoever reads in the middle of a split sees what was there before, once, in order.
BOOST_AUTO_TEST_CASE_TEMPLATE(shows_every_key_once_at_any_moment, Key, kinds_of_keys) {
    const auto make = [](int number) {
        if constexpr (std::is_same_v<Key, int>)
            return number;
        else
            return text_of(number);
    };
    const auto entries =
        std::make_unique<shaped<watched_nodes>::memtable<Key, content>>(shaped<watched_nodes>{});
    std::vector<Key> there;
    std::size_t looks = 0, wrong = 0;
    watched_nodes::look = [&] {
        ++looks;
        wrong += keys_of<Key>(*entries, lsm::direction::forward) != there;
        wrong += keys_of<Key>(*entries, lsm::direction::backward) !=
                 std::vector<Key>(there.rbegin(), there.rend());
        auto up = entries->cursor(lsm::direction::forward);
        auto down = entries->cursor(lsm::direction::backward);
        for (const Key& key : there) {
            up.seek(key);
            wrong += !up.valid() || up.key() != key;
            down.seek(key);
            wrong += !down.valid() || down.key() != key;
            bool found = false;
            entries->find(key, 1,
                          [&](lsm::sequence_number, const content&) { return found = true; });
            wrong += !found;
        }
    };
    for (const int number : numbers(400)) {
        entries->insert(make(number), 1, content("v"), 0);
        there.insert(std::ranges::lower_bound(there, make(number)), make(number));
    }
    watched_nodes::look = nullptr;
    BOOST_TEST(looks > 200U);
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(b_tree_memtable_search)

BOOST_AUTO_TEST_CASE(finds_its_key_although_leaves_are_split_meanwhile) {
    for (const int sought : {950, 990, 1000, 1010, 1050})
        search_interrupted([&](const interrupted_table& entries) {
            std::string found;
            entries.find({sought}, 1, [&](lsm::sequence_number, const content& shown) {
                found = shown.value();
                return false;
            });
            BOOST_TEST(found == std::to_string(sought));
        });
}

BOOST_AUTO_TEST_CASE(finds_no_other_key_in_a_slot_that_is_used_again) {
    search_interrupted([](const interrupted_table& entries) {
        bool found = false;
        entries.find({2005}, lsm::max_sequence,
                     [&](lsm::sequence_number, const content&) { return found = true; });
        BOOST_TEST(!found);
    });
}

BOOST_AUTO_TEST_CASE(goes_on_in_order_although_leaves_are_split_meanwhile) {
    for (const auto way : {lsm::direction::forward, lsm::direction::backward})
        search_interrupted([&](const interrupted_table& entries) {
            std::vector<int> old_keys;
            auto cursor = entries.cursor(way);
            int last = way == lsm::direction::forward ? -1 : 10 * present;
            for (cursor.seek({1000}); cursor.valid(); cursor.next()) {
                const int number = cursor.key().number;
                BOOST_REQUIRE((way == lsm::direction::forward ? last < number : number < last));
                BOOST_REQUIRE(cursor.payload().value() == std::to_string(number));
                last = number;
                if (number % 10 == 0) old_keys.push_back(number);
            }
            BOOST_TEST(old_keys.size() == (way == lsm::direction::forward ? 100U : 101U));
            BOOST_TEST(old_keys.front() == 1000);
        });
}

BOOST_AUTO_TEST_CASE(starts_at_either_end_although_leaves_are_split_meanwhile) {
    search_interrupted([](const interrupted_table& entries) {
        for (const auto way : {lsm::direction::forward, lsm::direction::backward}) {
            auto cursor = entries.cursor(way);
            std::size_t old_keys = 0;
            for (cursor.seek_first(); cursor.valid(); cursor.next())
                if (cursor.key().number % 10 == 0) ++old_keys;
            BOOST_TEST(old_keys == std::size_t{present});
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(b_tree_memtable_insert)

BOOST_AUTO_TEST_CASE(takes_equal_keys_of_different_bits_for_one) {
    lsm::b_tree_memtable::memtable<double, content> entries{{}};
    entries.insert(0.0, 1, content("positive"), 0);
    entries.insert(-0.0, 2, content("negative"), 0);
    BOOST_TEST(entries.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(counts_what_keys_and_values_hold_outside_themselves) {
    table small{{}};
    table large{{}};
    small.insert("k", 1, content("v"), 0);
    large.insert(std::string(1000, 'k'), 1, content(std::string(5000, 'v')), 0);
    BOOST_TEST(large.bytes() - small.bytes() == 999U + 4999U);
}

BOOST_AUTO_TEST_SUITE_END()
