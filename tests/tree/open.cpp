// SPDX-License-Identifier: BSL-1.0
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace open_test {

using tree = support::disk_tree<int, std::string>;
using lsm::errc;
using lsm::open_mode;
using support::is;

BOOST_AUTO_TEST_SUITE(tree_open)

BOOST_AUTO_TEST_CASE(creates_what_is_missing) {
    const support::temporary_folder folder;
    const tree t{folder / "new"};
    BOOST_TEST(std::filesystem::exists(folder / "new/root"));
}

BOOST_AUTO_TEST_CASE(of_what_must_exist_refuses_what_does_not) {
    const support::temporary_folder folder;
    for (const open_mode mode : {open_mode::open, open_mode::read_only})
        BOOST_CHECK_EXCEPTION(tree(folder / "none", {.mode = mode}), lsm::error,
                              is(errc::invalid_argument));
    BOOST_TEST(!std::filesystem::exists(folder / "none"));
    std::filesystem::create_directory(folder / "empty");
    BOOST_CHECK_EXCEPTION(tree(folder / "empty", {.mode = open_mode::open}), lsm::error,
                          is(errc::invalid_argument));
    BOOST_TEST(std::filesystem::is_empty(folder / "empty"));
}

BOOST_AUTO_TEST_CASE(of_what_must_be_new_refuses_a_tree) {
    const support::temporary_folder folder;
    {
        tree t{folder / "t", {.mode = open_mode::create}};
    }
    BOOST_CHECK_EXCEPTION(tree(folder / "t", {.mode = open_mode::create}), lsm::error,
                          is(errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(read_only_reads_and_refuses_to_write) {
    const support::temporary_folder folder;
    {
        tree(folder / "t").put(1, "one");
    }
    tree t{folder / "t", {.mode = open_mode::read_only}};
    BOOST_TEST(t.get(1).value() == "one");
    BOOST_CHECK_EXCEPTION(t.put(2, "two"), lsm::error, is(errc::read_only));
    BOOST_CHECK_EXCEPTION(t.erase(1), lsm::error, is(errc::read_only));
    BOOST_CHECK_EXCEPTION(t.flush(), lsm::error, is(errc::read_only));
    BOOST_CHECK_EXCEPTION(t.compact(), lsm::error, is(errc::read_only));
    BOOST_TEST((support::keys_of(t.scan()) == std::vector<int>{1}));
    t.close();
}

BOOST_AUTO_TEST_CASE(read_only_lets_other_readers_in) {
    const support::temporary_folder folder;
    {
        tree(folder / "t").put(1, "one");
    }
    const tree a{folder / "t", {.mode = open_mode::read_only}};
    const tree b{folder / "t", {.mode = open_mode::read_only}};
    BOOST_TEST(b.get(1).value() == "one");
    BOOST_CHECK_EXCEPTION(tree(folder / "t"), lsm::error, is(errc::locked));
}

BOOST_AUTO_TEST_CASE(refuses_tables_without_a_root) {
    const support::temporary_folder folder;
    {
        tree(folder / "t").put(1, "one");
    }
    for (const char* name : {"t/root", "t/lsm.lock"}) std::filesystem::remove(folder / name);
    BOOST_CHECK_EXCEPTION(tree(folder / "t"), lsm::error, is(errc::corruption));
    BOOST_TEST(!std::filesystem::exists(folder / "t/root"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_close)

BOOST_AUTO_TEST_CASE(keeps_what_was_only_in_memory) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    t.put(1, "one");
    t.close();
    BOOST_TEST(tree(folder / "t").get(1).value() == "one");
}

BOOST_AUTO_TEST_CASE(happens_in_the_destructor_too) {
    const support::temporary_folder folder;
    {
        tree(folder / "t").put(1, "one");
    }
    BOOST_TEST(tree(folder / "t").get(1).value() == "one");
}

BOOST_AUTO_TEST_CASE(twice_is_no_error) {
    tree t{support::temporary_folder() / "t"};
    t.close();
    t.close();
}

BOOST_AUTO_TEST_CASE(ends_all_use) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    const auto snapshot = t.snapshot();
    t.close();
    BOOST_CHECK_EXCEPTION(t.put(1, "one"), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION((void)t.get(1), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION((void)t.contains(1), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION((void)t.scan(), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION((void)t.stats(), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION(t.flush(), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION((void)snapshot.get(1), lsm::error, is(errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(leaves_the_lock_to_views_that_live) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    t.put(1, "one");
    t.flush();
    auto view = t.scan();
    t.close();
    BOOST_CHECK_EXCEPTION(tree(folder / "t"), lsm::error, is(errc::locked));
    BOOST_TEST((support::keys_of(view) == std::vector<int>{1}));
    view = {};
    BOOST_TEST(tree(folder / "t").contains(1));
}

BOOST_AUTO_TEST_CASE(leaves_the_lock_to_views_of_memory_alone) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    t.put(1, "one");
    const auto view = t.scan();
    t.close();
    BOOST_CHECK_EXCEPTION(tree(folder / "t"), lsm::error, is(errc::locked));
}

BOOST_AUTO_TEST_CASE(of_what_was_not_changed_writes_nothing) {
    const support::temporary_folder folder;
    {
        tree(folder / "t").put(1, "one");
    }
    const auto before = std::filesystem::last_write_time(folder / "t/root");
    tree(folder / "t").close();
    BOOST_TEST((std::filesystem::last_write_time(folder / "t/root") == before));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_reopen)

BOOST_AUTO_TEST_CASE(goes_on_with_the_sequence_numbers) {
    const lsm::memory_disk disk;
    using on_memory = support::memory_tree<int, std::string>;
    {
        on_memory(disk).put(1, "old");
    }
    {
        on_memory(disk).put(1, "new");
    }
    on_memory t{disk};
    BOOST_TEST(t.stats().last_sequence == 2U);
    t.compact();
    BOOST_TEST(t.get(1).value() == "new");
}

BOOST_AUTO_TEST_CASE(goes_on_after_numbers_whose_entries_are_all_gone) {
    const lsm::memory_disk disk;
    using on_memory = support::memory_tree<int, std::string>;
    {
        on_memory t{disk};
        t.put(1, "one");
        t.erase(1);
        t.compact();
    }
    BOOST_TEST(on_memory(disk).stats().last_sequence == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_move)

BOOST_AUTO_TEST_CASE(takes_the_tree_along) {
    const support::temporary_folder folder;
    tree a{folder / "t"};
    a.put(1, "one");
    const auto snapshot = a.snapshot();
    const auto view = a.scan();
    tree b{std::move(a)};
    b.put(2, "two");
    BOOST_TEST(b.get(1).value() == "one");
    BOOST_TEST(!snapshot.contains(2));
    BOOST_TEST((support::keys_of(view) == std::vector<int>{1}));
}

BOOST_AUTO_TEST_CASE(closes_the_tree_that_is_assigned_to) {
    const support::temporary_folder folder;
    tree a{folder / "a"};
    tree b{folder / "b"};
    b.put(1, "b");
    b = std::move(a);
    BOOST_TEST(!b.contains(1));
    BOOST_TEST(tree(folder / "b").get(1).value() == "b");
}

BOOST_AUTO_TEST_CASE(to_itself_changes_nothing) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    t.put(1, "one");
    tree& same = t;
    t = std::move(same);
    BOOST_TEST(t.get(1).value() == "one");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace open_test
