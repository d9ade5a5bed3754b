// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/engine/compaction_plan.hpp>
#include <lsm/engine/table_ids.hpp>
#include <lsm/testing/law.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing {

/// A tree of numbers without values, all in memory, on which a policy's jobs are carried out as a
/// tree would: what a policy leads to and costs, thousands of flushes a second. A key is its own
/// rank; every entry takes the same bytes.
class compaction_model {
public:
    explicit compaction_model(std::uint64_t entry_bytes) : entry_bytes_(entry_bytes) {}

    [[nodiscard]] const compaction_view& view() const noexcept { return view_; }
    /// The request and the oldest pin are the caller's to set.
    [[nodiscard]] compaction_view& view() noexcept { return view_; }

    /// @name Writes, which wait for the flush
    /// @{
    void put(std::uint64_t key) { memtable_[key] = {key, ++last_sequence_, false}; }
    void erase(std::uint64_t key) { memtable_[key] = {key, ++last_sequence_, true}; }
    /// @}
    [[nodiscard]] std::size_t waiting() const noexcept { return memtable_.size(); }

    /// The writes become the newest run.
    void flush() {
        if (memtable_.empty()) return;
        entries all;
        for (const auto& [key, written] : memtable_) all.push_back(written);
        memtable_.clear();
        flushed_ += all.size() * entry_bytes_;
        if (view_.levels.empty()) view_.levels.emplace_back();
        view_.levels.front().insert(view_.levels.front().begin(),
                                    run_summary{add_table(std::move(all))});
    }
    /// Carries out what a policy plans until it plans nothing. @returns how many jobs
    /// @throws law_broken if one is not valid, or if there is no end after @p patience jobs
    template <compaction_policy Policy>
    std::size_t settle(const Policy& policy, std::size_t patience = 10'000) {
        std::size_t jobs = 0;
        for (auto plan = policy.plan(view_); !plan.empty(); plan = policy.plan(view_)) {
            const auto again = policy.plan(view_);
            require(again.size() == plan.size() && again.front().inputs == plan.front().inputs,
                    "compaction: the same view gives the same plan");
            carry_out(plan.front());
            require(++jobs < patience,
                    "compaction: planning again and again reaches nothing to do");
        }
        return jobs;
    }
    /// @throws law_broken if the job is not valid
    void carry_out(const compaction_job& job) {
        std::string why;
        const auto place = engine::check_job(view_, job, why);
        require(place.has_value(), "compaction: every job is valid: " + why);
        const engine::table_ids borders(job.cut_at);
        std::vector<std::uint64_t> cuts;
        for_each_table([&](std::size_t, std::size_t, const table_summary& table) {
            if (borders.contains(table.id)) cuts.push_back(table.min_rank);
        });
        std::ranges::sort(cuts);
        std::vector<table_summary> outputs = take(engine::table_ids(job.inputs));
        if (job.kind == job_kind::drop) outputs.clear();
        if (job.kind == job_kind::merge) outputs = merge(outputs, job, *place, cuts);
        if (!outputs.empty()) hang(outputs, job.output_level, *place);
        for (auto& level : view_.levels)
            std::erase_if(level, [](const auto& run) { return run.empty(); });
        while (!view_.levels.empty() && view_.levels.back().empty()) view_.levels.pop_back();
        memory_ = job.memory;
        view_.memory = memory_;
    }

    /// Begins what a policy plans now, beside the jobs that are in flight. @returns whether it began one
    /// @throws law_broken if it is not valid
    template <compaction_policy Policy>
    bool begin(const Policy& policy) {
        for (const compaction_job& planned : policy.plan(view_)) {
            const engine::table_ids ids(planned.inputs);
            if (any_busy(ids)) continue;
            std::string why;
            require(engine::check_job(view_, planned, why).has_value(),
                    "compaction: every job is valid: " + why);
            set_busy(ids, true);
            in_flight_.push_back(planned);
            return true;
        }
        return false;
    }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.size(); }
    /// Carries out one of the jobs in flight. @throws law_broken if others that began, or ended, since
    /// have made it invalid
    void end(std::size_t which) {
        const compaction_job ended = in_flight_.at(which);
        in_flight_.erase(in_flight_.begin() + static_cast<std::ptrdiff_t>(which));
        set_busy(engine::table_ids(ended.inputs), false);
        carry_out(ended);
    }

    /// @name What it has cost
    /// @{
    [[nodiscard]] std::uint64_t bytes_flushed() const noexcept { return flushed_; }
    [[nodiscard]] std::uint64_t bytes_merged() const noexcept { return merged_; }
    /// Bytes written to tables for each byte flushed.
    [[nodiscard]] double write_amplification() const noexcept {
        return static_cast<double>(flushed_ + merged_) / static_cast<double>(flushed_);
    }
    /// Bytes in tables for each byte of live entries.
    [[nodiscard]] double space_amplification() const {
        std::map<std::uint64_t, entry> newest;
        std::size_t count = 0;
        for (const auto& [id, all] : tables_) {
            count += all.size();
            for (const entry& each : all)
                if (entry& seen = newest[each.key]; seen.sequence < each.sequence) seen = each;
        }
        std::erase_if(newest, [](const auto& each) { return each.second.is_tombstone; });
        return static_cast<double>(count) / static_cast<double>(newest.size());
    }
    /// @}

