// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/entry.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace lsm {

/// What a compaction policy knows of a table. Keys appear as *ranks*: equal keys have equal ranks,
/// greater keys greater ones. Ranks hold within one view only.
struct table_summary {
    std::uint64_t id = 0;
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
    std::uint64_t tombstones = 0;
    sequence_number min_sequence = no_sequence;
    sequence_number max_sequence = no_sequence;
    std::size_t min_rank = 0;  ///< of its first key
    std::size_t max_rank = 0;  ///< of its last key
    bool busy = false;         ///< an input of a job in flight

    bool operator==(const table_summary&) const = default;
};

/// Whether the key ranges of two tables meet.
[[nodiscard]] inline bool overlaps(const table_summary& a, const table_summary& b) noexcept {
    return a.min_rank <= b.max_rank && b.min_rank <= a.max_rank;
}

/// Makes the first reach as far as both do.
inline void widen(table_summary& hull, const table_summary& by) noexcept {
    hull.min_rank = (std::min)(hull.min_rank, by.min_rank);
    hull.max_rank = (std::max)(hull.max_rank, by.max_rank);
}

/// A run's tables, by their keys, and their sums. Copies share the tables until one of the copies is changed:
/// a view of many tables takes what its runs take.
class run_summary {
public:
    using value_type = table_summary;
    using const_iterator = const table_summary*;
    using iterator = const_iterator;

    run_summary() = default;
    run_summary(std::initializer_list<table_summary> tables)
        : run_summary(std::vector<table_summary>(tables)) {}
    explicit run_summary(std::vector<table_summary> tables) {
        if (!tables.empty()) all_ = std::make_shared<counted>(std::move(tables));
    }

    [[nodiscard]] std::size_t size() const noexcept { return all_ ? all_->tables.size() : 0; }
    [[nodiscard]] bool empty() const noexcept { return !all_; }
    [[nodiscard]] const table_summary* data() const noexcept {
        return all_ ? all_->tables.data() : nullptr;
    }
    [[nodiscard]] const_iterator begin() const noexcept { return data(); }
    [[nodiscard]] const_iterator end() const noexcept { return data() + size(); }
    [[nodiscard]] const table_summary& operator[](std::size_t i) const noexcept {
        return data()[i];
    }
    [[nodiscard]] const table_summary& front() const noexcept { return data()[0]; }
    [[nodiscard]] const table_summary& back() const noexcept { return data()[size() - 1]; }

    /// @name Of all tables. O(1)
    /// @{
    [[nodiscard]] std::uint64_t bytes() const noexcept { return all_ ? all_->bytes : 0; }
    /// Of those that no job has in hand.
    [[nodiscard]] std::uint64_t idle_bytes() const noexcept { return all_ ? all_->idle_bytes : 0; }
    [[nodiscard]] bool any_busy() const noexcept { return all_ && all_->busy > 0; }
    /// @}

    /// Changes the tables as `f(std::vector<table_summary>&)` does. O(tables)
    template <class F>
    void edit(F&& f) {
        std::vector<table_summary> tables(begin(), end());
        f(tables);
        *this = run_summary(std::move(tables));
    }
    /// @pre the table comes after the last one
    void push_back(const table_summary& table) {
        edit([&](std::vector<table_summary>& tables) { tables.push_back(table); });
    }

    [[nodiscard]] friend bool operator==(const run_summary& a, const run_summary& b) {
        return std::ranges::equal(a, b);
    }

private:
    struct counted {
        explicit counted(std::vector<table_summary> from) : tables(std::move(from)) {
            for (const table_summary& table : tables) {
                bytes += table.bytes;
                idle_bytes += table.busy ? 0 : table.bytes;
                busy += table.busy ? 1 : 0;
            }
        }
        const std::vector<table_summary> tables;
        std::uint64_t bytes = 0;
        std::uint64_t idle_bytes = 0;
        std::size_t busy = 0;
    };
    std::shared_ptr<const counted> all_;  // null if there are none
};

