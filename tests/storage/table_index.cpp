// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/descending.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/storage/format/block/column_layout.hpp>
#include <lsm/storage/format/block/header.hpp>
#include <lsm/storage/format/table_index.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

/// Few letters, zeros among them, so that keys share beginnings of any length and some are others' beginnings.
std::string some_text(std::mt19937& random, std::size_t longest) {
    std::string text(random() % (longest + 1), '\0');
    for (char& each : text) each = "\0a\xff"[random() % 3];
    return text;
}

std::size_t naive(const std::vector<std::string>& keys, std::string_view sought) {
    return static_cast<std::size_t>(
        std::ranges::count_if(keys, [&](const std::string& key) { return key <= sought; }));
}

/// Keys that @p make draws, found as a naive search finds them.
template <class Key, class Make>
void check_keys(Make make) {
    for (std::size_t round = 0; round < 300; ++round) {
        lsm::table_index<Key> index;
        for (std::size_t count = round % 30; count > 0; --count) index.first_keys.push_back(make());
        std::ranges::sort(index.first_keys);
        const auto [first, last] = std::ranges::unique(index.first_keys);
        index.first_keys.erase(first, last);
        index.make_search();
        for (int each = 0; each < 20; ++each) {
            const Key sought = make();
            const auto naive = std::ranges::count_if(index.first_keys,
                                                     [&](const Key& key) { return key <= sought; });
            BOOST_REQUIRE(index.blocks_until(index.view(sought)) ==
                          static_cast<std::size_t>(naive));
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storage_table_index)

BOOST_AUTO_TEST_CASE(finds_the_block_of_a_text_by_what_is_behind_the_shared_beginning) {
    std::mt19937 random(1);
    for (int round = 0; round < 2000; ++round) {
        const std::string shared = some_text(random, 12);
        const std::size_t longest = random() % 3 == 0 ? 12 : 3;
        lsm::table_index<std::string> index;
        for (auto count = random() % 30; count > 0; --count)
            index.first_keys.push_back(shared + some_text(random, longest));
        std::ranges::sort(index.first_keys);
        const auto [first, last] = std::ranges::unique(index.first_keys);
        index.first_keys.erase(first, last);
        const auto check = [&] {
            for (int each = 0; each < 10; ++each) {
                const std::string sought =
                    random() % 4 == 0 ? some_text(random, 16) : shared + some_text(random, longest);
                BOOST_REQUIRE(index.blocks_until(sought) == naive(index.first_keys, sought));
            }
        };
        check();
        index.make_search();
        check();
    }
}

BOOST_AUTO_TEST_CASE(finds_the_block_of_any_key_by_its_head) {
    std::mt19937 random(1);
    check_keys<std::uint64_t>([&] { return random() % 50; });
    check_keys<int>([&] { return static_cast<int>(random() % 50) - 25; });
    check_keys<double>([&] { return static_cast<double>(random() % 50) / 8 - 3; });
    check_keys<double>([&] {
        const double limits[] = {-HUGE_VAL, -1.5, -0.0, 0.0, 2.5, HUGE_VAL};
        return limits[random() % 6];
    });
    check_keys<std::array<std::byte, 19>>([&] {
        std::array<std::byte, 19> key{};
        for (const std::size_t at : {2, 9, 16, 18}) key[at] = static_cast<std::byte>(random() % 3);
        return key;
    });
    check_keys<std::vector<std::byte>>([&] {
        const std::string text = some_text(random, 6);
        const auto bytes = lsm::as_bytes(text);
        return std::vector(bytes.begin(), bytes.end());
    });
    check_keys<lsm::descending<std::string>>(
        [&] { return lsm::descending<std::string>{some_text(random, 3)}; });
    check_keys<std::pair<int, std::string>>(
        [&] { return std::pair(static_cast<int>(random() % 4), some_text(random, 2)); });
}

/// As those of a key with several blocks: then the first of them, or the last.
BOOST_AUTO_TEST_CASE(finds_all_blocks_that_begin_with_the_same_key) {
    std::mt19937 random(2);
    for (int round = 0; round < 500; ++round) {
        lsm::table_index<std::string> index;
        for (auto count = 1 + random() % 40; count > 0; --count)
            index.first_keys.push_back(some_text(random, 2));
        std::ranges::sort(index.first_keys);
        index.last_key = index.first_keys.back() + "more";
        index.make_search();
        const auto& firsts = index.first_keys;
        BOOST_REQUIRE(index.has_long_keys == (std::ranges::adjacent_find(firsts) != firsts.end()));
        for (std::size_t block = 0; block < firsts.size(); ++block) {
            const auto [first, last] = std::ranges::equal_range(firsts, firsts[block]);
            const auto place = [&](auto at) {
                return static_cast<std::size_t>(at - firsts.begin());
            };
            BOOST_REQUIRE(index.block_for(firsts[block]) == place(first));
            BOOST_REQUIRE(index.first_of(block) == place(first));
            BOOST_REQUIRE(index.last_of(block) + 1 == place(last));
            BOOST_REQUIRE(index.continues(block, firsts[block]) == (block + 1 < place(last)));
            // Between its first keys, where the last block below is the one that may hold it.
            const std::string between = firsts[block] + '\0';
            if (!std::ranges::binary_search(firsts, between))
                BOOST_REQUIRE(index.block_for(between) == index.blocks_until(between) - 1);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(storage_text_column)

namespace {

/// How many bytes of a shared beginning a column of these texts stores once.
std::size_t stored_once(std::size_t shared, std::size_t rest) {
    lsm::detail::text_layout::writer writer;
    for (char letter = 'a'; letter < 'k'; ++letter)
        writer.add(std::string(shared, '=') + std::string(rest, letter));
    lsm::byte_buffer bytes;
    writer.finish(bytes);
    return std::to_integer<std::size_t>(bytes.front());
}

}  // namespace

BOOST_AUTO_TEST_CASE(shares_a_beginning_where_that_makes_it_much_smaller) {
    BOOST_TEST(stored_once(10, 10) == 10U);
    BOOST_TEST(stored_once(1, 4) == 1U);
    BOOST_TEST(stored_once(4, 100) == 0U);  // who reads it would have all texts twice, for 4 bytes
}

BOOST_AUTO_TEST_CASE(refuses_a_text_whose_length_needs_more_than_32_bits) {
    lsm::detail::text_layout::writer writer;
    const std::string_view giant("", std::size_t{1} << 32);  // nobody looks at what it says to have
    BOOST_CHECK_THROW(writer.add(giant), lsm::error);
    BOOST_TEST(writer.bytes() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(storage_block_header)

BOOST_AUTO_TEST_CASE(refuses_lengths_and_counts_that_need_more_than_32_bits) {
    using header = lsm::detail::block_header;
    for (std::uint64_t header::* const member :
         {&header::count, &header::key_bytes, &header::value_bytes}) {
        header of;
        of.*member = 0xffff'ffff;
        lsm::byte_buffer bytes;
        of.write(bytes);
        lsm::byte_reader in(bytes);
        BOOST_TEST((header::read(in).*member == 0xffff'ffff));
        of.*member += 1;
        BOOST_CHECK_THROW(of.write(bytes), lsm::error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
