// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/event_listener.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/engine/merge_job.hpp>
#include <lsm/engine/read_state.hpp>
#include <lsm/engine/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Flushes and compactions: which job is next, and its slices. Flushes come first, oldest memtable
/// first; then whatever the compaction policy plans. One job at a time, in the calling thread.
///
/// A job that fails is given up as a whole: nothing live has changed, and what it wrote is removed.
/// It is planned anew the next time.
template <class State>
class maintenance {
    using Key = typename State::key_type;
    using Value = typename State::mapped_type;
    using job_type =
        merge_job<Key, Value, typename State::format_type, typename State::medium_type>;
    using run_type = run<Key, Value>;
    using key_view = std::remove_cvref_t<view_of<Key>>;
    using sources = std::vector<std::unique_ptr<cursor<Key, Value>>>;

public:
    explicit maintenance(State& of) : state_(of) {}

    /// Makes the active memtable wait for its flush, if it holds anything. Strong guarantee.
    void freeze() {
        const auto& now = *state_.current;
        if (now.active->table.entries() == 0) return;
        auto frozen = now.frozen;
        frozen.insert(frozen.begin(), now.active);
        state_.publish(state_.fresh_memtable(), std::move(frozen), now.tables);
    }

    /// Whether the active memtable has reached one of its limits.
    [[nodiscard]] bool is_full() const {
        const auto& table = state_.current->active->table;
        const auto& limits = state_.options.memtable;
        return table.entries() >= limits.max_entries || table.bytes() >= limits.max_bytes;
    }

    /// Flushes all that is frozen. @throws error
    void flush_all() {
        while (!state_.current->frozen.empty()) step();
    }

    /// Does everything there is to do. @throws error
    void run_all() {
        while (step()) {
        }
    }

    /// Asks the policy to compact everything, and does all that follows. @throws error
    void compact() {
        requested_ = true;
        try {
            run_all();
        } catch (...) {
            requested_ = false;
            throw;
        }
        requested_ = false;
    }

    /// Does one slice of the job in hand, or of the next one. @returns whether it did anything
    /// @throws error; the job is given up then
    bool step() {
        try {
            if (!running_ && !begin_job()) return false;
            if (running_->job && running_->job->step(slice_entries)) return true;
            finish_job();
            return true;
        } catch (...) {
            // The root may name the job's tables by now, so they stay.
            if (state_.store.root_unknown && running_ && running_->job) running_->job->hand_over();
            running_.reset();
            throw;
        }
    }

    /// Gives up the job in hand.
    void cancel() noexcept { running_.reset(); }

private:
    /// The job in hand. A move or a drop has no merging to do.
    struct running_job {
        std::unique_ptr<job_type> job;
        version_edit<Key, Value> edit;
        bool is_flush = false;
        byte_buffer memory;
    };

    bool begin_job() {
        if (!state_.current->frozen.empty()) {
            begin_flush();
            return true;
        }
        const compaction_view seen = view();
        const std::vector<compaction_job> jobs = state_.options.compaction.plan(seen);
        if (jobs.empty()) return false;
        begin_compaction(seen, jobs.front());
        return true;
    }

    void begin_flush() {
        const auto& oldest = state_.current->frozen.back();
        sources from;
        State::read_state_type::add_memtable(from, oldest, direction::forward, max_sequence);
        running_job next;
        next.is_flush = true;
        next.job =
            make_job(std::move(from), [tables = state_.current->tables](const key_view& key) {
                return any_run_may_hold(*tables, 0, 0, {}, key);
            });
        running_ = std::move(next);
    }

    void begin_compaction(const compaction_view& seen, const compaction_job& job) {
        std::string why;
        const std::optional<job_placement> place = check_job(seen, job, why);
        if (!place)
            throw error(errc::invalid_argument,
                        "the compaction policy planned what cannot be: " + why);
        if (job.kind == job_kind::drop && !state_.options.allow_drop)
            throw error(errc::invalid_argument,
                        "the compaction policy drops data: acknowledge it with options.allow_drop");
        running_job next;
        next.edit.removed = job.inputs;
        next.edit.level = job.output_level;
        next.edit.run_index = place->run_index;
        next.edit.new_run = place->new_run;
        next.memory = job.memory;
        if (job.kind == job_kind::move) next.edit.added = inputs_by_key(job);
        if (job.kind == job_kind::merge) next.job = begin_merge(job, *place);
        running_ = std::move(next);
    }

