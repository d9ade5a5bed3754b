// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/read_guard.hpp>
#include <lsm/engine/run_cursor.hpp>
#include <lsm/engine/table.hpp>
#include <lsm/engine/table_lookup.hpp>
#include <lsm/storage/format/block.hpp>
#include <lsm/storage/medium/memory.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Tables whose keys have so many versions that these fill several blocks.
namespace {

using lsm::direction;
using lsm::sequence_number;
using table = lsm::engine::table<std::string, int>;
using table_pointer = std::shared_ptr<const table>;

/// A version's value is its number.
struct version {
    std::string key;
    sequence_number sequence;
    friend bool operator==(const version&, const version&) = default;
};
using versions = std::vector<version>;

/// Tables in memory, with a cache that keeps nothing.
class bench {
public:
    /// @param change is given the index before the table gets it
    template <class Change>
    table_pointer make(const versions& all, Change change) {
        const std::uint64_t id = ++last_id_;
        auto builder = support::blocks_of(64).build<std::string, int>({.id = id});
        for (const version& each : all)
            builder.add(each.key, each.sequence, lsm::payload_kind::value,
                        static_cast<int>(each.sequence));
        const lsm::extent made = builder.finish();
        lsm::byte_buffer bytes = builder.take();
        auto index = format::read_index<std::string, int>(
            lsm::byte_view(bytes).subspan(made.offset, made.bytes));
        change(index);
        bytes.resize(made.offset);
        encoding::write_index(bytes, index);
        const lsm::byte_view resident = lsm::byte_view(bytes).subspan(made.offset);
        const lsm::extent where{made.offset, resident.size(), lsm::checksum(resident)};
        auto writer = medium_->create({id, "lsm"});
        writer.append(bytes);
        writer.commit();
        return lsm::engine::stored_table<std::string, int, format, lsm::memory_medium>::open(
            from_, {id, "block", 1, "lsm", bytes.size(), where});
    }
    table_pointer make(const versions& all) {
        return make(all, [](auto&) {});
    }
    [[nodiscard]] std::uint64_t fetches() const { return from_.cache->fetched(); }
    [[nodiscard]] lsm::engine::epochs& epochs() const { return from_.cache->when(); }

private:
    using format = lsm::block_format;
    using encoding = lsm::block_encoding<lsm::bloom_filter, lsm::no_compression>;

