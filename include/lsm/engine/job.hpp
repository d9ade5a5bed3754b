// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/event_listener.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/engine/merge_job.hpp>
#include <lsm/engine/merge_passes.hpp>
#include <lsm/engine/read_state.hpp>
#include <lsm/engine/table_ids.hpp>
#include <lsm/engine/version.hpp>
#include <lsm/engine/version_edit.hpp>
#include <lsm/engine/warming.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// The sum of a property over a job's inputs.
[[nodiscard]] inline std::uint64_t sum_of(const compaction_job& job, const compaction_view& seen,
                                          std::uint64_t table_summary::* property) {
    const table_ids inputs(job.inputs);
    std::uint64_t sum = 0;
    for (const level_summary& level : seen.levels)
        for (const run_summary& run : level)
            for (const table_summary& each : run)
                if (inputs.contains(each.id)) sum += each.*property;
    return sum;
}
[[nodiscard]] inline std::uint64_t bytes_of(const compaction_job& job,
                                            const compaction_view& seen) {
    return sum_of(job, seen, &table_summary::bytes);
}

/// A flush or a compaction of a tree, from its plan to its installation. It is made and installed
/// while `changes` is held; what takes long, `step`, needs no lock, and nothing live changes by it.
template <class State>
class job {
    using Key = typename State::key_type;
    using Value = typename State::mapped_type;
    using merge = merge_job<Key, Value, typename State::format_type, typename State::medium_type>;
    using run_type = run<Key, Value>;
    using run_pointer = std::shared_ptr<const run_type>;
    using key_view = std::remove_cvref_t<view_of<Key>>;
    using sources = typename merge_cursor<Key, Value>::sources;

public:
    /// The flush of the oldest frozen memtable. @pre there is one. @throws error
    explicit job(State& of) : state_(of), at_(of.current.share()), is_flush_(true) {
        const auto& flushed = at_->frozen.back()->table;
        set_size(flushed.bytes(), flushed.entries());
        state_.store.mark_unclean();
    }
    /// What a compaction policy planned, or the first pass of that: `first_pass`. @throws error
    /// `invalid_argument` if it cannot be
    job(State& of, const compaction_view& seen, compaction_job plan)
        : state_(of), at_(of.current.share()), plan_(first_pass(seen, std::move(plan))),
          inputs_(plan_.inputs), place_(place_in(seen)) {
        if (plan_.kind == job_kind::drop && !state_.options.allow_drop)
            throw error(errc::invalid_argument,
                        "the compaction policy drops data: acknowledge it with options.allow_drop");
        if (plan_.kind == job_kind::merge)
            set_size(bytes_of(plan_, seen), sum_of(plan_, seen, &table_summary::entries));
        state_.store.mark_unclean();
    }
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    ~job() {
        // The root may name the tables by now, so they stay.
        if (merge_ && state_.store.root_unknown) merge_->hand_over();
    }

    [[nodiscard]] bool is_flush() const noexcept { return is_flush_; }
    /// The tables that it takes away.
    [[nodiscard]] const table_ids& inputs() const noexcept { return inputs_; }

    /// About how many bytes of its inputs are still to be worked through; 0 where none are read.
    [[nodiscard]] std::uint64_t bytes_left() const noexcept { return bytes_left_; }
    /// About how many of them a `step` of so many takes.
    [[nodiscard]] std::uint64_t bytes_of_step(std::uint64_t bytes) const noexcept {
        return reads() ? (std::min)(entries_of_step(bytes) * entry_bytes_,
                                    (std::max)(bytes_left_, entry_bytes_))
                       : 0;
    }

    /// Works through about so many bytes. @returns whether there is more to do. @throws error
    bool step(std::uint64_t bytes) {
        if (!reads()) return false;
        if (!merge_) merge_ = is_flush_ ? begin_flush() : begin_merge();
        const std::uint64_t entries = entries_of_step(bytes);
        bytes_left_ -= (std::min)(entries * entry_bytes_, bytes_left_);
        const bool more = merge_->step(static_cast<std::size_t>(entries));
        // There is more than was estimated: a memtable counts the versions of a key as one entry.
        if (more && bytes_left_ == 0) entry_bytes_ = (std::max)(entry_bytes_ / 2, std::uint64_t{1});
        return more;
    }
    /// The inputs of which it met a block that could not be read.
    [[nodiscard]] run_type damaged_inputs() const noexcept {
        run_type damaged;
        try {
            for (const run_type& tables : taken_)
                for (const auto& each : tables)
                    if (each->is_damaged()) damaged.push_back(each);
        } catch (...) {  // no memory: the next try finds the others
        }
        return damaged;
    }

