// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/admission.hpp>
#include <lsm/engine/back_off.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <vector>

namespace {

using lsm::compaction_pressure;
using lsm::engine::admission;
using lsm::engine::admit;
using lsm::engine::back_off;
using lsm::engine::work_share;
using lsm::engine::write_load;

constexpr auto ok = compaction_pressure::ok, slow = compaction_pressure::slow,
               stop = compaction_pressure::stop;

}  // namespace

BOOST_AUTO_TEST_SUITE(admissions)

BOOST_AUTO_TEST_CASE(follow_the_load) {
    struct row {
        write_load load;
        admission expected;
    };
    for (const row& each : std::vector<row>{
             {{false, 0, 2, ok, false}, admission::at_once},
             {{true, 0, 2, ok, false}, admission::at_once},
             {{false, 2, 2, ok, false}, admission::at_once},
             {{true, 2, 2, ok, false}, admission::waits},
             {{true, 3, 2, slow, true}, admission::waits},
             {{false, 0, 2, slow, false}, admission::slowed},
             {{true, 1, 2, slow, true}, admission::slowed},
             {{false, 0, 2, stop, true}, admission::waits},
             {{false, 0, 2, stop, false}, admission::slowed},  // it would wait for ever
             {{true, 2, 2, stop, false}, admission::waits},
         })
        BOOST_TEST((admit(each.load) == each.expected));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(shares_of_work)

BOOST_AUTO_TEST_CASE(begin_with_a_slice) {
    work_share share(1000);
    BOOST_TEST(share.pays_for(1000));
    share.spend(700);
    BOOST_TEST((share.pays_for(300) && !share.pays_for(301)));
    share.spend(5000);
    BOOST_TEST(!share.pays_for(1));
}

BOOST_AUTO_TEST_CASE(grow_in_proportion_to_what_is_written) {
    for (const auto& [pressure, ratio] : std::vector<std::pair<compaction_pressure, std::uint64_t>>{
             {ok, 16}, {slow, 32}, {stop, 128}}) {
        work_share share(1000);
        share.spend(1000);
        share.earn(3, pressure);
        BOOST_TEST((share.pays_for(3 * ratio) && !share.pays_for(3 * ratio + 1)));
    }
}

/// However long there was nothing to do.
BOOST_AUTO_TEST_CASE(of_small_writes_save_up_a_slice_at_most) {
    work_share share(1000);
    for (int i = 0; i < 100; ++i) share.earn(50, ok);
    BOOST_TEST((share.pays_for(1000) && !share.pays_for(1001)));
}

BOOST_AUTO_TEST_CASE(of_a_large_write_are_in_proportion_to_it) {
    work_share share(1000);
    share.earn(500, ok);
    BOOST_TEST((share.pays_for(8000) && !share.pays_for(8001)));
    share.earn(~std::uint64_t{0}, stop);
    share.spend(share.pays_for(1 << 30) ? 1 << 30 : 0);
    BOOST_TEST(share.pays_for(1 << 30));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(back_offs)

BOOST_AUTO_TEST_CASE(double_up_to_the_longest) {
    back_off pause(10, 40);
    BOOST_TEST((pause.may_try(0) && !pause.is_waiting()));
    std::uint64_t now = 5;
    for (const std::uint64_t wait : {10U, 20U, 40U, 40U}) {
        pause.fail(now);
        BOOST_TEST(
            (pause.is_waiting() && !pause.may_try(now + wait - 1) && pause.may_try(now + wait)));
        now += wait;
    }
}

BOOST_AUTO_TEST_CASE(end_with_a_success) {
    back_off pause(10, 40);
    pause.fail(5);
    pause.fail(15);
    pause.reset();
    BOOST_TEST((pause.may_try(16) && !pause.is_waiting()));
    pause.fail(20);
    BOOST_TEST((!pause.may_try(29) && pause.may_try(30)));
}

BOOST_AUTO_TEST_SUITE_END()
