// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/codec/descending.hpp>
#include <lsm/engine/block_search.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using lsm::engine::lookup_manner;

/// Sorted keys as one block, between whose first key and @p end the index says they lie.
template <class Key>
struct one_block {
    one_block(std::vector<Key> all, Key end) : keys(std::move(all)), values(keys.size()) {
        for (const Key& each : keys) cells.push_back(lsm::cell_of<Key>(each));
        window.keys = cells;
        window.values = values;
        index.first_keys = {keys.front()};
        if (end != keys.back()) index.first_keys.push_back(end);  // else it is the last block
        index.last_key = end;
    }
    /// As the engine finds the first key that is not below @p key.
    template <class Counted>
    std::size_t find(const Key& key, lookup_manner how, Counted counted) const {
        using view = std::remove_cvref_t<lsm::view_of<Key>>;
        const view sought = lsm::codec<Key>::as_view(key);
        const lsm::engine::block_search<Key, int> search(index, 0, window, sought, how);
        return search.first_not([&](std::size_t i) {
            counted();
            return lsm::compare<view>(lsm::view_in<Key>(window.keys[i]), sought) < 0;
        });
    }
    std::vector<Key> keys;
    std::vector<lsm::cell<Key>> cells;
    std::vector<lsm::cell<int>> values;
    lsm::window_of<Key, int> window;
    lsm::table_index<Key> index;
};

template <class Key, class Make>
void check(Make make) {
    for (const std::size_t count : {1U, 2U, 30U, 65U, 300U}) {
        std::vector<Key> keys;
        for (std::size_t i = 0; i < count; ++i) keys.push_back(make());
        std::ranges::sort(keys);
        for (const bool is_last : {false, true}) {
            Key end = is_last ? keys.back() : make();
            if (end < keys.back()) end = keys.back();
            const one_block<Key> block(keys, end);
            for (int each = 0; each < 300; ++each) {
                const Key key =
                    each % 2 == 0 ? make() : keys[static_cast<std::size_t>(each) % count];
                const auto naive = std::ranges::lower_bound(keys, key) - keys.begin();
                for (const auto how : {lookup_manner::alone, lookup_manner::in_group})
                    BOOST_REQUIRE(block.find(key, how, [] {}) == static_cast<std::size_t>(naive));
            }
        }
    }
}

/// Has no head.
struct named {
    std::string name;
    friend auto operator<=>(const named&, const named&) = default;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_block_search)

BOOST_AUTO_TEST_CASE(finds_keys_however_they_are_spread) {
    std::mt19937_64 random(1);
    check<std::uint64_t>([&] { return random(); });
    check<std::uint64_t>([&] { return random() >> random() % 64; });
    check<std::int64_t>([&] { return static_cast<std::int64_t>(random() % 100) - 50; });
    check<double>([&] { return std::exp2(static_cast<double>(random() % 2000) - 1000); });
    check<std::array<std::byte, 16>>([&] {
        std::array<std::byte, 16> key{};
        for (const std::size_t at : {3, 11, 15}) key[at] = static_cast<std::byte>(random());
        return key;
    });
    check<double>([&] { return (static_cast<double>(random() % 7) - 3) * 0.0; });
    check<double>([&] {
        const double limits[] = {-HUGE_VAL, -1.5, -0.0, 0.0, 2.5, HUGE_VAL};
        return limits[random() % 6];
    });
    check<lsm::descending<std::uint32_t>>(
        [&] { return lsm::descending<std::uint32_t>{static_cast<std::uint32_t>(random())}; });
    check<std::pair<int, int>>([&] {
        return std::pair(static_cast<int>(random() % 3), static_cast<int>(random() % 1000));
    });
    check<std::string>([&] { return std::to_string(random() % 100); });
    check<std::string>([&] { return "user:" + std::to_string(random() % 1000); });
    check<named>([&] { return named{std::to_string(random() % 1000)}; });
}

BOOST_AUTO_TEST_CASE(looks_at_few_keys_where_they_lie_evenly) {
    std::vector<std::uint64_t> keys(256);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = 1'000'000 + 10 * i;
    const one_block<std::uint64_t> block(keys, 1'000'000 + 10 * 256);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        std::size_t looks = 0;
        BOOST_TEST(block.find(keys[i], lookup_manner::alone, [&] { ++looks; }) == i);
        BOOST_TEST(looks <= 7U);  // a search without a guess looks at nine
    }
}

BOOST_AUTO_TEST_SUITE_END()
