// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/engine/admission.hpp>
#include <lsm/engine/job_queue.hpp>
#include <lsm/engine/monitor.hpp>
#include <lsm/engine/warming.hpp>
#include <lsm/engine/work_in_calls.hpp>
#include <lsm/engine/workbench.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace lsm::engine {

/// When flushes and compactions run, and which calls wait for them. Threads of its own run them; without threads,
/// the calls do (`work_in_calls`). How a job is done, and what its failure means, is the business of `workbench`.
///
/// A due flush goes before every compaction, also before the next slice of one in hand: a writer that waits for
/// memory waits for flushes alone, however long a compaction is.
template <class State>
class maintenance {
    using bench_type = workbench<State>;
    using held_job = typename bench_type::held_job;
    using lock_type = std::unique_lock<monitor>;

public:
    explicit maintenance(State& of) : state_(of), bench_(of), calls_(of, bench_) {}
    maintenance(const maintenance&) = delete;
    maintenance& operator=(const maintenance&) = delete;
    ~maintenance() { stop(); }

    /// Starts as many threads as the options say. @throws std::system_error
    void start() {
        for (std::size_t i = 0; i < state_.options.maintenance_threads; ++i) {
            threads_.emplace_back([this] { work(); });
            has_threads_ = true;
        }
    }
    /// Ends the threads, each at its next slice, and gives up all jobs in hand. Later calls do the work
    /// themselves, also those that wait for the threads now.
    void stop() noexcept {
        {
            const lock_type lock(state_.store.changes);
            stopping_ = true;
        }
        for (std::thread& each : threads_) each.join();
        threads_.clear();
        {
            const lock_type lock(state_.store.changes);
            has_threads_ = false;
        }
        calls_.give_up();
        stopping_ = false;
    }
    /// Runs due compactions that are small, before the first write. Threads do it instead, unless writes would wait
    /// for them.
    void catch_up_at_opening() noexcept {
        if (state_.has_failed()) return;
        take_pressure();
        if (state_.options.maintenance_threads == 0 || bench_.pressure() != compaction_pressure::ok)
            calls_.catch_up();
    }

    /// @name For the writer whose turn it is
    /// @{

    /// Whether the active memtable has reached one of its limits, or the log its own.
    [[nodiscard]] bool is_full() const {
        if (!state_.active) return false;
        const auto& limits = state_.options.memtable;
        const auto reading = state_.active->reading();
        return state_.active->table.entries() >= limits.max_entries ||
               state_.active->table.bytes() >= limits.max_bytes ||
               state_.store.log.appended() - appended_before_ >= log_share();
    }
    /// Makes the active memtable wait for its flush. Strong guarantee.
    void freeze() {
        state_.freeze();
        appended_before_ = state_.store.log.appended();
        bench_.with_queue([&](auto&) { bench_.count_freeze(); });
        calls_.note_work();
    }
    /// Returns when a write may go on: at once, a little later while compactions lag behind, or when there is
    /// memory for another memtable. @throws error, where a flush fails and too many memtables wait
    void wait_for_room() {
        if (has_threads_) {
            if (bench_.pressure() != compaction_pressure::ok || is_full()) wait_for_threads();
        } else if (!has_room_for_frozen() && is_full()) {
            calls_.flush_until([&] { return has_room_for_frozen(); });
            freeze();
        }
    }
    /// Looks after what a commit has filled: the memtable, and the part of the log that is not on the
    /// device. The commit itself has succeeded.
    void after_commit() noexcept {
        try {
            if (is_full() && has_room_for_frozen()) freeze();
            auto& log = state_.store.log;
            const bool next_is_due = has_threads_ && log.next_is_due();
            if (!next_is_due && !log.sync_due()) return;
            if (!has_threads_) return sync_log();
            if (sync_is_due_) return;
            const lock_type lock(state_.store.changes);
            sync_is_due_ = true;
        } catch (...) {  // no memory for another memtable: the next write tries again
            state_.report(std::current_exception());
        }
    }
    /// Writes all that is in memory to tables, and calls @p then before any other job begins.
    /// @pre the threads take no jobs: there are none, or the tree has failed. @throws error
    template <class Then>
    void flush_everything(Then&& then) {
        calls_.flush_everything(then);
    }
    /// The same at closing, with due compactions that are small. @throws error
    template <class Then>
    void flush_and_catch_up(Then&& then) {
        calls_.flush_everything([&] {
            calls_.catch_up();
            then();
        });
    }
    /// Ends pauses after failures, and lets compactions try tables that they could not read.
    void forget_failures() noexcept {
        const lock_type lock(state_.store.changes);
        bench_.forget_failures();
    }
    /// @}

