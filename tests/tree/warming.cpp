// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

namespace {

using tree = support::memory_tree<int, std::string>;

constexpr int keys = 2000;

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

BOOST_AUTO_TEST_SUITE_END()
