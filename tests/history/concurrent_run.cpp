// SPDX-License-Identifier: BSL-1.0
#include <lsm/testing/concurrent_run.hpp>
#include <support/trees.hpp>

#include "broken_maps.hpp"
#include "locked_map.hpp"
#include "with_lock.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using lsm::testing::check_history;
using lsm::testing::concurrent_run;
using lsm::testing::concurrent_settings;
using lsm::testing::history;
using lsm::testing::history_outcome;

/// LSM_SEED=<n> plays one seed again; LSM_LONG=1 does fifty times as many rounds.
std::uint64_t seed() {
    const char* const given = std::getenv("LSM_SEED");
    return given ? std::stoull(given) : 1;
}
int rounds(int count) {
    return std::getenv("LSM_LONG") ? 50 * count : count;
}

void check_rounds(lsm::testing::concurrent_map& map, concurrent_settings settings, int count) {
    settings.seed = seed();
    concurrent_run run(map, settings);
    for (int round = 0; round < rounds(count); ++round) BOOST_REQUIRE_NO_THROW(run.check_round());
}

/// @returns the round in which a map is found out, or 0
template <class Map>
int round_that_finds(concurrent_settings settings = {}) {
    Map map;
    settings.seed = seed();
    concurrent_run run(map, settings);
    for (int round = 1; round <= 200; ++round)
        if (check_history(run.record_round()).outcome == history_outcome::contradiction) {
            BOOST_TEST_MESSAGE("found in round " << round);
            return round;
        }
    return 0;
}

/// Every tenth write fails; then every second one has happened all the same.
class failing_map : public locked_map {
public:
    void write(broken::steps_type steps) override {
        const std::lock_guard lock(mutex_);
        ++writes_;
        if (writes_ % 20 != 0)
            for (const auto& step : steps) apply(step);
        if (writes_ % 10 == 0) throw std::runtime_error("no space");
    }

private:
    unsigned writes_ = 0;
};

/// In the middle of every write it lets others go first, so that they meet it on any machine.
class polite_map : public locked_map {
public:
    void write(broken::steps_type steps) override {
        std::this_thread::yield();
        locked_map::write(steps);
        std::this_thread::yield();
    }
};

