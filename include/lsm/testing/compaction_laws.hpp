// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/testing/law.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing {

namespace detail {

/// Tables without data, on which jobs are carried out by their summaries alone.
class compaction_model {
public:
    explicit compaction_model(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] const compaction_view& view() const noexcept { return view_; }
    [[nodiscard]] compaction_view& view() noexcept { return view_; }

    /// A flush: a table of some keys becomes the newest run.
    void flush() {
        const std::size_t a = below(100), b = below(100);
        const std::uint64_t entries = 1 + below(1000);
        table_summary table{next_id_++,         entries * 50,     entries,
                            below(entries + 1), sequence_,        sequence_ + entries,
                            (std::min)(a, b),   (std::max)(a, b), false};
        sequence_ += entries + 1;
        if (view_.levels.empty()) view_.levels.emplace_back();
        view_.levels.front().insert(view_.levels.front().begin(), run_summary{table});
    }

    /// What a job makes of the view. @throws law_broken if it is not valid
    void carry_out(const compaction_job& job) {
        std::string why;
        const auto place = engine::check_job(view_, job, why);
        require(place.has_value(), "compaction: every job is valid: " + why);
        run_summary outputs = take(job);
        if (job.kind == job_kind::drop) outputs.clear();
        if (job.kind == job_kind::merge) outputs = merged(outputs);
        if (!outputs.empty()) hang(outputs, job.output_level, *place);
        for (auto& level : view_.levels)
            std::erase_if(level, [](const auto& run) { return run.empty(); });
        while (!view_.levels.empty() && view_.levels.back().empty()) view_.levels.pop_back();
        view_.memory = {};
    }

    [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

private:
    run_summary take(const compaction_job& job) {
        run_summary taken;
        for (auto& level : view_.levels)
            for (auto& run : level)
                std::erase_if(run, [&](const table_summary& table) {
                    if (std::ranges::find(job.inputs, table.id) == job.inputs.end()) return false;
                    taken.push_back(table);
                    return true;
                });
        std::ranges::sort(taken, {}, &table_summary::min_rank);
        return taken;
    }
    /// One table of all: half of the tombstones go, and all of them where no pin needs them.
    run_summary merged(const run_summary& inputs) {
        table_summary sum = inputs.front();
        sum.id = next_id_++;
        for (std::size_t i = 1; i < inputs.size(); ++i) {
            sum.bytes += inputs[i].bytes;
            sum.entries += inputs[i].entries;
            sum.tombstones += inputs[i].tombstones;
            sum.min_sequence = (std::min)(sum.min_sequence, inputs[i].min_sequence);
            sum.max_sequence = (std::max)(sum.max_sequence, inputs[i].max_sequence);
            sum.max_rank = (std::max)(sum.max_rank, inputs[i].max_rank);
        }
        sum.tombstones = sum.max_sequence <= view_.oldest_pin ? 0 : sum.tombstones / 2;
        return {sum};
    }
    void hang(const run_summary& outputs, std::size_t level, const engine::job_placement& place) {
        if (view_.levels.size() <= level) view_.levels.resize(level + 1);
        auto& runs = view_.levels[level];
        if (place.new_run || place.run_index >= runs.size()) {
            const auto at = static_cast<std::ptrdiff_t>((std::min)(place.run_index, runs.size()));
            runs.insert(runs.begin() + at, outputs);
        } else {
            run_summary& run = runs[place.run_index];
            run.insert(run.end(), outputs.begin(), outputs.end());
            std::ranges::sort(run, {}, &table_summary::min_rank);
        }
    }

    std::mt19937_64 random_;
    compaction_view view_;
    std::uint64_t next_id_ = 0;
    sequence_number sequence_ = 1;
};

}  // namespace detail

/// The laws of a compaction policy, on random histories of flushes, with and without pins and
/// requests: the same view gives the same plan, every job is valid, and planning again and again
/// reaches nothing to do. @throws law_broken
template <compaction_policy Policy>
void check_compaction(const Policy& policy, std::uint64_t seed, std::size_t histories = 50) {
    constexpr std::size_t patience = 10'000;  // jobs until "nothing to do"
    for (std::size_t history = 0; history < histories; ++history) {
        detail::compaction_model model(seed + history);
        for (std::size_t flush = 0; flush < 40; ++flush) {
            model.flush();
            const bool pinned = model.below(3) == 0;
            model.view().oldest_pin = pinned ? model.below(flush * 500 + 1) : max_sequence;
            model.view().requested = model.below(8) == 0;
            std::size_t jobs = 0;
            for (auto plan = policy.plan(model.view()); !plan.empty();
                 plan = policy.plan(model.view())) {
                const auto again = policy.plan(model.view());
                require(again.size() == plan.size() && again.front().inputs == plan.front().inputs,
                        "compaction: the same view gives the same plan");
                model.carry_out(plan.front());
                require(++jobs < patience,
                        "compaction: planning again and again reaches nothing to do");
            }
        }
    }
}

}  // namespace lsm::testing
