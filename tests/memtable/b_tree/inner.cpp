// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/memtable/b_tree.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace {

struct eight_and_four : lsm::detail::b_tree_shape {
    static constexpr std::size_t inner_sorted = 8;
    static constexpr std::size_t inner_appended = 4;
};

template <class Key>
using mark_of = lsm::detail::key_mark<Key>;
template <class Key>
using node_of = lsm::detail::b_tree_inner<mark_of<Key>, eight_and_four>;

using node = node_of<int>;
using mark = mark_of<int>;

/// A node whose sorted separators are 10, 20, … behind the first child, and children that say where
/// they begin.
struct filled_node {
    std::array<int, 100> places{};
    node filled;

    explicit filled_node(std::size_t sorted) : filled(1, branches(sorted)) {}

    node::branch branch(int separator) {
        return {mark::of(separator), &places.at(static_cast<std::size_t>(separator))};
    }
    int chosen(int key) const {
        const mark sought = mark::of(key);
        const auto at = filled.choose(lsm::detail::up_to<mark>{sought});
        return static_cast<int>(static_cast<const int*>(filled.child(at)) - places.data());
    }

private:
    std::vector<node::branch> branches(std::size_t count) {
        std::vector<node::branch> all{{mark(), places.data()}};
        while (all.size() < count) all.push_back(branch(static_cast<int>(10 * all.size())));
        return all;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(b_tree_inner_choose)

BOOST_AUTO_TEST_CASE(finds_the_last_child_that_begins_not_behind_the_key) {
    for (std::size_t sorted = 1; sorted <= 8; ++sorted) {
        const filled_node of(sorted);
        const int last = 10 * static_cast<int>(sorted - 1);
        for (int key = 0; key < 100; ++key)
            BOOST_TEST(of.chosen(key) == (key < last ? key / 10 * 10 : last));
    }
}

BOOST_AUTO_TEST_CASE(finds_children_that_were_appended_in_any_order) {
    filled_node of(4);
    for (const int separator : {25, 5, 95, 15}) of.filled.append(of.branch(separator));
    const std::vector<int> separators{0, 5, 10, 15, 20, 25, 30, 95};
    for (int key = 0; key < 100; ++key) {
        int expected = 0;
        for (const int separator : separators)
            if (separator <= key) expected = separator;
        BOOST_TEST(of.chosen(key) == expected);
    }
}

BOOST_AUTO_TEST_CASE(may_stop_short_of_the_key_itself) {
    const filled_node of(4);
    const mark sought = mark::of(20);
    BOOST_TEST(of.filled.choose(lsm::detail::up_to<mark>{sought}) == 2U);
    BOOST_TEST(of.filled.choose(lsm::detail::before<mark>{sought}) == 1U);
    BOOST_TEST(of.filled.choose(lsm::detail::to_first{}) == 0U);
    BOOST_TEST(of.filled.choose(lsm::detail::to_last{}) == 3U);
}

BOOST_AUTO_TEST_CASE(looks_at_the_whole_key_where_heads_are_equal) {
    using text_node = node_of<std::string>;
    const std::vector<std::string> texts{"", "same head a", "same head b", "same head c", "z"};
    std::vector<text_node::branch> branches;
    for (const std::string& text : texts)
        branches.push_back({mark_of<std::string>::of(text), nullptr});
    const text_node of(1, branches);
    const auto sought = mark_of<std::string>::of("same head bb");
    BOOST_TEST(of.choose(lsm::detail::up_to<mark_of<std::string>>{sought}) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(b_tree_inner_copy_sorted)

BOOST_AUTO_TEST_CASE(puts_what_was_appended_in_its_place) {
    filled_node of(8);
    for (const int separator : {25, 5, 95, 15}) {
        BOOST_TEST(!of.filled.is_full());
        of.filled.append(of.branch(separator));
    }
    BOOST_TEST(of.filled.is_full());
    std::array<node::branch, node::capacity> all;
    of.filled.copy_sorted(all.begin());
    std::vector<std::ptrdiff_t> begins;
    for (const node::branch& each : all)
        begins.push_back(static_cast<const int*>(each.child) - of.places.data());
    const std::vector<std::ptrdiff_t> expected{0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 95};
    BOOST_TEST(begins == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