/// Values of any length up to some hundred bytes, which begin with their number.
lsm::testing::numbering<std::string, std::string> text_numbering() {
    lsm::testing::numbering<std::string, std::string> numbers;
    for (int i = 0; i < 6; ++i) numbers.keys.push_back("key " + std::to_string(i));
    numbers.value_of = [](std::uint64_t n) {
        return std::to_string(n) + std::string(n * 7 % 300, ' ');
    };
    numbers.number = [](const std::string& text) { return std::stoull(text); };
    return numbers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(concurrent_runs)

BOOST_AUTO_TEST_CASE(of_a_locked_map_are_linearizable) {
    locked_map map;
    check_rounds(map, {}, 100);
}
BOOST_AUTO_TEST_CASE(of_a_locked_map_and_eight_threads_are_linearizable) {
    locked_map map;
    check_rounds(map, {.threads = 8, .operations = 40}, 40);
}
BOOST_AUTO_TEST_CASE(of_a_map_that_lets_others_in_are_linearizable) {
    polite_map map;
    check_rounds(map, {}, 100);
}
BOOST_AUTO_TEST_CASE(of_one_key_are_linearizable) {
    locked_map map;
    check_rounds(map, {.keys = 1}, 40);
}
BOOST_AUTO_TEST_CASE(with_writes_that_fail_are_linearizable) {
    failing_map map;
    check_rounds(map, {.may_fail = true}, 40);
}
BOOST_AUTO_TEST_CASE(of_a_tree_behind_a_lock_are_linearizable) {
    using tree = support::memory_tree<std::string, std::string>;
    tree::options options;
    options.memtable.max_entries = 16;
    options.storage.format.block_bytes = 256;
    options.compaction.trigger_runs = 3;
    lsm::testing::erased<tree> erased(lsm::memory_disk(), options);
    lsm::testing::concurrent_tree<std::string, std::string> map(erased, text_numbering());
    with_lock locked(map);
    check_rounds(locked, {}, 40);
}

BOOST_AUTO_TEST_CASE(have_concurrent_operations) {
    polite_map map;
    concurrent_run run(map);
    std::size_t overlaps = 0;
    for (int round = 0; round < 50; ++round) {
        const history done = run.record_round();
        for (const auto& one : done)
            for (const auto& other : done)
                if (one.thread < other.thread && one.invoked < other.returned &&
                    other.invoked < one.returned)
                    ++overlaps;
    }
    BOOST_TEST_MESSAGE(overlaps / 50 << " pairs of concurrent operations in a round");
    BOOST_TEST(overlaps > 50U);
}
BOOST_AUTO_TEST_CASE(record_each_operation_of_each_thread) {
    locked_map map;
    concurrent_run run(map, {.threads = 3, .operations = 50, .maintains = false});
    const history done = run.record_round();
    for (std::size_t thread = 0; thread < 3; ++thread) {
        std::uint64_t last_return = 0;
        for (const auto& each : done)
            if (each.thread == thread) {
                BOOST_TEST(each.invoked > last_return);
                BOOST_TEST(each.returned > each.invoked);
                last_return = each.returned;
            }
    }
    BOOST_TEST(done.size() > 3 * 35U);  // the rest read snapshots, or had none to read
}
BOOST_AUTO_TEST_CASE(pass_on_what_an_operation_throws) {
    failing_map map;
    concurrent_run run(map);
    BOOST_CHECK_THROW(for (int round = 0; round < 5; ++round) run.check_round(),
                      std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(concurrent_runs_find)

BOOST_AUTO_TEST_CASE(batches_that_are_done_step_by_step) {
    BOOST_TEST(round_that_finds<broken::batch_step_by_step>() > 0);
}
BOOST_AUTO_TEST_CASE(scans_of_two_moments) {
    BOOST_TEST(round_that_finds<broken::scan_in_halves>() > 0);
}
BOOST_AUTO_TEST_CASE(scans_of_old_keys_with_new_values) {
    BOOST_TEST(round_that_finds<broken::scan_of_keys_then_values>() > 0);
}
BOOST_AUTO_TEST_CASE(gets_from_a_stale_cache) {
    BOOST_TEST(round_that_finds<broken::stale_cache>() > 0);
}
BOOST_AUTO_TEST_CASE(writes_that_happen_after_they_return) {
    BOOST_TEST(round_that_finds<broken::late_write>() > 0);
}
BOOST_AUTO_TEST_CASE(lost_updates) {
    BOOST_TEST(round_that_finds<broken::lost_update>() > 0);
}
BOOST_AUTO_TEST_CASE(forgotten_erases) {
    BOOST_TEST(round_that_finds<broken::forgotten_erase>() > 0);
}
BOOST_AUTO_TEST_CASE(erased_values_that_come_back) {
    BOOST_TEST(round_that_finds<broken::revived_value>() > 0);
}
BOOST_AUTO_TEST_CASE(snapshots_that_move) {
    BOOST_TEST(round_that_finds<broken::snapshot_of_now>() > 0);
}
BOOST_AUTO_TEST_CASE(multi_gets_of_several_moments) {
    BOOST_TEST(round_that_finds<broken::multi_get_one_by_one>() > 0);
}
BOOST_AUTO_TEST_CASE(batches_that_fail_half_way) {
    BOOST_TEST(round_that_finds<broken::half_failed_batch>({.may_fail = true}) > 0);
}
BOOST_AUTO_TEST_CASE(failed_writes_that_are_taken_back) {
    BOOST_TEST(round_that_finds<broken::write_taken_back>({.may_fail = true}) > 0);
}

BOOST_AUTO_TEST_SUITE_END()
