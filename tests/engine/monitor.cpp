// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/monitor.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using lsm::engine::monitor;
constexpr std::chrono::seconds long_enough(5);

}  // namespace

BOOST_AUTO_TEST_SUITE(monitors)

/// The changing thread only takes the lock and gives it back.
BOOST_AUTO_TEST_CASE(a_release_wakes_all_that_wait_for_the_change) {
    monitor guards;
    int value = 0, waiting = 0;
    std::atomic<int> seen = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> crew;
    for (int i = 0; i < 3; ++i)
        crew.emplace_back([&] {
            std::unique_lock lock(guards);
            ++waiting;
            if (guards.wait_for(lock, long_enough, [&] { return value == 1; })) ++seen;
        });
    for (bool all = false; !all; std::this_thread::yield()) {
        const std::scoped_lock lock(guards);
        all = waiting == 3;
    }
    {
        const std::scoped_lock lock(guards);
        value = 1;
    }
    for (std::thread& each : crew) each.join();
    BOOST_TEST(seen == 3);
    BOOST_TEST((std::chrono::steady_clock::now() - begin < long_enough));
}

BOOST_AUTO_TEST_CASE(a_change_before_the_wait_is_seen) {
    monitor guards;
    std::unique_lock lock(guards);
    BOOST_TEST(guards.wait_for(lock, long_enough, [] { return true; }));
    guards.wait(lock, [] { return true; });
    BOOST_TEST(lock.owns_lock());
}

BOOST_AUTO_TEST_CASE(a_wait_ends_with_its_time_and_has_the_lock) {
    monitor guards;
    std::unique_lock lock(guards);
    BOOST_TEST(!guards.wait_for(lock, std::chrono::milliseconds(1), [] { return false; }));
    bool other_has_it = true;
    std::thread([&] { other_has_it = guards.try_lock(); }).join();
    BOOST_TEST(!other_has_it);
}

/// Two waiting threads that woke each other would never rest.
BOOST_AUTO_TEST_CASE(a_thread_that_waits_wakes_no_other) {
    monitor guards;
    std::atomic<int> looks = 0;
    std::vector<std::thread> crew;
    for (int i = 0; i < 2; ++i)
        crew.emplace_back([&] {
            std::unique_lock lock(guards);
            guards.wait_for(lock, std::chrono::milliseconds(50), [&] {
                ++looks;
                return false;
            });
        });
    for (std::thread& each : crew) each.join();
    BOOST_TEST(looks < 20);
}

BOOST_AUTO_TEST_SUITE_END()
