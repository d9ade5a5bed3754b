// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

namespace {

/// Counts how often the log is brought to the device, and holds a table on its way there if asked to.
struct watched_medium : lsm::memory_medium {
    using memory_medium::memory_medium;

    static inline std::atomic<int> syncs = 0;
    static inline std::atomic<int> syncs_at_commit = 0;
    static inline std::atomic<bool> holds = false;
    static inline std::atomic<bool> is_held = false;
    static inline std::atomic<bool> holds_sync = false;
    static inline std::atomic<bool> sync_is_held = false;

    struct table_writer : memory_medium::table_writer {
        explicit table_writer(memory_medium::table_writer made)
            : memory_medium::table_writer(std::move(made)) {}
        void append(lsm::byte_view bytes) {
            for (; holds; std::this_thread::yield()) is_held = true;
            memory_medium::table_writer::append(bytes);
        }
        void commit() {
            syncs_at_commit = syncs.load();
            memory_medium::table_writer::commit();
        }
    };
    struct log_segment : memory_medium::log_segment {
        explicit log_segment(memory_medium::log_segment made)
            : memory_medium::log_segment(std::move(made)) {}
        void sync() noexcept {
            for (; holds_sync; std::this_thread::yield()) sync_is_held = true;
            ++syncs;
        }
    };

    [[nodiscard]] table_writer create(const lsm::table_name& name) {
        return table_writer(memory_medium::create(name));
    }
    [[nodiscard]] log_segment create_log_segment(std::uint64_t number, std::uint64_t bytes,
                                                 bool maps) {
        return log_segment(memory_medium::create_log_segment(number, bytes, maps));
    }
};

using tree = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                 lsm::block_storage<watched_medium>, lsm::full_merge_compaction>;

}  // namespace

BOOST_AUTO_TEST_SUITE(log_syncing)

/// A long job does not keep the log from the device until it ends.
BOOST_AUTO_TEST_CASE(goes_on_between_the_slices_of_a_job) {
    constexpr int slices = 4, entries = slices * 4096;
    tree t{lsm::memory_disk(),
           {.memtable = {.max_bytes = std::size_t{64} << 20},
            .log = {.sync_bytes = 1000},
            .maintenance_threads = 1}};
    for (int key = 0; key < entries; ++key) t.put(key, std::string(500, 'v'));
    t.settle();
    watched_medium::holds = true;
    std::thread flush([&] { t.flush(); });
    while (!watched_medium::is_held) std::this_thread::yield();
    const int before = watched_medium::syncs;
    t.put(0, std::string(2000, 'w'));
    watched_medium::holds = false;
    flush.join();
    BOOST_TEST(watched_medium::syncs_at_commit > before);
}

/// The bytes that become due while a sync runs are synced, too.
BOOST_AUTO_TEST_CASE(goes_on_after_a_request_that_came_during_a_sync) {
    tree t{lsm::memory_disk(), {.log = {.sync_bytes = 1000}, .maintenance_threads = 1}};
    t.put(0, "begins the log");
    watched_medium::holds_sync = true;
    t.put(0, std::string(2000, 'v'));
    while (!watched_medium::sync_is_held) std::this_thread::yield();
    t.put(1, std::string(2000, 'v'));
    const int before = watched_medium::syncs;
    watched_medium::holds_sync = false;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (watched_medium::syncs < before + 2 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    BOOST_TEST(watched_medium::syncs == before + 2);
}

BOOST_AUTO_TEST_SUITE_END()
