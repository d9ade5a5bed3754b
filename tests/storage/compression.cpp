// SPDX-License-Identifier: BSL-1.0
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <lsm/storage/compression/lz4.hpp>
#include <lsm/storage/compression/zstd.hpp>
#include <lsm/testing/storage_laws.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>

namespace {

using compressions = std::tuple<lsm::lz4_compression, lsm::zstd_compression>;

template <class Compression = lsm::no_compression, class... AlsoCompressed>
using tree = lsm::basic_lsm_tree<
    int, std::string, lsm::b_tree_memtable,
    lsm::basic_storage<lsm::basic_block_format<lsm::bloom_filter, Compression, AlsoCompressed...>,
                       lsm::directory<>>,
    lsm::full_merge_compaction>;

using plain_tree = tree<>;
using by_age = lsm::by_age<lsm::lz4_compression, lsm::zstd_compression>;

constexpr int keys = 2000;

std::string value_of(int key) {
    return "the value of " + std::to_string(key % 10) + ", twice ";
}

/// Writes all keys, into one table with nothing under it.
template <class Tree>
void fill(Tree&& t) {
    for (int i = 0; i < keys; ++i) t.put(i, value_of(i));
    t.flush();
}
template <class Tree>
void check_contents(const Tree& t) {
    std::size_t right = 0;
    for (const auto& [key, value] : t.scan()) right += value == value_of(key) ? 1 : 0;
    BOOST_TEST(right == std::size_t{keys});
    BOOST_TEST((t.get(keys / 2) == value_of(keys / 2)));
}

/// For BOOST_CHECK_EXCEPTION.
auto is_refusal_of(std::string_view policy) {
    return [policy](const lsm::error& failure) {
        const std::string_view what = failure.what();
        return failure.which() == lsm::errc::incompatible && what.find("sstable_") != what.npos &&
               what.find(policy) != what.npos;
    };
}

/// A block of one compressible value.
template <class Format>
lsm::byte_buffer compressed_block() {
    const std::string text(1000, 'x');
    auto builder = Format().template build<int, std::string>({.id = 1});
    builder.add(1, 1, lsm::payload_kind::value, lsm::cell_of<std::string>(text));
    const lsm::extent resident = builder.finish();
    const lsm::byte_buffer table = builder.take();
    const auto index = Format::template read_index<int, std::string>(
        lsm::byte_view(table).subspan(resident.offset, resident.bytes));
    const lsm::extent where = index.blocks.front();
    const lsm::byte_view block = lsm::byte_view(table).subspan(where.offset, where.bytes);
    return {block.begin(), block.end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compression)

BOOST_AUTO_TEST_CASE_TEMPLATE(keeps_the_laws, Compression, compressions) {
    std::mt19937 random(1);
    lsm::byte_buffer noise(3000);
    for (std::byte& each : noise) each = static_cast<std::byte>(random());
    lsm::byte_buffer pattern(3000);
    for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = static_cast<std::byte>(i % 7);
    for (const std::size_t size : {1, 2, 100, 3000}) {
        lsm::testing::check_compression(Compression{}, lsm::byte_view(noise).first(size));
        lsm::testing::check_compression(Compression{}, lsm::byte_view(pattern).first(size));
    }
}

/// As a tree of static storage does when it is closed at the very end.
BOOST_AUTO_TEST_CASE_TEMPLATE(works_when_the_objects_of_the_thread_are_gone, Compression,
                              compressions) {
    static bool came_back;
    struct late {
        bool is_used = false;
        ~late() {
            lsm::byte_buffer bytes(1000), back(1000);
            came_back = is_used && Compression::decompress(Compression{}.compress(bytes), back);
        }
    };
    came_back = false;
    std::thread([] {
        thread_local late goes_last;
        goes_last.is_used = !Compression{}.compress(lsm::byte_buffer(1000)).empty();
    }).join();
    BOOST_TEST(came_back);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(makes_tables_smaller, Compression, compressions) {
    const support::temporary_folder folder;
    plain_tree plain(folder / "plain");
    tree<Compression> compressed(folder / "compressed");
    fill(plain);
    fill(compressed);
    check_contents(compressed);
    const auto before = plain.stats().table_bytes(), after = compressed.stats().table_bytes();
    BOOST_TEST_MESSAGE(Compression::name << ": " << before << " bytes, then " << after);
    BOOST_TEST(after < before / 2);
    compressed.close();
    check_contents(tree<Compression>(folder / "compressed"));
}

BOOST_AUTO_TEST_CASE(leaves_what_it_cannot_make_smaller) {
    std::mt19937_64 random(1);
    const support::temporary_folder folder;
    {
        tree<lsm::zstd_compression> t(folder / "t");
        for (int i = 0; i < 100; ++i) {
            std::string noise(100, '\0');
            for (char& each : noise) each = static_cast<char>(random());
            t.put(i, noise);
        }
        t.close();
    }
    BOOST_TEST(plain_tree(folder / "t").stats().table_entries() == 100U);
}

BOOST_AUTO_TEST_CASE(can_be_taken_up_and_given_up) {
    const support::temporary_folder folder;
    fill(plain_tree(folder / "t"));
    {
        tree<lsm::lz4_compression> t(folder / "t");
        check_contents(t);
        t.compact();
    }
    {
        tree<lsm::zstd_compression, lsm::lz4_compression> t(folder / "t");
        check_contents(t);
        t.compact();
    }
    tree<lsm::no_compression, lsm::zstd_compression>(folder / "t").compact();
    check_contents(plain_tree(folder / "t"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(that_is_not_named_is_refused_on_opening, Compression, compressions) {
    const support::temporary_folder folder;
    fill(tree<Compression>(folder / "t"));
    BOOST_CHECK_EXCEPTION(plain_tree(folder / "t"), lsm::error, is_refusal_of(Compression::name));
    check_contents(tree<lsm::no_compression, Compression>(folder / "t"));
}

BOOST_AUTO_TEST_CASE(goes_by_age) {
    const support::temporary_folder folder;
    const auto opens_with = [&]<class Tree>() {
        try {
            check_contents(Tree(folder / "t"));
            return true;
        } catch (const lsm::error&) {
            return false;
        }
    };
    using lz4_tree = tree<lsm::lz4_compression>;
    using zstd_tree = tree<lsm::zstd_compression>;
    fill(tree<by_age>(folder / "t"));  // there is nothing older
    BOOST_TEST(opens_with.operator()<zstd_tree>());
    fill(tree<by_age>(folder / "t"));  // there is
    BOOST_TEST(!opens_with.operator()<zstd_tree>());
    BOOST_TEST(!opens_with.operator()<lz4_tree>());
    tree<by_age>(folder / "t").compact();
    BOOST_TEST(opens_with.operator()<zstd_tree>());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_hostile_blocks_is_refused, Compression, compressions) {
    using format = lsm::basic_block_format<lsm::bloom_filter, Compression>;
    using block = typename format::template block<int, std::string>;
    const lsm::byte_buffer good = compressed_block<format>();
    BOOST_REQUIRE(good.size() < 500U);
    BOOST_TEST(block(good).window().size() == 1U);
    const auto refuses = [&](std::size_t at, unsigned char byte) {
        lsm::byte_buffer bad = good;
        bad[at] = std::byte{byte};
        BOOST_CHECK_THROW(block{bad}, lsm::decode_error);
    };
    refuses(3, 1);                 // 16 million entries
    refuses(6, 0);                 // as if the columns lay there as they are
    refuses(6, 99);                // by a policy that is not known
    refuses(20, 1);                // the values would be shorter
    refuses(23, 255);              // the values would take 4 GiB
    lsm::byte_buffer huge = good;  // keys and values would take 8 GiB together
    huge[19] = huge[23] = std::byte{255};
    BOOST_CHECK_THROW(block{huge}, lsm::decode_error);
    lsm::byte_buffer cut = good;
    cut.pop_back();
    BOOST_CHECK_THROW(block{cut}, lsm::decode_error);
}

BOOST_AUTO_TEST_SUITE_END()
