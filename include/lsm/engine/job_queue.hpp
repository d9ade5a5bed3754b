// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/engine/busy_tables.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/engine/compaction_requests.hpp>
#include <lsm/engine/job.hpp>
#include <lsm/engine/read_cost.hpp>
#include <lsm/engine/table_ids.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Which job is next. Of flushes, that of the oldest memtable. Of compactions, what the policy plans; if the
/// policy plans none, what it would merge for readers, once they have paid for it. No two jobs in flight have
/// an input in common. A table that could not be read is no input at all: a policy sees it as busy. The caller holds `changes`.
template <class State>
class job_queue {
public:
    using job_type = job<State>;

    explicit job_queue(State& of) noexcept : state_(of) {}
    job_queue(const job_queue&) = delete;
    job_queue& operator=(const job_queue&) = delete;

    /// The flush of the oldest frozen memtable, in flight from now on; null if none is due. @throws error
    [[nodiscard]] std::unique_ptr<job_type> next_flush() {
        if (!can_begin() || !flush_is_due()) return nullptr;
        auto made = std::make_unique<job_type>(state_);
        flushing_ = true;
        return made;
    }
    /// The next compaction, in flight from now on; null if none is due, or each due one reads more than
    /// @p most bytes. @throws error, std::bad_alloc, and what the policy throws
    [[nodiscard]] std::unique_ptr<job_type> next_compaction(std::uint64_t most = no_limit) {
        if (!can_begin()) return nullptr;
        do {
            compaction_view seen = view();
            for (compaction_job& planned : plan(requests_.any() ? without_newer(seen) : seen)) {
                if (is_busy(planned)) continue;
                if (planned.kind != job_kind::merge || bytes_of(planned, seen) <= most)
                    return begin(seen, std::move(planned));
            }
            if (most < no_limit) return nullptr;
            if (auto made = next_for_readers(seen)) return made;
        } while (serves_a_request());
        note_nothing_due();
        return nullptr;
    }
    /// A job is no longer in flight, whatever became of it: another one may take its inputs.
    void end(const job_type& ended) noexcept {
        if (ended.is_flush())
            flushing_ = false;
        else
            spent_before_ = state_.store.readers->spent();
        busy_.erase(ended.inputs());
        look_again();
    }
    /// Whether there may be a job that was not due at the last look. O(1): no plan is made. A thread that
    /// waits for work asks whenever `changes` is released.
    [[nodiscard]] bool has_news() const noexcept { return looked_at_ != state_.editions; }
    /// Whether readers have spent more on the number of runs since the last look.
    [[nodiscard]] bool is_paid_for_by_readers() const noexcept {
        return state_.store.readers->spent() != spent_at_last_look_;
    }
    /// The same as `has_news`, with what wakes no thread: reads, and pins that went.
    [[nodiscard]] bool is_worth_a_look() const {
        return has_news() || is_paid_for_by_readers() || oldest_pin() != pin_at_last_look_;
    }
    [[nodiscard]] bool is_in_flight() const noexcept { return flushing_ || !busy_.empty(); }
    /// Whether no compaction is in flight, and none was due when the tree was as it is now.
    [[nodiscard]] bool is_at_rest() const noexcept {
        return busy_.empty() && looked_at_ == state_.editions;
    }
    /// Makes the next look a new one, although no table has changed.
    void look_again() noexcept { looked_at_ = never; }
    [[nodiscard]] bool flush_is_due() const { return !flushing_ && state_.frozen() > 0; }

    /// Asks the policy to compact all that is in tables now.
    [[nodiscard]] compaction_requests::ticket request() noexcept {
        look_again();
        return requests_.request(state_.store.last_sequence.load());
    }
    void withdraw(compaction_requests::ticket of) noexcept {
        requests_.withdraw(of);
        look_again();
    }
    [[nodiscard]] bool is_served(compaction_requests::ticket of) const noexcept {
        return requests_.is_served(of);
    }

    /// @returns what `has_settled_since` takes: whether a moment has come, after this one, at which nothing was
    /// due or in flight
    [[nodiscard]] std::uint64_t watch() noexcept {
        look_again();
        return settled_;
    }
    [[nodiscard]] bool has_settled_since(std::uint64_t watched) const noexcept {
        return settled_ != watched;
    }

    /// No compaction takes these tables from now on.
    void set_aside(const table_ids& damaged) { set_aside_.insert(damaged); }
    /// Compactions may take them again.
    void take_back_all() noexcept {
        set_aside_ = {};
        look_again();
    }