    /// Does a share of the work that is due, where no thread does it, after a write of so many bytes.
    void after_write(std::uint64_t bytes) noexcept {
        if (!has_threads_) calls_.do_share(bytes);
    }
    /// The same after a flush that a call asked for: small tables then come no faster than they are merged.
    void after_flush() noexcept { after_write(bench_type::slice_bytes); }
    /// The same when tables of so many bytes have come.
    void after_ingestion(std::uint64_t bytes) noexcept {
        take_pressure();
        calls_.note_work();
        after_write(bytes);
    }

    /// Returns when all that is frozen now is in tables, whatever others write meanwhile. @throws error
    void flush_all() {
        const sequence_number last = state_.newest_frozen();
        const auto is_done = [&] { return state_.is_flushed_to(last); };
        while (!threads_reach(is_done, awaits::flushes))
            if (!has_threads_) return calls_.flush_until(is_done);
    }
    /// Asks the policy to compact all that is in tables now, and returns when that is done, whatever
    /// others write meanwhile.
    /// @throws error, also where a table is left out because it could not be read
    void compact() {
        const auto mine = bench_.with_queue([&](auto& queue) {
            bench_.end_pauses();
            return queue.request();
        });
        const auto withdraw = [&] {
            bench_.with_queue([&](auto& queue) { queue.withdraw(mine); });
        };
        const auto is_open = [&] {
            return !stopping_ &&
                   bench_.with_queue([&](auto& queue) { return !queue.is_served(mine); });
        };
        try {
            const auto is_served = [&] { return bench_.queue().is_served(mine); };
            while (!threads_reach(is_served, awaits::all_work))
                if (!has_threads_) {
                    calls_.run_while(is_open);
                    break;
                }
        } catch (...) {
            withdraw();
            throw;
        }
        withdraw();
        bench_.with_queue([&](auto&) { bench_.check_undamaged(); });
    }
    /// Returns when no job is due, and none runs. @throws error
    void settle() {
        const auto before = bench_.with_queue([&](auto& queue) {
            bench_.end_pauses();
            return queue.watch();
        });
        const auto is_done = [&] { return bench_.queue().has_settled_since(before); };
        while (!threads_reach(is_done, awaits::all_work))
            if (!has_threads_) return calls_.run_while([&] { return !stopping_; });
    }
    /// Does one slice of the job in hand, or of the next one, where no thread does.
    /// @returns whether it did anything. @throws error; the job is given up then
    bool step() { return !has_threads_ && calls_.step(); }

private:
    static constexpr std::size_t slice_blocks = 256;
    static constexpr auto slow_step = std::chrono::milliseconds(1);
    static constexpr auto retry_after = std::chrono::milliseconds(100);
    static constexpr auto look_after = std::chrono::milliseconds(10);

    /// Whose failures a waiting call is told of.
    enum class awaits { flushes, all_work };

    /// How much of the log one memtable may fill: so many may be in it at a time.
    [[nodiscard]] std::uint64_t log_share() const noexcept {
        return state_.options.log.max_bytes / (max_frozen() + 1);
    }
    [[nodiscard]] std::size_t max_frozen() const noexcept {
        return (std::max)(state_.options.max_frozen_memtables, std::size_t{1});
    }
    [[nodiscard]] bool has_room_for_frozen() const { return state_.frozen() < max_frozen(); }
    void take_pressure() noexcept {
        try {
            bench_.with_queue([&](auto&) { bench_.take_pressure(); });
        } catch (...) {  // the next job tells
        }
    }

