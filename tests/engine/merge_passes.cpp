// SPDX-License-Identifier: BSL-1.0
#include <lsm/compaction/full_merge.hpp>
#include <lsm/engine/merge_passes.hpp>
#include <lsm/testing/compaction_model.hpp>
#include <support/drawn_tables.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

lsm::compaction_job merge(std::vector<std::uint64_t> inputs, std::size_t level, bool new_run) {
    lsm::compaction_job job;
    job.inputs = std::move(inputs);
    job.output_level = level;
    job.new_run = new_run;
    return job;
}

/// The job to do first for a merge of these tables, of at most @p most runs at a time.
std::string first(const char* picture, std::size_t most, std::vector<std::uint64_t> inputs,
                  std::size_t level = 1, bool new_run = true) {
    const auto job = merge(std::move(inputs), level, new_run);
    return support::first_of({lsm::engine::first_pass(support::draw(picture), job, most)});
}

/// What a model of many runs has written to make one of them, in passes or at once.
struct outcome {
    std::uint64_t merged;
    std::size_t jobs;
    lsm::run_summary run;
};
outcome compact(std::size_t runs, std::size_t most, std::uint32_t seed) {
    lsm::testing::compaction_model model(100);
    std::mt19937 random(seed);
    for (std::size_t run = 0; run < runs; ++run) {
        for (int entry = 0; entry < 10; ++entry)
            random() % 4 == 0 ? model.erase(random() % 1000) : model.put(random() % 1000);
        model.flush();
    }
    model.view().requested = true;
    std::size_t jobs = 0;
    const lsm::full_merge_compaction policy;
    for (auto plan = policy.plan(model.view()); !plan.empty(); plan = policy.plan(model.view())) {
        const auto job = lsm::engine::first_pass(model.view(), plan.front(), most);
        model.carry_out(job);
        ++jobs;
    }
    lsm::run_summary run = model.view().levels.back().front();
    run.edit([](std::vector<lsm::table_summary>& tables) {
        for (lsm::table_summary& table : tables) table.id = 0;
    });
    return {model.bytes_merged(), jobs, run};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_merge_passes)

BOOST_AUTO_TEST_CASE(leave_a_merge_as_it_is_that_reads_few_runs) {
    BOOST_TEST(first("L0: a-z, a-z, a-z", 3, {1, 2, 3}) == "merge 1 2 3 to new L1");
    BOOST_TEST(first("L0: a-z, a-z | L1: a-c d-f g-z", 3, {1, 2, 3, 4, 5}, 1, false) ==
               "merge 1 2 3 4 5 into L1");  // one run, however many tables it has
}

BOOST_AUTO_TEST_CASE(take_the_oldest_of_equal_runs_as_many_as_make_later_passes_full) {
    BOOST_TEST(first("L0: a-z, a-z, a-z, a-z", 3, {1, 2, 3, 4}) == "merge 3 4 to new L0");
    BOOST_TEST(first("L0: a-z, a-z, a-z, a-z, a-z", 3, {1, 2, 3, 4, 5}) == "merge 3 4 5 to new L0");
    BOOST_TEST(first("L0: a-z, a-z, a-z", 2, {1, 2, 3}) == "merge 2 3 to new L0");
}

BOOST_AUTO_TEST_CASE(take_the_neighbours_with_the_fewest_bytes) {
    BOOST_TEST(first("L0: a-z, a-z, a-z*5, a-z*9", 3, {1, 2, 3, 4}) == "merge 1 2 to new L0");
    BOOST_TEST(first("L0: a-z*7, a-z, a-z, a-z*2", 3, {1, 2, 3, 4}) == "merge 2 3 to new L0");
    BOOST_TEST(first("L0: a-z, a-z, a-z | L1: a-m*9 n-z*9", 3, {1, 2, 3, 4, 5}, 1, false) ==
               "merge 2 3 to new L0");
}

BOOST_AUTO_TEST_CASE(may_reach_over_levels) {
    BOOST_TEST(first("L0: a-z*9, a-z*9 | L1: a-z | L2: a-z", 3, {1, 2, 3, 4}, 2) ==
               "merge 3 4 to new L2");
}

BOOST_AUTO_TEST_CASE(are_not_made_where_they_would_change_the_order_of_versions) {
    // The whole job lifts 2 and 4 above 1; a pass would put 2 below 3, which has its keys.
    BOOST_TEST(first("L0: m-m | L1: a-c, a-c, x-z", 2, {1, 2, 4}, 0) == "merge 1 2 4 to new L0");
}

BOOST_AUTO_TEST_CASE(keep_other_jobs_as_they_are) {
    auto job = merge({1, 2, 3}, 1, true);
    job.kind = lsm::job_kind::move;
    const auto view = support::draw("L0: a-b, c-d, e-f");
    BOOST_TEST(support::first_of({lsm::engine::first_pass(view, job, 2)}) ==
               "move 1 2 3 to new L1");
}

BOOST_AUTO_TEST_CASE(keep_the_size_of_tables_and_what_the_policy_remembers) {
    auto view = support::draw("L0: a-z, a-z, a-z");
    const lsm::byte_buffer remembered(3);
    view.memory = remembered;
    auto job = merge({1, 2, 3}, 1, true);
    job.max_table_bytes = 77;
    job.memory = lsm::byte_buffer(5);
    const auto pass = lsm::engine::first_pass(view, job, 2);
    BOOST_TEST(pass.max_table_bytes == 77U);
    BOOST_TEST(pass.memory.size() == 3U);
}

BOOST_AUTO_TEST_CASE(lead_to_what_one_merge_does) {
    for (std::size_t runs = 2; runs < 40; ++runs)
        for (const std::size_t most : {2, 3, 4, 7, 16}) BOOST_TEST_CONTEXT(runs << ", " << most) {
                const auto seed = static_cast<std::uint32_t>(runs);
                BOOST_CHECK(compact(runs, most, seed).run == compact(runs, runs, seed).run);
            }
}

BOOST_AUTO_TEST_CASE(rewrite_an_entry_about_as_often_as_there_are_layers) {
    const outcome at_once = compact(300, 300, 1);
    const outcome passes = compact(300, 256, 1);
    BOOST_TEST(at_once.jobs == 1U);
    BOOST_TEST(passes.jobs == 2U);
    BOOST_TEST(passes.merged < at_once.merged + 45 * 10 * 100 + 1);
    BOOST_TEST(compact(1000, 10, 1).jobs == 111U);
    BOOST_TEST(compact(1000, 10, 1).merged < 4 * 1000 * 10 * 100);
}

BOOST_AUTO_TEST_SUITE_END()
