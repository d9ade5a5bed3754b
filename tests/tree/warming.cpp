// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

namespace warming_test {

using tree = support::memory_tree<int, std::string>;

constexpr int keys = 2000;

/// Reads of tables fail as long as somebody says so.
struct failing_medium : lsm::memory_medium {
    using memory_medium::memory_medium;
    static inline std::atomic<bool> fails = false;

    struct reader {
        decltype(std::declval<const memory_medium&>().open(lsm::table_name{})) from;

        [[nodiscard]] std::uint64_t bytes() const { return from.bytes(); }
        void read(std::uint64_t offset, std::span<std::byte> to) const {
            if (fails) throw lsm::error(lsm::errc::io, "the medium fails");
            from.read(offset, to);
        }
    };
    [[nodiscard]] reader open(const lsm::table_name& name) const {
        return {memory_medium::open(name)};
    }
};
struct fail_after_compaction final : lsm::event_listener {
    std::atomic<int> compactions = 0;
    void on_compaction(const lsm::job_event&) noexcept override {
        failing_medium::fails = true;
        ++compactions;
    }
};

constexpr std::size_t memtable_bytes = 1 << 20;

/// Two runs of many blocks, which a thread merges.
struct two_runs {
    tree t;

    explicit two_runs(std::size_t cache_bytes) : t(lsm::memory_disk(), options_for(cache_bytes)) {
        for (int run = 0; run < 2; ++run) {
            for (int key = run; key < keys; key += 2) t.put(key, std::string(100, 'v'));
            t.flush();
        }
    }
    static tree::options options_for(std::size_t cache_bytes) {
        tree::options chosen;
        chosen.memtable.max_bytes = memtable_bytes;
        chosen.memory_bytes = memtable_bytes + cache_bytes;
        chosen.maintenance_threads = 1;
        return chosen;
    }
    /// How many blocks there are, where all find room.
    [[nodiscard]] std::uint64_t blocks() const {
        static_cast<void>(missing());
        return t.stats().blocks_fetched;
    }
    /// Blocks that reading has to fetch.
    [[nodiscard]] std::uint64_t missing() const {
        const std::uint64_t before = t.stats().blocks_fetched;
        for (int key = 0; key < keys; ++key) BOOST_REQUIRE(t.contains(key));
        return t.stats().blocks_fetched - before;
    }
};

template <class Done>
bool wait_for(Done done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return done();
}

/// Waits until the cache has so much, and the thread fetches nothing more.
bool wait_for_cache(const tree& t, std::size_t bytes) {
    if (!wait_for([&] { return t.stats().cache_bytes >= bytes; })) return false;
    std::uint64_t before = 0;
    do {
        before = t.stats().blocks_fetched;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    } while (t.stats().blocks_fetched != before);
    return true;
}

/// What all blocks take in the cache.
std::size_t bytes_of_all() {
    static const std::size_t bytes = [] {
        const two_runs roomy(std::size_t{16} << 20);
        static_cast<void>(roomy.missing());
        return static_cast<std::size_t>(roomy.t.stats().cache_bytes);
    }();
    return bytes;
}

BOOST_AUTO_TEST_SUITE(warming)

BOOST_AUTO_TEST_CASE(brings_in_what_was_written_where_there_is_room) {
    two_runs of(2 * bytes_of_all());
    BOOST_TEST(wait_for_cache(of.t, bytes_of_all() * 9 / 10));
    BOOST_TEST(of.missing() == 0U);
}

BOOST_AUTO_TEST_CASE(drives_out_nothing_for_what_nobody_read) {
    const std::uint64_t blocks = two_runs(2 * bytes_of_all()).blocks();
    const two_runs of(bytes_of_all() / 4);
    BOOST_TEST(wait_for_cache(of.t, bytes_of_all() / 8));
    BOOST_TEST(of.t.stats().blocks_fetched < blocks * 3 / 4);
}

BOOST_AUTO_TEST_CASE(brings_what_was_in_memory_back_after_a_merge_though_it_takes_all_room) {
    two_runs of(bytes_of_all() * 33 / 32);
    static_cast<void>(of.missing());
    BOOST_TEST(of.missing() == 0U);
    of.t.compact();
    BOOST_TEST(wait_for_cache(of.t, bytes_of_all() * 31 / 32));
    BOOST_TEST(of.missing() == 0U);
}

BOOST_AUTO_TEST_CASE(that_fails_does_not_fail_the_tree) {
    const auto listener = std::make_shared<fail_after_compaction>();
    lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                        lsm::block_storage<failing_medium>, lsm::full_merge_compaction>
        failing{lsm::memory_disk(), {.maintenance_threads = 1, .listener = listener}};
    for (int key = 0; key < 2; ++key) {
        failing.put(key, "v");
        failing.flush();
        BOOST_REQUIRE(failing.contains(key));
    }
    failing.compact();
    BOOST_TEST(wait_for([&] { return listener->compactions == 1; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    failing_medium::fails = false;
    BOOST_TEST((failing.background_error() == nullptr));
    failing.put(2, "v");
    BOOST_TEST((failing.contains(0) && failing.contains(1)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace warming_test