    std::shared_ptr<lsm::memory_medium> medium_ =
        std::make_shared<lsm::memory_medium>(lsm::memory_disk(), lsm::open_mode::open_or_create);
    lsm::engine::table_resources<lsm::memory_medium> from_{
        medium_,
        std::make_shared<lsm::engine::block_cache>(0, std::make_shared<lsm::engine::epochs>()),
        std::make_shared<lsm::engine::open_files>(0), 0,
        std::make_shared<lsm::engine::building_memory>()};
    std::uint64_t last_id_ = 0;
};

/// By key, then newest first; `b` and `e` have many versions, the others one or two.
versions many_versions() {
    versions all;
    sequence_number number = 1000;
    for (const auto& [key, count] : std::vector<std::pair<std::string, int>>{
             {"a", 1}, {"b", 100}, {"c", 2}, {"d", 1}, {"e", 300}, {"f", 1}})
        for (int i = 0; i < count; ++i) all.push_back({key, number -= 2});
    return all;
}
/// From the last key to the first, each newest first.
versions turned(const versions& all) {
    versions result;
    for (std::size_t end = all.size(); end > 0;) {
        std::size_t begin = end;
        while (begin > 0 && all[begin - 1].key == all[end - 1].key) --begin;
        for (std::size_t i = begin; i < end; ++i) result.push_back(all[i]);
        end = begin;
    }
    return result;
}
/// What is left of a cursor.
versions rest_of(lsm::engine::run_cursor<std::string, int>& cursor, direction way) {
    versions all;
    for (; !cursor.at_end(); cursor.next()) {
        if (cursor.pending()) cursor.load();
        versions shown;
        for (std::size_t i = 0; i < cursor.shown().size(); ++i)
            shown.push_back({std::string(cursor.shown().keys[i]), cursor.shown().sequences[i]});
        if (way == direction::backward) shown = turned(shown);
        all.insert(all.end(), shown.begin(), shown.end());
    }
    return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(engine_long_keys, bench)

BOOST_AUTO_TEST_CASE(have_several_blocks_and_share_none) {
    const auto t = make(many_versions());
    const auto& index = t->index();
    BOOST_TEST(index.has_long_keys);
    for (std::size_t i = 0; i < index.blocks.size(); ++i) {
        const auto block = t->load(i, lsm::engine::cache_use::keep);
        const bool is_long = index.first_of(i) != index.last_of(i);
        BOOST_TEST((!is_long || block->window().keys.back() == index.first_keys[i]));
    }
    BOOST_TEST(index.last_of(*index.block_for("b")) > *index.block_for("b") + 3);
    BOOST_TEST(index.first_of(index.blocks_until("e") - 1) == *index.block_for("e"));
}

BOOST_AUTO_TEST_CASE(are_found_in_the_version_of_any_moment) {
    const versions all = many_versions();
    const auto t = make(all);
    for (const std::string key : {"a", "aa", "b", "c", "e", "f", "g"})
        for (sequence_number at = 0; at <= 1000; ++at) {
            versions expected, found, found_in_group;
            for (const version& each : all)
                if (each.key == key && each.sequence <= at) expected.push_back(each);
            if (expected.size() > 2) expected.resize(2);
            const auto into = [&](versions& to) {
                return [&](lsm::payload_kind, const lsm::cell<int>& value, const auto&) {
                    to.push_back({key, static_cast<sequence_number>(value)});
                    return to.size() < 2;
                };
            };
            lsm::engine::read_guard reads(epochs());
            const std::string_view view = key;
            const lsm::engine::sought_key<std::string> sought(view, 0);
            BOOST_REQUIRE(t->find(sought, at, reads, into(found)) == (expected.size() < 2));
            BOOST_REQUIRE((found == expected));
            lsm::engine::table_lookup<std::string, int> lookup(sought, 0);
            lookup.begin(t.get());
            lookup.choose_block();
            lookup.expect_block(reads);
            lookup.expect_keys();
            (void)lookup.find(at, reads, into(found_in_group));
            BOOST_REQUIRE((found_in_group == expected));
        }
}

BOOST_AUTO_TEST_CASE(are_found_at_an_old_moment_in_a_few_blocks) {
    const versions all = many_versions();
    const auto t = make(all);
    const std::string_view key = "e";
    const std::size_t blocks =
        t->index().last_of(*t->index().block_for(key)) + 1 - *t->index().block_for(key);
    BOOST_TEST(blocks > 16U);
    lsm::engine::read_guard reads(epochs());
    const std::uint64_t before = fetches();
    (void)t->find({key, 0}, all[all.size() - 2].sequence, reads, [](auto&&...) { return false; });
    BOOST_TEST(fetches() - before <= 8U);
}

BOOST_AUTO_TEST_CASE(are_gone_through_newest_first_in_both_directions) {
    const versions all = many_versions();
    versions behind;  // in a table of its own
    for (sequence_number number = 50; number > 0; --number) behind.push_back({"x", number});
    const lsm::engine::run<std::string, int> tables{make(all), make(behind)};
    versions both = all;
    both.insert(both.end(), behind.begin(), behind.end());
    for (const direction way : {direction::forward, direction::backward}) {
        const versions in_order = way == direction::forward ? both : turned(both);
        lsm::engine::run_cursor<std::string, int> cursor(tables, way);
        cursor.seek_first();
        BOOST_TEST((rest_of(cursor, way) == in_order));
        for (const std::string key : {"", "a", "b", "bb", "c", "e", "ee", "f", "g", "x", "y"}) {
            versions expected = in_order;
            std::erase_if(expected, [&](const version& each) {
                return way == direction::forward ? each.key < key : each.key > key;
            });
            cursor.seek(key);
            BOOST_TEST((rest_of(cursor, way) == expected), key);
        }
    }
}

BOOST_AUTO_TEST_CASE(that_other_keys_stand_among_are_corruption) {
    // A block of `c` and `d` is said to be both of two of `c`.
    const auto forged = make(many_versions(), [](auto& index) {
        const auto c = static_cast<std::ptrdiff_t>(*index.block_for("c"));
        index.blocks.insert(index.blocks.begin() + c, index.blocks.at(static_cast<std::size_t>(c)));
        index.first_keys.insert(index.first_keys.begin() + c, "c");
    });
    const auto intact = make(many_versions());
    const auto load = [](const table_pointer& from, std::size_t block) {
        (void)from->load(block, lsm::engine::cache_use::keep);
    };
    const std::size_t first = *forged->index().block_for("c");
    for (const std::size_t block : {first, first + 1})
        BOOST_CHECK_EXCEPTION(load(forged, block), lsm::error, support::is(lsm::errc::corruption));
    for (std::size_t block = 0; block < intact->index().blocks.size(); ++block)
        BOOST_CHECK_NO_THROW(load(intact, block));
}

BOOST_AUTO_TEST_SUITE_END()
