// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/ordered_map.hpp>
#include <bounded/steady.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>

#include <sys/resource.h>

/// What stays within its bounds however long a tree is used.
namespace steady_test {

using bounded::files_named;
using bounded::open_descriptors;

template <class Memtable>
using tree_of = support::disk_tree<int, std::string, Memtable>;

struct peaks {
    std::size_t descriptors = 0, memtable = 0, log = 0, tables = 0, files = 0;

    template <class Tree>
    void take(const Tree& from, const std::string& path) {
        const lsm::statistics now = from.stats();
        descriptors = (std::max)(descriptors, open_descriptors());
        memtable = (std::max)(memtable, now.memtable_bytes);
        log = (std::max)(log, static_cast<std::size_t>(now.log_bytes));
        tables = (std::max)(tables, static_cast<std::size_t>(now.table_bytes()));
        files = (std::max)(files, files_named(path, ""));
    }
};

/// @returns 0, or the line of what does not hold
int flush_often(const std::string& path, int flushes) {
    constexpr rlim_t most_descriptors = 64;
    const rlimit limit{most_descriptors, most_descriptors};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return __LINE__ % 100;
    peaks most;
    {
        tree_of<lsm::skip_list_memtable> t{path, {.compaction = {.trigger_runs = 8}}};
        for (int i = 0; i < flushes; ++i) {
            t.put(i % 100, std::to_string(i));
            t.flush();
            if (i % 8 == 0) static_cast<void>(t.contains(i % 100));
            if (i % 61 == 0) most.take(t, path);
        }
    }
    std::printf("%d flushes: at most %zu descriptors, %zu files, %zu bytes of log\n", flushes,
                most.descriptors, most.files, most.log);
    if (most.descriptors > 8 + 3 + 16) return 2;
    if (most.files > 8 + 8) return 3;
    const tree_of<lsm::skip_list_memtable> again{path, {.mode = lsm::open_mode::open}};
    if (again.recovered().orphans_removed != 0) return 4;
    if (files_named(path, "") != again.stats().tables.size() + 2) return 5;  // the root, the lock
    return again.get((flushes - 1) % 100) == std::to_string(flushes - 1) ? 0 : 6;
}

using memtables = boost::mpl::list<lsm::skip_list_memtable, lsm::ordered_map_memtable>;

BOOST_AUTO_TEST_SUITE(bounded_steady)

BOOST_AUTO_TEST_CASE(many_flushes_take_few_descriptors_and_leave_no_orphans) {
    const support::temporary_folder folder;
    const int flushes = bounded::is_optimised || bounded::is_long() ? 100'000 : 10'000;
    BOOST_TEST(bounded::in_child([&] { return flush_often(folder / "t", flushes); }) == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_leaked_snapshot_costs_one_version_of_each_key, Memtable,
                              memtables) {
    constexpr int writes = 1'000'000;
    constexpr int keys = 10;
    constexpr std::size_t memtable_bytes = 1 << 20, segment = 1 << 18, log_bytes = 1 << 22;
    const support::temporary_folder folder;
    typename tree_of<Memtable>::options how;
    how.memtable.max_bytes = memtable_bytes;
    how.compaction.trigger_runs = 4;
    how.log = {.segment_bytes = segment, .sync_bytes = 1 << 20, .max_bytes = log_bytes};
    tree_of<Memtable> t{folder / "t", how};
    const std::string value(20, 'x');
    for (int i = 0; i < keys; ++i) t.put(i, "first");
    const auto leaked = t.snapshot();
    peaks most;
    for (int i = 0; i < writes; ++i) {
        t.put(i % keys, value);
        if (i % 1009 == 0) most.take(t, folder / "t");
    }
    const auto done = t.stats();
    std::printf("%d overwrites under a snapshot: at most %zu bytes of memtable, %zu of log, %zu of "
                "tables, %zu files, %zu descriptors; %llu flushes\n",
                writes, most.memtable, most.log, most.tables, most.files, most.descriptors,
                static_cast<unsigned long long>(done.flushes));
    // What one insert adds to a limit that was not quite reached: a chunk of the memtable's memory.
    BOOST_TEST(most.memtable <= memtable_bytes + memtable_bytes / 4);
    BOOST_TEST(most.log <= log_bytes + 2 * segment);
    BOOST_TEST(most.tables <= 8 * 4096U);  // of two versions of ten keys each
    BOOST_TEST(most.files <= 5 + 2 + 2 * log_bytes / segment);
    for (int i = 0; i < keys; ++i) {
        BOOST_TEST(leaked.get(i).value() == "first");
        BOOST_TEST(t.get(i).value() == value);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace steady_test
