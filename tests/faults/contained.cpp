// SPDX-License-Identifier: BSL-1.0
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

/// A tree keeps to its folder: whatever the umask, through no symbolic link, and a reader changes
/// nothing.
namespace contained_test {

namespace fs = std::filesystem;
using tree = support::disk_tree<int, std::string>;

tree::options small() {
    tree::options how;
    how.log.segment_bytes = 8192;
    return how;
}

struct stat status_of(const fs::path& path) {
    struct stat status{};
    BOOST_REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status;
}
std::string load(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// All that can be seen of a folder, except when it was read.
auto picture_of(const fs::path& folder) {
    const auto times = [](const fs::path& path) {
        const struct stat now = status_of(path);
        return std::tuple(now.st_mode, now.st_ino, now.st_mtim.tv_sec, now.st_mtim.tv_nsec,
                          now.st_ctim.tv_sec, now.st_ctim.tv_nsec);
    };
    std::map<std::string, std::pair<std::string, decltype(times(folder))>> all;
    all["."] = {"", times(folder)};
    for (const auto& each : fs::directory_iterator(folder))
        all[each.path().filename().string()] = {load(each.path()), times(each.path())};
    return all;
}

/// A tree as a crash of its process leaves it: tables, and a log that no table holds.
void make_crashed(const support::temporary_folder& folder) {
    tree t{folder / "live", small()};
    t.put(1, "in a table");
    t.flush();
    t.put(2, "in the log");
    fs::copy(folder / "live", folder / "t");
    BOOST_REQUIRE(fs::exists(folder / "t/log_0001") || fs::exists(folder / "t/log_0000"));
}

BOOST_AUTO_TEST_SUITE(faults_contained)

BOOST_AUTO_TEST_CASE(every_file_belongs_to_its_owner_alone_also_of_the_log) {
    for (const mode_t mask : {0U, 0077U, 0777U}) {
        const support::temporary_folder folder;
        const mode_t before = ::umask(mask);
        {
            tree t{folder / "t", small()};
            for (int i = 0; i < 500; ++i) t.put(i, std::string(50, 'x'));
            t.flush();
            t.put(1, "one");
            std::size_t logs = 0;
            BOOST_TEST((status_of(folder / "t").st_mode & 07777U) == 0700U);
            for (const auto& each : fs::directory_iterator(folder / "t")) {
                BOOST_TEST((status_of(each.path()).st_mode & 07777U) == 0600U, each.path());
                logs += each.path().filename().string().starts_with("log_");
            }
            BOOST_TEST(logs > 0U);
        }
        ::umask(before);
    }
}

BOOST_AUTO_TEST_CASE(no_planted_symbolic_link_is_followed) {
    for (const char* name : {"root", "root.next", "log_0000", "log_0001", "sstable_0000.lsm"}) {
        const support::temporary_folder folder;
        fs::create_directory(folder / "t");
        std::ofstream(folder / "victim") << "untouched";
        fs::create_symlink(folder / "victim", folder / "t/" + name);
        const struct stat before = status_of(folder / "victim");
        try {
            tree t{folder / "t", small()};
            for (int i = 0; i < 500; ++i) t.put(i, std::string(50, 'x'));
            t.flush();
            t.close();
            BOOST_TEST(tree{folder / "t"}.get(1).has_value());
        } catch (const lsm::error& failure) {
            BOOST_TEST_MESSAGE(name << ": " << failure.what());
        }
        BOOST_TEST(load(folder / "victim") == "untouched", name);
        const struct stat after = status_of(folder / "victim");
        BOOST_TEST(after.st_mode == before.st_mode, name);
        BOOST_TEST(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec, name);
    }
}

BOOST_AUTO_TEST_CASE(no_link_planted_beside_a_tree_is_followed) {
    for (const char* name : {"root.next", "log_0001", "log_0002", "sstable_0001.lsm"}) {
        const support::temporary_folder folder;
        {
            tree{folder / "t", small()}.put(1, "one");
        }
        if (fs::exists(folder / "t/" + name)) continue;
        std::ofstream(folder / "victim") << "untouched";
        fs::create_symlink(folder / "victim", folder / "t/" + name);
        try {
            tree t{folder / "t", small()};
            for (int i = 0; i < 500; ++i) t.put(i, std::string(50, 'x'));
            t.close();
        } catch (const lsm::error& failure) {
            BOOST_TEST_MESSAGE(name << ": " << failure.what());
        }
        BOOST_TEST(load(folder / "victim") == "untouched", name);
    }
}

BOOST_AUTO_TEST_CASE(a_reader_changes_nothing) {
    const support::temporary_folder folder;
    make_crashed(folder);
    std::ofstream(folder / "t/sstable_0099.lsm") << "what a crash left";
    std::ofstream(folder / "t/root.next") << "what a crash left";
    for (const auto& each : fs::directory_iterator(folder / "t"))
        fs::permissions(each.path(), fs::perms(0400));
    fs::permissions(folder / "t", fs::perms(0500));
    const auto before = picture_of(folder / "t");
    {
        tree::options how = small();
        how.mode = lsm::open_mode::read_only;
        const tree t{folder / "t", how};
        const tree another{folder / "t", how};
        BOOST_TEST(t.get(1).value() == "in a table");
        BOOST_TEST(another.get(2).value() == "in the log");
        BOOST_TEST(support::keys_of(t.scan()).size() == 2U);
        BOOST_TEST(t.snapshot().get(2).value() == "in the log");
        BOOST_TEST((picture_of(folder / "t") == before));
    }
    BOOST_TEST((picture_of(folder / "t") == before));
    fs::permissions(folder / "t", fs::perms(0700));
}

BOOST_AUTO_TEST_CASE(a_reader_refuses_a_writer_and_a_writer_a_reader) {
    const support::temporary_folder folder;
    make_crashed(folder);
    tree::options reads = small();
    reads.mode = lsm::open_mode::read_only;
    {
        const tree writer{folder / "live"};
        BOOST_CHECK_EXCEPTION(tree(folder / "live", reads), lsm::error,
                              support::is(lsm::errc::locked));
    }
    const tree reader{folder / "t", reads};
    const auto before = picture_of(folder / "t");
    BOOST_CHECK_EXCEPTION(tree{folder / "t"}, lsm::error, support::is(lsm::errc::locked));
    BOOST_TEST((picture_of(folder / "t") == before));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contained_test
