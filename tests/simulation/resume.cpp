// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/skip_list.hpp>
#include <lsm/testing/disk_fault.hpp>
#include <simulation/crash_room.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>

/// A tree goes on after a failure that has passed, without being opened again.
namespace resume_test {

using namespace lsm::testing;
using tree = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                 lsm::block_storage<simulation::simulated_directory>,
                                 lsm::full_merge_compaction>;

/// Flushes and begins segments while call @p at fails. @returns whether any call did
bool fail_and_go_on(fault_kind kind, std::uint64_t at) {
    const std::string large(lsm::log_options().segment_bytes, 'x');
    simulated_disk disk;
    tree t{{simulated_file_system(disk), "t"}};
    t.put(1, "one");
    disk.inject({kind, at, false, fault_calls::mutating});
    try {
        t.flush();
        t.put(2, large);
    } catch (const lsm::error&) {
    }
    const bool any = disk.strikes() > 0;
    disk.heal();
    try {
        t.resume();
    } catch (const lsm::error& refused) {  // which of two roots there is cannot be told
        BOOST_TEST((refused.which() == lsm::errc::read_only), refused.what());
        return any;
    }
    BOOST_TEST_CONTEXT("call " << at) {
        BOOST_CHECK_NO_THROW(t.put(3, large + large));
        BOOST_CHECK_NO_THROW(t.flush());
    }
    return any;
}

BOOST_AUTO_TEST_SUITE(resume)

BOOST_AUTO_TEST_CASE(goes_on_after_any_call_that_failed_once) {
    for (const fault_kind kind :
         {fault_kind::io_error, fault_kind::no_space, fault_kind::short_write}) {
        std::uint64_t at = 1;
        while (fail_and_go_on(kind, at)) ++at;
        BOOST_TEST_MESSAGE(at - 1 << " calls that failed");
        BOOST_TEST(at > 3U);
    }
}

/// A block that a compaction cannot read: its table is left alone until `resume`, and the rest goes on.
BOOST_AUTO_TEST_CASE(lets_compactions_take_a_table_that_they_could_not_read) {
    for (const std::size_t threads : {0U, 1U}) {
        simulated_disk disk;
        tree t{{simulated_file_system(disk), "t"}, {.maintenance_threads = threads}};
        for (int run = 0; run < 3; ++run) {
            for (int i = 0; i < 10; ++i) t.put(3 * i + run, "old");
            t.flush();
        }
        disk.inject({fault_kind::flipped_bit, 1, false, fault_calls::reading, 100});
        BOOST_CHECK_EXCEPTION(t.compact(), lsm::error, support::is(lsm::errc::corruption));
        const lsm::statistics after = t.stats();
        BOOST_REQUIRE(after.damaged_tables.size() == 1);
        BOOST_TEST((after.failed_compactions == 1 && after.tables.size() == 3));
        BOOST_TEST(!t.background_error());
        t.put(1, "new");
        t.flush();
        BOOST_TEST((t.get(1) == "new" && t.get(29) == "old"));
        BOOST_CHECK_EXCEPTION(t.compact(), lsm::error, [&](const lsm::error& why) {
            return std::string(why.what()).find(after.damaged_tables[0]) != std::string::npos;
        });
        t.resume();
        BOOST_TEST(t.stats().damaged_tables.empty());
        t.compact();
        BOOST_TEST(t.stats().tables.size() == 1U);
    }
}

/// Each session ends with its process: what opening brings back from the log is one more run.
BOOST_AUTO_TEST_CASE(of_sessions_that_are_killed_leaves_few_tables) {
    tree::options how;
    how.compaction.trigger_runs = 3;
    simulated_disk disk;
    for (int session = 0; session < 20; ++session) {
        tree t{{simulated_file_system(disk), "t"}, how};
        BOOST_TEST(t.stats().tables.size() < 4U);
        t.put(session, "put");
        disk = simulated_disk(disk.state());
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace resume_test
