// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/skip_list.hpp>
#include <lsm/testing/disk_fault.hpp>
#include <simulation/crash_room.hpp>
#include <support/deadline.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

/// No call waits for what will not come, whatever fails while it waits. The calls of the disk take time, so
/// that a failure finds other threads waiting.
namespace {

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

}  // namespace

BOOST_AUTO_TEST_SUITE(waiting)

BOOST_AUTO_TEST_CASE(ends_whichever_call_of_the_disk_fails) {
    const std::uint64_t step = std::getenv("LSM_LONG") ? 1 : 5;
    for (const fault_kind kind : {fault_kind::io_error, fault_kind::no_space}) {
        std::uint64_t at = 1;
        while (at < 1000 && all_return(kind, at, (at / step) % 2 == 1)) at += step;
        BOOST_TEST(at > 10 * step);
    }
}

BOOST_AUTO_TEST_SUITE_END()
