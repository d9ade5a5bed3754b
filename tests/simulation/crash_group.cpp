// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/commit.hpp>
#include <lsm/engine/maintenance.hpp>
#include <lsm/engine/tree_state.hpp>
#include <lsm/testing/crash_history.hpp>
#include <lsm/testing/crash_script.hpp>
#include <lsm/testing/crash_states.hpp>
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <vector>

using namespace lsm::testing;

/// Crashes while several writers share a commit. One thread hands their requests to the committer, as
/// whoever is at the front of the queue does, so that all is determined by the seed.
namespace crash_group_test {

using storage = lsm::block_storage<simulation::simulated_directory>;
using tree = lsm::basic_lsm_tree<std::string, std::string, lsm::skip_list_memtable, storage,
                                 lsm::full_merge_compaction>;
using tree_state = lsm::engine::tree_state<std::string, std::string, lsm::skip_list_memtable,
                                           storage, lsm::full_merge_compaction>;
using maintenance = lsm::engine::maintenance<tree_state>;
using request = lsm::engine::write_request<std::string, std::string>;
using history = crash_history<std::string, std::string>;

class group_script {
public:
    group_script(const simulated_disk& disk, std::uint64_t seed)
        : random_(seed), history_(disk), state_({simulated_file_system(disk), "tree"}, settings()) {
    }

    history run() && {
        for (int round = 0; round < 12; ++round) {
            write_together();
            maintenance_.after_write(std::uint64_t{1} << 20);
        }
        state_.release();
        return std::move(history_);
    }

private:
    static tree::options settings() {
        tree::options all;
        all.memtable.max_entries = 20;
        all.log = simulation::crash_use().log;
        all.log.sync_bytes = all.log.segment_bytes;  // no sync that covers for what a level forgets
        return all;
    }

    /// The strongest comes last, so that what it promises holds for the whole group.
    void write_together() {
        std::array<tree::write_batch, 5> batches;
        std::array<lsm::durability, 5> levels;
        for (lsm::durability& level : levels) level = static_cast<lsm::durability>(random_() % 3);
        std::ranges::sort(levels);
        std::vector<request> group;
        const std::size_t writers = 2 + random_() % 4;
        for (std::size_t i = 0; i < writers; ++i) {
            fill(batches[i]);
            history_.begin(batches[i]);
            group.push_back({batches[i].steps(), levels[i]});
            check_and_encode(group.back(), 0, true);
        }
        commit(group);
        history_.acknowledge(levels[writers - 1]);
    }
    void fill(tree::write_batch& batch) {
        for (std::uint64_t left = 1 + random_() % 3; left > 0; --left)
            if (const std::string& key = samples_.keys[random_() % samples_.keys.size()];
                random_() % 4 == 0)
                batch.erase(key);
            else
                batch.put(key, samples_.value(random_));
    }
    void commit(std::vector<request>& group) {
        std::vector<request*> all;
        for (request& each : group) all.push_back(&each);
        lsm::engine::committer<tree_state, maintenance>(state_, maintenance_).run(all);
        for (const request& each : group) BOOST_REQUIRE(!each.failure);
    }

    const model_samples<std::string, std::string> samples_ = simulation::make_samples();
    std::mt19937_64 random_;
    history history_;
    tree_state state_;
    maintenance maintenance_{state_};
};

std::uint64_t crash_groups(std::uint64_t seed, const crash_sampling& sampling) {
    const simulated_disk disk;
    const history of = group_script(disk, seed).run();
    const auto open = simulation::opener<tree>({});
    return for_each_crash_state(
        disk.trace(),
        [&](const crash_state& state) {
            const simulated_disk left = state.disk();
            BOOST_TEST_CONTEXT("seed " << seed << ", crash " << state.describe())
            BOOST_CHECK_NO_THROW(
                of.check(state.cause, state.position, detail::contents(*open(left))));
        },
        sampling);
}

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(loses_nothing_of_writers_that_share_a_commit) {
    const auto [first, scripts, plan] = simulation::few_scripts();
    std::uint64_t states = 0;
    for (std::uint64_t seed = first; seed < first + scripts; ++seed)
        states += crash_groups(seed, plan.sampling);
    BOOST_TEST_MESSAGE(scripts << " scripts of groups: " << states << " crashes");
    BOOST_TEST(states > 100U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace crash_group_test
