// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <support/drawn_tables.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using lsm::job_kind;

struct job_case {
    const char* picture;
    lsm::compaction_job job;
    const char* outcome;  ///< `run 0`, `new run 0`, or a part of why not
};

lsm::compaction_job job(job_kind kind, std::vector<std::uint64_t> inputs, std::size_t level,
                        bool new_run = false) {
    lsm::compaction_job made;
    made.kind = kind;
    made.inputs = std::move(inputs);
    made.output_level = level;
    made.new_run = new_run;
    return made;
}

std::string outcome_of(const job_case& each) {
    std::string why;
    const auto placed = lsm::engine::check_job(support::draw(each.picture), each.job, why);
    if (!placed) return why;
    return (placed->new_run ? "new run " : "run ") + std::to_string(placed->run_index);
}

constexpr auto merge = job_kind::merge;
constexpr auto move = job_kind::move;
constexpr auto drop = job_kind::drop;

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_compaction_plan)

BOOST_AUTO_TEST_CASE(accepts_jobs_that_keep_the_order_of_versions) {
    const job_case cases[] = {
        {"L0: a-d, b-e", job(merge, {1, 2}, 1), "new run 0"},
        {"L0: a-d, b-e | L1: a-c d-f", job(merge, {1, 2, 3, 4}, 1), "run 0"},
        {"L0: a-d, b-e | L1: a-c d-f", job(merge, {2, 3, 4}, 1), "run 0"},
        {"L0: a-d, b-e | L1: f-g", job(merge, {1, 2}, 1), "run 0"},
        {"L0: a-d, b-e, c-f", job(merge, {1, 2}, 0, true), "new run 1"},
        {"L0: a-d, b-e, c-f", job(merge, {2, 3}, 0, true), "new run 2"},
        {"L0: a-b, c-d, a-b", job(merge, {1, 3}, 0, true), "new run 2"},
        {"L0: a-b | L1: c-d", job(move, {1}, 1), "run 0"},
        {"L0: a-b | L1: a-d", job(move, {1}, 1, true), "new run 0"},
        {"L0: a-b", job(move, {1}, 6), "new run 0"},
        {"L0: a-b, a-b", job(drop, {2}, 0), "run 1"},
        {"L0: a-d, a-b c-d", job(merge, {2, 3}, 0), "run 1"},  // a flush has come meanwhile
        {"L1: a-b c-d e-f | L2: c-c g-h", job(merge, {2, 4}, 2), "run 0"},
    };
    for (const job_case& each : cases)
        BOOST_TEST_CONTEXT(each.picture) BOOST_TEST(outcome_of(each) == each.outcome);
}

BOOST_AUTO_TEST_CASE(refuses_jobs_that_would_not_and_says_why) {
    const job_case cases[] = {
        {"L0: a-d", job(merge, {}, 1), "names 0 inputs"},
        {"L0: a-d", job(merge, {7}, 1), "of which 0 are live"},
        {"L0: a-d", job(merge, {1, 7}, 1), "names 2 inputs, of which 1"},
        {"L0: a-d", job(merge, {1, 1}, 1), "names 2 inputs, of which 1"},
        {"L0: a-d!, b-e", job(merge, {1, 2}, 1), "table 1 is an input of a job in flight"},
        // a newer table goes below an older one with the same keys
        {"L0: a-d, b-e", job(merge, {1}, 1), "table 2 shares keys with input 1"},
        // a table between the inputs in age
        {"L0: a-d, b-e, c-f", job(merge, {1, 3}, 1), "table 2 shares keys with input"},
        {"L0: a-d, b-e, c-f", job(merge, {1, 3}, 0, true), "table 2 shares keys with input"},
        // an older table rises above a newer one
        {"L0: a-d | L1: a-d", job(move, {2}, 0, true), ""},
        // what stays in the output's run shares keys with the outputs
        {"L0: a-d | L1: c-f", job(merge, {1}, 1), "table 2 stays in the output's run"},
        {"L0: a-d | L1: c-f", job(move, {1}, 1), "table 2 stays in the output's run"},
        // the hull of the inputs covers a table between them
        {"L0: a-b, e-f | L1: c-d", job(merge, {1, 2}, 1), "table 3 stays in the output's run"},
        // over a level that has the same keys
        {"L0: a-b | L1: a-b | L2: c-d", job(merge, {1}, 2), "table 2 shares keys with input 1"},
    };
    for (const job_case& each : cases) BOOST_TEST_CONTEXT(each.picture) {
            std::string why;
            const auto placed = lsm::engine::check_job(support::draw(each.picture), each.job, why);
            BOOST_TEST(!placed.has_value());
            BOOST_TEST(why.find(each.outcome) != std::string::npos, why);
        }
}

BOOST_AUTO_TEST_SUITE_END()
