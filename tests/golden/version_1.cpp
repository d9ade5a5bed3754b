// SPDX-License-Identifier: BSL-1.0
#include <golden/trees.hpp>
#include <support/folder_files.hpp>
#include <support/temporary_folder.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <string>

/// Folders of version 1 of the file format, as a killed process left them: read for ever.
/// `test_golden --run_test=golden_write` wrote them, once.
namespace {

template <class Tree>
std::filesystem::path golden_folder() {
    return std::filesystem::path(LSM_GOLDEN_FOLDER) / "version_1" / Tree::name;
}

/// A tree that was filled, and left without closing it.
template <class Tree>
support::folder_files files_of_today() {
    const support::temporary_folder folder;
    Tree t(folder / "t", golden::settings<Tree>());
    golden::fill(t);
    return support::load_folder(folder / "t");
}

template <class Tree>
auto contents(const Tree& of) {
    std::map<typename Tree::key_type, typename Tree::mapped_type> all;
    for (const auto& entry : of.scan()) all.insert(entry);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden_files)

BOOST_AUTO_TEST_CASE_TEMPLATE(are_read, Tree, golden::trees) {
    const support::temporary_folder folder;
    support::store_folder(folder / "t", support::load_folder(golden_folder<Tree>()));
    {
        const Tree t(folder / "t", golden::settings<Tree>());
        BOOST_TEST((contents(t) == golden::expected<Tree>()));
        BOOST_TEST(t.recovered().groups == 3U);
        BOOST_TEST(t.recovered().operations == 5U);
        BOOST_TEST(t.recovered().bytes_dropped == 0U);
        BOOST_TEST(t.recovered().orphans_removed == 0U);
    }
    Tree again(folder / "t", golden::settings<Tree>());
    again.compact();
    BOOST_TEST((contents(again) == golden::expected<Tree>()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(are_read_without_changing_them, Tree, golden::trees) {
    const support::folder_files before = support::load_folder(golden_folder<Tree>());
    const support::temporary_folder folder;
    support::store_folder(folder / "t", before);
    {
        const Tree t(folder / "t", golden::settings<Tree>(lsm::open_mode::read_only));
        BOOST_TEST((contents(t) == golden::expected<Tree>()));
    }
    BOOST_TEST((support::load_folder(folder / "t") == before));
}

/// Byte for byte, but for the first page of the log, which names the start of the machine. (What an
/// archive is, is Boost's business; what compression makes, that of its library; and so is what the root
/// says of them.)
BOOST_AUTO_TEST_CASE_TEMPLATE(are_what_is_written_today, Tree, golden::trees) {
    constexpr std::size_t header = 4096;
    const std::string format = Tree::name;
    const bool is_ours = !format.ends_with("archive") && !format.ends_with("compressed");
    const support::folder_files today = files_of_today<Tree>();
    const support::folder_files then = support::load_folder(golden_folder<Tree>());
    BOOST_REQUIRE(today.size() == then.size());
    for (const auto& [name, bytes] : then) {
        BOOST_REQUIRE(today.contains(name));
        if (name.starts_with("log_"))
            BOOST_TEST((today.at(name).substr(header) == bytes.substr(header)), name);
        else if (is_ours)
            BOOST_TEST((today.at(name) == bytes), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(golden_write, *boost::unit_test::disabled())

BOOST_AUTO_TEST_CASE_TEMPLATE(files, Tree, golden::trees) {
    support::store_folder(golden_folder<Tree>(), files_of_today<Tree>());
}

BOOST_AUTO_TEST_SUITE_END()
