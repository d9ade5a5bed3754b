// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"

#include <boost/test/unit_test.hpp>

using drawn::accepts;

// clang-format off
BOOST_AUTO_TEST_SUITE(check_history_accepts)

BOOST_AUTO_TEST_CASE(nothing_at_all) {
    accepts({});
    accepts({"[a:-] [a..c:]"});
}
BOOST_AUTO_TEST_CASE(concurrent_puts_in_one_order) {
    accepts({"[  a=1  ]           ",
             "[  a=2  ]           ",
             "          [a:1]     "});
}
BOOST_AUTO_TEST_CASE(concurrent_puts_in_the_other_order) {
    accepts({"[  a=1  ]           ",
             "[  a=2  ]           ",
             "          [a:2]     "});
}
BOOST_AUTO_TEST_CASE(the_old_value_while_a_put_goes_on) {
    accepts({"[a=1] [       a=2       ]",
             "       [a:1] [a:1] [a:2] "});
}
BOOST_AUTO_TEST_CASE(the_new_value_while_a_put_goes_on) {
    accepts({"[a=1] [       a=2       ]",
             "       [a:2] [a:2]       "});
}
BOOST_AUTO_TEST_CASE(observers_who_see_a_put_at_different_times) {
    accepts({"[a=1] [       a=2       ]",
             "       [    a:2    ]     ",
             "        [a:1]            "});
}
BOOST_AUTO_TEST_CASE(a_get_that_began_before_the_put) {
    accepts({"   [a=1]   ",
             "[   a:1   ]"});
}
BOOST_AUTO_TEST_CASE(a_get_that_began_before_the_put_and_misses_it) {
    accepts({"   [a=1]   ",
             "[   a:-   ]"});
}
BOOST_AUTO_TEST_CASE(values_in_the_order_that_only_a_slow_put_allows) {
    // a=1 is called first, and happens last.
    accepts({"[           a=1            ]      ",
             "  [a=2] [a:2] [a=3] [a:3]    [a:1]"});
}
BOOST_AUTO_TEST_CASE(a_key_that_comes_and_goes) {
    accepts({"[   a=1   ] [   a=-   ] [   a=2   ]",
             " [a:-][a:1]  [a:1][a:-]  [a:-][a:2]"});
}
BOOST_AUTO_TEST_CASE(an_erase_of_nothing) {
    accepts({"[a=-] [a:-] [a=1] [a:1]"});
}
BOOST_AUTO_TEST_CASE(two_concurrent_erases_around_a_put) {
    accepts({"[a=1] [   a=-   ]             ",
             "      [   a=-   ]  [a:2]      ",
             "      [ a=2   ]               "});
}
BOOST_AUTO_TEST_CASE(a_batch_whole_or_absent_while_it_is_written) {
    accepts({"[            a=1 b=2           ]",
             " [a..b:]                        ",
             "          [a..b:a1,b2]          "});
}
BOOST_AUTO_TEST_CASE(a_batch_between_two_gets) {
    accepts({"[   a=1 b=2   ]",
             " [a:-] [b:2]   "});
}
BOOST_AUTO_TEST_CASE(a_batch_whose_later_step_wins) {
    accepts({"[a=1 a=- b=2 b=3]             ",
             "                  [a..b:b3]   "});
}
BOOST_AUTO_TEST_CASE(batches_of_which_one_wins_whole) {
    accepts({"[a=1 b=2]               ",
             "[a=3 b=4]               ",
             "          [a..b:a1,b2]  "});
}
BOOST_AUTO_TEST_CASE(a_batch_partly_overwritten) {
    accepts({"[a=1 b=2]                     ",
             "         [   a=3   ]          ",
             "           [a..b:a3,b2]       "});
}
BOOST_AUTO_TEST_CASE(scans_that_see_concurrent_puts_one_by_one) {
    accepts({"[                 a=1                 ]",
             "[                 b=2                 ]",
             "  [a..b:]  [a..b:b2]  [a..b:a1,b2]     "});
}
BOOST_AUTO_TEST_CASE(a_scan_of_part_of_a_batch) {
    accepts({"[a=1 b=2 c=3]              ",
             "              [b..b:b2]    "});
}
BOOST_AUTO_TEST_CASE(a_snapshot_read_after_later_writes) {
    // What a moment shows is of the time when it was taken, whenever it is read.
    accepts({"[a=1] [      a=2      ] [a:2]",
             "       [a:1 a..b:a1]         "});
}
BOOST_AUTO_TEST_CASE(a_failed_write_that_happened) {
    accepts({"[a=1?            ",
             "      [a:1] [a:1]"});
}
BOOST_AUTO_TEST_CASE(a_failed_write_that_did_not) {
    accepts({"[a=1] [a=2?            ",
             "            [a:1] [a:1]"});
}
BOOST_AUTO_TEST_CASE(a_failed_write_that_happens_later) {
    accepts({"[a=1] [a=2?               ",
             "            [a:1] [a:2]   "});
}
BOOST_AUTO_TEST_CASE(a_failed_write_that_happens_after_a_later_one) {
    accepts({"[a=1?      [a=2]             ",
             "                 [a:2] [a:1] "});
}
BOOST_AUTO_TEST_CASE(a_failed_erase_that_happened) {
    accepts({"[a=1] [a=-?            ",
             "            [a:-] [a:-]"});
}
BOOST_AUTO_TEST_CASE(failed_erases_that_happen_one_by_one) {
    accepts({"[a=1] [a=-? [a=-?      [a=2]            ",
             "                  [a:-]      [a:-] [a:-]"});
}
BOOST_AUTO_TEST_CASE(a_failed_batch_that_happens_whole) {
    accepts({"[a=1] [a=- b=2?                        ",
             "                [a:1] [b:-] [a..b:b2]  "});
}
BOOST_AUTO_TEST_CASE(a_failed_batch_of_erases_part_of_which_is_written_again) {
    accepts({"[a=1 b=2] [a=- b=-? [b=3]              ",
             "                          [b:3] [a:-]  "});
}
BOOST_AUTO_TEST_CASE(a_read_that_never_returned) {
    accepts({"[a=1] [?  ",
             "     [a:1]"});
}
BOOST_AUTO_TEST_CASE(concurrent_writes_as_their_sequence_numbers_say) {
    accepts({"[a=1 #2]              ",
             "[a=2 #1]              ",
             "            [a:1]     "});
}
BOOST_AUTO_TEST_CASE(reads_at_their_sequence_number) {
    accepts({"[a=1 #1] [       a=2 #2          ]  ",
             "           [a:1 #1] [a:2 #2]        "});
}

BOOST_AUTO_TEST_SUITE_END()
