// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/skip_list.hpp>
#include <lsm/testing/crash_states.hpp>
#include <lsm/testing/simulated_file_system.hpp>
#include <simulation/crash_room.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <optional>
#include <string>

/// A process ends when a root has its name and the device does not know it yet. Whoever opens the tree
/// next reads that root, and removes what it does not name: a loss of power must not bring back the one
/// before.
namespace unsynced_names_test {

using namespace lsm::testing;
using tree = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                 lsm::block_storage<simulation::simulated_directory>,
                                 lsm::full_merge_compaction>;

tree open(const simulated_disk& disk) {
    return tree{{simulated_file_system(disk), "t"}, {.log = {.segment_bytes = 8192}}};
}

/// Flushes and a merge, of which each ends with a root that names other files.
disk_trace replace_roots() {
    const simulated_disk disk;
    tree t = open(disk);
    for (int i = 0; i < 3; ++i) {
        t.put(i, "value");
        t.flush();
    }
    t.compact();
    return disk.trace();
}

/// Calls `f(state)` where the process has ended just after a root was renamed.
int for_each_fresh_root(const disk_trace& trace, const std::function<void(const crash_state&)>& f) {
    int found = 0;
    for_each_crash_state(trace, [&](const crash_state& state) {
        if (state.cause != crash_cause::process || state.position == 0) return;
        if (trace.calls[state.position - 1]->kind != call_kind::rename) return;
        if (state.name.starts_with("in-")) return;
        ++found;
        f(state);
    });
    return found;
}

BOOST_AUTO_TEST_SUITE(unsynced_names)

BOOST_AUTO_TEST_CASE(of_a_root_are_synced_before_anything_follows_from_it) {
    int losses = 0;
    const int roots = for_each_fresh_root(replace_roots(), [&](const crash_state& ended) {
        const simulated_disk disk = ended.disk();
        std::optional<tree> opened = open(disk);
        const disk_trace opening = disk.trace();
        opened.reset();
        for_each_crash_state(opening, [&](const crash_state& lost) {
            ++losses;
            BOOST_TEST_CONTEXT(ended.describe() << ", then " << lost.describe())
            BOOST_CHECK_NO_THROW(static_cast<void>(open(lost.disk())));
        });
    });
    BOOST_TEST_MESSAGE(roots << " roots, " << losses << " crashes after opening");
    BOOST_TEST(roots > 5);
    BOOST_TEST(losses > 100);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unsynced_names_test
