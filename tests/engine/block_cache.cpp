// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/block_cache.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

class block final : public lsm::engine::cached_block {
public:
    explicit block(int& alive, std::size_t bytes = 10) : cached_block(bytes), alive_(&alive) {
        ++*alive_;
    }
    ~block() override { --*alive_; }

private:
    int* alive_;
};

/// Room for three blocks, and homes for more.
struct fixture {
    int alive = 0;
    std::vector<lsm::engine::cached_block::home> homes{10};
    lsm::engine::block_cache cache{30, std::make_shared<lsm::engine::epochs>()};

    ~fixture() {
        for (auto& home : homes) cache.forget(home);
    }
    void keep(std::size_t which) { cache.keep(std::make_shared<const block>(alive), homes[which]); }
    /// Which blocks are there.
    [[nodiscard]] std::vector<std::size_t> kept() const {
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < homes.size(); ++i)
            if (homes[i].load()) all.push_back(i);
        return all;
    }
};

using list = std::vector<std::size_t>;

/// A cache of several parts, and blocks that only say that they are large.
struct large {
    static constexpr std::size_t mib = std::size_t{1} << 20, budget = 256 * mib;
    int alive = 0;
    std::vector<lsm::engine::cached_block::home> homes{20'000};
    lsm::engine::block_cache cache{budget, std::make_shared<lsm::engine::epochs>()};

    ~large() {
        for (auto& home : homes) cache.forget(home);
    }
    void keep(std::size_t which, std::size_t bytes) {
        cache.keep(std::make_shared<const block>(alive, bytes), homes[which]);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(block_cache, fixture)

BOOST_AUTO_TEST_CASE(keeps_what_fits) {
    for (const std::size_t each : {0, 1, 2}) keep(each);
    BOOST_TEST(kept() == (list{0, 1, 2}), boost::test_tools::per_element());
    BOOST_TEST(cache.bytes() == 30U);
}

BOOST_AUTO_TEST_CASE(lets_go_of_what_was_kept_longest_and_nobody_wanted) {
    for (const std::size_t each : {0, 1, 2, 3, 4}) keep(each);
    BOOST_TEST(kept() == (list{2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST(alive == 3);
    BOOST_TEST(cache.bytes() == 30U);
}

BOOST_AUTO_TEST_CASE(spares_what_was_wanted_once) {
    for (const std::size_t each : {0, 1, 2}) keep(each);
    homes[0].load()->touch();
    keep(3);
    BOOST_TEST(kept() == (list{0, 2, 3}), boost::test_tools::per_element());
    keep(4);
    keep(5);
    BOOST_TEST(kept() == (list{3, 4, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(makes_room_where_all_are_wanted) {
    for (const std::size_t each : {0, 1, 2}) {
        keep(each);
        homes[each].load()->touch();
    }
    keep(3);
    BOOST_TEST(kept() == (list{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(keeps_one_block_a_home) {
    keep(0);
    const auto* const first = homes[0].load();
    const auto second = std::make_shared<const block>(alive);
    BOOST_TEST(cache.keep(second, homes[0]).get() == first);
    BOOST_TEST(cache.bytes() == 10U);
}

BOOST_AUTO_TEST_CASE(does_not_keep_what_is_larger_than_all) {
    lsm::engine::block_cache none{0, std::make_shared<lsm::engine::epochs>()};
    {
        const auto fetched = none.keep(std::make_shared<const block>(alive), homes[0]);
        BOOST_TEST(fetched != nullptr);
        BOOST_TEST(homes[0].load() == nullptr);
    }
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(lets_go_of_what_a_smaller_budget_has_no_room_for) {
    for (const std::size_t each : {0, 1, 2}) keep(each);
    cache.set_budget(15);
    BOOST_TEST(kept() == (list{2}), boost::test_tools::per_element());
    BOOST_TEST(alive == 1);
    cache.set_budget(0);
    BOOST_TEST(cache.bytes() == 0U);
    cache.set_budget(20);
    for (const std::size_t each : {3, 4, 5}) keep(each);
    BOOST_TEST(kept() == (list{4, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(forgets_a_block) {
    for (const std::size_t each : {0, 1}) keep(each);
    cache.forget(homes[0]);
    cache.forget(homes[9]);
    BOOST_TEST(kept() == (list{1}), boost::test_tools::per_element());
    BOOST_TEST(cache.bytes() == 10U);
    cache.forget(homes[1]);
    keep(2);
    BOOST_TEST(kept() == (list{2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_block_that_is_read_stays_alive) {
    keep(0);
    const auto reader = cache.when().enter();
    for (const std::size_t each : {1, 2, 3}) keep(each);
    BOOST_TEST(kept() == (list{1, 2, 3}), boost::test_tools::per_element());
    BOOST_TEST(alive == 4);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(large_block_cache, large)

BOOST_AUTO_TEST_CASE(is_full_and_never_beyond_its_budget) {
    std::minstd_rand random(1);
    for (std::size_t i = 0; i < 30'000; ++i) {
        const std::size_t which = random() % homes.size();
        if (const auto* const there = homes[which].load())
            there->touch();
        else
            keep(which, 10'000 + random() % 50'000);
        BOOST_REQUIRE(cache.bytes() <= budget);
    }
    BOOST_TEST(cache.bytes() > budget - 16 * 60'000);
}

BOOST_AUTO_TEST_CASE(keeps_a_block_that_is_larger_than_a_share_while_it_is_wanted) {
    keep(0, budget / 8);
    for (std::size_t i = 1; i < homes.size(); ++i) {
        BOOST_REQUIRE(homes[0].load());
        homes[0].load()->touch();
        keep(i, 64 << 10);
    }
    BOOST_TEST(cache.bytes() > budget - (64 << 10));
}

BOOST_AUTO_TEST_CASE(makes_room_for_a_block_as_large_as_all) {
    for (std::size_t i = 1; i < 2000; ++i) keep(i, 100'000);
    keep(0, budget);
    BOOST_TEST(homes[0].load());
    BOOST_TEST(cache.bytes() == budget);
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(takes_any_smaller_budget) {
    for (std::size_t i = 0; i < 5000; ++i) keep(i, 50'000);
    for (const std::size_t smaller : {budget / 2, budget / 100, std::size_t{0}}) {
        cache.set_budget(smaller);
        BOOST_TEST(cache.bytes() <= smaller);
        BOOST_TEST(cache.bytes() + 50'000 >= smaller);
    }
}

/// Gigabytes in the long run, as their blocks say.
BOOST_AUTO_TEST_CASE(a_miss_takes_no_longer_where_all_blocks_are_wanted) {
    const std::size_t blocks = std::getenv("LSM_LONG") ? 2'000'000 : 100'000, bytes = 4096;
    std::vector<lsm::engine::cached_block::home> many(blocks + 50);
    lsm::engine::block_cache full{blocks * bytes, std::make_shared<lsm::engine::epochs>()};
    const auto miss = [&](std::size_t which) {
        full.keep(std::make_shared<const block>(alive, bytes), many[which]);
    };
    for (std::size_t i = 0; i < blocks; ++i) {
        miss(i);
        many[i].load()->touch();
    }
    std::clock_t longest = 0;
    for (std::size_t i = blocks; i < many.size(); ++i) {
        const std::clock_t begin = std::clock();
        miss(i);
        longest = (std::max)(longest, std::clock() - begin);
    }
    BOOST_TEST(longest < CLOCKS_PER_SEC / 200);
    for (auto& home : many) full.forget(home);
}

BOOST_AUTO_TEST_CASE(counts_a_block_that_two_threads_fetched_once) {
    std::vector<std::thread> threads;
    std::vector<lsm::engine::cached_block::home> shared(100);
    std::array<int, 3> made{};
    for (int& mine : made)
        threads.emplace_back([&] {
            for (auto& home : shared) cache.keep(std::make_shared<const block>(mine, mib), home);
        });
    for (std::thread& each : threads) each.join();
    BOOST_TEST(cache.bytes() == shared.size() * mib);
    for (auto& home : shared) cache.forget(home);
    BOOST_TEST(cache.bytes() == 0U);
    cache.when().drain();
}

BOOST_AUTO_TEST_SUITE_END()
