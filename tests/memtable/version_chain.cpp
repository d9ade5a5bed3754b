// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/memtable/version_chain.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using content = lsm::payload<std::string>;
using chain = lsm::version_chain<content>;

std::unique_ptr<chain::version> make(lsm::sequence_number sequence) {
    return std::make_unique<chain::version>(sequence, content("at " + std::to_string(sequence)));
}

chain make_chain(const std::vector<lsm::sequence_number>& sequences) {
    chain made;
    for (const lsm::sequence_number sequence : sequences)
        made.push(make(sequence), lsm::no_sequence);
    return made;
}

std::vector<lsm::sequence_number> sequences(const chain& of) {
    std::vector<lsm::sequence_number> all;
    for (auto here = of.newest(); here; here = here->older.get()) all.push_back(here->sequence);
    return all;
}

using list = std::vector<lsm::sequence_number>;

}  // namespace

BOOST_AUTO_TEST_SUITE(version_chain_push)

BOOST_AUTO_TEST_CASE(puts_the_newest_first) {
    BOOST_TEST(sequences(make_chain({2, 5, 9})) == (list{9, 5, 2}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(forgets_nothing_at_floor_zero) {
    chain versions = make_chain({1, 2, 3});
    BOOST_TEST(versions.push(make(4), lsm::no_sequence) == 0U);
    BOOST_TEST(sequences(versions).size() == 4U);
}

BOOST_AUTO_TEST_CASE(keeps_the_newest_version_that_is_not_above_the_floor) {
    chain versions = make_chain({1, 3, 5, 7});
    versions.push(make(9), 6);
    BOOST_TEST(sequences(versions) == (list{9, 7, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(forgets_all_others_when_the_added_one_is_not_above_the_floor) {
    chain versions = make_chain({1, 3, 5});
    versions.push(make(9), 9);
    BOOST_TEST(sequences(versions) == (list{9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tells_how_much_it_gave_back) {
    chain versions = make_chain({1, 3, 5});
    const std::size_t hidden = make(1)->bytes + make(3)->bytes;
    BOOST_TEST(versions.push(make(9), 5) == hidden);
}

BOOST_AUTO_TEST_CASE(leaves_the_older_versions_where_they_are) {
    chain versions = make_chain({1, 3});
    const chain::version* const third = versions.newest();
    versions.push(make(5), 3);
    BOOST_TEST(versions.newest()->older.get() == third);
    BOOST_TEST(third->payload.value() == "at 3");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(version_chain_at)

BOOST_AUTO_TEST_CASE(gives_the_newest_version_that_is_not_newer) {
    const chain versions = make_chain({2, 5, 9});
    BOOST_TEST(versions.at(lsm::max_sequence)->sequence == 9U);
    BOOST_TEST(versions.at(9)->sequence == 9U);
    BOOST_TEST(versions.at(8)->sequence == 5U);
    BOOST_TEST(versions.at(2)->sequence == 2U);
}

BOOST_AUTO_TEST_CASE(gives_nothing_where_all_are_newer) {
    BOOST_TEST(make_chain({2, 5}).at(1) == nullptr);
    BOOST_TEST(chain{}.at(lsm::max_sequence) == nullptr);
    BOOST_TEST(chain{}.newest() == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(version_chain_lifetime)

BOOST_AUTO_TEST_CASE(ends_without_a_deep_stack) {
    chain versions;
    for (lsm::sequence_number sequence = 1; sequence <= 20'000; ++sequence)
        versions.push(std::make_unique<chain::version>(sequence, content::tombstone()),
                      lsm::no_sequence);
    BOOST_TEST(versions.newest()->sequence == 20'000U);
}

BOOST_AUTO_TEST_CASE(moves_without_throwing_and_takes_the_versions_along) {
    static_assert(std::is_nothrow_move_constructible_v<chain> &&
                  std::is_nothrow_move_assignable_v<chain>);
    chain versions = make_chain({1, 2});
    const chain::version* const newest = versions.newest();
    chain moved = std::move(versions);
    BOOST_TEST(moved.newest() == newest);
    chain assigned = make_chain({7});
    assigned = std::move(moved);
    BOOST_TEST(assigned.newest() == newest);
}

BOOST_AUTO_TEST_SUITE_END()
