// SPDX-License-Identifier: BSL-1.0
// A compaction policy of one's own: size-tiered, the one that writes least.

#include <lsm/lsm.hpp>
#include <lsm/testing/compaction_laws.hpp>

#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

//! [policy]
/// When a level has gathered `fan_in` runs, they become one run of the next level, so each level's
/// runs are about `fan_in` times as large as those above. An entry is written once a level; a read
/// may have to look into `fan_in - 1` runs on each.
struct tiered_compaction {
    std::size_t fan_in = 4;

    [[nodiscard]] std::vector<lsm::compaction_job> plan(const lsm::compaction_view& view) const {
        for (std::size_t level = 0; level < view.levels.size(); ++level)
            if (view.levels[level].size() >= fan_in) return merge(view, level, level + 1);
        if (view.requested && view.runs() > 1) return merge(view, 0, view.levels.size());
        return {};
    }

private:
    /// All runs of the levels [first, last) become the newest run of level `last`, unless another
    /// job has some of them. Inputs must be contiguous in age; levels that follow one another are.
    static std::vector<lsm::compaction_job> merge(const lsm::compaction_view& view,
                                                  std::size_t first, std::size_t last) {
        lsm::compaction_job job;
        job.output_level = last;
        job.new_run = true;
        for (std::size_t level = first; level < last; ++level)
            for (const lsm::run_summary& run : view.levels[level])
                for (const lsm::table_summary& table : run) {
                    if (table.busy) return {};
                    job.inputs.push_back(table.id);
                }
        return {job};
    }
};
//! [policy]

namespace {

//! [counter]
/// Counts the entries that flushes and compactions write.
struct write_counter : lsm::event_listener {
    std::uint64_t written = 0;

    void on_flush(const lsm::job_event& done) noexcept override { count(done); }
    void on_compaction(const lsm::job_event& done) noexcept override { count(done); }

private:
    void count(const lsm::job_event& done) noexcept {
        for (const lsm::table_statistics& table : done.outputs) written += table.entries;
    }
};
//! [counter]

/// How many runs each level has, as `1 + 3`.
std::string shape_of(const lsm::statistics& now) {
    std::vector<std::size_t> runs;
    for (const lsm::table_statistics& table : now.tables) {
        if (runs.size() <= table.level) runs.resize(table.level + 1);
        ++runs[table.level];  // each run is one table here
    }
    std::string shape;
    for (const std::size_t count : runs)
        shape += (shape.empty() ? "" : " + ") + std::to_string(count);
    return shape;
}

//! [measure]
/// Writes the same entries under a policy, and prints what that costs.
template <class Policy>
void measure(const std::string& name, const Policy& policy) {
    using tree = lsm::lsm_tree<int, int, lsm::skip_list_memtable,
                               lsm::block_storage<lsm::memory_medium>, Policy>;
    const auto counter = std::make_shared<write_counter>();
    tree numbers(lsm::memory_disk(),
                 {.memtable = {.max_entries = 100}, .compaction = policy, .listener = counter});
    constexpr int entries = 6300;
    for (int i = 0; i < entries; ++i) numbers.put(i * 7919 % 10007, i);
    std::cout << std::left << std::setw(20) << name << std::right << std::setw(6) << std::fixed
              << std::setprecision(1) << static_cast<double>(counter->written) / entries
              << " writes an entry, runs: " << shape_of(numbers.stats()) << '\n';
    numbers.compact();
    std::cout << "  after compact(), runs: " << shape_of(numbers.stats()) << '\n';
}
//! [measure]

}  // namespace

int main() {
    //! [laws]
    lsm::testing::check_compaction(tiered_compaction{}, 1);
    lsm::testing::check_compaction(tiered_compaction{.fan_in = 2}, 2);
    std::cout << "the policy keeps its laws\n";
    //! [laws]

    measure("tiered, fan-in 4", tiered_compaction{});
    measure("full merge at 4 runs", lsm::full_merge_compaction{.trigger_runs = 4});
    measure("none until asked", lsm::full_merge_compaction{});
}
