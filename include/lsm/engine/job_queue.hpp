// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/engine/job.hpp>
#include <lsm/engine/table_ids.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Which job is next: flushes first, oldest memtable first, then whatever the compaction policy plans. No
/// two jobs in flight have an input in common. Whoever calls holds `changes`.
template <class State>
class job_queue {
public:
    using job_type = job<State>;

    explicit job_queue(State& of) noexcept : state_(of) {}
    job_queue(const job_queue&) = delete;
    job_queue& operator=(const job_queue&) = delete;

    /// The next job, in flight from now on; null if none is due. @throws std::bad_alloc, and what the
    /// policy throws
    [[nodiscard]] std::unique_ptr<job_type> next() {
        if (!state_.is_open() || state_.store.root_unknown) return nullptr;
        if (flush_is_due()) {
            auto made = std::make_unique<job_type>(state_);
            flushing_ = true;
            return made;
        }
        const compaction_view seen = view();
        const auto plan = [&](const compaction_view& of) {
            return state_.options.compaction.plan(of);
        };
        for (compaction_job& planned : plan(requested_ ? without_newer(seen) : seen)) {
            if (std::ranges::any_of(planned.inputs, [&](auto id) { return busy_.contains(id); }))
                continue;
            auto made = std::make_unique<job_type>(state_, seen, std::move(planned));
            busy_.insert(made->inputs());
            return made;
        }
        if (busy_.empty()) requested_ = false;
        settled_ = busy_.empty() && !flushing_;
        return nullptr;
    }
    /// A job is no longer in flight, whatever became of it: another one may take its inputs.
    void end(const job_type& ended) noexcept {
        if (ended.is_flush()) flushing_ = false;
        busy_.erase(ended.inputs());
    }
    [[nodiscard]] bool flush_is_due() const { return !flushing_ && state_.frozen() > 0; }

    /// Asks the policy to compact all that is in tables now.
    void request() {
        requested_ = true;
        requested_at_ = state_.store.last_sequence.load();
    }
    void withdraw_request() noexcept { requested_ = false; }
    /// Whether that is still to be done, or in flight.
    [[nodiscard]] bool is_requested() const noexcept { return requested_; }

    /// From now on, `is_settled` says whether a moment has come at which nothing was due or in flight.
    void watch() noexcept { settled_ = false; }
    [[nodiscard]] bool is_settled() const noexcept { return settled_; }

    /// How far the policy sees maintenance lag behind.
    [[nodiscard]] compaction_pressure pressure() const {
        if constexpr (compaction_has_pressure<decltype(state_.options.compaction)>)
            return state_.options.compaction.pressure(view());
        else
            return compaction_pressure::ok;
    }

private:
    /// What `request` asks for: not the runs that have come since, or it would go on for as long as
    /// somebody writes.
    [[nodiscard]] compaction_view without_newer(compaction_view seen) const {
        if (seen.levels.empty()) return seen;
        std::erase_if(seen.levels.front(), [&](const run_summary& run) {
            return std::ranges::all_of(run, [&](const table_summary& table) {
                return table.min_sequence > requested_at_;
            });
        });
        return seen;
    }
    [[nodiscard]] compaction_view view() const {
        compaction_view seen = summarize(*state_.current.read()->tables);
        for (auto& level : seen.levels)
            for (auto& run : level)
                for (table_summary& table : run) table.busy = busy_.contains(table.id);
        seen.requested = requested_;
        seen.oldest_pin = state_.store.pins->oldest(max_sequence);
        seen.memory = state_.store.root.trees.front().compaction_memory;
        return seen;
    }

    State& state_;
    bool requested_ = false;
    sequence_number requested_at_ = no_sequence;  // the last one before
    bool settled_ = false;
    bool flushing_ = false;
    table_ids busy_;  // the inputs of compactions in flight
};

}  // namespace lsm::engine
