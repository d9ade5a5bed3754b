// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/skip_list.hpp>
#include <lsm/testing/disk_fault.hpp>
#include <simulation/crash_room.hpp>
#include <support/deadline.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

/// No call waits for what will not come, whatever fails while it waits. The calls of the disk take time, so
/// that a failure finds other threads waiting.
namespace waiting_test {

using namespace lsm::testing;
using tree = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                 lsm::block_storage<simulation::simulated_directory>,
                                 lsm::full_merge_compaction>;

/// Memtables of a few writes, of which one waits, and a log that is brought to the device after a few.
tree::options small() {
    tree::options how;
    how.memtable.max_entries = 20;
    how.compaction.trigger_runs = 3;
    how.log = {.segment_bytes = 5120, .sync_bytes = 512, .max_bytes = 32768};
    how.maintenance_threads = 1;
    how.max_frozen_memtables = 1;
    return how;
}

/// Every call that waits, each in a thread of its own, while call @p at of the disk fails.
/// @returns whether any call did
bool all_return(fault_kind kind, std::uint64_t at, bool for_ever) {
    simulated_disk disk;
    tree t{{simulated_file_system(disk), "t"}, small()};
    disk.take_time(std::chrono::microseconds(300));
    disk.inject({kind, at, for_ever, fault_calls::mutating});
    const support::deadline limit("call " + std::to_string(at) + " that fails",
                                  std::chrono::seconds(20));
    std::vector<std::thread> crew;
    const auto add = [&](int times, const std::function<void(int)>& call) {
        crew.emplace_back([times, call] {
            for (int i = 0; i < times; ++i) {
                try {
                    call(i);
                } catch (const lsm::error&) {  // of the disk, or that the tree takes no writes
                }
            }
        });
    };
    for (const int writer : {0, 1})
        add(100, [&t, writer](int i) { t.put(2 * i + writer, std::string(60, 'x')); });
    add(3, [&t](int) { t.flush(); });
    add(2, [&t](int) { t.compact(); });
    add(2, [&t](int) { t.settle(); });
    for (std::thread& each : crew) each.join();
    const bool any = disk.strikes() > 0;
    disk.heal();
    try {
        t.resume();
        t.put(1, "after");
        t.settle();
    } catch (const lsm::error& refused) {  // which of two roots there is cannot be told
        BOOST_TEST((refused.which() == lsm::errc::read_only), refused.what());
    }
    return any;
}

/// Runs of so many entries, which are merged into many tables as soon as there are two.
tree::options long_merges(std::size_t entries, std::size_t threads) {
    tree::options how;
    how.memtable.max_entries = entries;
    how.compaction.trigger_runs = 2;
    how.compaction.max_table_bytes = 8192;
    how.maintenance_threads = threads;
    return how;
}
constexpr int long_run = 12000;

BOOST_AUTO_TEST_SUITE(waiting)

/// A thread that has a compaction in hand runs a flush between two slices.
BOOST_AUTO_TEST_CASE(for_a_flush_is_not_for_the_end_of_a_compaction) {
    simulated_disk disk;
    tree t{{simulated_file_system(disk), "t"}, long_merges(2 * long_run, 1)};
    for (int i = 0; i < long_run; ++i) t.put(2 * i, std::string(60, 'x'));
    t.flush();
    t.put(1, "x");
    disk.take_time(std::chrono::microseconds(500));
    t.flush();  // makes the compaction due
    for (int i = 1; i < 4; ++i) {
        t.put(i, "while it is merged");
        t.flush();
        BOOST_TEST(t.stats().flushes == 2U + static_cast<unsigned>(i));
    }
    BOOST_TEST(t.stats().compactions == 0U);
    disk.take_time(std::chrono::microseconds(0));
    t.settle();
    BOOST_TEST(t.stats().compactions > 0U);
    BOOST_TEST((t.get(2) == "while it is merged" && t.get(2 * long_run - 2).has_value()));
}

/// The calls of the disk tell how much a write did.
BOOST_AUTO_TEST_CASE(for_due_work_is_shared_among_writes_where_no_thread_does_it) {
    simulated_disk disk;
    tree t{{simulated_file_system(disk), "t"}, long_merges(long_run, 0)};
    std::size_t most = 0;
    const auto put = [&](int key) {
        const std::size_t before = disk.position();
        t.put(key, std::string(60, 'x'));
        most = (std::max)(most, disk.position() - before);
    };
    for (int i = 0; i < 2 * long_run; ++i) put(i * 7919 % (3 * long_run));
    for (int i = 0; t.stats().compactions == 0 && i < long_run; ++i) put(3 * long_run + i);
    const std::size_t all = disk.position();
    BOOST_TEST_MESSAGE("at most " << most << " of " << all << " calls in a write");
    BOOST_TEST(t.stats().compactions == 1U);
    BOOST_TEST(t.stats().tables.size() > 20U);
    BOOST_TEST(most < all / 3);
}

BOOST_AUTO_TEST_CASE(ends_whichever_call_of_the_disk_fails) {
    const std::uint64_t step = std::getenv("LSM_LONG") ? 1 : 5;
    for (const fault_kind kind : {fault_kind::io_error, fault_kind::no_space}) {
        std::uint64_t at = 1;
        while (at < 1000 && all_return(kind, at, (at / step) % 2 == 1)) at += step;
        BOOST_TEST(at > 10 * step);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waiting_test
