// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/file_system/posix.hpp>
#include <lsm/storage/medium/folder_owner.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

/// Which folders a tree can be in, and which owner may have one: the decisions, where no test can have the
/// file system, and paths that are wrong.
namespace folders_test {

namespace fs = std::filesystem;
using enum lsm::lock_result;
using lsm::detail::is_unsupported;
using lsm::detail::optional_call;
using tree = support::disk_tree<int, std::string>;

/// What is said of a path that no folder can have.
std::string refusal(const std::string& path) {
    std::string what;
    BOOST_CHECK_EXCEPTION((void)lsm::posix_file_system().open_folder(path, true), lsm::error,
                          [&](const lsm::error& failure) {
                              what = failure.what();
                              return failure.which() == lsm::errc::invalid_argument;
                          });
    return what;
}
bool says(const std::string& what, const std::string& part) {
    return what.find(part) != what.npos;
}

/// Whether nothing is said against an owner.
bool may_own(lsm::lock_result folder, std::optional<lsm::lock_result> file, bool remote = false,
             bool may_be_remote = false, bool shared = false) {
    return lsm::detail::judge_locks(folder, file, remote, may_be_remote, shared).why.empty();
}

BOOST_AUTO_TEST_SUITE(faults_foreign)

/// Makes a folder with a tree in it, and these files beside it.
std::string make(const support::temporary_folder& folder,
                 std::initializer_list<const char*> names) {
    {
        tree(folder / "t").put(1, "one");
    }
    for (const char* name : names) std::ofstream(folder / "t/" + name) << "another program's\n";
    return folder / "t";
}
bool are_left(const std::string& path, std::initializer_list<const char*> names) {
    return std::ranges::all_of(
        names, [&](const char* name) { return fs::file_size(path + "/" + name) == 18; });
}

BOOST_AUTO_TEST_CASE(files_stay_and_are_named_by_their_extension_or_their_first_bytes) {
    const support::temporary_folder folder;
    const auto names = {"log_0000", "log_2024", "sstable_0000.csv", "sstable_0007.lsm"};
    const std::string path = make(folder, names);
    for (int i = 0; i < 3; ++i) {
        tree t{path};
        BOOST_TEST(t.get(1).value() == "one");
        BOOST_TEST(t.recovered().orphans_removed == 0U);
        auto left = t.recovered().foreign_files;
        std::ranges::sort(left);
        BOOST_TEST(left == std::vector<std::string>(names.begin(), names.end()),
                   boost::test_tools::per_element());
        t.put(2, std::string(100'000, 'x'));
        t.flush();
        t.compact();
    }
    BOOST_TEST(are_left(path, names));
}

BOOST_AUTO_TEST_CASE(files_of_numbers_that_no_tree_gets_to_are_in_no_way) {
    const support::temporary_folder folder;
    const auto names = {"sstable_9223372036854775807.lsm", "log_9223372036854775807"};
    const std::string path = make(folder, names);
    for (int i = 0; i < 2; ++i) tree(path).put(i, "more");
    BOOST_TEST(are_left(path, names));
}

BOOST_AUTO_TEST_CASE(files_are_in_the_way_of_no_new_tree) {
    const support::temporary_folder folder;
    fs::create_directory(folder / "t");
    const auto names = {"sstable_0000.lsm", "sstable_0000.csv", "log_0000"};
    for (const char* name : names) std::ofstream(folder / "t/" + name) << "another program's\n";
    {
        tree(folder / "t").put(1, "one");
    }
    BOOST_TEST(tree(folder / "t").get(1).value() == "one");
    BOOST_TEST(are_left(folder / "t", names));
}

BOOST_AUTO_TEST_CASE(folders_and_links_of_such_names_stay) {
    const support::temporary_folder folder;
    const std::string path = make(folder, {});
    fs::create_directory(path + "/sstable_0005.lsm");
    fs::create_symlink("nowhere", path + "/log_0005");
    BOOST_TEST(tree(path).recovered().foreign_files.size() == 2U);
    BOOST_TEST(fs::is_directory(path + "/sstable_0005.lsm"));
    BOOST_TEST(fs::is_symlink(path + "/log_0005"));
}

BOOST_AUTO_TEST_CASE(files_that_a_crash_left_are_told_from_them) {
    const support::temporary_folder folder;
    const auto names = {"sstable_0007.lsm", "log_0007", "sstable_0008.lsm", "log_0008"};
    const std::string path = make(folder, names);
    fs::copy(path, folder / "copy");
    {
        tree t{path};
        t.put(2, "two");  // the root says that not all is told
        fs::remove_all(folder / "copy");
        fs::copy(path, folder / "copy");
    }
    const std::string copy = folder / "copy";
    std::ofstream(copy + "/sstable_0007.lsm") << "lsm bl";  // cut
    std::ofstream(copy + "/sstable_0008.lsm") << std::string(5000, '\0');
    fs::resize_file(copy + "/log_0007", 0);
    std::ofstream(copy + "/log_0008") << std::string(5000, '\0');
    const tree t{copy};
    BOOST_TEST(t.recovered().orphans_removed == 4U);
    BOOST_TEST(t.recovered().foreign_files.empty());
    for (const char* name : names) BOOST_TEST(!fs::exists(copy + "/" + name));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(faults_folders)

BOOST_AUTO_TEST_CASE(a_path_with_a_nul_opens_no_other_folder) {
    const support::temporary_folder folder;
    std::string path = folder / "tenant";
    path.append(1, '\0').append("/../other");
    BOOST_TEST(says(refusal(path), "NUL"));
    BOOST_CHECK_EXCEPTION(tree{path}, lsm::error, support::is(lsm::errc::invalid_argument));
    BOOST_TEST(!fs::exists(folder / "tenant"));
}

BOOST_AUTO_TEST_CASE(a_path_that_is_wrong_is_told_by_its_cause) {
    const support::temporary_folder folder;
    BOOST_TEST(says(refusal(""), "is empty"));
    BOOST_TEST(says(refusal(folder / "no/t"), "is missing: make that first"));
    std::ofstream(folder / "file") << "text";
    BOOST_TEST(says(refusal(folder / "file"), "is a file"));
    BOOST_TEST(says(refusal(folder / "file/t"), "is a file"));
    fs::create_symlink("nowhere", folder / "link");
    BOOST_TEST(says(refusal(folder / "link"), "leads nowhere"));
    fs::create_symlink("circle", folder / "circle");
    BOOST_TEST(says(refusal(folder / "circle"), "circle"));
    BOOST_TEST(says(refusal(folder / std::string(300, 'n')), "too long"));
}

BOOST_AUTO_TEST_CASE(where_nothing_can_be_written_the_message_says_how_to_read) {
    const auto error = lsm::detail::folder_error("t", EROFS, true);
    BOOST_CHECK(error.which() == lsm::errc::invalid_argument);
    BOOST_TEST(says(error.what(), "open_mode::read_only"));
    BOOST_TEST(says(lsm::detail::io_error("creating f", EROFS).what(), "open_mode::read_only"));
    BOOST_TEST(lsm::detail::io_error("creating f", EROFS).system_errno() == EROFS);
}

BOOST_AUTO_TEST_CASE(calls_that_a_file_system_does_not_have_are_told_from_those_that_fail) {
    for (const auto call :
         {optional_call::sync_folder, optional_call::lock_folder, optional_call::lock_file,
          optional_call::set_mode, optional_call::reserve, optional_call::write_durably}) {
        for (const int missing : {ENOSYS, ENOTSUP, EOPNOTSUPP, EINVAL})
            BOOST_TEST(is_unsupported(call, missing));
        for (const int failed : {EIO, ENOSPC, EDQUOT, EROFS, EINTR, EACCES, ENOENT, EMFILE, EAGAIN})
            BOOST_TEST(!is_unsupported(call, failed));
        BOOST_TEST(is_unsupported(call, EPERM) == (call == optional_call::set_mode));
        BOOST_TEST(is_unsupported(call, EBADF) == (call == optional_call::lock_folder));
        BOOST_TEST(is_unsupported(call, ENODEV) == (call == optional_call::reserve));
        const bool locks = call == optional_call::lock_folder || call == optional_call::lock_file;
        BOOST_TEST(is_unsupported(call, ENOLCK) == locks);
    }
}

BOOST_AUTO_TEST_CASE(file_systems_of_other_machines_are_known_and_local_ones_are_none) {
    for (const unsigned long type : {0x6969UL, 0x517bUL, 0xff534d42UL, 0xfe534d42UL, 0x00c36400UL,
                                     0x5346414fUL, 0x6b414653UL, 0xffffffffff534d42UL})
        BOOST_TEST(lsm::detail::is_remote_type(type));
    for (const unsigned long type :
         {0xef53UL /* ext */, 0x58465342UL /* xfs */, 0x9123683eUL /* btrfs */,
          0x01021994UL /* tmpfs */, 0x794c7630UL /* overlay */, 0x2fc12fc1UL /* zfs */,
          0x65735546UL /* fuse */, 0x01021997UL /* 9p */, 0x4d44UL /* fat */})
        BOOST_TEST(!lsm::detail::is_remote_type(type));
    const support::temporary_folder folder;
    for (const std::string& path : {folder / "t", fs::temp_directory_path().string()})
        BOOST_TEST(!lsm::posix_file_system().open_folder(path, true)->is_remote());
}

BOOST_AUTO_TEST_CASE(a_lock_that_another_owner_has_is_decisive) {
    for (const bool remote : {false, true})
        for (const bool may_be_remote : {false, true})
            for (const bool shared : {false, true}) {
                const auto is_held = [&](auto folder, auto file) {
                    return lsm::detail::judge_locks(folder, std::optional(file), remote,
                                                    may_be_remote, shared)
                        .is_held;
                };
                for (const auto other : {taken, unsupported, held}) {
                    BOOST_TEST(is_held(held, other));
                    BOOST_TEST(is_held(other, held));
                }
                BOOST_TEST(!is_held(taken, taken));
                BOOST_TEST(!is_held(unsupported, unsupported));
            }
}

BOOST_AUTO_TEST_CASE(on_this_machine_either_lock_does) {
    BOOST_TEST(may_own(taken, taken));
    BOOST_TEST(may_own(taken, unsupported));
    BOOST_TEST(may_own(taken, std::nullopt));
    BOOST_TEST(may_own(unsupported, taken));
    BOOST_TEST(!may_own(unsupported, unsupported));
}

BOOST_AUTO_TEST_CASE(on_another_machine_the_files_lock_is_needed_and_a_request) {
    BOOST_TEST(!may_own(taken, taken, true));
    BOOST_TEST(may_own(taken, taken, true, true));
    BOOST_TEST(may_own(unsupported, taken, true, true));
    BOOST_TEST(!may_own(taken, unsupported, true, true));
    BOOST_TEST(!may_own(taken, std::nullopt, true, true));
    BOOST_TEST(may_own(taken, taken, true, false, true));  // a reader changes nothing
    BOOST_TEST(may_own(unsupported, taken, true, false, true));
}

BOOST_AUTO_TEST_CASE(the_note_of_a_root_is_whole_or_none) {
    const auto note = lsm::detail::write_root_note(0x0102030405060708U);
    BOOST_TEST(lsm::detail::read_root_note(note) == 0x0102030405060708U);
    for (std::size_t bytes = 0; bytes < note.size(); ++bytes) {
        const auto cut = lsm::byte_view(note).first(bytes);
        BOOST_TEST(lsm::detail::read_root_note(cut) == 0U);
        BOOST_TEST(lsm::detail::is_lock_file(cut));
    }
    for (std::size_t bit = 0; bit < 8 * note.size(); ++bit) {
        auto flipped = note;
        flipped[bit / 8] ^= std::byte{1} << (bit % 8);
        BOOST_TEST(lsm::detail::read_root_note(flipped) == 0U);
    }
    BOOST_TEST(lsm::detail::is_lock_file(std::array<std::byte, 24>{}));
    BOOST_TEST(!lsm::detail::is_lock_file(lsm::as_bytes("pid 4711")));
    BOOST_TEST(!lsm::detail::is_lock_file(std::array<std::byte, 25>{}));
}

BOOST_AUTO_TEST_CASE(a_lock_file_of_another_program_is_left_as_it_is) {
    const support::temporary_folder folder;
    fs::create_directory(folder / "t");
    std::ofstream(folder / "t/lsm.lock") << "pid 4711";
    BOOST_CHECK_EXCEPTION(tree{folder / "t"}, lsm::error, support::is(lsm::errc::corruption));
    BOOST_TEST(fs::file_size(folder / "t/lsm.lock") == 8U);
}

BOOST_AUTO_TEST_CASE(a_folder_of_which_only_the_lock_file_is_left_is_no_new_tree) {
    const support::temporary_folder folder;
    tree(folder / "t").put(1, "one");
    for (const auto& each : fs::directory_iterator(folder / "t"))
        if (each.path().filename() != "lsm.lock") fs::remove(each.path());
    BOOST_CHECK_EXCEPTION(tree{folder / "t"}, lsm::error, support::is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_CASE(a_second_owner_is_kept_out_by_the_lock_file_alone) {
    const support::temporary_folder folder;
    tree(folder / "t").put(1, "one");
    const auto opened = lsm::posix_file_system().open_folder(folder / "t", false);
    auto file = *opened->open_as("lsm.lock", lsm::file_access::write);
    BOOST_CHECK(file.lock(false) == taken);  // as another host would, whose other lock is not seen
    BOOST_CHECK_EXCEPTION(tree{folder / "t"}, lsm::error, support::is(lsm::errc::locked));
}

BOOST_AUTO_TEST_CASE(a_lock_file_that_is_removed_lets_no_second_owner_in) {
    const support::temporary_folder folder;
    const tree first{folder / "t"};
    fs::remove(folder / "t/lsm.lock");
    BOOST_CHECK_EXCEPTION(tree{folder / "t"}, lsm::error, support::is(lsm::errc::locked));
}

BOOST_AUTO_TEST_CASE(a_folder_that_holds_no_tree_gets_no_lock_file) {
    const support::temporary_folder folder;
    fs::create_directory(folder / "t");
    for (const auto mode : {lsm::open_mode::open, lsm::open_mode::read_only})
        BOOST_CHECK_EXCEPTION((tree{folder / "t", {.mode = mode}}), lsm::error,
                              support::is(lsm::errc::invalid_argument));
    BOOST_TEST(fs::is_empty(folder / "t"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace folders_test
