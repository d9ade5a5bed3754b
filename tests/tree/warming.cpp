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

namespace {

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

/// Two runs of many blocks, which a thread merges.
struct fixture {
    tree t{lsm::memory_disk(), {.maintenance_threads = 1}};

    fixture() {
        for (int run = 0; run < 2; ++run) {
            for (int key = run; key < keys; key += 2) t.put(key, std::string(100, 'v'));
            t.flush();
        }
    }
    void read_all() const {
        for (int key = 0; key < keys; ++key) BOOST_REQUIRE(t.contains(key));
    }
    /// Blocks that reading everything has to fetch.
    [[nodiscard]] std::uint64_t missing() const {
        const std::uint64_t before = t.stats().blocks_fetched;
        read_all();
        return t.stats().blocks_fetched - before;
    }
    [[nodiscard]] std::uint64_t table_bytes() const { return t.stats().table_bytes(); }
    /// Waits for what a compaction does when it is over for all others.
    template <class Done>
    static bool wait_for(Done done) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!done() && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return done();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(warming, fixture)

BOOST_AUTO_TEST_CASE(brings_what_was_in_memory_back_after_a_merge) {
    BOOST_TEST(missing() > 20U);
    t.compact();
    BOOST_TEST(wait_for([&] { return t.stats().cache_bytes > table_bytes() * 9 / 10; }));
    BOOST_TEST(missing() == 0U);
}

BOOST_AUTO_TEST_CASE(leaves_alone_what_nobody_read) {
    t.compact();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    BOOST_TEST(t.stats().cache_bytes == 0U);
    BOOST_TEST(missing() > 20U);
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