    /// Makes the outcome durable and visible. @pre `changes` is held. @throws error
    void install() {
        version_edit<Key, Value> edit;
        edit.removed = plan_.inputs;
        edit.level = plan_.output_level;
        if (merge_) edit.added = merge_->outputs();
        (read_what_is_in_memory() ? to_warm_ : unread_) = edit.added;
        if (plan_.kind == job_kind::move) edit.added = inputs_by_key();
        if (!is_flush_) {  // runs may have come since the plan was made
            const job_placement place = place_in(summarize(*state_.current.share()->tables));
            edit.run_index = place.run_index;
            edit.new_run = place.new_run;
        }
        describe_outcome(edit);
        state_.install(edit, is_flush_, std::move(plan_.memory));
        if (merge_) merge_->hand_over();
        count();
    }
    /// Brings what it wrote into the cache, if most of what it read was there: whoever reads there need
    /// not fetch all of it again. After `install`, as long as @p goes_on says so.
    template <class GoesOn>
    void warm(GoesOn goes_on) noexcept {
        merge_.reset();  // so that the inputs go, and their blocks
        taken_.clear();
        at_.reset();
        for (const auto& each : to_warm_)
            blocks_of<Key, Value>{each, 0, each->index().blocks.size()}.bring_in(goes_on);
    }
    /// What it wrote and does not bring in.
    [[nodiscard]] const run_type& unread() const noexcept { return unread_; }
    /// Tells the listener, after `install`.
    void tell() const noexcept {
        if (!state_.options.listener) return;
        if (is_flush_)
            state_.options.listener->on_flush(event_);
        else
            state_.options.listener->on_compaction(event_);
    }

private:
    static constexpr std::uint64_t most_entries = 4096;  // a step

    void set_size(std::uint64_t bytes, std::uint64_t entries) noexcept {
        const std::uint64_t count = (std::max)(entries, std::uint64_t{1});
        entry_bytes_ = (std::max)(bytes / count, std::uint64_t{1});
        bytes_left_ = count * entry_bytes_;
    }
    /// Whether it looks at entries, and does not only hang tables elsewhere.
    [[nodiscard]] bool reads() const noexcept { return is_flush_ || plan_.kind == job_kind::merge; }
    [[nodiscard]] std::uint64_t entries_of_step(std::uint64_t bytes) const noexcept {
        return std::clamp(bytes / entry_bytes_, std::uint64_t{1}, most_entries);
    }
    [[nodiscard]] job_placement place_in(const compaction_view& seen) const {
        std::string why;
        const std::optional<job_placement> place = check_job(seen, plan_, why);
        if (!place)
            throw error(errc::invalid_argument,
                        "the compaction policy planned what cannot be: " + why);
        return *place;
    }

    [[nodiscard]] std::unique_ptr<merge> begin_flush() {
        sources from(&memory_);
        State::read_state_type::add_memtable(from, at_->frozen.back(), direction::forward,
                                             max_sequence);
        return make_merge(std::move(from), older_than(0, 0));
    }
    [[nodiscard]] std::unique_ptr<merge> begin_merge() {
        sources from(&memory_);
        run_type taken;
        std::pair<std::size_t, std::size_t> place;  // of the run that they are of
        const auto take = [&] {
            if (!taken.empty()) taken_.push_back(std::exchange(taken, {}));
        };
        at_->tables->for_each_of(inputs_, [&](std::size_t l, std::size_t r, const auto& each) {
            if (std::exchange(place, {l, r}) != std::pair(l, r)) take();
            each->forget_damage();  // what it meets is what counts
            taken.push_back(each);
        });
        take();
        for (const run_type& each : taken_)
            from.emplace_back(make_cursor<run_cursor<Key, Value>>(memory_, each, direction::forward,
                                                                  cache_use::pass_by),
                              direction::forward);
        // The tables that stay in the run which the outputs join have none of their keys: `check_job`.
        const std::size_t older = place_.new_run ? place_.run_index : place_.run_index + 1;
        return make_merge(std::move(from), older_than(plan_.output_level, older));
    }
    /// The pins are read when the inputs are fixed: who pins later reads at newer numbers than theirs.
    [[nodiscard]] std::unique_ptr<merge> make_merge(sources from, std::vector<run_pointer> older) {
        const bool is_oldest = older.empty();
        typename merge::target to{state_.store.for_tables(),
                                  state_.options.storage.format,
                                  [&store = state_.store] { return store.next_table_id++; },
                                  plan_.output_level,
                                  is_oldest,
                                  plan_.max_table_bytes,
                                  borders()};
        return std::make_unique<merge>(
            merge_cursor<Key, Value>(std::move(from), direction::forward), state_.store.pins->all(),
            [older = std::move(older)](const key_view& key) {
                return std::ranges::any_of(
                    older, [&](const run_pointer& tables) { return may_hold(*tables, key); });
            },
            std::move(to));
    }

