// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/engine/version_edit.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using version = lsm::engine::version<int, int>;
static_assert(!std::copy_constructible<version>);  // its list of runs would be the other one's
using edit = lsm::engine::version_edit<int, int>;
using run = lsm::engine::run<int, int>;

/// A table with keys but without blocks.
class named_table final : public lsm::engine::table<int, int> {
public:
    using table::table;
    [[nodiscard]] block_pointer read_block(std::size_t) const override {
        throw std::logic_error("nothing reads it");
    }
    void expect_blocks(std::size_t, std::size_t) const override {}
};

constexpr std::uint64_t index_bytes = 10;

std::shared_ptr<const lsm::engine::table<int, int>> table(std::uint64_t id, int first, int last) {
    lsm::table_record record;
    record.id = id;
    record.index.bytes = index_bytes;
    lsm::table_index<int> index;
    index.first_keys.push_back(first);
    index.last_key = last;
    const auto cache =
        std::make_shared<lsm::engine::block_cache>(0, std::make_shared<lsm::engine::epochs>());
    return std::make_shared<const named_table>(record, std::move(index), cache);
}

/// As `1 2, 3 | 4`: levels, runs, tables by their numbers.
std::string draw(const version& from) {
    std::string picture;
    for (const auto& level : from.levels()) {
        if (&level != &from.levels().front()) picture += " |";
        for (const auto& one : level) {
            if (&one != &level.front()) picture += ",";
            for (const auto& each : one->tables) picture += " " + std::to_string(each->record().id);
        }
    }
    return picture.empty() ? picture : picture.substr(1);
}

/// 1, 2 | 3 4
version make() {
    return {{{{table(1, 0, 9)}, {table(2, 0, 9)}}, {{table(3, 0, 4), table(4, 5, 9)}}}, 7};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_version_apply)

BOOST_AUTO_TEST_CASE(adds_the_newest_run_in_front) {
    BOOST_TEST(draw(apply(make(), edit{{}, {table(5, 0, 9)}, 0, 0, true})) == "5, 1, 2 | 3 4");
}

BOOST_AUTO_TEST_CASE(replaces_all_by_one_run) {
    BOOST_TEST(
        draw(apply(make(), edit{{1, 2, 3, 4}, {table(5, 0, 3), table(6, 4, 9)}, 1, 0, true})) ==
        "| 5 6");
}

BOOST_AUTO_TEST_CASE(puts_a_run_where_its_inputs_were) {
    BOOST_TEST(draw(apply(make(), edit{{2}, {table(5, 0, 9)}, 0, 1, true})) == "1, 5 | 3 4");
}

BOOST_AUTO_TEST_CASE(joins_a_run_by_key) {
    BOOST_TEST(draw(apply(make(), edit{{2, 3}, {table(5, 0, 1), table(6, 2, 4)}, 1, 0, false})) ==
               "1 | 5 6 4");
}

BOOST_AUTO_TEST_CASE(makes_levels_that_are_missing_and_drops_empty_ones_at_the_end) {
    BOOST_TEST(draw(apply(make(), edit{{1}, {table(5, 0, 9)}, 3, 0, true})) == "2 | 3 4 | | 5");
    BOOST_TEST(draw(apply(make(), edit{{3, 4}, {}, 0, 0, true})) == "1, 2");
    BOOST_TEST(apply(make(), edit{{1, 2, 3, 4}, {}, 0, 0, true}).levels().empty());
}

BOOST_AUTO_TEST_CASE(shows_readers_its_runs_newest_first_also_after_a_move) {
    version from = apply(make(), edit{{1}, {table(5, 0, 9)}, 3, 0, true});
    version moved;
    moved = std::move(from);
    std::string ids;
    for (const run* const each : moved.runs())
        ids += std::to_string(each->front()->record().id) + " ";
    BOOST_TEST(ids == "2 3 5 ");
    BOOST_TEST(moved.filter_seed() == 7);
}

BOOST_AUTO_TEST_CASE(shares_the_runs_that_an_edit_leaves_as_they_are) {
    const version before = make();
    const version flushed = apply(before, edit{{}, {table(5, 2, 3)}, 0, 0, true});
    BOOST_TEST(flushed.levels()[0][1] == before.levels()[0][0]);
    BOOST_TEST(flushed.levels()[0][2] == before.levels()[0][1]);
    BOOST_TEST(flushed.levels()[1][0] == before.levels()[1][0]);
    const version merged = apply(flushed, edit{{1, 2, 5}, {table(6, 0, 9)}, 0, 2, true});
    BOOST_TEST(draw(merged) == "6 | 3 4");
    BOOST_TEST(merged.levels()[1][0] == before.levels()[1][0]);
    // and a policy's view shares what they know of the tables
    const auto view = summarize(merged);
    BOOST_TEST(view.levels[1][0].data() == before.levels()[1][0]->summary.data());
}