    /// How many runs there are.
    [[nodiscard]] std::size_t runs() { return view().runs(); }
    /// How far the policy sees maintenance lag behind.
    [[nodiscard]] compaction_pressure pressure() {
        if constexpr (compaction_has_pressure<decltype(state_.options.compaction)>)
            return state_.options.compaction.pressure(view());
        else
            return compaction_pressure::ok;
    }

private:
    static constexpr std::uint64_t never = 0;  // below any number of editions
    static constexpr std::uint64_t no_limit = (std::numeric_limits<std::uint64_t>::max)();

    [[nodiscard]] bool can_begin() const noexcept {
        return state_.is_open() && !state_.store.root_unknown;
    }

    /// @pre no job is due
    void note_nothing_due() noexcept {
        looked_at_ = state_.editions;
        spent_at_last_look_ = state_.store.readers->spent();
        pin_at_last_look_ = oldest_pin();
        if (busy_.empty() && state_.frozen() == 0) ++settled_;
    }
    /// Ends a round of requests for which nothing is left to do. @returns whether there was one: the plan of
    /// the next round may be another
    [[nodiscard]] bool serves_a_request() noexcept {
        if (!requests_.any() || !busy_.empty()) return false;
        requests_.serve();
        return true;
    }
    [[nodiscard]] sequence_number oldest_pin() const {
        return state_.store.pins->oldest(max_sequence);
    }
    [[nodiscard]] std::vector<compaction_job> plan(const compaction_view& seen) const {
        return state_.options.compaction.plan(seen);
    }
    [[nodiscard]] bool is_busy(const compaction_job& planned) const {
        return std::ranges::any_of(
            planned.inputs, [&](auto id) { return busy_.contains(id) || set_aside_.contains(id); });
    }
    [[nodiscard]] std::unique_ptr<job_type> begin(const compaction_view& seen,
                                                  compaction_job&& planned) {
        auto made = std::make_unique<job_type>(state_, seen, std::move(planned));
        busy_.insert(made->inputs());
        return made;
    }
    /// What readers have paid for since the last compaction, if anything. Asked again, it plans only once
    /// they have paid enough, or another version has come.
    [[nodiscard]] std::unique_ptr<job_type> next_for_readers(compaction_view& seen) {
        const std::uint64_t spent = state_.store.readers->spent() - spent_before_;
        if (spent < read_cost::least_merge || requests_.any() || !busy_.empty()) return nullptr;
        if (priced_at_ == state_.editions && spent < price_) return nullptr;
        seen.for_readers = true;
        priced_at_ = state_.editions;
        price_ = (std::numeric_limits<std::uint64_t>::max)();
        for (compaction_job& planned : plan(seen)) {
            if (is_busy(planned)) continue;
            const std::uint64_t price = read_cost::of_job(planned, seen);
            if (price <= spent) return begin(seen, std::move(planned));
            price_ = (std::min)(price_, price);
        }
        return nullptr;
    }
    /// What `request` asks for: not the runs that have come since, or it would go on for as long as
    /// somebody writes.
    [[nodiscard]] compaction_view without_newer(compaction_view seen) const {
        if (seen.levels.empty()) return seen;
        std::erase_if(seen.levels.front(), [&](const run_summary& run) {
            return std::ranges::all_of(run, [&](const table_summary& table) {
                return table.min_sequence > requests_.last();
            });
        });
        return seen;
    }
    [[nodiscard]] compaction_view view() {
        compaction_view seen = summarize(*state_.current.read()->tables);
        busy_.mark(seen);
        set_aside_.mark(seen);
        seen.requested = requests_.any();
        seen.oldest_pin = oldest_pin();
        seen.memory = state_.store.root.trees.front().compaction_memory;
        return seen;
    }

    State& state_;
    compaction_requests requests_;
    std::uint64_t settled_ = 0;  // moments at which nothing was due or in flight
    bool flushing_ = false;
    busy_tables busy_;                 // the inputs of compactions in flight
    busy_tables set_aside_;            // could not be read
    std::uint64_t spent_before_ = 0;   // by readers, when the last compaction ended
    std::uint64_t price_ = 0;          // the least of what was planned for readers,
    std::uint64_t priced_at_ = never;  // and the tree's editions then
    // When no job was due:
    std::uint64_t looked_at_ = never;  // the tree's editions
    std::uint64_t spent_at_last_look_ = 0;
    sequence_number pin_at_last_look_ = max_sequence;
};

}  // namespace lsm::engine