    /// Where the tables begin at which the outputs are cut.
    [[nodiscard]] std::vector<Key> borders() const {
        const table_ids cut_at(plan_.cut_at);
        std::vector<Key> keys;
        at_->tables->for_each_of(cut_at, [&](std::size_t, std::size_t, const auto& each) {
            keys.push_back(each->index().first_keys.front());
        });
        std::ranges::sort(keys, [](const Key& a, const Key& b) {
            return compare<key_view>(codec<Key>::as_view(a), codec<Key>::as_view(b)) < 0;
        });
        return keys;
    }

    void describe_outcome(const version_edit<Key, Value>& edit) {
        state_.current.share()->tables->for_each_of(
            inputs_, [&](std::size_t level, std::size_t run_index, const auto& each) {
                event_.inputs.push_back(describe(level, run_index, *each));
            });
        for (const auto& made : edit.added)
            event_.outputs.push_back(describe(edit.level, edit.run_index, *made));
    }
    void count() const noexcept {
        (is_flush_ ? state_.done.flushes : state_.done.compactions) += 1;
        if (!merge_) return;
        std::uint64_t& bytes = is_flush_ ? state_.done.bytes_flushed : state_.done.bytes_compacted;
        for (const table_statistics& made : event_.outputs) bytes += made.bytes;
    }

    /// Whether the cache has most of the blocks that it read.
    [[nodiscard]] bool read_what_is_in_memory() const noexcept {
        std::size_t all = 0, resident = 0;
        for (const run_type& tables : taken_)
            for (const auto& each : tables) {
                all += each->index().blocks.size();
                resident += each->resident_blocks();
            }
        return 2 * resident > all;
    }
    [[nodiscard]] run_type inputs_by_key() const {
        run_type taken;
        at_->tables->for_each_of(
            inputs_, [&](std::size_t, std::size_t, const auto& each) { taken.push_back(each); });
        std::ranges::sort(taken, [](const auto& a, const auto& b) {
            return compare(a->first_key(), b->first_key()) < 0;
        });
        return taken;
    }
    /// The runs that are older than a place among them, without the inputs. O(runs), and O(tables) for those
    /// that have some.
    [[nodiscard]] std::vector<run_pointer> older_than(std::size_t level,
                                                      std::size_t run_index) const {
        std::vector<run_pointer> older;
        for (std::size_t l = level; l < at_->tables->levels().size(); ++l) {
            const auto& runs = at_->tables->levels()[l];
            for (std::size_t r = l == level ? run_index : 0; r < runs.size(); ++r) {
                run_pointer tables(runs[r], &runs[r]->tables);
                if (runs[r]->has_any_of(inputs_)) tables = without_inputs(*tables);
                if (!tables->empty()) older.push_back(std::move(tables));
            }
        }
        return older;
    }
    [[nodiscard]] run_pointer without_inputs(run_type tables) const {
        std::erase_if(tables,
                      [&](const auto& each) { return inputs_.contains(each->record().id); });
        return std::make_shared<const run_type>(std::move(tables));
    }
    /// Whether one of the run's tables may hold the key. O(log tables).
    static bool may_hold(const run_type& tables, const key_view& key) {
        const auto at = std::partition_point(tables.begin(), tables.end(), [&](const auto& each) {
            return compare<key_view>(each->last_key(), key) < 0;
        });
        return at != tables.end() && compare<key_view>((*at)->first_key(), key) <= 0;
    }

    State& state_;
    std::shared_ptr<const typename State::read_state_type> at_;  // when it was planned
    compaction_job plan_;
    table_ids inputs_;
    job_placement place_;
    bool is_flush_ = false;
    std::uint64_t bytes_left_ = 0;
    std::uint64_t entry_bytes_ = 1;  // of an input, on average
    std::vector<run_type> taken_;    // what the merge reads
    run_type to_warm_;  // what it wrote, by key, if readers would miss it in the cache,
    run_type unread_;   // and otherwise
    std::pmr::monotonic_buffer_resource memory_;  // for the merge's cursors
    std::unique_ptr<merge> merge_;
    job_event event_;
};

}  // namespace lsm::engine
