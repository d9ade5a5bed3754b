// SPDX-License-Identifier: BSL-1.0
// The address sanitizer has a heap of its own, which keeps what was freed, and all of this comes from it.
#if !defined(__SANITIZE_ADDRESS__)

#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/block_memory.hpp>
#include <lsm/engine/epochs.hpp>
#include <lsm/memtable/arena.hpp>
#include <bounded/steady.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <random>
#include <utility>
#include <vector>

/// What a process keeps of the memory that it has used.
namespace memory_test {

constexpr std::size_t mib = std::size_t{1} << 20;
using bounded::resident_bytes;

std::vector<char> written(std::size_t bytes) {
    return std::vector<char>(bytes, 'x');
}

/// Memtables come and go, two at a time, while a cache takes blocks and lets go of others: 16 MiB of each.
/// @returns 0, or the line of what does not hold
int fill_memtables(int memtables) {
    constexpr std::size_t memtable = 8 * mib, piece = 1000;
    std::minstd_rand random(1);
    std::vector<std::vector<char>> cache(800);
    const std::size_t before = resident_bytes();
    // From now on glibc's heap, too, keeps what is smaller.
    static_cast<void>(written(16 * mib));
    std::unique_ptr<lsm::arena> frozen;
    for (int n = 0; n < memtables; ++n) {
        auto active = std::make_unique<lsm::arena>();
        while (active->used() < memtable) {
            std::memset(active->take(piece, 8), 1, piece);
            if (random() % 4 == 0)
                cache[random() % cache.size()] = written(1000 + random() % 40'000);
        }
        frozen = std::move(active);
    }
    const std::size_t kept = resident_bytes() - before;
    std::printf("%d memtables: %.1f MiB kept\n", memtables,
                static_cast<double>(kept) / static_cast<double>(mib));
    return kept < 48 * mib ? 0 : __LINE__ % 100;
}

class sized_block final : public lsm::engine::cached_block {
public:
    sized_block(std::size_t bytes, std::pmr::memory_resource* in)
        : cached_block(bytes), bytes_(bytes, 'x', in) {}

private:
    std::pmr::vector<char> bytes_;
};

/// A cache of 40 MiB whose blocks are of all sizes, and then of a few, and so on.
/// @returns 0, or the line of what does not hold
int cache_blocks_of_many_sizes() {
    constexpr std::size_t budget = 40 * mib, places = 20'000;
    std::minstd_rand random(1);
    std::vector<lsm::engine::cached_block::home> homes(places);
    lsm::engine::block_cache cache(budget, std::make_shared<lsm::engine::epochs>());
    std::size_t most = 0, least_kept = budget;
    const std::size_t before = resident_bytes();
    for (std::size_t wave = 0; wave < 10; ++wave) {
        for (std::size_t taken = 0; taken < 2 * budget;) {
            const std::size_t doubling = std::size_t{256} << (random() % 6);
            const std::size_t bytes =
                wave % 3 == 0 ? doubling + random() % doubling : 4000 + 300 * wave + random() % 900;
            auto& home = homes[random() % places];
            cache.forget(home);
            cache.keep(std::allocate_shared<const sized_block>(
                           lsm::engine::block_allocator<sized_block>(cache.memory()), bytes,
                           cache.memory().get()),
                       home);
            taken += bytes;
            if (random() % 256 == 0) most = (std::max)(most, resident_bytes() - before);
        }
        if (wave % 3 != 0) least_kept = (std::min)(least_kept, cache.bytes());
    }
    for (auto& home : homes) cache.forget(home);
    cache.when().collect();
    std::printf("a cache of %.1f MiB: at most %.1f MiB, and blocks of at least %.1f\n",
                static_cast<double>(budget) / mib, static_cast<double>(most) / mib,
                static_cast<double>(least_kept) / mib);
    if (cache.memory()->bytes() != 0) return __LINE__ % 100;
    if (most > budget + 3 * budget / 8) return __LINE__ % 100;
    return least_kept > budget / 3 ? 0 : __LINE__ % 100;
}

/// A cache of blocks that are nearly alike, of which a tenth is wanted again and again.
/// @returns 0, or the line of what does not hold
int cache_blocks_that_are_alike() {
    constexpr std::size_t budget = 41 * mib, hot = 1000, places = 20'000;
    std::minstd_rand random(1);
    std::vector<lsm::engine::cached_block::home> homes(places);
    lsm::engine::block_cache cache(budget, std::make_shared<lsm::engine::epochs>());
    const std::size_t before = resident_bytes();
    std::size_t most = 0, least_kept = budget;
    for (std::size_t misses = 0; misses < 60'000; ++misses) {
        auto& home = homes[random() % places];
        const std::size_t bytes = 4000 + random() % 600;
        if (!home.load())
            cache.keep(std::allocate_shared<const sized_block>(
                           lsm::engine::block_allocator<sized_block>(cache.memory()), bytes,
                           cache.memory().get()),
                       home);
        if (const auto* const wanted = homes[random() % hot].load()) wanted->touch();
        if (misses % 256 == 0) most = (std::max)(most, resident_bytes() - before);
        if (misses > 20'000) least_kept = (std::min)(least_kept, cache.bytes());
    }
    for (auto& home : homes) cache.forget(home);
    std::printf("a cache of %.1f MiB: at most %.1f MiB, and blocks of at least %.1f\n",
                static_cast<double>(budget) / mib, static_cast<double>(most) / mib,
                static_cast<double>(least_kept) / mib);
    if (most > budget + budget / 5) return __LINE__ % 100;
    return least_kept > budget - budget / 8 ? 0 : __LINE__ % 100;
}

BOOST_AUTO_TEST_SUITE(bounded_memory)

BOOST_AUTO_TEST_CASE(memtables_leave_no_holes_behind) {
    BOOST_TEST(bounded::in_child([] { return fill_memtables(30); }) == 0);
}

BOOST_AUTO_TEST_CASE(a_cache_of_blocks_of_many_sizes_keeps_to_its_budget) {
    BOOST_TEST(bounded::in_child([] { return cache_blocks_of_many_sizes(); }) == 0);
}

BOOST_AUTO_TEST_CASE(a_cache_of_blocks_that_are_alike_is_full) {
    BOOST_TEST(bounded::in_child([] { return cache_blocks_that_are_alike(); }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memory_test

#endif
