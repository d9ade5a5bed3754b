// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/compaction/job_inputs.hpp>
#include <lsm/compaction/small_tables.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace lsm {

/// Which table of a level that is too large goes down first.
enum class leveled_pick {
    least_overlap,   ///< the one that meets the fewest bytes below, for its own: writes least
    most_tombstones  ///< the one with the greatest share of tombstones: frees space first
};

/// Keeps one run on each level below level 0, each `fanout` times as large as the one above it: the
/// policy that reads best and takes the least space, at up to `fanout + 1` writes an entry on each.
///
/// 1. Flushes gather on level 0. When there are `level0_trigger_runs`, all are merged into the first
///    level that is in use, the *base*.
/// 2. The sizes follow from the data: a level may hold the bytes of the last one, divided by `fanout`
///    for each level between. The base is the highest level that may then hold `base_level_bytes`: a
///    small tree has only level 0 and the last one. What was left above the base is sent down.
/// 3. Of a level that is too large one table at a time goes down, with those of its neighbours that
///    meet no more tables below than it does. Jobs that take different tables may run together.
/// 4. Tables that meet none below are moved, not rewritten; so a tree that is filled in the order of
///    its keys is written once. Small ones are merged with the small ones beside their place: so many
///    small flushes leave few tables (compaction/small_tables.hpp).
/// 5. Outputs are cut where tables begin two levels down, so that none meets many of them when its
///    turn comes.
///
/// For readers, level 0 is merged down however few its runs are.
///
/// `compact()` sends everything down to the last level, merges neighbours there that fit into one table,
/// and rids it of tombstones. A tree that another policy wrote is taken as it is: a level of several runs
/// is first made one of one.
struct leveled_compaction {
    std::size_t fanout = 10;
    std::size_t level0_trigger_runs = 4;
    std::size_t level0_slow_runs = 12;  ///< writes are slowed down when level 0 has so many
    std::size_t level0_stop_runs = 20;  ///< writes wait when level 0 has so many
    /// The least size of a level that is worth having: about what gathers on level 0.
    std::uint64_t base_level_bytes = std::uint64_t{16} << 20;
    /// Of a table; where outputs are cut at others' borders, half of it is usual.
    std::uint64_t max_table_bytes = std::uint64_t{8} << 20;
    /// A table of fewer bytes is small; a quarter of `max_table_bytes` never is. Flushes of a full memtable
    /// should not be small: they are moved where they meet nothing.
    std::uint64_t least_table_bytes = std::uint64_t{256} << 10;
    std::size_t last_level = 6;
    leveled_pick pick = leveled_pick::least_overlap;
    bool merge_for_readers = true;  ///< whether reads can make a merge due

    [[nodiscard]] std::vector<compaction_job> plan(const compaction_view& view) const;
    [[nodiscard]] compaction_pressure pressure(const compaction_view& view) const {
        const std::size_t runs = view.levels.empty() ? 0 : view.levels.front().size();
        return runs >= (std::max)(level0_stop_runs, level0_trigger_runs) ? compaction_pressure::stop
               : runs >= (std::max)(level0_slow_runs, level0_trigger_runs)
                   ? compaction_pressure::slow
                   : compaction_pressure::ok;
    }
};

namespace detail {

/// What `leveled_compaction` thinks of one view.
class leveled_plan {
public:
    leveled_plan(const leveled_compaction& how, const compaction_view& view)
        : how_(how), view_(view), fanout_((std::max)(how.fanout, std::size_t{2})),
          least_(least_of(how.least_table_bytes, how.max_table_bytes)),
          last_((std::max)(how.last_level, (std::max)(view.levels.size(), std::size_t{2}) - 1)),
          base_(view.requested ? last_ : base_for(bytes_of(last_))) {}

