// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/arena.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

BOOST_AUTO_TEST_SUITE(arena_take)

BOOST_AUTO_TEST_CASE(gives_pieces_that_do_not_overlap_and_stay) {
    lsm::arena memory;
    std::vector<std::pair<unsigned char*, std::size_t>> pieces;
    for (std::size_t n = 0; n < 3000; ++n) {
        const std::size_t bytes = n * 37 % 1000;
        pieces.emplace_back(static_cast<unsigned char*>(memory.take(bytes, 1)), bytes);
        std::memset(pieces.back().first, static_cast<int>(n % 251), bytes);
    }
    for (std::size_t n = 0; n < pieces.size(); ++n)
        for (std::size_t at = 0; at < pieces[n].second; ++at)
            BOOST_REQUIRE(pieces[n].first[at] == n % 251);
}

BOOST_AUTO_TEST_CASE(keeps_alignments) {
    lsm::arena memory;
    for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        (void)memory.take(1, 1);
        const void* const piece = memory.take(8, alignment);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(piece) % alignment == 0U);
    }
}

/// Where the next multiple lies behind the chunk's end.
BOOST_AUTO_TEST_CASE(does_not_align_its_way_out_of_a_chunk) {
    // Which chunks end at a multiple of the smaller one depends on the allocator.
    for (const std::size_t alignment : {64, 4096})
        for (std::size_t left = 0; left < 128; ++left) {
            lsm::arena memory;
            const auto* const first = static_cast<const std::byte*>(memory.take(1, 1));
            const std::byte* const end = first + 4096 - 2 * sizeof(void*);
            while (memory.used() + left < static_cast<std::size_t>(end - first))
                (void)memory.take(1, 1);
            auto* const piece = static_cast<std::byte*>(memory.take(8, alignment));
            std::memset(piece, 1, 8);  // the address sanitizer sees whose that is
            const bool is_out = piece + 8 > end && piece < end + 64;
            BOOST_TEST((alignment > 64 || !is_out), left << " bytes were left");
        }
}

BOOST_AUTO_TEST_CASE(gives_pieces_larger_than_a_chunk) {
    for (const bool huge_pages : {true, false}) {
        lsm::arena memory(huge_pages);
        constexpr std::size_t bytes = std::size_t{5} << 20;
        std::memset(memory.take(bytes, 64), 1, bytes);
        std::memset(memory.take(bytes, 64), 2, bytes);
        BOOST_TEST(memory.used() >= 2 * bytes);
    }
}

BOOST_AUTO_TEST_CASE(counts_what_was_taken) {
    lsm::arena memory;
    BOOST_TEST(memory.used() == 0U);
    (void)memory.take(10, 1);
    (void)memory.take(20, 1);
    BOOST_TEST(memory.used() == 30U);
}

BOOST_AUTO_TEST_SUITE_END()
