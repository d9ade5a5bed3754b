// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/filter/bloom.hpp>
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
double false_positives(const lsm::byte_buffer& filter) {
    std::size_t wrong = 0;
    for (const std::uint64_t hash : random_hashes(100'000, 2))
        wrong += lsm::bloom_filter::may_contain(filter, hash) ? 1 : 0;
    return static_cast<double>(wrong) / 100'000;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bloom_filter)

BOOST_AUTO_TEST_CASE(keeps_the_laws) {
    for (const std::size_t count : {0, 1, 2, 1000, 300'000})
        BOOST_CHECK_NO_THROW(
            lsm::testing::check_filter(lsm::bloom_filter{}, random_hashes(count, 1)));
}

BOOST_AUTO_TEST_CASE(is_seldom_wrong) {
    const auto hashes = random_hashes(100'000, 1);
    const double at_8 = false_positives(lsm::bloom_filter{.bits_per_key = 8}.build(hashes));
    const double at_10 = false_positives(lsm::bloom_filter{.bits_per_key = 10}.build(hashes));
    const double at_16 = false_positives(lsm::bloom_filter{.bits_per_key = 16}.build(hashes));
    BOOST_TEST_MESSAGE("false positives at 8, 10, 16 bits a key: " << at_8 << ", " << at_10 << ", "
                                                                   << at_16);
    BOOST_TEST(at_8 < 0.036);
    BOOST_TEST(at_10 < 0.015);
    BOOST_TEST(at_16 < 0.003);
}

BOOST_AUTO_TEST_CASE(takes_the_bits_that_it_is_given) {
    const auto hashes = random_hashes(100'000, 1);
    const lsm::byte_buffer filter = lsm::bloom_filter{.bits_per_key = 10}.build(hashes);
    BOOST_TEST(filter.size() >= 125'000U);
    BOOST_TEST(filter.size() <= 125'100U);
}

BOOST_AUTO_TEST_CASE(refuses_bytes_that_are_no_filter) {
    BOOST_TEST(!lsm::bloom_filter::is_filter({}));
    BOOST_TEST(!lsm::bloom_filter::is_filter(lsm::byte_buffer(31)));
    BOOST_TEST(!lsm::bloom_filter::is_filter(lsm::byte_buffer(33)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(table_filter)

namespace {

lsm::table_filter written_and_read(const lsm::table_filter& filter) {
    lsm::byte_buffer bytes;
    filter.write(bytes);
    lsm::byte_reader in(bytes);
    auto read = lsm::table_filter::read<lsm::bloom_filter>(in);
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
        lsm::table_filter::of<lsm::bloom_filter>(lsm::bloom_filter{}.build(hashes)));
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
