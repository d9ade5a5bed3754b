// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/record/root_record.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// A root whose checksum is right and that says what cannot be: it is refused before memory is taken for
/// what it says.
namespace forged_test {

using tree = support::disk_tree<int, std::string>;

constexpr std::uint64_t enormous = std::uint64_t{1} << 46;

/// Opens a tree whose root was changed by `f`, which is given its one table and the folder.
template <class F>
void open_forged(F f) {
    const support::temporary_folder folder;
    {
        tree(folder / "t").put(1, "one");
    }
    const std::string file = folder / "t/root";
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    lsm::root_record root = lsm::read_root(lsm::as_bytes(bytes), file);
    f(root.trees.at(0).levels.at(0).at(0).at(0), std::filesystem::path(folder / "t"));
    const lsm::byte_buffer forged = lsm::write_root(root);
    std::ofstream(file, std::ios::binary) << lsm::as_text(forged);
    BOOST_TEST(tree(folder / "t").get(1).value() == "one");
}

BOOST_AUTO_TEST_SUITE(faults_forged)

BOOST_AUTO_TEST_CASE(a_root_that_is_read_and_written_is_the_same) {
    BOOST_CHECK_NO_THROW(open_forged([](auto&, auto&&) {}));
}

BOOST_AUTO_TEST_CASE(any_bit_of_a_root_that_is_flipped_is_found) {
    lsm::root_record root;
    root.last_sequence = 7;
    root.log = {{1, 2, 8192}};
    root.trees.push_back(
        {0, "", "text", "u64", {{{{1, "block", 1, "lsm", 300, {200, 50, 7}}}}}, {}, 5, 11});
    lsm::byte_buffer bytes = lsm::write_root(root);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        BOOST_CHECK_THROW((void)lsm::read_root(bytes, "here"), lsm::error);
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    for (const std::size_t length : {std::size_t{0}, std::size_t{20}, bytes.size() - 1})
        BOOST_CHECK_THROW((void)lsm::read_root(lsm::byte_view(bytes).first(length), "here"),
                          lsm::error);
    bytes.push_back(std::byte{});
    BOOST_CHECK_THROW((void)lsm::read_root(bytes, "here"), lsm::error);
}

BOOST_AUTO_TEST_CASE(a_table_longer_than_its_file_is_corruption) {
    BOOST_CHECK_EXCEPTION(open_forged([](auto& of, auto&&) {
                              of.bytes = enormous;
                              of.index.bytes = enormous - of.index.offset;
                          }),
                          lsm::error, support::is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_CASE(a_table_of_another_number_is_corruption) {
    BOOST_CHECK_EXCEPTION(open_forged([](auto& of, const std::filesystem::path& folder) {
                              const auto name = [&] {
                                  return lsm::table_name{of.id, of.extension}.file_name();
                              };
                              const std::string before = name();
                              of.id += 5;
                              std::filesystem::rename(folder / before, folder / name());
                          }),
                          lsm::error, support::is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_CASE(a_table_of_another_extension_is_corruption_and_leads_to_no_other_file) {
    for (const std::string& extension :
         {std::string("lsm\0x", 5), std::string("lsm/../elsewhere"), std::string("json")})
        BOOST_CHECK_EXCEPTION(open_forged([&](auto& of, const std::filesystem::path& folder) {
                                  const auto own =
                                      folder / lsm::table_name{of.id, of.extension}.file_name();
                                  of.extension = extension;
                                  std::filesystem::copy_file(own, folder / "sstable_0000.json");
                              }),
                              lsm::error, support::is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_CASE(an_index_longer_than_its_table_is_corruption) {
    BOOST_CHECK_EXCEPTION(open_forged([](auto& of, auto&&) { of.index.bytes = enormous; }),
                          lsm::error, support::is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_CASE(an_index_behind_its_table_is_corruption) {
    BOOST_CHECK_EXCEPTION(open_forged([](auto& of, auto&&) {
                              of.index.offset = enormous;
                              of.index.bytes = ~std::uint64_t{0} - enormous + of.bytes;
                          }),
                          lsm::error, support::is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace forged_test
