// SPDX-License-Identifier: BSL-1.0
#include <bounded/steady.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/// More tables than descriptors.
namespace open_files_test {

using tree = support::disk_tree<int, std::string>;
using bounded::open_descriptors;

constexpr int tables = 100;
constexpr std::size_t most_open = 8;

tree::options settings() {
    tree::options how;
    how.max_open_files = most_open;
    how.memory_bytes = 0;  // so that each read is one of a file
    return how;
}

bool all_there(const tree& in) {
    for (int i = 0; i < tables; ++i)
        if (in.get(i) != std::to_string(i)) return false;
    int seen = 0;
    for (const auto& [key, value] : in.scan()) seen += key == seen && value == std::to_string(key);
    return seen == tables;
}

/// @returns 0, or what does not hold
int use_many_tables(const std::string& path) {
    const rlimit limit{64, 64};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    const std::size_t before = open_descriptors();
    std::size_t most = 0;
    {
        tree t{path, settings()};
        for (int i = 0; i < tables; ++i) {
            t.put(i, std::to_string(i));
            t.flush();
            most = (std::max)(most, open_descriptors() - before);
        }
        if (!all_there(t)) return 2;
    }
    constexpr std::size_t besides = 4;  // the folder, and the log
    if (most > most_open + besides) return 3;
    tree t{path, settings()};
    if (open_descriptors() - before > most_open + besides) return 4;
    if (t.stats().tables.size() != std::size_t{tables} || !all_there(t)) return 5;
    t.compact();
    if (open_descriptors() - before > 1 + besides) return 6;  // those of the sources are given back
    return all_there(t) ? 0 : 7;
}

/// Whether the file of the table that was flushed as such is open.
bool is_open(const std::string& folder, int which) {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(folder))
        if (each.path().filename().string().starts_with("sstable_"))
            names.push_back(each.path().string());
    std::sort(names.begin(), names.end());
    const std::string& name = names.at(static_cast<std::size_t>(which));
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(each.path(), gone) == name) return true;
    }
    return false;
}

/// Runs `f` with so few descriptors, in a process of its own.
template <class F>
int with_few_descriptors(F f) {
    return bounded::in_child([&] {
        // Where the sanitizer meets a type for the first time, it needs a descriptor.
        const lsm::error met(lsm::errc::io, "an error", 1);
        if (met.which() != lsm::errc::io || met.system_errno() != 1 || !met.what()[0]) return 2;
        const rlimit limit{64, 64};
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? f() : 1;
    });
}

/// @returns 0, or the line of what does not hold
int run_short(const std::string& path) {
    tree::options how;
    how.memory_bytes = 0;
    for (std::size_t round = 0; round < 2; ++round) {  // the second one opens them
        tree t{path, how};
        if (round == 0)
            for (int i = 0; i < tables; ++i) {
                t.put(i, std::to_string(i));
                t.flush();
            }
        if (!all_there(t)) return __LINE__ % 100 + 1;
        if (t.stats().tables.size() != std::size_t{tables} + round) return __LINE__ % 100 + 1;
        t.put(0, "0");
        t.flush();
        if (round == 1) t.compact();
        if (!all_there(t)) return __LINE__ % 100 + 1;
    }
    return 0;
}

/// @returns 0, or the line of what does not hold
int run_out(const std::string& path) {
    tree::options how = settings();
    how.max_open_files = 0;
    tree t{path, how};
    t.put(1, "1");
    t.flush();
    std::vector<int> taken;
    for (int i = 0; i < 64; ++i) taken.push_back(::open("/", O_RDONLY));
    std::string said;
    try {
        static_cast<void>(t.get(1));
    } catch (const lsm::error& failure) {
        said = failure.what();
    }
    for (const int each : taken)
        if (each >= 0) ::close(each);
    if (said.find("may have 64 descriptors") == said.npos) return __LINE__ % 100 + 1;
    return t.get(1) == "1" ? 0 : __LINE__ % 100 + 1;
}

BOOST_AUTO_TEST_SUITE(bounded_open_files)

BOOST_AUTO_TEST_CASE(tables_beyond_max_open_files_are_read_all_the_same) {
    const support::temporary_folder folder;
    BOOST_TEST(bounded::in_child([&] { return use_many_tables(folder / "t"); }) == 0);
}

/// A place is given back with its table: the next one has it.
BOOST_AUTO_TEST_CASE(places_are_used_again) {
    const support::temporary_folder folder;
    tree t{folder / "t", settings()};
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 2 * static_cast<int>(most_open); ++i) {
            t.put(i, "value");
            t.flush();
        }
        BOOST_TEST(open_descriptors() >= before + most_open - 1);
        t.compact();
    }
}

BOOST_AUTO_TEST_CASE(a_table_that_is_read_takes_the_place_of_one_that_is_not) {
    const support::temporary_folder folder;
    tree t{folder / "t", settings()};
    for (int i = 0; i < 3 * static_cast<int>(most_open); ++i) {
        t.put(i, "value");
        t.flush();
    }
    for (const int key : {20, 0, 11}) {
        BOOST_TEST(t.get(key).has_value());
        BOOST_TEST(is_open(folder / "t", key));
    }
    BOOST_TEST(is_open(folder / "t", 20));
}

/// Of 64 descriptors the tree may take 512.
BOOST_AUTO_TEST_CASE(a_process_short_of_descriptors_closes_tables_and_goes_on) {
    const support::temporary_folder folder;
    BOOST_TEST(with_few_descriptors([&] { return run_short(folder / "t"); }) == 0);
}

BOOST_AUTO_TEST_CASE(an_error_says_the_limit_where_none_can_be_closed) {
    const support::temporary_folder folder;
    BOOST_TEST(with_few_descriptors([&] { return run_out(folder / "t"); }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace open_files_test
