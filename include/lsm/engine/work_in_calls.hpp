// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/engine/admission.hpp>
#include <lsm/engine/monitor.hpp>
#include <lsm/engine/workbench.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <utility>

namespace lsm::engine {

/// The jobs that calls do themselves, where no thread does them. One flush and one compaction are in hand at most;
/// the flush goes first. Calls that work at the same time take turns, slice by slice.
///
/// A write does its share of the due work (`work_share`), so that no write runs a long job to its end. Opening and
/// closing catch up with compactions that are small enough, for programs that write little each time.
template <class State>
class work_in_calls {
    using bench_type = workbench<State>;
    using held_job = typename bench_type::held_job;

public:
    work_in_calls(State& of, bench_type& bench) : state_(of), bench_(bench) {}

    /// Gives up the jobs in hand.
    void give_up() noexcept {
        const std::scoped_lock one(stepping_);
        give_up_in_hand();
    }
    /// Does one slice. @returns whether any was due. @throws error; the job is given up then
    bool step() {
        const std::scoped_lock one(stepping_);
        return step_in_hand();
    }
    /// Does slices while `goes_on()` holds and any is due. @throws error
    template <class GoesOn>
    void run_while(GoesOn goes_on) {
        while (goes_on() && step()) {
        }
    }
    /// Flushes frozen memtables until `is_done()` holds. @throws error
    template <class Done>
    void flush_until(Done is_done) {
        while (!is_done()) {
            const std::scoped_lock one(stepping_);
            if (!is_done()) flush_slice();
        }
    }
    /// Writes all that is in memory to tables, and calls @p then before any other job begins. The writer's whose
    /// turn it is. @pre the threads take no jobs: there are none, or the tree has failed. @throws error
    template <class Then>
    void flush_everything(Then&& then) {
        const std::scoped_lock one(stepping_);
        give_up_in_hand();
        {
            std::unique_lock<monitor> lock(state_.store.changes);
            state_.store.changes.wait(lock, [&] { return !bench_.queue().is_in_flight(); });
        }
        state_.freeze();
        while (state_.frozen() > 0) flush_slice();
        then();
    }

    /// There may be work for the next write.
    void note_work() noexcept { is_due_ = true; }
    /// Does a share of the due work after a write of so many bytes. The write has succeeded, so a failure is told to
    /// the listener.
    void do_share(std::uint64_t bytes) noexcept {
        if (!is_due_) return;
        const std::unique_lock one(stepping_, std::try_to_lock);
        if (!one) return;  // another call works meanwhile
        const held_job& held = flush_ ? flush_ : compaction_;
        share_.earn(bytes, bench_.pressure(), held ? cost_of(held) : 0);
        try {
            while (held_job* const next = paid_slice()) work_on(*next);
        } catch (...) {
            state_.report(std::current_exception());
        }
    }
    /// Runs due compactions to their ends, as many as read no more together than `share_of_a_run` for each run
    /// there is: the more runs gather, the larger a compaction may be. A failure is told to the listener.
    /// @pre no other call works: before the first write, or within `flush_everything`
    void catch_up() noexcept {
        try {
            std::uint64_t left =
                share_of_a_run * bench_.with_queue([](auto& queue) { return queue.runs(); });
            while (held_job mine = bench_.begin(work_kind::compaction, left)) {
                left -= (std::min)(left, mine->bytes_left());
                while (bench_.work_on(mine)) {
                }
            }
        } catch (...) {
            state_.report(std::current_exception());
        }
    }

private:
    static constexpr std::uint64_t share_of_a_run = std::uint64_t{4} << 20;

    // `stepping_` is held.

    void give_up_in_hand() noexcept {
        bench_.give_up(flush_);
        bench_.give_up(compaction_);
    }
    /// The job that is next. Null if none is due. @throws error
    [[nodiscard]] held_job& next_in_hand(bool waits_for_pauses) {
        const auto begin = [&](work_kind kind) {
            return waits_for_pauses ? bench_.begin_after_pause(kind) : bench_.begin(kind);
        };
        if (!flush_) flush_ = begin(work_kind::flush);
        if (flush_) return flush_;
        if (!compaction_) compaction_ = begin(work_kind::compaction);
        return compaction_;
    }
    void work_on(held_job& mine) {
        if (!bench_.work_on(mine)) mine.reset();
    }
    bool step_in_hand() {
        held_job& next = next_in_hand(false);
        if (!next) return false;
        work_on(next);
        return true;
    }
    /// @throws error, also where none can begin
    void flush_slice() {
        if (!flush_) flush_ = bench_.begin(work_kind::flush);
        if (!flush_) return state_.check_writable();
        work_on(flush_);
    }
    /// The job whose next slice a write's share has paid for. Null if the share pays for none.
    [[nodiscard]] held_job* paid_slice() {
        const held_job& held = flush_ ? flush_ : compaction_;
        if (held && !share_.pays_for(cost_of(held)))
            return nullptr;  // most writes: no look for a flush
        is_due_ = false;     // before the look: a memtable may be frozen meanwhile
        held_job& next = next_in_hand(true);
        if (!next) return nullptr;
        is_due_ = true;
        if (!share_.pays_for(cost_of(next))) return nullptr;
        share_.spend(cost_of(next));
        return &next;
    }
    static std::uint64_t cost_of(const held_job& slice_of) noexcept {
        return slice_of->bytes_of_step(bench_type::slice_bytes);
    }

    State& state_;
    bench_type& bench_;
    std::mutex stepping_;  // one call at a time works on the jobs in hand
    held_job flush_, compaction_;
    work_share share_{bench_type::slice_bytes};
    std::atomic<bool> is_due_ = true;
};

}  // namespace lsm::engine
