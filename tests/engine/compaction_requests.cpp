// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/compaction_requests.hpp>

#include <boost/test/unit_test.hpp>

using lsm::engine::compaction_requests;

BOOST_AUTO_TEST_SUITE(compaction_request)

BOOST_AUTO_TEST_CASE(is_served_by_the_round_that_it_began) {
    compaction_requests all;
    BOOST_TEST(!all.any());
    const auto mine = all.request(7);
    BOOST_TEST((all.any() && all.last() == 7 && !all.is_served(mine)));
    all.serve();
    BOOST_TEST((!all.any() && all.is_served(mine)));
    all.withdraw(mine);
    BOOST_TEST(!all.any());
}

BOOST_AUTO_TEST_CASE(that_comes_during_a_round_is_served_by_the_next) {
    compaction_requests all;
    const auto first = all.request(7);
    const auto second = all.request(9), third = all.request(11);
    BOOST_TEST(all.last() == 7U);
    all.serve();
    BOOST_TEST((all.is_served(first) && !all.is_served(second) && !all.is_served(third)));
    BOOST_TEST((all.any() && all.last() == 11));
    all.serve();
    BOOST_TEST((all.is_served(second) && all.is_served(third) && !all.any()));
}

/// A call that ends withdraws its own request, not that of another call.
BOOST_AUTO_TEST_CASE(of_another_call_stays_when_one_is_withdrawn) {
    compaction_requests all;
    const auto first = all.request(7);
    all.serve();
    const auto second = all.request(9);
    all.withdraw(first);
    BOOST_TEST((all.any() && !all.is_served(second)));
    const auto third = all.request(11), fourth = all.request(12);
    all.withdraw(third);
    all.serve();
    BOOST_TEST((all.any() && all.last() == 12 && !all.is_served(fourth)));
}

BOOST_AUTO_TEST_CASE(that_no_call_waits_for_is_given_up) {
    compaction_requests all;
    const auto first = all.request(7);
    all.withdraw(first);
    BOOST_TEST(!all.any());
    const auto second = all.request(8), third = all.request(9);
    all.withdraw(second);
    BOOST_TEST((all.any() && all.last() == 9));
    const auto fourth = all.request(10);
    all.withdraw(fourth);
    all.serve();
    BOOST_TEST((all.is_served(third) && !all.any()));
}

BOOST_AUTO_TEST_SUITE_END()
