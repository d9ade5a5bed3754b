// SPDX-License-Identifier: BSL-1.0
#include <lsm/core/key_range.hpp>
#include <lsm/engine/retain_cursor.hpp>
#include <lsm/engine/visible_cursor.hpp>
#include <engine/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using lsm::direction;
using support::history;
using support::version;
using support::versions;
using pairs = std::vector<std::pair<int, int>>;

using key_types = std::tuple<int, std::string>;

constexpr int rounds = 3000;

/// What a part shows, in the order of the direction.
void append_part(versions& to, const lsm::window_of<int, int>& part, direction way) {
    const auto at = [&](std::size_t i) {
        return version{part.keys[i], part.sequences[i], part.kinds[i], part.values[i]};
    };
    if (way == direction::forward) {
        for (std::size_t i = 0; i < part.size(); ++i) to.push_back(at(i));
        return;
    }
    for (std::size_t end = part.size(); end > 0;) {
        std::size_t begin = end - 1;
        while (begin > 0 && part.keys[begin - 1] == part.keys[end - 1]) --begin;
        for (std::size_t i = begin; i < end; ++i) to.push_back(at(i));
        end = begin;
    }
}

versions read(lsm::engine::merge_cursor<int, int>& merge, direction way) {
    versions all;
    for (auto part = merge.next(); !part.empty(); part = merge.next()) append_part(all, part, way);
    return all;
}

direction some_way(std::mt19937& random) {
    return random() % 2 == 0 ? direction::forward : direction::backward;
}

lsm::key_range<int> some_range(std::mt19937& random, unsigned keys) {
    const auto end = [&]() -> std::optional<lsm::bound<int>> {
        if (random() % 3 == 0) return std::nullopt;
        return lsm::bound<int>{static_cast<int>(random() % (keys + 4)) - 2, random() % 2 == 0};
    };
    return {end(), end()};
}

bool is_in(const lsm::key_range<int>& range, int key) {
    const auto& [lower, upper] = range;
    if (lower && (lower->inclusive ? key < lower->key : key <= lower->key)) return false;
    return !upper || (upper->inclusive ? key <= upper->key : key < upper->key);
}

/// What a reader at @p at sees of sorted versions.
pairs visible(const versions& all, lsm::sequence_number at) {
    pairs seen;
    std::optional<int> decided;
    for (const version& each : all) {
        if (each.sequence > at || decided == each.key) continue;
        decided = each.key;
        if (each.kind == lsm::payload_kind::value) seen.emplace_back(each.key, each.value);
    }
    return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_merge_cursor)

BOOST_AUTO_TEST_CASE(gives_all_entries_in_order) {
    std::mt19937 random(1);
    for (int round = 0; round < rounds; ++round) {
        const history h(random);
        const direction way = some_way(random);
        auto merge = h.merge(way);
        merge.seek_first();
        BOOST_REQUIRE((read(merge, way) == h.all(way)));
    }
}

BOOST_AUTO_TEST_CASE(gives_all_entries_of_any_number_of_sources) {
    std::mt19937 random(8);
    for (const std::size_t sources :
         {1, 2, 31, 32, 33, 63, 64, 65, 255, 256, 257, 258, 300, 511, 512, 513, 1000, 2000}) {
        for (const bool share_keys : {false, true}) {
            const history h(random, sources, share_keys);
            const direction way = some_way(random);
            auto merge = h.merge(way);
            merge.seek_first();
            BOOST_TEST_CONTEXT(sources) BOOST_REQUIRE((read(merge, way) == h.all(way)));
        }
    }
}