BOOST_AUTO_TEST_CASE(knows_what_its_indexes_take) {
    const version before = make();
    BOOST_TEST(before.index_bytes() == 4U * index_bytes);
    BOOST_TEST(apply(before, edit{{}, {table(5, 0, 9)}, 0, 0, true}).index_bytes() ==
               5U * index_bytes);
    BOOST_TEST(apply(before, edit{{2, 3}, {table(5, 0, 4)}, 1, 0, false}).index_bytes() ==
               3U * index_bytes);
    BOOST_TEST(apply(before, edit{{1}, before.levels()[0][0]->tables, 2, 0, true}).index_bytes() ==
               4U * index_bytes);
}

BOOST_AUTO_TEST_CASE(leaves_the_version_before_as_it_was) {
    const version before = make();
    (void)apply(before, edit{{1}, {table(5, 0, 9)}, 0, 0, true});
    BOOST_TEST(draw(before) == "1, 2 | 3 4");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(engine_version_ranks)

/// Whether ranks stand to each other as the keys do.
void check_ranks(const version& of) {
    std::vector<std::pair<int, std::size_t>> ends;
    for (const auto& level : of.levels())
        for (const auto& one : level)
            for (std::size_t i = 0; i < one->tables.size(); ++i) {
                BOOST_REQUIRE(one->summary[i].id == one->tables[i]->record().id);
                ends.emplace_back(one->tables[i]->first_key(), one->summary[i].min_rank);
                ends.emplace_back(one->tables[i]->last_key(), one->summary[i].max_rank);
            }
    std::ranges::sort(ends);
    for (std::size_t i = 1; i < ends.size(); ++i)
        BOOST_REQUIRE((ends[i - 1].first == ends[i].first) ==
                      (ends[i - 1].second == ends[i].second));
    BOOST_REQUIRE(std::ranges::is_sorted(ends, {}, [](const auto& each) { return each.second; }));
}

BOOST_AUTO_TEST_CASE(of_equal_keys_are_equal) {
    check_ranks(make());
    check_ranks(apply(make(), edit{{}, {table(5, 4, 5)}, 0, 0, true}));
    check_ranks(apply(make(), edit{{}, {table(5, -3, -3), table(6, 20, 30)}, 0, 0, true}));
}

BOOST_AUTO_TEST_CASE(of_keys_that_stay_stay) {
    const version before = make();
    const version after = apply(before, edit{{1}, before.levels()[0][0]->tables, 1, 0, true});
    BOOST_TEST(draw(after) == "2 | 1, 3 4");
    BOOST_TEST(after.levels()[1][0]->summary[0].min_rank ==
               before.levels()[0][0]->summary[0].min_rank);
    BOOST_TEST(after.levels()[1][0]->summary[0].max_rank ==
               before.levels()[0][0]->summary[0].max_rank);
}

BOOST_AUTO_TEST_CASE(have_room_for_keys_that_always_come_into_the_same_gap) {
    version grown = make();
    for (int i = 0; i < 100; ++i) {
        const int first = 1'000'000 - i;  // each before the last one, and all behind 9
        grown =
            apply(grown,
                  edit{{}, {table(10 + static_cast<std::uint64_t>(i), first, first)}, 1, 0, false});
        check_ranks(grown);
    }
    BOOST_TEST(grown.levels()[1][0]->tables.size() == 102U);
}

BOOST_AUTO_TEST_CASE(stand_to_each_other_as_the_keys_do_whatever_comes_and_goes) {
    std::mt19937 random(1);
    const auto below = [&](int limit) { return static_cast<int>(random() % unsigned(limit)); };
    version now({}, 7);
    std::uint64_t id = 0;
    for (int step = 0; step < 300; ++step) {
        edit change;
        now.for_each_table([&](std::size_t, std::size_t, const auto& each) {
            if (below(8) == 0) change.removed.push_back(each->record().id);
        });
        for (int first = below(50); first < 1000; first += 1 + below(500)) {
            const int last = first + below(30);
            change.added.push_back(table(++id, first, last));
            first = last;
        }
        now = apply(now, change);
        check_ranks(now);
    }
}

BOOST_AUTO_TEST_SUITE_END()