    std::unique_ptr<job_type> begin_merge(const compaction_job& job, const job_placement& place) {
        sources from;
        for (const auto& level : state_.current->tables->levels)
            for (const auto& tables : level) {
                run_type taken;
                for (const auto& each : tables)
                    if (is_input(job, each->record().id)) taken.push_back(each);
                if (!taken.empty())
                    from.push_back(std::make_unique<run_cursor<Key, Value>>(std::move(taken),
                                                                            direction::forward));
            }
        return make_job(
            std::move(from),
            [tables = state_.current->tables, inputs = job.inputs, level = job.output_level,
             place](const key_view& key) {
                return any_run_may_hold(*tables, level, place.run_index, inputs, key);
            },
            job.max_table_bytes);
    }

    template <class MayHoldOlder>
    std::unique_ptr<job_type>
    make_job(sources from, MayHoldOlder older,
             std::uint64_t max_table_bytes = (std::numeric_limits<std::uint64_t>::max)()) {
        state_.store.mark_clean(false);
        typename job_type::target to{
            state_.store.medium, state_.store.cache, state_.options.storage.format,
            [&store = state_.store] { return store.next_table_id++; }, max_table_bytes};
        return std::make_unique<job_type>(
            merge_cursor<Key, Value>(std::move(from), direction::forward), state_.store.pins->all(),
            std::move(older), std::move(to));
    }

    void finish_job() {
        running_job& done = *running_;
        if (done.job) done.edit.added = done.job->outputs();
        job_event event = event_of(done);
        state_.install(done.edit, done.is_flush, std::move(done.memory));
        if (done.job) done.job->hand_over();
        count(done, event);
        const bool was_flush = done.is_flush;
        running_.reset();
        if (!state_.options.listener) return;
        if (was_flush)
            state_.options.listener->on_flush(event);
        else
            state_.options.listener->on_compaction(event);
    }

    void count(const running_job& done, const job_event& event) noexcept {
        (done.is_flush ? state_.done.flushes : state_.done.compactions) += 1;
        if (!done.job) return;
        for (const table_statistics& made : event.outputs) state_.done.bytes_written += made.bytes;
    }

    [[nodiscard]] job_event event_of(const running_job& done) const {
        job_event event;
        state_.current->tables->for_each_table([&](std::size_t level, std::size_t run_index,
                                                   const auto& each) {
            if (std::ranges::find(done.edit.removed, each->record().id) != done.edit.removed.end())
                event.inputs.push_back(describe(level, run_index, *each));
        });
        for (const auto& made : done.edit.added)
            event.outputs.push_back(describe(done.edit.level, done.edit.run_index, *made));
        return event;
    }

    [[nodiscard]] compaction_view view() const {
        compaction_view seen = summarize(*state_.current->tables);
        seen.requested = requested_;
        seen.oldest_pin = state_.store.pins->oldest(max_sequence);
        seen.memory = state_.store.root.trees.front().compaction_memory;
        return seen;
    }
    [[nodiscard]] run_type inputs_by_key(const compaction_job& job) const {
        run_type taken;
        state_.current->tables->for_each_table([&](std::size_t, std::size_t, const auto& each) {
            if (is_input(job, each->record().id)) taken.push_back(each);
        });
        std::ranges::sort(taken, [](const auto& a, const auto& b) {
            return compare(a->first_key(), b->first_key()) < 0;
        });
        return taken;
    }
    static bool is_input(const compaction_job& job, std::uint64_t id) {
        return std::ranges::find(job.inputs, id) != job.inputs.end();
    }
    /// Whether a table that is no input, and older than a place among the runs, may hold the key.
    static bool any_run_may_hold(const version<Key, Value>& tables, std::size_t level,
                                 std::size_t run_index, const std::vector<std::uint64_t>& inputs,
                                 const key_view& key) {
        for (std::size_t l = level; l < tables.levels.size(); ++l)
            for (std::size_t r = l == level ? run_index : 0; r < tables.levels[l].size(); ++r)
                for (const auto& each : tables.levels[l][r])
                    if (std::ranges::find(inputs, each->record().id) == inputs.end() &&
                        compare<key_view>(each->first_key(), key) <= 0 &&
                        compare<key_view>(key, each->last_key()) <= 0)
                        return true;
        return false;
    }

    static constexpr std::size_t slice_entries = 4096;

    State& state_;
    std::optional<running_job> running_;
    bool requested_ = false;
};

}  // namespace lsm::engine
