// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace writing_while_reading_test {

template <class Memtable>
using tree_with = support::memory_tree<std::string, std::string, Memtable>;

std::string name(int i) {
    return "key " + std::to_string(1000 + i);
}

template <class Memtable>
tree_with<Memtable> make_hundred() {
    tree_with<Memtable> t{lsm::memory_disk()};
    for (int i = 0; i < 100; ++i) t.put(name(i), "old " + name(i));
    return t;
}

/// The hundred as they were, seen through a scan in whose loop `f(tree, i)` writes.
template <class Memtable, class F>
void check_scan(bool reversed, F f) {
    auto t = make_hundred<Memtable>();
    int seen = 0;
    for (const auto& [key, value] : reversed ? t.scan().reversed() : t.scan()) {
        const int i = reversed ? 99 - seen : seen;
        BOOST_REQUIRE(key == name(i));
        BOOST_REQUIRE(value == "old " + name(i));
        f(t, i);
        BOOST_REQUIRE(key == name(i));
        BOOST_REQUIRE(value == "old " + name(i));
        ++seen;
    }
    BOOST_TEST(seen == 100);
}

BOOST_AUTO_TEST_SUITE(tree_writing_while_scanning)

BOOST_AUTO_TEST_CASE_TEMPLATE(the_keys_shown, Memtable, support::memtables) {
    for (const bool reversed : {false, true})
        check_scan<Memtable>(reversed, [](auto& t, int i) {
            for (int n = 0; n < 3; ++n) t.put(name(i), "new");
            if (i % 2 == 0) t.erase(name(i));
        });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_keys_ahead_and_behind, Memtable, support::memtables) {
    for (const bool reversed : {false, true})
        check_scan<Memtable>(reversed, [](auto& t, int i) {
            for (const int other : {i - 1, i + 1, i + 7, 99 - i}) t.put(name(other), "new");
            t.erase(name(i + 2));
            t.erase(name(i - 2));
        });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(new_keys_everywhere, Memtable, support::memtables) {
    for (const bool reversed : {false, true})
        check_scan<Memtable>(reversed, [](auto& t, int i) {
            for (int n = 0; n < 100; ++n)
                t.put(name((37 * i + n) % 100) + std::to_string(n), "new");
        });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(so_that_memory_is_flushed_and_compacted, Memtable,
                              support::memtables) {
    for (const bool reversed : {false, true})
        check_scan<Memtable>(reversed, [](auto& t, int i) {
            t.put(name(i), std::string(1000, 'n'));
            if (i % 10 == 5) t.flush();
            if (i % 30 == 15) t.compact();
        });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(doubles_every_entry_once, Memtable, support::memtables) {
    auto t = make_hundred<Memtable>();
    for (auto&& [key, value] : t.scan()) t.put("z" + std::string(key), std::string(value));
    BOOST_TEST(support::keys_of(t.scan()).size() == 200U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_writing_while_visiting)

BOOST_AUTO_TEST_CASE_TEMPLATE(leaves_what_is_shown, Memtable, support::memtables) {
    auto t = make_hundred<Memtable>();
    const bool found = t.visit(name(50), [&](std::string_view value) {
        for (int n = 0; n < 5; ++n) t.put(name(50), "new");
        for (int n = 0; n < 1000; ++n) t.put(std::to_string(n), "other");
        t.erase(name(50));
        t.compact();
        BOOST_TEST(value == "old " + name(50));
    });
    BOOST_TEST(found);
    BOOST_TEST(!t.contains(name(50)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_a_table_leaves_what_is_shown, Memtable, support::memtables) {
    auto t = make_hundred<Memtable>();
    t.flush();
    t.visit(name(50), [&](std::string_view value) {
        t.put(name(50), "new");
        t.compact();
        for (int i = 0; i < 100; ++i) (void)t.get(name(i));
        BOOST_TEST(value == "old " + name(50));
    });
    BOOST_TEST(t.get(name(50)).value() == "new");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(may_nest, Memtable, support::memtables) {
    auto t = make_hundred<Memtable>();
    t.visit(name(1), [&](std::string_view outer) {
        t.put(name(2), "new");
        t.visit(name(2), [&](std::string_view inner) {
            t.put(name(1), "new");
            t.put(name(2), "newer");
            BOOST_TEST(inner == "new");
        });
        BOOST_TEST(outer == "old " + name(1));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace writing_while_reading_test