    /// The most urgent job that can begin now, if any is due.
    [[nodiscard]] std::optional<compaction_job> next() const {
        for (std::size_t level = 1; level < view_.levels.size(); ++level)
            if (view_.levels[level].size() > 1) return merge_runs_of(level);
        std::size_t reserved =
            0;  // for level 0, whose job has to wait: it would wait for ever else
        for (const auto& [urgency, level] : due()) {
            if (level == 0) {
                if (auto job = from_level0()) return job;
                reserved = below(0);
            } else if (level != reserved) {
                if (auto job = from_level(level)) return job;
            }
        }
        if (!view_.requested) return std::nullopt;
        if (const auto together = neighbours_that_fit(run_of(last_), how_.max_table_bytes))
            if (!meets_busy(together->hull())) return one_table_of(*together, last_);
        return without_garbage();
    }

private:
    struct due_level {
        double urgency;
        std::size_t level;
    };

    [[nodiscard]] std::size_t base_for(std::uint64_t last_bytes) const noexcept {
        std::size_t base = last_;
        for (std::uint64_t bytes = last_bytes / fanout_;
             base > 1 && bytes > 0 && bytes >= how_.base_level_bytes; bytes /= fanout_)
            --base;
        return base;
    }
    /// The tables of a level that has one run or none.
    [[nodiscard]] const run_summary& run_of(std::size_t level) const noexcept {
        static const run_summary nothing;
        const bool has_run = level < view_.levels.size() && !view_.levels[level].empty();
        return has_run ? view_.levels[level].front() : nothing;
    }
    /// Without those that a job has in hand: they are leaving, or will be counted when they come.
    [[nodiscard]] std::uint64_t bytes_of(std::size_t level) const noexcept {
        return level == last_ ? run_of(level).bytes() : run_of(level).idle_bytes();
    }
    [[nodiscard]] std::uint64_t room_on(std::size_t level) const noexcept {
        if (level < base_) return 0;
        std::uint64_t bytes = bytes_of(last_);
        for (std::size_t l = last_; l > level; --l) bytes /= fanout_;
        return bytes;
    }
    /// Where what leaves a level goes: to the next one that holds anything, or is in use.
    [[nodiscard]] std::size_t below(std::size_t level) const noexcept {
        do ++level;
        while (level < base_ && run_of(level).empty());
        return level;
    }
    /// How many runs may gather there.
    [[nodiscard]] std::size_t runs_left_on_level0() const noexcept {
        if (view_.requested || (view_.for_readers && helps_readers())) return 0;
        return (std::max)(how_.level0_trigger_runs, std::size_t{1}) - 1;
    }
    /// Whether there are fewer runs when level 0 has gone down.
    [[nodiscard]] bool helps_readers() const noexcept {
        return how_.merge_for_readers &&
               (view_.levels.front().size() > 1 || !run_of(below(0)).empty());
    }
    /// The levels that something should leave, most urgent first.
    [[nodiscard]] std::vector<due_level> due() const {
        std::vector<due_level> levels;
        const auto add = [&](std::size_t level, std::uint64_t has, std::uint64_t may) {
            if (has > may)
                levels.push_back(
                    {static_cast<double>(has) / (static_cast<double>(may) + 1.0), level});
        };
        if (!view_.levels.empty()) add(0, view_.levels.front().size(), runs_left_on_level0());
        for (std::size_t level = 1; level < last_; ++level)
            add(level, bytes_of(level), room_on(level));
        std::ranges::sort(levels, {},
                          [](const due_level& due) { return std::pair(-due.urgency, due.level); });
        return levels;
    }