BOOST_AUTO_TEST_CASE(begins_at_the_key_that_is_sought) {
    std::mt19937 random(2);
    for (int round = 0; round < rounds; ++round) {
        const history h(random);
        const direction way = some_way(random);
        auto merge = h.merge(way);
        for (int repeat = 0; repeat < 2; ++repeat) {
            const int key = static_cast<int>(random() % (h.keys() + 4)) - 2;
            merge.seek(key);
            versions expected = h.all(way);
            std::erase_if(expected, [&](const version& each) {
                return way == direction::forward ? each.key < key : each.key > key;
            });
            BOOST_REQUIRE((read(merge, way) == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(loads_nothing_that_comes_later) {
    std::mt19937 random(3);
    std::pmr::monotonic_buffer_resource memory;
    auto low = lsm::engine::make_cursor<support::vector_cursor<>>(
        memory, versions{{1, 1, lsm::payload_kind::value, 1}}, direction::forward, true, 3, random);
    auto high = lsm::engine::make_cursor<support::vector_cursor<>>(
        memory, versions{{5, 2, lsm::payload_kind::value, 2}}, direction::forward, true, 3, random);
    const auto& low_seen = *low;
    const auto& high_seen = *high;
    lsm::engine::merge_cursor<int, int>::sources sources(&memory);
    sources.emplace_back(std::move(high), direction::forward);
    sources.emplace_back(std::move(low), direction::forward);
    lsm::engine::merge_cursor<int, int> merge(std::move(sources), direction::forward);
    merge.seek_first();
    BOOST_TEST((low_seen.loads == 0 && high_seen.loads == 0));
    BOOST_TEST(merge.next().keys[0] == 1);
    BOOST_TEST((low_seen.loads == 1 && high_seen.loads == 0));
    BOOST_TEST(merge.next().keys[0] == 5);
    BOOST_TEST(merge.next().empty());
    BOOST_TEST(merge.next().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(engine_visible_cursor)

namespace {

template <class Key>
std::optional<lsm::bound<Key>> bound_of(const std::optional<lsm::bound<int>>& end) {
    if (!end) return std::nullopt;
    return lsm::bound<Key>{support::make_key<Key>(end->key), end->inclusive};
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(shows_what_a_naive_reader_sees, Key, key_types) {
    std::mt19937 random(4);
    for (int round = 0; round < 3 * rounds; ++round) {
        const history h(random);
        const direction way = some_way(random);
        const auto range = some_range(random, h.keys());
        const lsm::sequence_number at = random() % (h.last() + 2);
        const lsm::key_range<Key> keys{bound_of<Key>(range.lower), bound_of<Key>(range.upper)};
        lsm::engine::visible_cursor<Key, int> cursor(h.sources<Key>(way), keys, way, at);
        pairs seen;
        while (cursor.next()) seen.emplace_back(support::number_of(cursor.key()), cursor.value());
        pairs expected = visible(h.all(way), at);
        std::erase_if(expected, [&](const auto& each) { return !is_in(range, each.first); });
        BOOST_REQUIRE((seen == expected));
        BOOST_REQUIRE(!cursor.next());
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(engine_retain_cursor)

namespace {

struct retained {
    versions before;
    versions after;
    std::vector<lsm::sequence_number> pins;
    std::set<int> older;  // the keys that older tables may hold
};

retained retain(std::mt19937& random, bool oldest = false) {
    const history h(random);
    retained result{h.all(direction::forward), {}, {}, {}};
    for (auto count = random() % 4; count > 0; --count)
        result.pins.push_back(random() % (h.last() + 1));
    std::ranges::sort(result.pins);
    const auto [first, last] = std::ranges::unique(result.pins);
    result.pins.erase(first, last);
    for (int key = 0; key < 20; ++key)
        if (!oldest && random() % 2 == 0) result.older.insert(key);
    lsm::engine::retain_cursor cursor(
        h.merge(direction::forward), result.pins,
        [&](int key) { return result.older.contains(key); }, oldest);
    const std::size_t slice = 1 + random() % 10;
    while (cursor.step(slice,
                       [&](int key, lsm::sequence_number number, lsm::payload_kind kind,
                           int value) { result.after.push_back({key, number, kind, value}); })) {
    }
    return result;
}

/// With what older tables hold: each such key at 0.
versions with_older(versions all, const std::set<int>& older) {
    for (const int key : older) all.push_back({key, 0, lsm::payload_kind::value, -1});
    support::sort_versions(all, direction::forward);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(changes_nothing_that_any_reader_sees) {
    std::mt19937 random(5);
    for (int round = 0; round < rounds; ++round) {
        const retained r = retain(random);
        auto readers = r.pins;
        readers.push_back(lsm::max_sequence);
        for (const lsm::sequence_number at : readers)
            BOOST_REQUIRE((visible(with_older(r.after, r.older), at) ==
                           visible(with_older(r.before, r.older), at)));
    }
}

BOOST_AUTO_TEST_CASE(keeps_nothing_that_no_reader_needs) {
    std::mt19937 random(6);
    for (int round = 0; round < rounds; ++round) {
        const retained r = retain(random);
        auto readers = r.pins;
        readers.push_back(lsm::max_sequence);
        for (const version& kept : r.after) {
            const bool needed = std::ranges::any_of(readers, [&](lsm::sequence_number at) {
                return kept.sequence <= at &&
                       std::ranges::none_of(r.before, [&](const version& other) {
                           return other.key == kept.key && other.sequence > kept.sequence &&
                                  other.sequence <= at;
                       });
            });
            BOOST_REQUIRE(needed);
            const bool oldest_reader_sees = r.pins.empty() || kept.sequence <= r.pins.front();
            BOOST_REQUIRE((kept.kind == lsm::payload_kind::value || !oldest_reader_sees ||
                           r.older.contains(kept.key)));
        }
    }
}

BOOST_AUTO_TEST_CASE(forgets_the_numbers_that_tell_readers_nothing) {
    std::mt19937 random(7);
    for (int round = 0; round < rounds; ++round) {
        const retained r = retain(random, true);
        auto readers = r.pins;
        readers.push_back(lsm::max_sequence);
        for (const version& kept : r.after)
            BOOST_REQUIRE((kept.sequence == lsm::no_sequence || kept.sequence > readers.front()));
        for (const lsm::sequence_number at : readers)
            BOOST_REQUIRE((visible(r.after, at) == visible(r.before, at)));
    }
}

/// As docs/file_format.md says of sequence number 0.
BOOST_AUTO_TEST_CASE(forgets_the_numbers_of_values_that_are_the_oldest_of_their_keys) {
    std::mt19937 random(8);
    int below_newer = 0;
    for (int round = 0; round < rounds; ++round) {
        const versions kept = retain(random, true).after;
        for (std::size_t i = 0; i < kept.size(); ++i) {
            if (kept[i].sequence != lsm::no_sequence) continue;
            BOOST_REQUIRE((kept[i].kind == lsm::payload_kind::value));
            BOOST_REQUIRE((i + 1 == kept.size() || kept[i + 1].key != kept[i].key));
            if (i > 0 && kept[i - 1].key == kept[i].key) ++below_newer;
        }
    }
    BOOST_TEST(below_newer > 0);  // so it is not its key's only version
}

BOOST_AUTO_TEST_SUITE_END()
