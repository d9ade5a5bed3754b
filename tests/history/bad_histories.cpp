// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"

#include <boost/test/unit_test.hpp>

using drawn::rejects;

// clang-format off
BOOST_AUTO_TEST_SUITE(check_history_rejects)

BOOST_AUTO_TEST_SUITE(gets)

BOOST_AUTO_TEST_CASE(a_value_that_was_overwritten) {
    rejects({"[a=1] [a=2]      ",
             "             [a:1]"});
}
BOOST_AUTO_TEST_CASE(a_value_that_nobody_wrote) {
    rejects({"[a=1]      ",
             "      [a:7]"});
}
BOOST_AUTO_TEST_CASE(a_value_of_another_key) {
    rejects({"[a=1] [b=2]      ",
             "            [a:2]"});
}
BOOST_AUTO_TEST_CASE(a_value_before_anybody_writes_it) {
    rejects({"      [a=1]",
             "[a:1]      "});
}
BOOST_AUTO_TEST_CASE(nothing_after_a_put) {
    rejects({"[a=1]      ",
             "      [a:-]"});
}
BOOST_AUTO_TEST_CASE(nothing_after_a_put_by_the_same_thread) {
    rejects({"[a=1] [a:-]"});
}
BOOST_AUTO_TEST_CASE(an_erased_value) {
    rejects({"[a=1] [a=-]      ",
             "            [a:1]"});
}
BOOST_AUTO_TEST_CASE(an_erased_value_that_comes_back) {
    rejects({"[a=1]  [ a=- ]             ",
             "        [a:-] [a:-]  [a:1]"});
}
BOOST_AUTO_TEST_CASE(the_new_value_and_then_the_old) {
    rejects({"[a=1] [    a=2     ]",
             "       [a:2] [a:1]  "});
}
BOOST_AUTO_TEST_CASE(the_new_value_and_then_the_old_by_two_readers) {
    rejects({"[a=1] [    a=2        ]",
             "       [a:2]           ",
             "             [a:1]     "});
}
BOOST_AUTO_TEST_CASE(a_value_and_then_nothing_while_it_is_put) {
    rejects({"[     a=1     ]",
             " [a:1]  [a:-]  "});
}
BOOST_AUTO_TEST_CASE(two_concurrent_puts_in_either_order) {
    rejects({"[a=1 ]               ",
             "[a=2 ]               ",
             "       [a:1] [a:2]   "});
}
BOOST_AUTO_TEST_CASE(two_orders_of_puts_by_two_observers) {
    rejects({"[      a=1        ]  ",
             "[      a=2        ]  ",
             " [a:1]      [a:2]    ",
             "  [a:2]       [a:1]  "});
}
BOOST_AUTO_TEST_CASE(a_lost_update) {
    // Both threads build on 1, and 2 is gone although it was put after 3 was seen.
    rejects({"[a=1] [a:1] [a=3] [a:3]               ",
             "                         [a=2] [a:3]  "});
}
BOOST_AUTO_TEST_CASE(keys_in_an_order_that_threads_did_not_write_them) {
    // a=1 is before b=2 for the writer, and after it for the reader.
    rejects({"[a=1] [     b=2      ]",
             "       [b:2] [a:-]    "});
}
BOOST_AUTO_TEST_CASE(two_keys_in_two_orders_by_two_observers) {
    rejects({"[      a=1        ]",
             "[      b=2        ]",
             " [a:1]    [b:-]    ",
             " [b:2]    [a:-]    "});
}
BOOST_AUTO_TEST_CASE(each_of_two_puts_missing_for_the_other_writer) {
    // Store buffering: one of the two must have been first.
    rejects({"[a=1] [b:-]",
             "[b=2] [a:-]"});
}
BOOST_AUTO_TEST_CASE(a_value_whose_cause_is_missing) {
    // The second writer had seen a=1 when it wrote b=2.
    rejects({"[       a=1           ]       ",
             " [a:1]  [b=2]                 ",
             "              [b:2] [a:-]     "});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(batches)

BOOST_AUTO_TEST_CASE(seen_half_by_a_scan) {
    rejects({"[   a=1 b=2   ]",
             "  [a..c:a1]    "});
}
BOOST_AUTO_TEST_CASE(seen_half_by_a_scan_that_sees_the_second_half) {
    rejects({"[   a=1 b=2   ]",
             "  [a..c:b2]    "});
}
BOOST_AUTO_TEST_CASE(seen_half_by_two_gets) {
    rejects({"[   a=1 b=2   ]",
             " [a:1] [b:-]   "});
}
BOOST_AUTO_TEST_CASE(seen_half_by_two_gets_of_two_threads) {
    rejects({"[   a=1 b=2   ]",
             " [a:1]         ",
             "       [b:-]   "});
}
BOOST_AUTO_TEST_CASE(seen_half_by_gets_at_one_moment) {
    rejects({"[   a=1 b=2   ]",
             "   [b:- a:1]   "});
}
BOOST_AUTO_TEST_CASE(seen_with_an_erase_that_did_not_happen) {
    rejects({"[b=1] [  a=2 b=-  ]",
             "       [a:2 b:1]   "});
}
BOOST_AUTO_TEST_CASE(seen_between_its_steps_on_one_key) {
    rejects({"[  a=1 a=2  ]",
             "   [a:1]     "});
}
BOOST_AUTO_TEST_CASE(mixed_with_another_batch) {
    rejects({"[a=1 b=2]             ",
             "[a=3 b=4]             ",
             "          [a..b:a1,b4]"});
}
BOOST_AUTO_TEST_CASE(mixed_with_another_batch_for_ever) {
    rejects({"[a=1 b=2]             ",
             "[a=3 b=4]             ",
             "          [a:1] [b:4] "});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(scans)

BOOST_AUTO_TEST_CASE(without_a_key_that_is_there) {
    rejects({"[a=1] [b=2]            ",
             "            [a..c:b2]  "});
}
BOOST_AUTO_TEST_CASE(with_a_key_that_was_erased) {
    rejects({"[a=1] [b=2] [a=-]               ",
             "                  [a..c:a1,b2]  "});
}
BOOST_AUTO_TEST_CASE(of_two_moments) {
    // It sees the later write but not the earlier one.
    rejects({" [a=1] [b=2]  ",
             "[   a..c:b2  ]"});
}
BOOST_AUTO_TEST_CASE(of_two_moments_that_an_erase_and_a_put_make) {
    // A key moves from b to a; a scan from a on sees neither.
    rejects({"[b=1]  [a=2] [b=-]   ",
             "      [   a..c:     ]"});
}
BOOST_AUTO_TEST_CASE(of_which_two_disagree) {
    rejects({"[      a=1        ]",
             "[      b=2        ]",
             "   [a..b:a1]       ",
             "   [a..b:b2]       "});
}
BOOST_AUTO_TEST_CASE(that_go_back) {
    rejects({"[        a=1 b=2           ]   ",
             " [a..b:a1,b2]   [a..b:]        "});
}
BOOST_AUTO_TEST_CASE(older_than_a_get_before_it) {
    rejects({"[a=1]  [       a=2       ]",
             "        [a:2] [a..c:a1]   "});
}
BOOST_AUTO_TEST_CASE(with_a_key_twice) {
    rejects({"[    a=1    ] [a=2]      ",
             "  [a..c:a1,a2]           "});
}
BOOST_AUTO_TEST_CASE(out_of_order) {
    rejects({"[a=1] [b=2]               ",
             "            [a..c:b2,a1]  "});
}
BOOST_AUTO_TEST_CASE(with_a_key_out_of_range) {
    rejects({"[a=1] [d=2]               ",
             "            [a..c:a1,d2]  "});
}
BOOST_AUTO_TEST_CASE(with_a_key_that_was_never_written) {
    rejects({"[a=1]               ",
             "      [a..c:a1,c2]  "});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(moments)

BOOST_AUTO_TEST_CASE(of_which_two_reads_disagree) {
    rejects({"[a=1] [a=2]        ",
             "     [ a:1 a:2 ]   "});
}
BOOST_AUTO_TEST_CASE(that_see_what_came_after_the_snapshot) {
    rejects({"             [b=2]",
             "[a..c:b2]        "});
}
BOOST_AUTO_TEST_CASE(that_miss_what_came_before_the_snapshot) {
    rejects({"[a=1]             ",
             "      [a:- b..c:] "});
}
BOOST_AUTO_TEST_CASE(that_mix_old_and_new) {
    rejects({"[a=1 b=2] [ a=3 b=4 ]    ",
             "         [ a:1 a..b:a3,b4 ]"});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(failed_writes)

BOOST_AUTO_TEST_CASE(seen_and_then_gone) {
    rejects({"[a=1?              ",
             "      [a:1] [a:-]  "});
}
BOOST_AUTO_TEST_CASE(seen_and_then_the_value_before) {
    rejects({"[a=1] [a=2?              ",
             "            [a:2] [a:1]  "});
}
BOOST_AUTO_TEST_CASE(seen_before_they_were_called) {
    rejects({"      [a=1?",
             "[a:1]      "});
}
BOOST_AUTO_TEST_CASE(seen_half) {
    rejects({"[a=1 b=2?             ",
             "          [a..c:a1]   "});
}
BOOST_AUTO_TEST_CASE(seen_half_and_then_whole) {
    rejects({"[a=1 b=2?                         ",
             "          [a:1]                   ",
             "                [b:-]  [a:1 b:2]  "});
}
BOOST_AUTO_TEST_CASE(of_an_erase_that_does_not_last) {
    rejects({"[a=1] [a=-?              ",
             "            [a:-] [a:1]  "});
}
BOOST_AUTO_TEST_CASE(that_would_have_to_happen_twice) {
    rejects({"[a=1] [a=-?       [a=2]            ",
             "            [a:-]       [a:-]      "});
}
BOOST_AUTO_TEST_CASE(that_would_have_to_hide_another_key) {
    // The failed batch is what erased a, so b is gone too.
    rejects({"[a=1 b=2] [a=- b=-?               ",
             "                     [a:-] [b:2]  "});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(sequence_numbers)

BOOST_AUTO_TEST_CASE(of_writes_in_another_order) {
    rejects({"[a=1 #2]              ",
             "[a=2 #1]              ",
             "            [a:2]     "});
}
BOOST_AUTO_TEST_CASE(against_real_time) {
    rejects({"[a=1 #2]              ",
             "         [b=2 #1]     "});
}
BOOST_AUTO_TEST_CASE(of_a_read_that_is_older) {
    rejects({"[a=1 #1] [a=2 #2]            ",
             "         [a:2 #1]            "});
}
BOOST_AUTO_TEST_CASE(of_a_read_that_is_newer) {
    rejects({"[a=1 #1] [    a=2 #2     ]   ",
             "          [a:1 #2]           "});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
