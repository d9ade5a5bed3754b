// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <memory>

/// Many small flushes leave few tables, and a tree of many tables reads, takes writes, opens again, and
/// comes to tables of the intended size. With LSM_LONG=1 there are 100 000 of them.
namespace many_tables_test {

using tree = lsm::basic_lsm_tree<int, int, lsm::skip_list_memtable,
                                 lsm::block_storage<lsm::memory_medium>, lsm::leveled_compaction>;

std::size_t tables_in(const tree& of) {
    return of.stats().tables.size();
}
/// How many tables compactions have taken and made.
struct table_counter : lsm::event_listener {
    std::size_t tables = 0;
    void on_compaction(const lsm::job_event& done) noexcept override {
        tables += done.inputs.size() + done.outputs.size();
    }
};
void check_all(const tree& of, int keys) {
    int next = 0;
    for (auto [key, value] : of.scan()) {
        BOOST_REQUIRE(key == next);
        BOOST_REQUIRE(value == 2 * next);
        ++next;
    }
    BOOST_TEST(next == keys);
    for (int key = 0; key < keys; key += 1 + keys / 100) BOOST_TEST(*of.get(key) == 2 * key);
}

BOOST_AUTO_TEST_SUITE(tree_many_tables)

BOOST_AUTO_TEST_CASE(are_not_left_by_small_flushes_of_ascending_keys) {
    constexpr int flushes = 500;
    const auto counted = std::make_shared<table_counter>();
    tree t(lsm::memory_disk(), {.listener = counted});
    for (int key = 0; key < flushes; ++key) {
        t.put(key, 2 * key);
        t.flush();
    }
    t.settle();
    BOOST_TEST(tables_in(t) <= 12U);
    BOOST_TEST(counted->tables <= 4U * flushes);
    t.compact();
    BOOST_TEST(tables_in(t) == 1U);
    check_all(t, flushes);
}

BOOST_AUTO_TEST_CASE(are_not_left_by_sessions_of_one_put) {
    const lsm::memory_disk disk;
    constexpr int sessions = 200;
    for (int key = sessions; key-- > 0;) {  // descending: what is there stands behind
        tree t(disk, {});
        t.put(key, 2 * key);
        t.settle();
    }
    tree t(disk, {});
    BOOST_TEST(tables_in(t) <= 12U);
    check_all(t, sessions);
}

BOOST_AUTO_TEST_CASE(open_and_take_writes_and_become_few_on_request) {
    const lsm::memory_disk disk;
    const int keys = std::getenv("LSM_LONG") ? 100'000 : 1000;
    {
        tree t(disk, {.compaction = {.max_table_bytes = 1}});  // a table each
        for (int key = 0; key < keys; ++key) t.put(key, 2 * key);
        t.flush();
        for (const int key : {0, keys - 1}) t.put(key, 2 * key);
        t.compact();
        BOOST_TEST(tables_in(t) == static_cast<std::size_t>(keys));
    }
    tree t(disk, {});
    BOOST_TEST(tables_in(t) == static_cast<std::size_t>(keys));
    check_all(t, keys);
    for (int key = 0; key < 10; ++key) {
        t.put(key * (keys / 10), 2 * key * (keys / 10));
        t.flush();
    }
    check_all(t, keys);
    t.compact();
    BOOST_TEST(tables_in(t) == 1U);
    check_all(t, keys);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace many_tables_test
