// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/engine/version.hpp>

#include <boost/test/unit_test.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using version = lsm::engine::version<int, int>;
static_assert(!std::copy_constructible<version>);  // its list of runs would be the other one's
using edit = lsm::engine::version_edit<int, int>;
using run = lsm::engine::run<int, int>;

/// A table with keys but without blocks.
class named_table final : public lsm::engine::table<int, int> {
public:
    using table::table;
    [[nodiscard]] block_pointer fetch_block(std::size_t) const override {
        throw std::logic_error("nothing reads it");
    }
    void expect_blocks(std::size_t, std::size_t) const override {}
};

std::shared_ptr<const lsm::engine::table<int, int>> table(std::uint64_t id, int first, int last) {
    lsm::table_record record;
    record.id = id;
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
        for (const auto& tables : level) {
            if (&tables != &level.front()) picture += ",";
            for (const auto& each : tables) picture += " " + std::to_string(each->record().id);
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
    BOOST_TEST(draw(apply(make(), edit{{2, 3}, {table(6, 2, 4), table(5, 0, 1)}, 1, 0, false})) ==
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

BOOST_AUTO_TEST_CASE(leaves_the_version_before_as_it_was) {
    const version before = make();
    (void)apply(before, edit{{1}, {table(5, 0, 9)}, 0, 0, true});
    BOOST_TEST(draw(before) == "1, 2 | 3 4");
}

BOOST_AUTO_TEST_SUITE_END()
