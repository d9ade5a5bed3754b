// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/engine/failure.hpp>
#include <lsm/engine/job.hpp>
#include <lsm/engine/job_queue.hpp>
#include <lsm/engine/monitor.hpp>
#include <lsm/engine/warming.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace lsm::engine {

/// When flushes and compactions run, and who waits for them: in threads of its own, or without any in
/// the thread that calls. Which one is next is the business of `job_queue`.
///
/// A job that fails is given up as a whole: nothing live has changed, and what it wrote is removed.
/// It is planned anew the next time. Where stored bytes or the medium failed, the tree takes no
/// writes from then on, until `resume`.
template <class State>
class maintenance {
    using job_type = job<State>;
    using lock_type = std::unique_lock<monitor>;

public:
    explicit maintenance(State& of) : state_(of), queue_(of) {}
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
    /// Ends the threads, each at its next slice, and gives up all jobs in hand. What comes later is
    /// done in the thread that asks for it, also by those who wait for the threads now.
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
        const std::scoped_lock one(stepping_);
        give_up(std::move(in_hand_));
        stopping_ = false;
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
        froze_ = true;
    }
    /// Returns when a write may go on: at once, a little later while maintenance lags behind, or when
    /// it has caught up. @throws error, where it fails and too many memtables wait
    void wait_for_room() {
        if (!has_threads_) {
            if (state_.frozen() >= state_.options.max_frozen_memtables) flush_all();
            return;
        }
        if (pressure_ != compaction_pressure::ok || is_full()) wait_for_threads();
    }
    /// Looks after what a commit has filled: the memtable, and the part of the log that is not on the
    /// device. The commit itself has succeeded.
    void after_commit() noexcept {
        try {
            if (is_full() && state_.frozen() < state_.options.max_frozen_memtables) freeze();
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
    /// Writes all that is in memory to tables anew, and calls @p then before any other job begins.
    /// @pre the threads take no jobs: there are none, or the tree has failed. @throws error
    template <class Then>
    void flush_everything(Then&& then) {
        {
            lock_type lock(state_.store.changes);
            lock.mutex()->wait(lock, [&] { return jobs_in_threads_ == 0; });
        }
        state_.freeze();
        const std::scoped_lock one(stepping_);
        give_up(std::move(in_hand_));
        while (state_.frozen() > 0) {
            if (!step_in_hand()) state_.check_writable();
        }
        then();
    }
    /// @}

    /// Does what writes made due, where no thread does. They have succeeded, so nobody is told here
    /// but the listener.
    void after_write() noexcept {
        if (!has_threads_ && froze_.exchange(false)) run_all_or_report();
    }
    /// The same when tables have come.
    void after_ingestion() noexcept {
        froze_ = false;
        if (!has_threads_) return run_all_or_report();
        try {
            const lock_type lock(state_.store.changes);
            take_pressure();
        } catch (...) {  // the next job tells
        }
    }

    /// Returns when all that is frozen is in tables. @throws error
    void flush_all() {
        if (threads_reach([&] { return state_.frozen() == 0; })) return;
        const std::scoped_lock one(stepping_);
        while (state_.frozen() > 0) {
            if (!step_in_hand()) state_.check_writable();
        }
    }
    /// Asks the policy to compact all that is in tables now, and returns when that is done, whatever
    /// others write meanwhile.
    /// @throws error
    void compact() {
        const auto mine = with_queue([](auto& queue) { return queue.request(); });
        const auto is_open = [&] {
            return with_queue([&](auto& queue) { return !queue.is_served(mine); });
        };
        try {
            if (!threads_reach([&] { return queue_.is_served(mine); })) run_while(is_open);
        } catch (...) {
            with_queue([&](auto& queue) { queue.withdraw(mine); });
            throw;
        }
        with_queue([&](auto& queue) { queue.withdraw(mine); });
    }
    /// Returns when no job is due, and none runs. @throws error
    void settle() {
        const auto before = with_queue([](auto& queue) { return queue.watch(); });
        if (!threads_reach([&] { return queue_.has_settled_since(before); })) run_all();
    }
    /// Does one slice of the job in hand, or of the next one, where no thread does.
    /// @returns whether it did anything. @throws error; the job is given up then
    bool step() {
        if (has_threads_) return false;
        const std::scoped_lock one(stepping_);
        return step_in_hand();
    }

private:
    static constexpr std::size_t slice_entries = 4096;
    static constexpr std::size_t slice_blocks = 256;
    static constexpr auto slow_step = std::chrono::milliseconds(1);
    static constexpr auto retry_after = std::chrono::milliseconds(100);
    static constexpr auto look_after = std::chrono::milliseconds(10);

    /// How much of the log one memtable may fill: so many may be in it at a time.
    [[nodiscard]] std::uint64_t log_share() const noexcept {
        return state_.options.log.max_bytes / (state_.options.max_frozen_memtables + 1);
    }
    template <class F>
    auto with_queue(F&& f) {
        const lock_type lock(state_.store.changes);
        return f(queue_);
    }
    void run_all_or_report() noexcept {
        try {
            run_all();
        } catch (...) {
            state_.report(std::current_exception());
        }
    }
    void run_all() {
        run_while([] { return true; });
    }
    template <class GoesOn>
    void run_while(GoesOn goes_on) {
        const std::scoped_lock one(stepping_);
        while (!stopping_ && goes_on() && step_in_hand()) {
        }
    }

    // `changes` is held.

    void finish(job_type& done) {
        done.install();
        take_pressure();
    }
    void take_pressure() { pressure_ = queue_.pressure(); }

    /// @pre `changes` is not held: a job that is given up removes its files
    void give_up(std::unique_ptr<job_type> ended) noexcept {
        if (!ended) return;
        const lock_type lock(state_.store.changes);
        queue_.end(*ended);
    }

    /// A job's or the log's failure: what waits hears of it, and unless it is a user's type or memory
    /// that failed, the tree takes no more writes.
    void note_failure(const std::exception_ptr& why) noexcept {
        const failure noted(why);
        if (noted.is_of_medium()) state_.fail(why);
        const lock_type lock(state_.store.changes);
        ++failures_;
        last_failure_ = noted;
    }

    // Without threads.

    /// @pre `stepping_` is held
    bool step_in_hand() {
        try {
            if (!in_hand_) {
                const lock_type lock(state_.store.changes);
                in_hand_ = queue_.next();
            }
            if (!in_hand_) return false;
            if (in_hand_->step(slice_entries)) return true;
            {
                const lock_type lock(state_.store.changes);
                finish(*in_hand_);
                queue_.end(*in_hand_);
            }
            std::exchange(in_hand_, nullptr)->tell();
            return true;
        } catch (...) {
            give_up(std::move(in_hand_));
            note_failure(std::current_exception());
            throw;
        }
    }

    // With threads.

    void work() noexcept {
        while (!stopping_) {
            try {
                if (sync_is_due_.exchange(false)) sync_log();
                if (!work_on_next()) wait_for_work();
            } catch (...) {
                note_failure(std::current_exception());
                state_.report(std::current_exception());
                lock_type lock(state_.store.changes);
                lock.mutex()->wait_for(lock, retry_after, [&] { return stopping_.load(); });
            }
        }
    }
    /// @returns whether there was anything. @throws error
    bool work_on_next() {
        std::unique_ptr<job_type> mine;
        {
            const lock_type lock(state_.store.changes);
            if (state_.has_failed()) return false;
            if (!queue_.is_worth_a_look()) return false;
            mine = queue_.next();
            if (!mine) return false;
            ++jobs_in_threads_;
        }
        std::exception_ptr failure;
        bool installed = false;
        try {
            while (!stopping_ && mine->step(slice_entries))
                if (sync_is_due_.exchange(false)) sync_log();  // a writer would have to, later
            const lock_type lock(state_.store.changes);
            if (!stopping_) {
                finish(*mine);
                installed = true;
                unread_.add(mine->unread());
            }
        } catch (...) {
            failure = std::current_exception();
        }
        {
            const lock_type lock(state_.store.changes);
            queue_.end(*mine);
            --jobs_in_threads_;
        }
        if (installed) {
            mine->tell();
            mine->warm([&] { return !stopping_ && state_.frozen() == 0; });
        }
        if (failure) std::rethrow_exception(failure);
        return true;
    }
    /// Returns when there may be work. A reader wakes no thread, so the thread looks more often while readers
    /// lose time to the number of runs.
    void wait_for_work() {
        lock_type lock(state_.store.changes);
        const auto is_called = [&] {
            return stopping_ || sync_is_due_ || (!state_.has_failed() && queue_.has_news());
        };
        if (is_called() || bring_in_unread(lock)) return;
        const bool often = queue_.is_paid_for_by_readers() || !unread_.empty();
        lock.mutex()->wait_for(lock, often ? look_after : retry_after, is_called);
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
    /// none any more. @throws error where they fail
    template <class Done>
    bool threads_reach(Done done) {
        lock_type lock(state_.store.changes);
        const std::uint64_t failures_before = failures_;
        lock.mutex()->wait(lock, [&] {
            return done() || !has_threads_ || state_.has_failed() || failures_ != failures_before;
        });
        if (done()) return true;
        if (!has_threads_) return false;
        if (failures_ != failures_before) last_failure_.raise();
        lock.unlock();
        state_.check_writable();
        return false;  // the failure was forgiven meanwhile
    }
    void wait_for_threads() {
        if (pressure_ == compaction_pressure::slow) std::this_thread::sleep_for(slow_step);
        const auto may_go_on = [&] {
            return pressure_ != compaction_pressure::stop &&
                   (!is_full() || state_.frozen() < state_.options.max_frozen_memtables);
        };
        if (!may_go_on() && !threads_reach(may_go_on)) flush_all();
        if (is_full()) freeze();
    }

    State& state_;
    std::vector<std::thread> threads_;
    std::atomic<bool> has_threads_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> sync_is_due_ = false;
    std::atomic<bool> froze_ = false;
    std::atomic<compaction_pressure> pressure_ = compaction_pressure::ok;
    std::uint64_t appended_before_ = 0;  // to the log, when the last memtable was frozen
    std::mutex stepping_;                // one thread at a time has the job in hand
    std::unique_ptr<job_type> in_hand_;

    // Guarded by `changes`, whose release wakes the threads that wait for work or for its outcome.
    job_queue<State> queue_;
    unread_tables<typename State::key_type, typename State::mapped_type> unread_;
    sequence_number last_seen_ = no_sequence;  // when there was nothing to do
    std::size_t jobs_in_threads_ = 0;
    std::uint64_t failures_ = 0;
    failure last_failure_;
};

}  // namespace lsm::engine
