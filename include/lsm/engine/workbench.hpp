// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/error.hpp>
#include <lsm/engine/back_off.hpp>
#include <lsm/engine/failure.hpp>
#include <lsm/engine/job.hpp>
#include <lsm/engine/job_queue.hpp>
#include <lsm/engine/monitor.hpp>
#include <lsm/engine/table_ids.hpp>
#include <lsm/engine/version.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace lsm::engine {

/// The kinds of work that failures are told apart by.
enum class work_kind { flush, compaction };

/// Failures of one kind of work, for the callers that wait for its outcome. Guarded by `changes`.
struct failed_work {
    std::uint64_t count = 0;
    failure last;
    back_off pause;
};

/// Where jobs are done: each is begun from the queue, worked on a slice at a time, and installed or given up.
/// Any thread may work here, each on jobs of its own.
///
/// A job that fails is given up as a whole: nothing live has changed, and its tables are removed. What the
/// failure means for the tree:
///
/// 1. The root is unknown, or the medium fails in a flush: the tree takes no writes, until `resume`.
/// 2. A compaction cannot read an input: it and its like leave that table alone, until `resume`.
/// 3. A compaction lacks space, descriptors or memory, or a user's policy or type throws: compactions pause, and
///    try again. The tree takes writes.
/// 4. The medium fails in a compaction otherwise: as 1, because other files may have met the same failure.
/// 5. A user's type throws in a flush, or memory is short: flushes pause, and try again.
template <class State>
class workbench {
    using lock_type = std::unique_lock<monitor>;
    using run_type = run<typename State::key_type, typename State::mapped_type>;

public:
    using job_type = job<State>;
    using held_job = std::unique_ptr<job_type>;

    /// As much of a job is done at a time.
    static constexpr std::uint64_t slice_bytes = std::uint64_t{256} << 10;

