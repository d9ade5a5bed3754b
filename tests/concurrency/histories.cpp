// SPDX-License-Identifier: BSL-1.0
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/concurrent_run.hpp>

#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

/// LSM_SEED=<n> plays one seed again; LSM_LONG=1 does a hundred times as many rounds.
std::uint64_t seed() {
    const char* const given = std::getenv("LSM_SEED");
    return given ? std::stoull(given) : 1;
}
int rounds() {
#ifdef __OPTIMIZE__
    constexpr int each = 170;  // twelve combinations: more than 2000 histories of 300 operations
#else
    constexpr int each = 17;  // the whole campaign runs under the thread sanitizer
#endif
    return std::getenv("LSM_LONG") ? 100 * each : each;
}

lsm::testing::numbering<int, std::uint64_t> plain_numbers() {
    lsm::testing::numbering<int, std::uint64_t> numbers;
    for (int key = 0; key < 6; ++key) numbers.keys.push_back(10 * key);
    numbers.value_of = [](lsm::testing::history_number n) { return std::uint64_t{n}; };
    numbers.number = [](const std::uint64_t& value) {
        return static_cast<lsm::testing::history_number>(value);
    };
    return numbers;
}

/// Rounds of 300 operations in four threads, on a tree that freezes, flushes and merges all the time.
template <class Memtable>
void check_histories(std::size_t maintenance_threads, std::size_t max_entries) {
    using tree = support::memory_tree<int, std::uint64_t, Memtable>;
    typename tree::options how;
    how.memtable.max_entries = max_entries;
    how.compaction.trigger_runs = 4;
    how.maintenance_threads = maintenance_threads;
    how.log.segment_bytes = 32768;
    lsm::testing::erased<tree> erased(lsm::memory_disk(), how);
    lsm::testing::concurrent_tree<int, std::uint64_t> map(erased, plain_numbers());
    lsm::testing::concurrent_run run(map, {.seed = seed()});
    for (int round = 0; round < rounds(); ++round) BOOST_REQUIRE_NO_THROW(run.check_round());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(histories)

BOOST_AUTO_TEST_CASE_TEMPLATE(are_linearizable_with_maintenance_in_the_caller, Memtable,
                              support::memtables) {
    check_histories<Memtable>(0, 4);
    check_histories<Memtable>(0, 1000);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(are_linearizable_with_maintenance_in_threads, Memtable,
                              support::memtables) {
    check_histories<Memtable>(1, 4);
    check_histories<Memtable>(2, 5);
}

BOOST_AUTO_TEST_SUITE_END()
