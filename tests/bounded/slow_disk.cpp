// SPDX-License-Identifier: BSL-1.0
#include <bounded/slow_file_system.hpp>
#include <bounded/steady.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Writers that are faster than the device wait for it; nothing grows instead.
namespace slow_disk_test {

using tree = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                 lsm::block_storage<lsm::directory<bounded::slow_file_system>>,
                                 lsm::full_merge_compaction>;

struct counts_errors : lsm::event_listener {
    std::atomic<int> errors = 0;
    void on_error(const std::exception_ptr&) noexcept override { ++errors; }
};

constexpr std::size_t segment = 16384, log_bytes = 65536;

tree::options small(std::size_t frozen) {
    tree::options how;
    how.memtable.max_entries = 1000;
    how.memtable.max_bytes = 32768;
    how.compaction.trigger_runs = 3;
    how.log = {.segment_bytes = segment, .sync_bytes = 1 << 20, .max_bytes = log_bytes};
    how.maintenance_threads = 1;
    how.max_frozen_memtables = frozen;
    how.listener = std::make_shared<counts_errors>();
    return how;
}

/// The most there ever was.
struct peak {
    std::size_t frozen = 0, log = 0, runs = 0, memtable = 0;

    void watch(const tree& t, const std::atomic<int>& writing) {
        while (writing > 0) {
            const auto now = t.stats();
            frozen = (std::max)(frozen, now.frozen_memtables);
            log = (std::max)(log, static_cast<std::size_t>(now.log_bytes));
            runs = (std::max)(runs, now.tables.size());
            memtable = (std::max)(memtable, now.memtable_bytes);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }
};

BOOST_AUTO_TEST_SUITE(bounded_slow_disk)

BOOST_AUTO_TEST_CASE(slows_writers_down_and_nothing_grows) {
    constexpr int writers = 3, writes = 4000;
    for (const std::size_t frozen : {1U, 3U}) {
        const support::temporary_folder folder;
        const auto how = small(frozen);
        tree t{folder / "t", how};
        std::atomic<int> writing = writers, failed = 0;
        std::vector<std::thread> crew;
        const auto begin = std::chrono::steady_clock::now();
        for (int writer = 0; writer < writers; ++writer)
            crew.emplace_back([&, writer] {
                try {
                    for (int i = 0; i < writes; ++i)
                        t.put(writer * writes + i, std::string(100, 'x'));
                } catch (const std::exception&) {
                    ++failed;
                }
                --writing;
            });
        peak most;
        most.watch(t, writing);
        for (std::thread& each : crew) each.join();
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
        std::printf("a slow disk, %d writes in %.2f s with at most %zu waiting memtables of %zu: "
                    "%zu bytes of log, %zu tables, %zu bytes of memtable\n",
                    writers * writes, spent.count(), most.frozen, frozen, most.log, most.runs,
                    most.memtable);
        BOOST_TEST(failed == 0);
        BOOST_TEST(static_cast<const counts_errors&>(*how.listener).errors == 0);
        BOOST_TEST(most.frozen <= frozen);
        BOOST_TEST(most.frozen > 0U);                     // the disk was slow
        BOOST_TEST(most.log <= log_bytes + 3 * segment);  // one is prepared ahead
        BOOST_TEST(most.runs <= 4 * 3U + frozen + 1);
        t.close();
        tree again{folder / "t"};
        BOOST_TEST(support::keys_of(again.scan()).size() == std::size_t{writers * writes});
        BOOST_TEST(again.recovered().orphans_removed == 0U);
    }
}

/// A lookup whose block takes long keeps the tables that it looks into, and none that came and went since.
BOOST_AUTO_TEST_CASE(a_reader_that_waits_holds_up_nothing_that_came_later) {
    const support::temporary_folder folder;
    tree t{folder / "t", {.maintenance_threads = 0, .memory_bytes = 0}};
    t.put(1, "first");
    t.flush();
    std::atomic<bool> waits = false, goes_on = false;
    std::optional<std::string> found;
    std::thread reader([&] {
        bounded::slow_file_system::before_read = [&] {
            waits = true;
            while (!goes_on) bounded::slow_file_system::wait_for_device();
        };
        found = t.get(1);
    });
    while (!waits) bounded::slow_file_system::wait_for_device();
    for (int i = 0; i < 5; ++i) {
        t.put(1, "later");
        t.compact();
    }
    const std::size_t tables = bounded::files_named(folder / "t", "sstable_");
    goes_on = true;
    reader.join();
    BOOST_TEST(tables <= 2U);
    BOOST_TEST(found.value() == "first");
}

/// More readers than the epochs have places, all of them waiting for the device.
BOOST_AUTO_TEST_CASE(many_readers_stay_within_the_memory) {
    const int readers = bounded::is_long() ? 200 : 100, entries = 20'000;
    const auto length = std::chrono::seconds(bounded::is_long() ? 20 : 1);
    const support::temporary_folder folder;
    tree t{folder / "t", {.memory_bytes = std::size_t{1} << 20}};
    std::vector<std::pair<int, std::string>> all;
    for (int i = 0; i < entries; ++i) all.emplace_back(i, std::string(400, 'x'));
    t.ingest(all);
    std::atomic<bool> stop = false;
    std::atomic<int> gets = 0, wrong = 0;
    std::vector<std::thread> crew;
    for (int reader = 0; reader < readers; ++reader)
        crew.emplace_back([&, reader] {
            bounded::slow_file_system::before_read = bounded::slow_file_system::wait_for_device;
            std::minstd_rand random(static_cast<unsigned>(reader) + 1);
            for (; !stop; ++gets) {
                const int key = static_cast<int>(random() % entries);
                const auto group = t.multi_get(std::array{key, entries - 1 - key});
                if (t.get(key) != all[0].second || group[0] != group[1]) ++wrong;
            }
        });
    std::this_thread::sleep_for(length / 4);
    const std::size_t before = bounded::resident_bytes();
    std::this_thread::sleep_for(length);
    const std::size_t now = bounded::resident_bytes();
    stop = true;
    for (std::thread& each : crew) each.join();
    const std::size_t grown = now - (std::min)(now, before);
    std::printf("%d readers that wait, %d gets: %zu KiB more\n", readers, gets.load(), grown >> 10);
    BOOST_TEST(wrong == 0);
#if !defined(__SANITIZE_ADDRESS__) &&                                                              \
    !defined(__SANITIZE_THREAD__)  // whose heaps keep what was freed
    BOOST_TEST(grown < std::size_t{16} << 20);
#endif
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slow_disk_test
