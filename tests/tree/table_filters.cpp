// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <vector>

/// Which keys that are not there cost a block.
namespace table_filters_test {

template <class Filter>
using tree_of =
    lsm::basic_lsm_tree<std::uint64_t, int, lsm::b_tree_memtable,
                        lsm::basic_storage<lsm::basic_block_format<Filter>, lsm::memory_medium>,
                        lsm::full_merge_compaction>;
using tree = tree_of<lsm::bloom_filter>;

constexpr std::uint64_t entries = 10'000;

/// A tree of one table, which holds the even numbers.
template <class Tree = tree>
Tree even_numbers(typename Tree::options how, const lsm::memory_disk& disk = {}) {
    how.memory_bytes = 0;  // so that each block that is needed is fetched
    Tree t{disk, how};
    for (std::uint64_t i = 0; i <= entries; ++i) t.put(2 * i, 0);
    t.flush();
    return t;
}
/// The odd ones, of which the filter may say that they are there.
template <class Tree>
std::vector<std::uint64_t> mistaken(const Tree& t, const std::vector<std::uint64_t>& asked) {
    std::vector<std::uint64_t> found;
    std::uint64_t before = t.stats().blocks_fetched;
    for (const std::uint64_t each : asked) {
        BOOST_REQUIRE(!t.contains(each));
        const std::uint64_t now = t.stats().blocks_fetched;
        if (now != before) found.push_back(each);
        before = now;
    }
    return found;
}
std::vector<std::uint64_t> odd_numbers() {
    std::vector<std::uint64_t> odd;
    for (std::uint64_t i = 0; i < entries; ++i) odd.push_back(2 * i + 1);
    return odd;
}
double share_mistaken(const auto& t) {
    return static_cast<double>(mistaken(t, odd_numbers()).size()) / static_cast<double>(entries);
}

BOOST_AUTO_TEST_SUITE(tree_table_filters)

BOOST_AUTO_TEST_CASE(spare_absent_keys_their_block) {
    BOOST_TEST(share_mistaken(even_numbers({})) < 0.02);
    tree::options dense;
    dense.storage.format.filter.bits_per_key = 16;
    BOOST_TEST(share_mistaken(even_numbers(dense)) < 0.004);
}

/// Who finds out which keys one tree's filters mistake has not found those of another one.
BOOST_AUTO_TEST_CASE(make_other_mistakes_in_each_tree) {
    const tree known = even_numbers({.filter_seed = 1});
    const auto chosen = mistaken(known, odd_numbers());
    BOOST_REQUIRE(chosen.size() > 60U);
    BOOST_TEST(mistaken(known, chosen).size() == chosen.size());
    const auto elsewhere = [&](const tree& t) { return mistaken(t, chosen).size(); };
    BOOST_TEST(elsewhere(even_numbers({.filter_seed = 1})) == chosen.size());
    BOOST_TEST(elsewhere(even_numbers({.filter_seed = 2})) < chosen.size() / 4);
    const tree first = even_numbers({}), second = even_numbers({});
    BOOST_TEST(elsewhere(first) < chosen.size() / 4);
    const auto of_first = mistaken(first, odd_numbers());
    BOOST_TEST(mistaken(second, of_first).size() < of_first.size() / 4);
}

BOOST_AUTO_TEST_CASE(keep_their_seed_when_a_tree_is_opened_again) {
    const lsm::memory_disk disk;
    std::vector<std::uint64_t> before;
    {
        tree t = even_numbers({}, disk);
        before = mistaken(t, odd_numbers());
        t.close();
    }
    tree t{disk, {.memory_bytes = 0, .filter_seed = 5}};
    BOOST_TEST((mistaken(t, odd_numbers()) == before));
    for (std::uint64_t i = 0; i <= entries; ++i) t.put(2 * i, 1);
    t.flush();
    t.compact();
    BOOST_TEST((mistaken(t, odd_numbers()) == before));
}

BOOST_AUTO_TEST_CASE(may_be_of_one_policy_for_the_oldest_and_another_for_the_others) {
    using mixed = tree_of<lsm::by_age<lsm::bloom_filter, lsm::fuse_filter>>;
    const lsm::memory_disk disk;
    mixed::options how;
    how.storage.format.filter.younger.bits_per_key = 0.01;
    {
        mixed t = even_numbers<mixed>(how, disk);  // nothing older is there
        const double dense = share_mistaken(t);
        BOOST_TEST(dense > 0.001);
        BOOST_TEST(dense < 0.008);
        for (std::uint64_t i = 0; i <= entries; ++i) t.put(2 * i, 1);
        t.flush();
        BOOST_TEST(share_mistaken(t) > 0.9);
        t.compact();
        BOOST_TEST(share_mistaken(t) < 0.008);
        t.close();
    }
    // Other trees in block tables know both, too.
    BOOST_TEST(share_mistaken(tree{disk, {.memory_bytes = 0}}) < 0.008);
}

BOOST_AUTO_TEST_CASE(may_be_none) {
    BOOST_TEST(share_mistaken(even_numbers<tree_of<lsm::no_filter>>({})) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace table_filters_test