    explicit workbench(State& of)
        : state_(of), queue_(of),
          flushes_{0, {}, of.options.maintenance_threads > 0 ? back_off(100, 100) : back_off(1, 1)},
          compactions_{
              0, {}, of.options.maintenance_threads > 0 ? back_off(100, 10'000) : back_off(1, 64)} {
    }

    /// Calls `f(queue)` while `changes` is held.
    template <class F>
    auto with_queue(F&& f) {
        const lock_type lock(state_.store.changes);
        return f(queue_);
    }

    /// The next job of a kind, or null. A compaction reads @p most bytes at most. @throws error
    [[nodiscard]] held_job begin(work_kind kind, std::uint64_t most = ~std::uint64_t{0}) {
        return begin_if(kind, most, [] { return true; });
    }
    /// The same, not in a pause: for work that no call asks for. @throws error
    [[nodiscard]] held_job begin_after_pause(work_kind kind) {
        return begin_if(kind, ~std::uint64_t{0}, [&] { return may_begin(kind); });
    }
    /// The same for a thread: also not while the tree takes no writes.
    [[nodiscard]] held_job begin_in_turn(work_kind kind) {
        return begin_if(kind, ~std::uint64_t{0}, [&] {
            return !state_.has_failed() && may_begin(kind) &&
                   (kind == work_kind::flush || queue_.is_worth_a_look());
        });
    }
    /// Works on a job for one slice. A job that is done is installed, and the listener told.
    /// @returns whether there is more to do. @throws error; then the job is given up, and null
    bool work_on(held_job& mine) {
        try {
            if (mine->step(slice_bytes)) return true;
            const lock_type lock(state_.store.changes);
            mine->install();
            take_pressure();
            queue_.end(*mine);
            note_success(kind_of(*mine));
        } catch (...) {
            const auto damaged = mine->damaged_inputs();
            const work_kind kind = kind_of(*mine);
            give_up(mine);
            note_failure(kind, std::current_exception(), damaged);
            throw;
        }
        mine->tell();
        return false;
    }
    /// Gives a job up, if there is one. @pre `changes` is not held: its files are removed
    void give_up(held_job& mine) noexcept {
        if (!mine) return;
        {
            const lock_type lock(state_.store.changes);
            queue_.end(*mine);
        }
        mine.reset();
    }

    /// How far the policy sees compactions lag behind.
    [[nodiscard]] compaction_pressure pressure() const noexcept { return pressure_; }

    /// @name While `changes` is held
    /// @{
    /// A policy that throws here leaves the pressure as it is: the next job tells.
    void take_pressure() noexcept {
        if (!state_.is_open()) return;  // closed beside an ingestion that has just ended
        try {
            pressure_ = queue_.pressure();
        } catch (...) {
        }
    }
    [[nodiscard]] job_queue<State>& queue() noexcept { return queue_; }
    [[nodiscard]] const failed_work& failed(work_kind kind) const noexcept {
        return kind == work_kind::flush ? flushes_ : compactions_;
    }
    /// Whether a thread finds work now, or will soon find some that is not planned yet.
    [[nodiscard]] bool has_work() const {
        if (state_.has_failed()) return false;
        return (queue_.flush_is_due() && may_begin(work_kind::flush)) ||
               (queue_.has_news() && may_begin(work_kind::compaction));
    }
    /// Whether a writer may wait for a compaction: one is in flight or may be due, and the last one succeeded.
    [[nodiscard]] bool compaction_in_sight() const noexcept {
        return !compactions_.pause.is_waiting() && !queue_.is_at_rest();
    }
    /// Whether the kind is not in a pause.
    [[nodiscard]] bool may_begin(work_kind kind) const { return failed(kind).pause.may_try(now()); }
    /// Ends pauses: the caller wants the work done now.
    void end_pauses() noexcept {
        for (failed_work* each : {&flushes_, &compactions_}) each->pause.reset();
        state_.done.compactions_paused = false;
        queue_.look_again();
    }
    /// The same, and tables that could not be read are tried again.
    void forget_failures() noexcept {
        end_pauses();
        damage_ = {};
        state_.done.damaged_tables.clear();
        queue_.take_back_all();
    }
    /// @throws error if compactions leave a table alone, which could not be read
    void check_undamaged() const {
        if (damage_) damage_.raise();
    }
    /// A memtable was frozen: without threads, the clock by which pauses end.
    void count_freeze() noexcept { ++freezes_; }
    /// @}

private:
    static work_kind kind_of(const job_type& of) noexcept {
        return of.is_flush() ? work_kind::flush : work_kind::compaction;
    }
    /// Milliseconds, or without threads the number of frozen memtables: what happens then depends on calls alone.
    [[nodiscard]] std::uint64_t now() const {
        if (state_.options.maintenance_threads == 0) return freezes_;
        const auto since = std::chrono::steady_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
    }
    template <class MayBegin>
    [[nodiscard]] held_job begin_if(work_kind kind, std::uint64_t most, MayBegin may_begin_now) {
        try {
            const lock_type lock(state_.store.changes);
            if (!may_begin_now()) return nullptr;
            return kind == work_kind::flush ? queue_.next_flush() : queue_.next_compaction(most);
        } catch (...) {
            note_failure(kind, std::current_exception(), {});
            throw;
        }
    }

    void note_success(work_kind kind) noexcept {
        if (kind == work_kind::flush) return flushes_.pause.reset();
        compactions_.pause.reset();
        state_.done.compactions_paused = false;
    }
    /// @pre `changes` is not held
    void note_failure(work_kind kind, const std::exception_ptr& why,
                      const run_type& damaged) noexcept {
        const failure noted(why);
        const bool is_contained =
            kind == work_kind::compaction && (noted.is_shortage() || !damaged.empty());
        if (state_.store.root_unknown || (noted.is_of_medium() && !is_contained)) state_.fail(why);
        const lock_type lock(state_.store.changes);
        failed_work& of = kind == work_kind::flush ? flushes_ : compactions_;
        ++of.count;
        of.last = noted;
        if (kind == work_kind::compaction) ++state_.done.failed_compactions;
        if (!damaged.empty() && leave_alone(damaged, noted)) return;
        of.pause.fail(now());
        if (kind == work_kind::compaction) state_.done.compactions_paused = true;
    }
    /// @returns whether there was memory to note it
    bool leave_alone(const run_type& damaged, const failure& why) noexcept {
        try {
            std::vector<std::uint64_t> ids;
            for (const auto& each : damaged) {
                ids.push_back(each->record().id);
                state_.done.damaged_tables.push_back(describe(0, 0, *each).file);
            }
            queue_.set_aside(table_ids(std::move(ids)));
            damage_ = why;
            return true;
        } catch (...) {
            return false;
        }
    }

    State& state_;
    std::atomic<compaction_pressure> pressure_ = compaction_pressure::ok;
    // Guarded by `changes`.
    job_queue<State> queue_;
    failed_work flushes_, compactions_;
    failure damage_;  // of the tables that compactions leave alone
    std::uint64_t freezes_ = 0;
};

}  // namespace lsm::engine
