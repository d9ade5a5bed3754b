// SPDX-License-Identifier: BSL-1.0
#include <lsm/compaction/full_merge.hpp>
#include <lsm/testing/compaction_laws.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <vector>

namespace {

/// A view of level 0 runs of one table each, newest first, with these tombstones.
lsm::compaction_view view_of_runs(const std::vector<std::uint64_t>& tombstones) {
    lsm::compaction_view view;
    if (tombstones.empty()) return view;
    view.levels.emplace_back();
    std::uint64_t id = tombstones.size();
    for (const std::uint64_t count : tombstones) {
        --id;
        view.levels[0].push_back({{id, 100, 10, count, id * 10, id * 10 + 9, 0, 1, false}});
    }
    return view;
}

std::size_t inputs_of(const std::vector<lsm::compaction_job>& plan) {
    return plan.empty() ? 0 : plan.front().inputs.size();
}

/// Plans a move that puts the newest run below an older one.
struct upside_down {
    [[nodiscard]] std::vector<lsm::compaction_job> plan(const lsm::compaction_view& view) const {
        if (view.runs() < 2 || view.levels[0].size() < 2) return {};
        lsm::compaction_job job;
        job.kind = lsm::job_kind::move;
        job.inputs = {view.levels[0].front().front().id};
        job.output_level = 3;
        return {job};
    }
};

/// Never content.
struct restless {
    [[nodiscard]] std::vector<lsm::compaction_job> plan(const lsm::compaction_view& view) const {
        if (view.runs() == 0) return {};
        lsm::compaction_job job;
        job.output_level = 1;
        job.new_run = true;
        for (const auto& level : view.levels)
            for (const auto& run : level)
                for (const auto& table : run) job.inputs.push_back(table.id);
        return {job};
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(full_merge)

BOOST_AUTO_TEST_CASE(keeps_the_laws) {
    lsm::testing::check_compaction(lsm::full_merge_compaction{}, 1);
    lsm::testing::check_compaction(lsm::full_merge_compaction{.trigger_runs = 4}, 2);
}

BOOST_AUTO_TEST_CASE(waits_for_the_request_by_default) {
    auto view = view_of_runs({0, 0, 0, 0, 0, 0, 0, 0});
    BOOST_CHECK(lsm::full_merge_compaction{}.plan(view).empty());
    view.requested = true;
    BOOST_CHECK_EQUAL(inputs_of(lsm::full_merge_compaction{}.plan(view)), 8U);
}

BOOST_AUTO_TEST_CASE(merges_when_as_many_runs_as_the_trigger_have_gathered) {
    const lsm::full_merge_compaction policy{.trigger_runs = 3};
    BOOST_CHECK(policy.plan(view_of_runs({0, 0})).empty());
    BOOST_CHECK_EQUAL(inputs_of(policy.plan(view_of_runs({0, 0, 0}))), 3U);
}

BOOST_AUTO_TEST_CASE(leaves_a_single_clean_run_alone) {
    auto view = view_of_runs({0});
    view.requested = true;
    BOOST_CHECK(lsm::full_merge_compaction{}.plan(view).empty());
}

BOOST_AUTO_TEST_CASE(rewrites_a_single_run_to_be_rid_of_tombstones_that_no_pin_needs) {
    auto view = view_of_runs({5});
    view.requested = true;
    BOOST_CHECK_EQUAL(inputs_of(lsm::full_merge_compaction{}.plan(view)), 1U);
    view.oldest_pin = 3;
    BOOST_CHECK(lsm::full_merge_compaction{}.plan(view).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(check_compaction)

BOOST_AUTO_TEST_CASE(rejects_a_policy_that_turns_ages_round) {
    BOOST_CHECK_THROW(lsm::testing::check_compaction(upside_down{}, 1), lsm::testing::law_broken);
}

BOOST_AUTO_TEST_CASE(rejects_a_policy_that_never_comes_to_rest) {
    BOOST_CHECK_THROW(lsm::testing::check_compaction(restless{}, 1, 1), lsm::testing::law_broken);
}

BOOST_AUTO_TEST_SUITE_END()
