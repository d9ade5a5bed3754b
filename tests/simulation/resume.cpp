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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace resume_test