    void work() noexcept {
        while (!stopping_) {
            try {
                sync_if_due();
                if (!run_next(work_kind::flush) && !run_next(work_kind::compaction))
                    wait_for_work();
            } catch (...) {  // what follows from the failure is noted
                state_.report(std::current_exception());
            }
        }
    }
    /// @returns whether there was such a job. @throws error
    bool run_next(work_kind kind) {
        held_job mine = bench_.begin_in_turn(kind);
        if (!mine) return false;
        while (bench_.work_on(mine)) {
            if (stopping_) {
                bench_.give_up(mine);
                return true;
            }
            sync_if_due();  // a writer would have to, later
            if (kind == work_kind::compaction) flush_between_slices();
        }
        bench_.with_queue([&](auto&) { unread_.add(mine->unread()); });
        mine->warm([&] { return !stopping_ && state_.frozen() == 0; });
        return true;
    }
    /// A due flush does not wait for the end of a compaction.
    void flush_between_slices() noexcept {
        try {
            while (!stopping_ && state_.frozen() > 0 && run_next(work_kind::flush)) {
            }
        } catch (...) {
            state_.report(std::current_exception());
        }
    }
    /// Returns when there may be work. A reader wakes no thread, so the thread looks more often while readers
    /// lose time to the number of runs.
    void wait_for_work() {
        lock_type lock(state_.store.changes);
        const auto is_called = [&] { return stopping_ || sync_is_due_ || bench_.has_work(); };
        if (is_called() || bring_in_unread(lock)) return;
        const bool often = bench_.queue().is_paid_for_by_readers() || !unread_.empty();
        state_.store.changes.wait_for(lock, often ? look_after : retry_after, is_called);
    }
    /// If nobody has written since the last time, brings some of what nobody has read into the cache,
    /// where it drives nothing out. @returns whether there was any
    bool bring_in_unread(lock_type& lock) noexcept {
        const sequence_number last = state_.store.last_sequence.load();
        if (std::exchange(last_seen_, last) != last) return false;
        const auto some = unread_.take(slice_blocks);
        if (!some.in) return false;
        lock.unlock();
        some.bring_in([&] { return !stopping_ && state_.store.cache->has_room(); });
        return true;
    }
    void sync_if_due() noexcept {
        if (sync_is_due_.exchange(false)) sync_log();
    }
    /// Brings the log to the device, and prepares its next segment if that is due.
    void sync_log() noexcept {
        try {
            state_.store.prepare_ahead();
            state_.store.log.sync();
        } catch (...) {
            state_.fail(std::current_exception());
            state_.report(std::current_exception());
        }
    }
    /// Waits until the threads have brought something about. @returns false if there are none, or
    /// none any more, or if a failure was forgiven meanwhile. @throws error where the work fails that the call
    /// awaits
    template <class Done>
    bool threads_reach(Done is_done, awaits what) {
        lock_type lock(state_.store.changes);
        const std::uint64_t flushes_before = bench_.failed(work_kind::flush).count;
        const std::uint64_t compactions_before = bench_.failed(work_kind::compaction).count;
        const auto failed = [&]() -> const failed_work* {
            const failed_work& flushes = bench_.failed(work_kind::flush);
            const failed_work& compactions = bench_.failed(work_kind::compaction);
            if (flushes.count != flushes_before) return &flushes;
            const bool counts = what == awaits::all_work && compactions.count != compactions_before;
            return counts ? &compactions : nullptr;
        };
        state_.store.changes.wait(
            lock, [&] { return is_done() || !has_threads_ || state_.has_failed() || failed(); });
        if (is_done()) return true;
        if (!has_threads_) return false;
        if (const failed_work* const why = failed()) why->last.raise();
        lock.unlock();
        state_.check_writable();
        return false;
    }
    /// @pre `changes` is held
    [[nodiscard]] admission admission_now() {
        return admit({is_full(), state_.frozen(), max_frozen(), bench_.pressure(),
                      bench_.compaction_in_sight()});
    }
    void wait_for_threads() {
        const auto may_go_on = [&] { return admission_now() != admission::waits; };
        switch (bench_.with_queue([&](auto&) { return admission_now(); })) {
        case admission::at_once: break;
        case admission::slowed: std::this_thread::sleep_for(slow_step); break;
        case admission::waits:
            while (!threads_reach(may_go_on, awaits::flushes))
                if (!has_threads_) {
                    calls_.flush_until([&] { return has_room_for_frozen(); });
                    break;
                }
        }
        if (is_full()) freeze();
    }

    State& state_;
    bench_type bench_;
    work_in_calls<State> calls_;
    std::vector<std::thread> threads_;
    std::atomic<bool> has_threads_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> sync_is_due_ = false;
    std::uint64_t appended_before_ = 0;  // to the log, when the last memtable was frozen

    // Guarded by `changes`, whose release wakes the threads that wait for work or for its outcome.
    unread_tables<typename State::key_type, typename State::mapped_type> unread_;
    sequence_number last_seen_ = no_sequence;  // when there was nothing to do
};

}  // namespace lsm::engine