    [[nodiscard]] std::optional<compaction_job> merge_runs_of(std::size_t level) const {
        job_inputs inputs;
        for (const run_summary& run : view_.levels[level]) inputs.add_all(run);
        if (inputs.any_busy()) return std::nullopt;
        return merged(inputs, level, true);
    }
    [[nodiscard]] std::optional<compaction_job> from_level0() const {
        job_inputs inputs;
        for (const run_summary& run : view_.levels.front()) inputs.add_all(run);
        if (inputs.any_busy()) return std::nullopt;
        const std::size_t to = below(0);
        const job_inputs alone = inputs.alone();
        job_inputs free;
        for (const table_summary& table : alone.tables())
            if (overlapping(run_of(to), table).empty() && !is_between_busy(table, {}, to))
                free.add(table);
        if (!free.empty()) return sink(free, to);
        inputs.add_all(overlapping(run_of(to), inputs.hull()));
        if (inputs.any_busy() || is_between_busy(inputs.hull(), {}, to)) return std::nullopt;
        return merged(with_small_neighbours(inputs, to), to, false);
    }
    [[nodiscard]] std::optional<compaction_job> from_level(std::size_t level) const {
        const std::size_t to = below(level);
        std::uint64_t excess = bytes_of(level) - room_on(level);
        job_inputs free;
        const table_summary* best = nullptr;
        double best_cost = 0;
        const std::vector<table_summary> busy_here = busy_on(level);
        for (const table_summary& table : run_of(level)) {
            const auto met = overlapping(run_of(to), table);
            if (table.busy || std::ranges::any_of(met, &table_summary::busy)) continue;
            if (met.empty() && is_between_busy(table, busy_here, to)) continue;
            if (met.empty() && excess > 0) {
                free.add(table);
                excess -= (std::min)(excess, table.bytes);
            }
            const double cost = cost_of(table, met);
            if (!best || cost < best_cost) {
                best = &table;
                best_cost = cost;
            }
        }
        if (!free.empty()) return sink(free, to);
        if (!best) return std::nullopt;
        return merged(with_small_neighbours(with_neighbours(*best, level, to), to), to, false);
    }
    /// How tables go down that meet nothing: small ones as one table, if they come to stand beside each
    /// other or beside small ones; the rest as they are. @param free by key, not empty
    [[nodiscard]] compaction_job sink(const job_inputs& free, std::size_t to) const {
        job_inputs movable, small;
        for (const table_summary& table : free.tables())
            (table.bytes < least_ ? small : movable).add(table);
        if (!movable.empty()) return movable.job(job_kind::move, to, false);
        for (std::size_t first = 0; first < small.tables().size(); ++first) {
            const job_inputs inputs = with_small_neighbours(of_one_place(small, first, to), to);
            if (inputs.tables().size() > 1) return merged(inputs, to, false);
        }
        return small.job(job_kind::move, to, false);
    }
    /// Of tables by key, those from the first on that come to stand beside each other on a level, about as
    /// many as fill a table.
    [[nodiscard]] job_inputs of_one_place(const job_inputs& tables, std::size_t first,
                                          std::size_t to) const {
        job_inputs together;
        table_summary hull = tables.tables()[first];
        together.add(hull);
        std::uint64_t bytes = hull.bytes;
        for (std::size_t i = first + 1; i < tables.tables().size(); ++i) {
            widen(hull, tables.tables()[i]);
            if (bytes >= how_.max_table_bytes) break;
            if (!overlapping(run_of(to), hull).empty() || meets_busy(hull)) break;
            together.add(tables.tables()[i]);
            bytes += tables.tables()[i].bytes;
        }
        return together;
    }
    /// With the small tables beside the inputs on the level where the outputs go.
    [[nodiscard]] job_inputs with_small_neighbours(const job_inputs& inputs, std::size_t to) const {
        job_inputs more = inputs;
        take_small_neighbours(more, run_of(to), least_);
        return meets_busy(more.hull()) ? inputs : more;
    }
    /// Whether a job in flight has tables with some of these keys: its outputs may lie there.
    [[nodiscard]] bool meets_busy(const table_summary& hull) const {
        return std::ranges::any_of(view_.levels, [&](const level_summary& level) {
            return std::ranges::any_of(level, [&](const run_summary& run) {
                return run.any_busy() &&
                       std::ranges::any_of(overlapping(run, hull), &table_summary::busy);
            });
        });
    }
    /// The tables of a level that jobs in flight have, by key.
    [[nodiscard]] std::vector<table_summary> busy_on(std::size_t level) const {
        std::vector<table_summary> busy;
        if (run_of(level).any_busy())
            std::ranges::copy_if(run_of(level), std::back_inserter(busy), &table_summary::busy);
        return busy;
    }
    /// Whether the keys of a table that meets nothing on level @p to may lie between the inputs of a job in flight,
    /// whose outputs would meet the table. Such a job has all that is on `to` between its inputs; on the level
    /// above, tables may have come between since: only the busy ones count there.
    [[nodiscard]] bool is_between_busy(const table_summary& table,
                                       std::span<const table_summary> above,
                                       std::size_t to) const noexcept {
        const table_summary *before = nullptr, *after = nullptr;  // the nearest
        for (const std::span<const table_summary> run :
             {above, std::span<const table_summary>(run_of(to))}) {
            const auto first = std::ranges::partition_point(
                run, [&](const auto& each) { return each.max_rank < table.min_rank; });
            const auto last = std::ranges::partition_point(
                run, [&](const auto& each) { return each.min_rank <= table.max_rank; });
            if (first != run.begin() && (!before || before->max_rank < first[-1].max_rank))
                before = &first[-1];
            if (last != run.end() && (!after || last->min_rank < after->min_rank)) after = &*last;
        }
        return before && before->busy && after && after->busy;
    }
    [[nodiscard]] double cost_of(const table_summary& table,
                                 std::span<const table_summary> met) const noexcept {
        if (how_.pick == leveled_pick::most_tombstones)
            return -static_cast<double>(table.tombstones) /
                   (static_cast<double>(table.entries) + 1.0);
        std::uint64_t bytes = 0;
        for (const table_summary& each : met) bytes += each.bytes;
        return static_cast<double>(bytes) / (static_cast<double>(table.bytes) + 1.0);
    }
    /// A table and those that it meets below, with all of its run that lie between their ends: these
    /// come along for nothing.
    [[nodiscard]] job_inputs with_neighbours(const table_summary& table, std::size_t level,
                                             std::size_t to) const {
        job_inputs core;
        core.add(table);
        core.add_all(overlapping(run_of(to), table));
        const table_summary hull = core.hull();
        job_inputs inputs;
        for (const table_summary& each : overlapping(run_of(level), hull))
            if (!each.busy && hull.min_rank <= each.min_rank && each.max_rank <= hull.max_rank)
                inputs.add(each);
        inputs.add_all(overlapping(run_of(to), table));
        return inputs;
    }
    /// On request: a table of the last level without its tombstones.
    [[nodiscard]] std::optional<compaction_job> without_garbage() const {
        for (const table_summary& table : run_of(last_))
            if (!table.busy && has_garbage(view_, table)) {
                job_inputs inputs;
                inputs.add(table);
                return merged(inputs, last_, false);
            }
        return std::nullopt;
    }

