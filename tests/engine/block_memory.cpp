// SPDX-License-Identifier: BSL-1.0
#include <lsm/core/pages.hpp>
#include <lsm/engine/block_memory.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

using lsm::engine::block_memory;

/// Pieces that come and go, each filled with a number of its own. @returns how many were found changed
std::size_t churn(block_memory& memory, unsigned seed, std::size_t rounds) {
    struct piece {
        unsigned char* at = nullptr;
        std::size_t bytes = 0;
        unsigned char mark = 0;
    };
    std::minstd_rand random(seed);
    std::vector<piece> pieces(700);
    std::size_t changed = 0;
    const auto give_back = [&](piece& each) {
        for (std::size_t i = 0; i < each.bytes; ++i) changed += each.at[i] != each.mark;
        if (each.at) memory.deallocate(each.at, each.bytes);
        each = {};
    };
    for (std::size_t round = 0; round < rounds; ++round) {
        piece& each = pieces[random() % pieces.size()];
        give_back(each);
        const std::size_t usual = 4000 + random() % 600, any = 1 + random() % 70'000;
        each.bytes = random() % 8 == 0 ? any : usual;
        each.mark = static_cast<unsigned char>(random());
        each.at = static_cast<unsigned char*>(memory.allocate(each.bytes));
        std::memset(each.at, each.mark, each.bytes);
    }
    for (piece& each : pieces) give_back(each);
    return changed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_block_memory)

BOOST_AUTO_TEST_CASE(gives_pieces_that_do_not_overlap) {
    for (const bool in_huge_pages : {true, false}) {
        block_memory memory(in_huge_pages);
        BOOST_TEST(churn(memory, 1, 20'000) == 0U);
    }
}

BOOST_AUTO_TEST_CASE(aligns_them_as_the_heap_does) {
    block_memory memory(true);
    for (std::size_t bytes = 1; bytes < 70'000; bytes += 97) {
        void* const at = memory.allocate(bytes);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(at) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0U);
        memory.deallocate(at, bytes);
    }
}

BOOST_AUTO_TEST_CASE(is_shared_by_threads) {
    block_memory memory(true);
    std::vector<std::size_t> changed(3);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < changed.size(); ++i)
        threads.emplace_back([&, i] { changed[i] = churn(memory, i + 1, 5000); });
    for (std::thread& each : threads) each.join();
    BOOST_TEST(changed == std::vector<std::size_t>(3), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gives_pages_back_when_they_are_empty) {
    constexpr std::size_t piece = 4200, many = 5000;
    block_memory memory(true);
    std::vector<void*> pieces;
    for (std::size_t i = 0; i < many; ++i) pieces.push_back(memory.allocate(piece));
    const std::size_t full = memory.bytes();
    if (lsm::detail::has_pages) {
        BOOST_TEST(full >= many * piece);
        BOOST_TEST(full <= many * piece + many * piece / 8);
    }
    for (std::size_t i = 0; i < many / 2; ++i) memory.deallocate(pieces[i], piece);
    BOOST_TEST(memory.bytes() <= full / 2 + 2 * lsm::detail::huge_page);
    for (std::size_t i = 0; i < many / 2; ++i) pieces[i] = memory.allocate(piece);
    BOOST_TEST(memory.bytes() <= full);
    for (void* const each : pieces) memory.deallocate(each, piece);
    BOOST_TEST(memory.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(takes_no_pages_for_a_small_cache) {
    block_memory memory(false);
    void* const at = memory.allocate(4096);
    BOOST_TEST(memory.bytes() == 0U);
    memory.deallocate(at, 4096);
}

BOOST_AUTO_TEST_CASE(is_kept_by_what_lies_in_it) {
    auto memory = std::make_shared<block_memory>(true);
    const std::weak_ptr<block_memory> seen = memory;
    struct thing {
        unsigned char bytes[1000];
    };
    auto made = std::allocate_shared<thing>(lsm::engine::block_allocator<thing>(std::move(memory)));
    BOOST_TEST(!seen.expired());
    std::memset(made->bytes, 1, sizeof made->bytes);
    made.reset();
    BOOST_TEST(seen.expired());
}

BOOST_AUTO_TEST_SUITE_END()
