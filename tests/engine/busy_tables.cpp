// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/busy_tables.hpp>
#include <support/drawn_tables.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using lsm::engine::busy_tables;
using lsm::engine::table_ids;

/// The ids of those that are busy.
std::string busy_in(const lsm::compaction_view& view) {
    std::string ids;
    for (const auto& level : view.levels)
        for (const auto& run : level)
            for (const auto& table : run)
                if (table.busy) ids += " " + std::to_string(table.id);
    return ids;
}
std::string marked_by(busy_tables& busy, lsm::compaction_view view) {
    busy.mark(view);
    return busy_in(view);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_busy_tables)

BOOST_AUTO_TEST_CASE(are_marked_while_jobs_have_them) {
    const auto view = support::draw("L0: a-b, c-d | L1: a-b c-d e-f");
    busy_tables busy;
    BOOST_TEST(marked_by(busy, view) == "");
    busy.insert(table_ids({2, 4}));
    BOOST_TEST(marked_by(busy, view) == " 2 4");
    busy.insert(table_ids({5}));
    BOOST_TEST(marked_by(busy, view) == " 2 4 5");
    BOOST_TEST(busy.contains(5));
    busy.erase(table_ids({2, 4}));
    BOOST_TEST(marked_by(busy, view) == " 5");
    busy.erase(table_ids({5}));
    BOOST_TEST(marked_by(busy, view) == "");
    BOOST_TEST(busy.empty());
    BOOST_TEST(busy_in(view) == "");
}

BOOST_AUTO_TEST_CASE(stay_busy_where_they_were) {
    busy_tables busy;
    busy.insert(table_ids({1}));
    BOOST_TEST(marked_by(busy, support::draw("L0: a-b c-d!")) == " 1 2");
}

BOOST_AUTO_TEST_CASE(are_marked_once_in_runs_that_views_share) {
    const auto drawn = support::draw("L0: a-b, c-d | L1: a-b c-d e-f");
    busy_tables busy;
    busy.insert(table_ids({4}));
    auto first = drawn, second = drawn;
    busy.mark(first);
    second.levels[0].erase(second.levels[0].begin());  // a run has gone,
    second.levels[0].push_back({{9, 100, 1}});         // and one has come
    busy.mark(second);
    BOOST_TEST(second.levels[1][0].data() == first.levels[1][0].data());
    BOOST_TEST(second.levels[0][0].data() == drawn.levels[0][1].data());
    BOOST_TEST(busy_in(second) == " 4");
}

BOOST_AUTO_TEST_SUITE_END()