    [[nodiscard]] compaction_job merged(const job_inputs& inputs, std::size_t to,
                                        bool new_run) const {
        compaction_job job = inputs.job(job_kind::merge, to, new_run);
        job.max_table_bytes = how_.max_table_bytes;
        if (to < last_) job.cut_at = borders_below(to, inputs.hull());
        return job;
    }
    /// The tables of the level below another, at whose beginnings what lies above is cut: then each
    /// piece meets about as much as goes with half a table.
    [[nodiscard]] std::vector<std::uint64_t> borders_below(std::size_t level,
                                                           const table_summary& hull) const {
        std::vector<std::uint64_t> borders;
        std::uint64_t met = 0;
        for (const table_summary& table : overlapping(run_of(below(level)), hull)) {
            if (met / fanout_ >= how_.max_table_bytes / 2) {
                borders.push_back(table.id);
                met = 0;
            }
            met += table.bytes;
        }
        return borders;
    }

    const leveled_compaction& how_;
    const compaction_view& view_;
    std::size_t fanout_;
    std::uint64_t least_;  // bytes of a table that is not small
    std::size_t last_;
    std::size_t base_;  // the highest level in use, but 0
};

}  // namespace detail

inline std::vector<compaction_job> leveled_compaction::plan(const compaction_view& view) const {
    std::vector<compaction_job> jobs;
    if (auto job = detail::leveled_plan(*this, view).next()) jobs.push_back(std::move(*job));
    return jobs;
}

}  // namespace lsm