private:
    struct entry {
        std::uint64_t key = 0;
        sequence_number sequence = no_sequence;
        bool is_tombstone = false;
    };
    using entries = std::vector<entry>;

    template <class F>
    void for_each_table(F&& f) const {
        for (std::size_t l = 0; l < view_.levels.size(); ++l)
            for (std::size_t r = 0; r < view_.levels[l].size(); ++r)
                for (const table_summary& table : view_.levels[l][r]) f(l, r, table);
    }
    [[nodiscard]] bool any_busy(const engine::table_ids& ids) const {
        bool any = false;
        for_each_table([&](std::size_t, std::size_t, const table_summary& table) {
            any |= table.busy && ids.contains(table.id);
        });
        return any;
    }
    void set_busy(const engine::table_ids& ids, bool busy) {
        for (auto& level : view_.levels)
            for (auto& run : level)
                run.edit([&](std::vector<table_summary>& tables) {
                    for (table_summary& table : tables)
                        if (ids.contains(table.id)) table.busy = busy;
                });
    }
    table_summary add_table(entries all) {
        table_summary table{
            next_id_++,  all.size() * entry_bytes_, all.size(),     0,    max_sequence,
            no_sequence, all.front().key,           all.back().key, false};
        for (const entry& each : all) {
            table.tombstones += each.is_tombstone ? 1 : 0;
            table.min_sequence = (std::min)(table.min_sequence, each.sequence);
            table.max_sequence = (std::max)(table.max_sequence, each.sequence);
        }
        tables_.emplace(table.id, std::move(all));
        return table;
    }
    std::vector<table_summary> take(const engine::table_ids& ids) {
        std::vector<table_summary> taken;
        for (auto& level : view_.levels)
            for (auto& run : level)
                run.edit([&](std::vector<table_summary>& tables) {
                    std::erase_if(tables, [&](const table_summary& table) {
                        if (!ids.contains(table.id)) return false;
                        taken.push_back(table);
                        return true;
                    });
                });
        std::ranges::sort(taken, {}, &table_summary::min_rank);
        return taken;
    }
    /// @pre the inputs are no longer in the view
    std::vector<table_summary> merge(const std::vector<table_summary>& inputs,
                                     const compaction_job& job, const engine::job_placement& place,
                                     const std::vector<std::uint64_t>& cuts) {
        entries all;
        for (const table_summary& table : inputs) {
            const entries& from = tables_.at(table.id);
            all.insert(all.end(), from.begin(), from.end());
            tables_.erase(table.id);
        }
        std::ranges::sort(all, [](const entry& a, const entry& b) {
            return a.key != b.key ? a.key < b.key : a.sequence > b.sequence;
        });
        std::vector<table_summary> outputs;
        entries open;
        const auto finish = [&] {
            merged_ += open.size() * entry_bytes_;
            if (!open.empty()) outputs.push_back(add_table(std::move(open)));
            open.clear();
        };
        const entry* newer = nullptr;
        for (const entry& each : all) {
            const bool is_newest = !newer || newer->key != each.key;
            const bool is_seen = is_newest || (each.sequence <= view_.oldest_pin &&
                                               view_.oldest_pin < newer->sequence);
            newer = &each;
            if (!is_seen || is_garbage(each, job.output_level, place)) continue;
            if (!open.empty() && open.back().key != each.key &&
                (open.size() * entry_bytes_ >= job.max_table_bytes ||
                 std::ranges::upper_bound(cuts, open.back().key) !=
                     std::ranges::upper_bound(cuts, each.key)))
                finish();
            open.push_back(each);
        }
        finish();
        return outputs;
    }
    /// A tombstone that all readers see, over nothing.
    [[nodiscard]] bool is_garbage(const entry& each, std::size_t level,
                                  const engine::job_placement& place) const {
        if (!each.is_tombstone || each.sequence > view_.oldest_pin) return false;
        bool may_hold_older = false;
        for_each_table([&](std::size_t l, std::size_t r, const table_summary& table) {
            const bool is_older = l > level || (l == level && r >= place.run_index);
            may_hold_older |= is_older && table.min_rank <= each.key && each.key <= table.max_rank;
        });
        return !may_hold_older;
    }
    void hang(const std::vector<table_summary>& outputs, std::size_t level,
              const engine::job_placement& place) {
        if (view_.levels.size() <= level) view_.levels.resize(level + 1);
        auto& runs = view_.levels[level];
        if (place.new_run || place.run_index >= runs.size()) {
            const auto at = static_cast<std::ptrdiff_t>((std::min)(place.run_index, runs.size()));
            runs.insert(runs.begin() + at, run_summary(outputs));
        } else {
            runs[place.run_index].edit([&](std::vector<table_summary>& tables) {
                tables.insert(tables.end(), outputs.begin(), outputs.end());
                std::ranges::sort(tables, {}, &table_summary::min_rank);
            });
        }
    }

    std::uint64_t entry_bytes_;
    compaction_view view_;
    std::vector<compaction_job> in_flight_;
    byte_buffer memory_;
    std::map<std::uint64_t, entry> memtable_;
    std::map<std::uint64_t, entries> tables_;
    std::uint64_t next_id_ = 0;
    sequence_number last_sequence_ = no_sequence;
    std::uint64_t flushed_ = 0;
    std::uint64_t merged_ = 0;
};

}  // namespace lsm::testing
