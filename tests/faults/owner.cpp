// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/format/json.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/// Who may open what: one owner at a time, the right types and formats, and no one's else files.
namespace owner_test {

using tree = support::disk_tree<int, std::string>;
using support::is;

std::map<std::string, std::string> bytes_of(const std::string& folder) {
    std::map<std::string, std::string> all;
    for (const auto& each : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(each.path(), std::ios::binary);
        all[each.path().string()] = {std::istreambuf_iterator<char>(in), {}};
    }
    return all;
}

std::string make(const support::temporary_folder& folder) {
    tree t{folder / "t"};
    t.put(1, "one");
    t.close();
    return folder / "t";
}

/// @returns what went wrong, having checked that no file has changed
template <class Tree>
std::string refusal(const std::string& path, lsm::errc code) {
    const auto before = bytes_of(path);
    std::string what;
    BOOST_CHECK_EXCEPTION(Tree{path}, lsm::error, [&](const lsm::error& failure) {
        what = failure.what();
        return failure.which() == code;
    });
    BOOST_TEST((bytes_of(path) == before));
    return what;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

/// Whether a child process finds the tree locked.
bool is_locked_for_child(const std::string& path) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            const tree t{path, {.mode = lsm::open_mode::open}};
            ::_exit(1);
        } catch (const lsm::error& failure) {
            ::_exit(failure.which() == lsm::errc::locked ? 0 : 2);
        }
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Sets the umask, and back.
class with_umask {
public:
    explicit with_umask(mode_t mask) : before_(::umask(mask)) {}
    with_umask(const with_umask&) = delete;
    with_umask& operator=(const with_umask&) = delete;
    ~with_umask() { ::umask(before_); }

private:
    mode_t before_;
};

unsigned mode_of(const std::filesystem::path& path) {
    struct stat status{};
    BOOST_REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

BOOST_AUTO_TEST_SUITE(faults_incompatible)

BOOST_AUTO_TEST_CASE(another_key_type_is_refused_and_both_are_named) {
    const support::temporary_folder folder;
    const std::string what = refusal<support::disk_tree<std::string, std::string>>(
        make(folder), lsm::errc::incompatible);
    BOOST_TEST(has(what, lsm::codec<int>::shape()));
    BOOST_TEST(has(what, lsm::codec<std::string>::shape()));
}

BOOST_AUTO_TEST_CASE(another_value_type_is_refused_and_both_are_named) {
    const support::temporary_folder folder;
    const std::string what =
        refusal<support::disk_tree<int, double>>(make(folder), lsm::errc::incompatible);
    BOOST_TEST(has(what, lsm::codec<double>::shape()));
    BOOST_TEST(has(what, lsm::codec<std::string>::shape()));
}

BOOST_AUTO_TEST_CASE(another_order_of_the_same_keys_is_refused) {
    const support::temporary_folder folder;
    (void)refusal<support::disk_tree<lsm::descending<int>, std::string>>(make(folder),
                                                                         lsm::errc::incompatible);
}

BOOST_AUTO_TEST_CASE(a_format_that_is_not_named_is_refused_and_one_that_is_named_is_read) {
    using json = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable, lsm::json_storage<>,
                                     lsm::full_merge_compaction>;
    using both = lsm::basic_lsm_tree<
        int, std::string, lsm::skip_list_memtable,
        lsm::basic_storage<lsm::json_format, lsm::directory<>, lsm::block_format>,
        lsm::full_merge_compaction>;
    const support::temporary_folder folder;
    const std::string path = make(folder);
    const std::string what = refusal<json>(path, lsm::errc::incompatible);
    BOOST_TEST((has(what, "block/1") && has(what, "json/1")));
    {
        both t{path};
        BOOST_TEST(t.get(1).value() == "one");
        t.put(2, "two");
        t.compact();
    }
    BOOST_TEST(json(path).get(1).value() == "one");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(faults_locked)

BOOST_AUTO_TEST_CASE(a_second_opener_changes_nothing) {
    const support::temporary_folder folder;
    const std::string path = make(folder);
    {
        const tree t{path};
        const std::string what = refusal<tree>(path, lsm::errc::locked);
        BOOST_TEST(has(what, path));
    }
    BOOST_TEST(tree(path).get(1).value() == "one");
}

BOOST_AUTO_TEST_CASE(another_process_is_refused) {
    const support::temporary_folder folder;
    const std::string path = make(folder);
    tree t{path};
    BOOST_TEST(is_locked_for_child(path));
    t.put(2, "two");
    t.close();
    BOOST_TEST(!is_locked_for_child(path));
}

BOOST_AUTO_TEST_CASE(a_failed_opening_leaves_no_lock) {
    const support::temporary_folder folder;
    const std::string path = make(folder);
    BOOST_CHECK_THROW((support::disk_tree<int, int>(path)), lsm::error);
    BOOST_TEST(tree(path).contains(1));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(faults_files)

BOOST_AUTO_TEST_CASE(belong_to_their_owner_alone_whatever_the_umask) {
    for (const mode_t mask : {0U, 0777U}) {
        const support::temporary_folder folder;
        const with_umask set(mask);
        const std::string path = make(folder);
        BOOST_TEST(mode_of(path) == 0700U);
        for (const auto& each : std::filesystem::directory_iterator(path))
            BOOST_TEST(mode_of(each.path()) == 0600U);
    }
}

BOOST_AUTO_TEST_CASE(that_are_symbolic_links_are_refused) {
    for (const char* name : {"root", "sstable_0000.lsm"}) {
        const support::temporary_folder folder;
        const std::filesystem::path path = make(folder);
        BOOST_REQUIRE(std::filesystem::exists(path / name));
        std::filesystem::rename(path / name, folder / "elsewhere");
        std::filesystem::create_symlink(folder / "elsewhere", path / name);
        BOOST_CHECK_EXCEPTION(tree{path}, lsm::error, is(lsm::errc::corruption));
    }
}

BOOST_AUTO_TEST_CASE(are_not_written_through_a_symbolic_link) {
    const support::temporary_folder folder;
    const std::filesystem::path path = make(folder);
    for (const char* name : {"root.next", "sstable_0001.lsm"})
        std::filesystem::create_symlink(folder / "victim", path / name);
    std::ofstream(folder / "victim") << "untouched";
    try {
        tree t{path};
        t.put(2, "two");
        t.close();
    } catch (const lsm::error&) {
    }
    std::ifstream in(folder / "victim");
    std::string content;
    std::getline(in, content);
    BOOST_TEST(content == "untouched");
}

BOOST_AUTO_TEST_CASE(that_are_folders_are_refused) {
    const support::temporary_folder folder;
    const std::filesystem::path path = make(folder);
    std::filesystem::remove(path / "root");
    std::filesystem::create_directory(path / "root");
    BOOST_CHECK_EXCEPTION(tree{path}, lsm::error, is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_CASE(of_a_folder_that_cannot_be_made_are_an_error) {
    const support::temporary_folder folder;
    std::ofstream(folder / "file") << "no folder";
    BOOST_CHECK_EXCEPTION(tree(folder / "file"), lsm::error, is(lsm::errc::invalid_argument));
    BOOST_CHECK_EXCEPTION(tree(folder / "file/t"), lsm::error, is(lsm::errc::invalid_argument));
    BOOST_CHECK_EXCEPTION(tree(folder / "none/t"), lsm::error, is(lsm::errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(of_a_folder_that_is_not_writable_are_an_error,
                     *boost::unit_test::precondition([](auto) {
                         return boost::test_tools::assertion_result(::geteuid() != 0);
                     })) {
    const support::temporary_folder folder;
    const std::filesystem::path path = make(folder);
    std::filesystem::permissions(path, std::filesystem::perms(0500));
    {
        tree t{path};
        t.put(2, "two");
        BOOST_CHECK_EXCEPTION(t.flush(), lsm::error, is(lsm::errc::io));
        BOOST_TEST(t.get(2).value() == "two");
        std::filesystem::permissions(path, std::filesystem::perms(0700));
        t.flush();
    }
    BOOST_TEST(tree{path}.get(2).value() == "two");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace owner_test
