// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/filter/bloom.hpp>
#include <lsm/storage/filter/fuse.hpp>
#include <lsm/testing/storage_laws.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace {

std::vector<std::uint64_t> random_hashes(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint64_t> hashes(count);
    for (std::uint64_t& each : hashes) each = random();
    return hashes;
}

/// Of a hundred thousand hashes that did not go in, how many seem to be there.
template <class Filter = lsm::bloom_filter>
double false_positives(const lsm::byte_buffer& filter) {
    std::size_t wrong = 0;
    for (const std::uint64_t hash : random_hashes(100'000, 2))
        wrong += Filter::may_contain(filter, hash) ? 1 : 0;
    return static_cast<double>(wrong) / 100'000;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bloom_filter)

BOOST_AUTO_TEST_CASE(keeps_the_laws) {
    for (const std::size_t count : {0U, 1U, 2U, 1000U, 300'000U})
        BOOST_CHECK_NO_THROW(
            lsm::testing::check_filter(lsm::bloom_filter{}, random_hashes(count, 1)));
}

BOOST_AUTO_TEST_CASE(is_seldom_wrong) {
    const auto hashes = random_hashes(100'000, 1);
    const double at_8 = false_positives(lsm::bloom_filter{.bits_per_key = 8}.build(hashes, {}));
    const double at_10 = false_positives(lsm::bloom_filter{.bits_per_key = 10}.build(hashes, {}));
    const double at_16 = false_positives(lsm::bloom_filter{.bits_per_key = 16}.build(hashes, {}));
    BOOST_TEST_MESSAGE("false positives at 8, 10, 16 bits a key: " << at_8 << ", " << at_10 << ", "
                                                                   << at_16);
    BOOST_TEST(at_8 < 0.036);
    BOOST_TEST(at_10 < 0.015);
    BOOST_TEST(at_16 < 0.003);
}

BOOST_AUTO_TEST_CASE(takes_the_bits_that_it_is_given) {
    const auto hashes = random_hashes(100'000, 1);
    const lsm::byte_buffer filter = lsm::bloom_filter{.bits_per_key = 10}.build(hashes, {});
    BOOST_TEST(filter.size() >= 125'000U);
    BOOST_TEST(filter.size() <= 125'100U);
}

/// As many for the levels at the top as for the one at the bottom cost less there.
BOOST_AUTO_TEST_CASE(has_bits_of_its_own_on_each_level) {
    const auto hashes = random_hashes(8000, 1);
    const lsm::bloom_filter policy{.bits_per_key = {16, 12, 8}};
    const auto bits_on = [&](std::size_t level) {
        return policy.build(hashes, {.level = level}).size() / 1000;
    };
    BOOST_TEST(bits_on(0) == 16U);
    BOOST_TEST(bits_on(1) == 12U);
    BOOST_TEST(bits_on(2) == 8U);
    BOOST_TEST(bits_on(6) == 8U);
}

BOOST_AUTO_TEST_CASE(refuses_bytes_that_are_no_filter) {
    BOOST_TEST(!lsm::bloom_filter::is_filter({}));
    BOOST_TEST(!lsm::bloom_filter::is_filter(lsm::byte_buffer(31)));
    BOOST_TEST(!lsm::bloom_filter::is_filter(lsm::byte_buffer(33)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(fuse_filter)

BOOST_AUTO_TEST_CASE(keeps_the_laws) {
    for (const std::size_t width : {std::size_t{1}, std::size_t{2}})
        for (const std::size_t count : {0U, 1U, 2U, 3U, 10U, 100U, 1000U, 10'000U, 300'000U})
            BOOST_CHECK_NO_THROW(
                lsm::testing::check_filter(lsm::fuse_filter{width}, random_hashes(count, 1)));
}

/// Some of many sets cannot be peeled at first, above all of the small ones.
BOOST_AUTO_TEST_CASE(keeps_the_laws_for_many_small_sets) {
    for (std::size_t count = 2; count < 60; ++count)
        for (std::uint64_t seed = 1; seed < 40; ++seed) {
            const auto hashes = random_hashes(count, seed);
            const lsm::byte_buffer filter = lsm::fuse_filter{}.build(hashes, {});
            BOOST_REQUIRE(!filter.empty());
            for (const std::uint64_t each : hashes)
                BOOST_REQUIRE(lsm::fuse_filter::may_contain(filter, each));
        }
}

BOOST_AUTO_TEST_CASE(takes_keys_of_one_hash) {
    auto hashes = random_hashes(1000, 1);
    for (std::size_t i = 0; i < 500; ++i) hashes.push_back(hashes[i]);
    BOOST_CHECK_NO_THROW(lsm::testing::check_filter(lsm::fuse_filter{}, hashes));
    BOOST_TEST(!lsm::fuse_filter{}.build(hashes, {}).empty());
}

BOOST_AUTO_TEST_CASE(is_seldom_wrong) {
    const auto hashes = random_hashes(100'000, 1);
    const double at_8 = false_positives<lsm::fuse_filter>(lsm::fuse_filter{1}.build(hashes, {}));
    const double at_16 = false_positives<lsm::fuse_filter>(lsm::fuse_filter{2}.build(hashes, {}));
    BOOST_TEST_MESSAGE("false positives at 1 and 2 bytes: " << at_8 << ", " << at_16);
    BOOST_TEST(at_8 < 1.2 / 256);
    BOOST_TEST(at_8 > 0.8 / 256);
    BOOST_TEST(at_16 < 0.0001);
}

BOOST_AUTO_TEST_CASE(is_dense) {
    const auto hashes = random_hashes(1'000'000, 1);
    const lsm::byte_buffer filter = lsm::fuse_filter{}.build(hashes, {});
    BOOST_TEST(static_cast<double>(filter.size()) * 8 / 1'000'000 < 9.1);
}

/// Whatever bytes are called a filter, none is read behind their end: for the sanitizers.
BOOST_AUTO_TEST_CASE(refuses_bytes_that_are_no_filter) {
    const lsm::byte_buffer whole = lsm::fuse_filter{}.build(random_hashes(100, 1), {});
    BOOST_TEST(lsm::fuse_filter::is_filter(whole));
    for (std::size_t length = 1; length < whole.size(); ++length)
        BOOST_TEST(!lsm::fuse_filter::is_filter(lsm::byte_view(whole).first(length)));
    std::mt19937_64 random(1);
    for (std::size_t at = 0; at < 16; ++at)
        for (int value = 0; value < 256; ++value) {
            lsm::byte_buffer changed = whole;
            changed[at] = static_cast<std::byte>(value);
            if (!lsm::fuse_filter::is_filter(changed)) continue;
            for (int i = 0; i < 10; ++i)
                static_cast<void>(lsm::fuse_filter::may_contain(changed, random()));
        }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(table_filter)

namespace {

lsm::table_filter written_and_read(const lsm::table_filter& filter) {
    lsm::byte_buffer bytes;
    filter.write(bytes);
    lsm::byte_reader in(bytes);
    auto read = lsm::table_filter::read(in, lsm::detail::policy_list<lsm::bloom_filter>());
    in.expect_end();
    return read;
}

struct unknown_filter : lsm::no_filter {
    static constexpr std::string_view name = "unknown";
    static bool may_contain(lsm::byte_view, std::uint64_t) noexcept { return false; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(reads_as_written) {
    const auto hashes = random_hashes(100, 1);
    const auto filter = written_and_read(
        lsm::table_filter::of<lsm::bloom_filter>(lsm::bloom_filter{}.build(hashes, {})));
    std::size_t absent = 0;
    for (const std::uint64_t hash : hashes) BOOST_TEST(filter.may_contain(hash));
    for (const std::uint64_t hash : random_hashes(100, 2))
        absent += filter.may_contain(hash) ? 0 : 1;
    BOOST_TEST(absent > 90U);
}

BOOST_AUTO_TEST_CASE(of_an_unknown_policy_says_nothing) {
    const auto filter = lsm::table_filter::of<unknown_filter>({});
    BOOST_TEST(!filter.may_contain(1));
    BOOST_TEST(written_and_read(filter).may_contain(1));
}

BOOST_AUTO_TEST_CASE(may_hold_anything_where_there_is_none) {
    BOOST_TEST(lsm::table_filter().may_contain(1));
    BOOST_TEST(written_and_read(lsm::table_filter()).may_contain(1));
}

BOOST_AUTO_TEST_SUITE_END()
