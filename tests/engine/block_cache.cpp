// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/block_cache.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace {

class block final : public lsm::engine::cached_block {
public:
    explicit block(int& alive) : cached_block(10), alive_(&alive) { ++*alive_; }
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
