// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

namespace write_test {

using tree = support::memory_tree<int, std::string>;

BOOST_AUTO_TEST_SUITE(tree_put)

BOOST_AUTO_TEST_CASE(newest_write_wins) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    t.put(1, "new");
    BOOST_TEST(t.get(1).value() == "new");
}

BOOST_AUTO_TEST_CASE(wins_over_what_tables_hold) {
    tree t{lsm::memory_disk()};
    t.put(1, "first");
    t.flush();
    t.put(1, "second");
    t.flush();
    BOOST_TEST(t.get(1).value() == "second");
    t.put(1, "third");
    BOOST_TEST(t.get(1).value() == "third");
}

BOOST_AUTO_TEST_CASE(brings_an_erased_key_back) {
    tree t{lsm::memory_disk()};
    t.put(1, "old");
    t.erase(1);
    t.flush();
    t.put(1, "new");
    BOOST_TEST(t.get(1).value() == "new");
}

BOOST_AUTO_TEST_CASE(gets_the_next_sequence_number) {
    tree t{lsm::memory_disk()};
    t.put(1, "a");
    t.erase(2);
    BOOST_TEST(t.stats().last_sequence == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_erase)

BOOST_AUTO_TEST_CASE(hides_the_value_in_the_memtable) {
    tree t{lsm::memory_disk()};
    t.put(1, "a");
    t.erase(1);
    BOOST_TEST(!t.contains(1));
    BOOST_TEST(!t.get(1).has_value());
}

BOOST_AUTO_TEST_CASE(hides_the_value_in_a_table) {
    tree t{lsm::memory_disk()};
    t.put(1, "a");
    t.flush();
    t.erase(1);
    BOOST_TEST(!t.contains(1));
    t.flush();
    BOOST_TEST(!t.contains(1));
}

BOOST_AUTO_TEST_CASE(of_an_absent_key_is_no_error) {
    tree t{lsm::memory_disk()};
    t.erase(1);
    t.compact();
    BOOST_TEST(!t.contains(1));
    BOOST_TEST(t.stats().tables.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_write)

BOOST_AUTO_TEST_CASE(does_all_steps) {
    tree t{lsm::memory_disk()};
    t.put(1, "one");
    tree::write_batch batch;
    batch.erase(1);
    batch.put(2, "two");
    batch.put(3, "three");
    t.write(std::move(batch));
    BOOST_TEST((support::keys_of(t.scan()) == std::vector<int>{2, 3}));
}

BOOST_AUTO_TEST_CASE(lets_later_steps_win) {
    tree t{lsm::memory_disk()};
    tree::write_batch batch;
    batch.put(1, "first");
    batch.erase(1);
    batch.put(1, "last");
    batch.put(2, "gone");
    batch.erase(2);
    t.write(batch);
    BOOST_TEST(t.get(1).value() == "last");
    BOOST_TEST(!t.contains(2));
}

BOOST_AUTO_TEST_CASE(of_an_empty_batch_changes_nothing) {
    tree t{lsm::memory_disk()};
    t.write({});
    BOOST_TEST(t.stats().last_sequence == 0U);
}

BOOST_AUTO_TEST_CASE(takes_a_copy_that_can_be_written_again) {
    tree t{lsm::memory_disk()};
    tree::write_batch batch;
    batch.put(1, "one");
    t.write(batch);
    t.erase(1);
    t.write(batch);
    BOOST_TEST(t.get(1).value() == "one");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace write_test
