// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/engine/job.hpp>
#include <lsm/engine/read_cost.hpp>
#include <lsm/engine/table_ids.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Which job is next: flushes first, oldest memtable first, then whatever the compaction policy plans;
/// if it plans nothing, what it would merge for readers, once they have paid for it. No two jobs in
/// flight have an input in common. Whoever calls holds `changes`.
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
        compaction_view seen = view();
        for (compaction_job& planned : plan(requested_ ? without_newer(seen) : seen))
            if (!is_busy(planned)) return begin(seen, std::move(planned));
        if (auto made = next_for_readers(seen)) return made;
        if (busy_.empty()) requested_ = false;
        settled_ = busy_.empty() && !flushing_;
        return nullptr;
    }
    /// A job is no longer in flight, whatever became of it: another one may take its inputs.
    void end(const job_type& ended) noexcept {
        if (ended.is_flush())
            flushing_ = false;
        else
            spent_before_ = state_.store.readers->spent();
        busy_.erase(ended.inputs());
    }
    /// Whether readers have spent more on the number of runs since this was asked last.
    [[nodiscard]] bool readers_go_on() noexcept {
        const std::uint64_t spent = state_.store.readers->spent();
        return std::exchange(spent_at_last_look_, spent) != spent;
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
    [[nodiscard]] std::vector<compaction_job> plan(const compaction_view& seen) const {
        return state_.options.compaction.plan(seen);
    }
    [[nodiscard]] bool is_busy(const compaction_job& planned) const {
        return std::ranges::any_of(planned.inputs, [&](auto id) { return busy_.contains(id); });
    }
    [[nodiscard]] std::unique_ptr<job_type> begin(const compaction_view& seen,
                                                  compaction_job&& planned) {
        auto made = std::make_unique<job_type>(state_, seen, std::move(planned));
        busy_.insert(made->inputs());
        return made;
    }
    /// What readers have paid for since the last compaction, if anything.
    [[nodiscard]] std::unique_ptr<job_type> next_for_readers(compaction_view& seen) {
        const std::uint64_t spent = state_.store.readers->spent() - spent_before_;
        if (spent < read_cost::least_merge || requested_ || !busy_.empty()) return nullptr;
        seen.for_readers = true;
        for (compaction_job& planned : plan(seen))
            if (read_cost::of_job(planned, seen) <= spent) return begin(seen, std::move(planned));
        return nullptr;
    }
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
    table_ids busy_;                  // the inputs of compactions in flight
    std::uint64_t spent_before_ = 0;  // by readers, when the last compaction ended
    std::uint64_t spent_at_last_look_ = 0;
};

}  // namespace lsm::engine
