// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/building_memory.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <utility>

BOOST_AUTO_TEST_SUITE(engine_building_memory)

BOOST_AUTO_TEST_CASE(is_the_sum_of_what_is_alive) {
    const auto all = std::make_shared<lsm::engine::building_memory>();
    std::optional<lsm::engine::building_memory::share> one(all), two(all);
    one->set(10);
    two->set(5);
    one->set(7);
    BOOST_TEST(all->bytes() == 12U);
    lsm::engine::building_memory::share moved(std::move(*one));
    one.reset();
    BOOST_TEST(all->bytes() == 12U);
    moved.set(1);
    two.reset();
    BOOST_TEST(all->bytes() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
