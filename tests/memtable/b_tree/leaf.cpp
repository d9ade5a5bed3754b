// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/memtable/arena.hpp>
#include <lsm/memtable/b_tree.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace {

struct slots_of_eight : lsm::detail::b_tree_shape {
    static constexpr std::size_t leaf_slots = 8;
};

using leaf = lsm::detail::b_tree_leaf<int, int, slots_of_eight>;
using mark = leaf::mark;
using version = leaf::version;

/// A leaf, and what is done to it.
struct leaf_and_memory {
    lsm::arena memory;
    leaf* const one = memory.make<leaf>(mark());

    void put(leaf& to, int key, lsm::sequence_number sequence = 1) {
        to.put(mark::of(key), leaf::fingerprint_of(key),
               *version::first(memory, int(key), sequence, 0));
    }
    void fill(std::vector<int> keys) {
        for (const int key : keys) put(*one, key);
    }
    static bool has(const leaf& in, int key) {
        const version* const found = in.find(mark::of(key), leaf::fingerprint_of(key));
        return found && found->key() == key;
    }
    static std::vector<int> live(const leaf& in) {
        std::vector<int> keys;
        in.for_each_live([&](const version& each) { keys.push_back(each.key()); });
        std::sort(keys.begin(), keys.end());
        return keys;
    }
};

using list = std::vector<int>;

}  // namespace

BOOST_AUTO_TEST_SUITE(b_tree_leaf_find)

BOOST_AUTO_TEST_CASE(finds_what_was_put_and_nothing_else) {
    leaf_and_memory of;
    for (const int key : {70, 10, 40}) {
        BOOST_TEST(!of.has(*of.one, key));
        of.put(*of.one, key);
    }
    for (int key = 0; key < 100; ++key)
        BOOST_TEST(of.has(*of.one, key) == (key == 70 || key == 10 || key == 40));
}

BOOST_AUTO_TEST_CASE(shows_the_newest_version) {
    leaf_and_memory of;
    of.fill({5, 6});
    const std::size_t at = of.one->slot_of(mark::of(6), leaf::fingerprint_of(6));
    of.one->renew(at, *version::next(of.memory, of.one->newest(at), 6, 9, 0));
    const version* const found = of.one->find(mark::of(6), leaf::fingerprint_of(6));
    BOOST_TEST(found->sequence == 9U);
    BOOST_TEST(found->older->sequence == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(b_tree_leaf_split)

BOOST_AUTO_TEST_CASE(gives_the_greater_half_to_the_right) {
    leaf_and_memory of;
    of.fill({8, 3, 6, 1, 7, 2, 5, 4});
    BOOST_TEST(of.one->is_full());
    const leaf::half made = of.one->split(of.memory, mark::of(0));
    BOOST_TEST(of.live(*of.one) == (list{1, 2, 3, 4, 5, 6, 7, 8}),
               boost::test_tools::per_element());
    of.one->hand_over(made);
    BOOST_TEST(of.live(*of.one) == (list{1, 2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST(of.live(*made.right) == (list{5, 6, 7, 8}), boost::test_tools::per_element());
    BOOST_TEST(of.one->next() == made.right);
    BOOST_TEST(!of.one->ends_before(mark::of(4)));
    BOOST_TEST(of.one->ends_before(mark::of(5)));
    BOOST_TEST(!made.right->ends_before(mark::of(1000)));
}

BOOST_AUTO_TEST_CASE(moves_nothing_for_a_key_that_is_greater_than_all) {
    leaf_and_memory of;
    of.fill({8, 3, 6, 1, 7, 2, 5, 4});
    const leaf::half made = of.one->split(of.memory, mark::of(9));
    of.one->hand_over(made);
    BOOST_TEST(of.live(*of.one).size() == 8U);
    BOOST_TEST(of.live(*made.right).empty());
    BOOST_TEST(of.one->ends_before(mark::of(9)));
    BOOST_TEST(!of.one->ends_before(mark::of(8)));
}

BOOST_AUTO_TEST_CASE(links_the_new_leaf_between_its_neighbours) {
    leaf_and_memory of;
    of.fill({1, 2, 3, 4, 5, 6, 7, 8});
    const leaf::half last = of.one->split(of.memory, mark::of(0));
    of.one->hand_over(last);
    for (const int key : {-1, -2, -3, -4}) of.put(*of.one, key);
    const leaf::half between = of.one->split(of.memory, mark::of(0));
    of.one->hand_over(between);
    BOOST_TEST(of.one->next() == between.right);
    BOOST_TEST(between.right->next() == last.right);
    BOOST_TEST(between.right->ends_before(mark::of(5)));
    BOOST_TEST(!between.right->ends_before(mark::of(4)));
}

BOOST_AUTO_TEST_CASE(uses_the_slots_of_what_moved_again) {
    leaf_and_memory of;
    of.fill({1, 2, 3, 4, 5, 6, 7, 8});
    of.one->hand_over(of.one->split(of.memory, mark::of(0)));
    BOOST_TEST(of.has(*of.one, 8));  // for who looked before the bound moved
    for (const int key : {-1, -2, -3, -4}) of.put(*of.one, key);
    BOOST_TEST(!of.has(*of.one, 8));
    BOOST_TEST(of.live(*of.one) == (list{-4, -3, -2, -1, 1, 2, 3, 4}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
