// SPDX-License-Identifier: BSL-1.0
#include <bounded/steady.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

#include <sys/resource.h>

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace open_files_test
