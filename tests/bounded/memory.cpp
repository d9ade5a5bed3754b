// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/arena.hpp>
#include <bounded/steady.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <unistd.h>

/// What a process keeps of the memory that it has used.
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

std::size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::size_t pages = 0, resident = 0;
    in >> pages >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

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

}  // namespace

BOOST_AUTO_TEST_SUITE(bounded_memory)

// The address sanitizer has a heap of its own, which keeps what was freed, and arenas use it.
#if !defined(__SANITIZE_ADDRESS__)
BOOST_AUTO_TEST_CASE(memtables_leave_no_holes_behind) {
    BOOST_TEST(bounded::in_child([] { return fill_memtables(30); }) == 0);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
