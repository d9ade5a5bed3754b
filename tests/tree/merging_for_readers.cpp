// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <lsm/engine/read_cost.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace merging_for_readers_test {

namespace read_cost = lsm::engine::read_cost;

using tree = lsm::basic_lsm_tree<int, int, lsm::skip_list_memtable,
                                 lsm::block_storage<lsm::memory_medium>, lsm::leveled_compaction>;

std::size_t runs(const tree& of) {
    return of.stats().read_amplification() - 1;
}

/// What merging all tables takes.
std::uint64_t price(const tree& of) {
    return read_cost::of_merge(of.stats().table_entries(), of.stats().table_bytes());
}

/// A tree of three runs: 1 is in the newest, 3 in the oldest, 0 in all.
struct fixture {
    tree t;

    explicit fixture(std::size_t threads = 0, bool merges = true)
        : t(lsm::memory_disk(),
            {.compaction = {.merge_for_readers = merges}, .maintenance_threads = threads}) {
        for (int run = 3; run >= 1; --run) {
            t.put(0, run);
            t.put(run, run);
            t.put(10, run);
            t.flush();
        }
        BOOST_REQUIRE(runs(t) == 3U);
    }
    void maintain() {
        while (t.maintain()) {
        }
    }
};

BOOST_FIXTURE_TEST_SUITE(merging_for_readers, fixture)

BOOST_AUTO_TEST_CASE(begins_when_gets_have_paid_for_it) {
    const std::uint64_t one = read_cost::of_get(3), enough = (price(t) + one - 1) / one;
    for (std::uint64_t i = 1; i < enough; ++i) BOOST_REQUIRE(t.get(3) == 3);
    maintain();
    BOOST_TEST(runs(t) == 3U);
    BOOST_REQUIRE(t.get(3) == 3);
    maintain();
    BOOST_TEST(runs(t) == 1U);
    BOOST_TEST(t.stats().compactions == 1U);
    BOOST_TEST((support::keys_of(t.scan()) == std::vector{0, 1, 2, 3, 10}));
    BOOST_TEST((t.get(0) == 1));
}

BOOST_AUTO_TEST_CASE(begins_when_scans_have_paid_for_it) {
    const std::uint64_t one = read_cost::of_seek(3), enough = (price(t) + one - 1) / one;
    for (std::uint64_t i = 0; i < enough; ++i) (void)t.scan(2, 3);
    maintain();
    BOOST_TEST(runs(t) == 1U);
}

BOOST_AUTO_TEST_CASE(begins_when_what_long_scans_read_has_paid_for_it) {
    tree two{lsm::memory_disk()};
    constexpr int keys = 100'000;
    for (int run = 0; run < 2; ++run) {
        for (int key = run; key < keys; key += 2) two.put(key, key);
        two.flush();
    }
    const auto scan_and_maintain = [&](std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            int next = 0;
            for (const auto& [key, value] : two.scan()) BOOST_REQUIRE(key == next++);
            BOOST_REQUIRE(next == keys);
        }
        while (two.maintain()) {
        }
        return runs(two);
    };
    const std::uint64_t enough = price(two) / read_cost::of_scan(keys);
    BOOST_TEST(scan_and_maintain(enough * 3 / 4) == 2U);
    BOOST_TEST(scan_and_maintain(enough / 2) == 1U);
}

BOOST_AUTO_TEST_CASE(begins_when_groups_have_paid_for_it) {
    const std::vector<int> keys(32, 3);
    const std::uint64_t one = read_cost::of_group(2 * keys.size());
    for (std::uint64_t i = 0; i <= price(t) / one; ++i) (void)t.multi_get(keys);
    maintain();
    BOOST_TEST(runs(t) == 1U);
}

BOOST_AUTO_TEST_CASE(costs_those_nothing_who_find_it_in_the_newest_run_or_in_memory) {
    t.put(2, 4);
    for (std::uint64_t i = 0; i < price(t) / 20; ++i)
        BOOST_REQUIRE((t.get(1) == 1 && t.get(2) == 4));
    maintain();
    BOOST_TEST(runs(t) == 3U);
}

BOOST_AUTO_TEST_CASE(is_paid_for_anew_after_each_compaction) {
    t.compact();
    BOOST_TEST(t.stats().compactions == 1U);
    const auto pay = [&] {
        for (std::uint64_t i = 0; i <= price(t) / read_cost::of_seek(2); ++i) (void)t.scan(2, 3);
        maintain();
    };
    pay();
    BOOST_TEST(t.stats().compactions == 1U);  // there is one run
    t.put(4, 4);
    t.flush();
    maintain();
    BOOST_TEST(runs(t) == 2U);
    pay();
    BOOST_TEST(t.stats().compactions == 2U);
    BOOST_TEST(runs(t) == 1U);
    t.put(5, 5);
    t.flush();
    maintain();
    BOOST_TEST(runs(t) == 2U);  // what was paid is spent
}

BOOST_AUTO_TEST_CASE(can_be_switched_off) {
    fixture off(0, false);
    for (std::uint64_t i = 0; i <= price(off.t) / read_cost::of_seek(3); ++i)
        (void)off.t.scan(2, 3);
    off.maintain();
    BOOST_TEST(runs(off.t) == 3U);
}

BOOST_AUTO_TEST_CASE(is_seen_by_threads_though_nobody_writes) {
    fixture with(1);
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (runs(with.t) != 1 && std::chrono::steady_clock::now() < until)
        BOOST_REQUIRE(with.t.get(3) == 3);
    BOOST_TEST(runs(with.t) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace merging_for_readers_test