/// The tables of a run whose key ranges meet that of another table. O(log tables).
[[nodiscard]] inline std::span<const table_summary> overlapping(const run_summary& run,
                                                                const table_summary& with) {
    const auto first = std::partition_point(
        run.begin(), run.end(), [&](const table_summary& t) { return t.max_rank < with.min_rank; });
    const auto last = std::partition_point(
        first, run.end(), [&](const table_summary& t) { return t.min_rank <= with.max_rank; });
    return {first, last};
}

/// A level's runs, newest first.
using level_summary = std::vector<run_summary>;

/// Everything that a compaction policy may decide from. A value: no I/O, no clock of its own.
struct compaction_view {
    std::vector<level_summary> levels;  ///< level 0 holds the newest runs
    bool requested = false;  ///< the user called `compact()`: for what is shown, newer runs are not
    /// Asks what to merge so that reads meet fewer runs. The engine does it only when reads have lost as
    /// much to these runs as the merge takes.
    bool for_readers = false;
    sequence_number oldest_pin =
        max_sequence;  ///< no snapshot and no view reads at an older number
    byte_view memory;  ///< what the policy's last job asked to be remembered

    /// How many runs there are, over all levels.
    [[nodiscard]] std::size_t runs() const noexcept {
        std::size_t count = 0;
        for (const level_summary& level : levels) count += level.size();
        return count;
    }
};

/// What a job does with its inputs.
enum class job_kind {
    merge,  ///< writes their entries anew, in order, without what nobody can see any more
    move,   ///< hangs them elsewhere as they are
    drop    ///< forgets them with all their entries: the one lossy job
};

/// How large a table grows unless its policy says otherwise. Whoever writes a table holds a hash for each of
/// its keys, and its filter when it ends: so this bounds what a flush or a merge takes beyond
/// `memory_bytes`, of any amount of data.
inline constexpr std::uint64_t default_table_bytes = std::uint64_t{64} << 20;

/// One unit of compaction, as a policy asks for it. The engine checks it, and refuses with
/// `errc::invalid_argument` what would break the order of versions.
struct compaction_job {
    job_kind kind = job_kind::merge;
    std::vector<std::uint64_t> inputs = {};  ///< table ids
    std::size_t output_level = 0;
    /// Whether the outputs make a run of their own, instead of joining the level's newest.
    bool new_run = false;
    /// Begin another table after so many bytes.
    std::uint64_t max_table_bytes = default_table_bytes;
    /// Begin another table where one of these tables begins, which are no inputs: then the outputs
    /// lie between the tables of the level below theirs, and meet fewer of them.
    std::vector<std::uint64_t> cut_at = {};
    byte_buffer memory = {};  ///< to be shown in later views
};

/// @name What the compaction slot asks for
/// `lsm::testing::check_compaction` tests the laws: planning again and again reaches nothing to do,
/// pins held or not, and every plan is valid.
/// @{

/// `plan(const compaction_view&) const -> std::vector<compaction_job>`: what to do next, if
/// anything. Pure: the same view gives the same plan.
template <class P>
concept compaction_has_plan = requires(const P& policy, const compaction_view& view) {
    { policy.plan(view) } -> std::same_as<std::vector<compaction_job>>;
};

/// How far compaction lags behind the writes, as the policy sees it.
enum class compaction_pressure {
    ok,
    slow,  ///< writes wait a little, each
    stop   ///< writes wait until a job is done
};

/// `pressure(const compaction_view&) const -> compaction_pressure`: whether writes should wait for
/// compactions. Not required; asked only where threads compact.
template <class P>
concept compaction_has_pressure = requires(const P& policy, const compaction_view& view) {
    { policy.pressure(view) } -> std::same_as<compaction_pressure>;
};

/// The first: what decides which tables to merge next.
template <class P>
concept compaction_policy = compaction_has_plan<P>;

/// @}

}  // namespace lsm
