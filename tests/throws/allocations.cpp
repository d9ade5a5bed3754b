// SPDX-License-Identifier: BSL-1.0
#include <throws/script.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

/// Every allocation fails once. This program replaces the global operator new, so it has a room of
/// its own.
namespace {

std::atomic<std::uint64_t> allocations_left = 0;  // until one fails; 0: none does
thread_local bool allocations_count = true;       // in the script's thread: while it is asked for
thread_local std::uint64_t allocations_made = 0;

/// Counts one. @returns whether it is the one that fails
bool fails() {
    std::uint64_t left = allocations_left;
    while (left != 0 && !allocations_left.compare_exchange_weak(left, left - 1)) {
    }
    return left == 1;
}

void* allocate(std::size_t bytes) {
    ++allocations_made;
    if (allocations_count && fails()) throw std::bad_alloc();
    void* const made = std::malloc(bytes == 0 ? 1 : bytes);
    if (!made) throw std::bad_alloc();
    return made;
}

/// Strings too long to lie in the object.
struct failing_allocations {
    using key = std::string;
    using value = std::string;
    using failure = std::bad_alloc;

    static std::string make_key(int i) {
        const std::string digits = std::to_string(1000 + i);
        return "a key that needs memory of its own: " + digits;
    }
    static std::string make_value(int i) { return make_key(i); }
    static int number(std::string_view text) {
        int found = 0;
        text.remove_prefix(text.size() - 4);
        std::from_chars(text.data(), text.data() + text.size(), found);
        return found - 1000;
    }
    static void arm(std::uint64_t n) {
        allocations_count = false;
        allocations_left = n;
    }
    static void disarm() { allocations_left = 0; }
    static bool fired() { return allocations_left == 0; }
    struct counting {
        counting() { allocations_count = true; }
        counting(const counting&) = delete;
        counting& operator=(const counting&) = delete;
        ~counting() { allocations_count = false; }
    };
};

/// A literal that would need memory as a string.
constexpr char literal[] = "a key that needs memory of its own";

/// How many allocations it takes to look for a literal, whether it is there or not.
template <class Tree>
std::uint64_t allocations_of_lookups(const Tree& t) {
    int seen = 0;
    const std::uint64_t before = allocations_made;
    seen += t.get(literal).value_or(0);
    seen += t.contains(literal) ? 1 : 0;
    t.visit(literal, [&](int value) { seen += value; });
    seen += t.get("another key that needs memory of its own").value_or(0);
    const std::uint64_t made = allocations_made - before;
    BOOST_TEST(seen == 3);
    return made;
}

}  // namespace

void* operator new(std::size_t bytes) {
    return allocate(bytes);
}
void* operator new[](std::size_t bytes) {
    return allocate(bytes);
}
void operator delete(void* at) noexcept {
    std::free(at);
}
void operator delete[](void* at) noexcept {
    std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
    std::free(at);
}
void operator delete[](void* at, std::size_t) noexcept {
    std::free(at);
}

BOOST_AUTO_TEST_SUITE(throws_of_allocations)

BOOST_AUTO_TEST_CASE_TEMPLATE(leave_the_old_state, Memtable, support::memtables) {
    for (const std::size_t threads : {0U, 1U, 2U})
        throws::throw_at_each_call<failing_allocations, Memtable>(threads);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(are_not_made_to_find_a_literal, Memtable, support::memtables) {
    support::memory_tree<std::string, int, Memtable> t{lsm::memory_disk()};
    t.put(literal, 1);
    (void)t.get(literal);  // from now on a memtable that sorts late has sorted
    BOOST_TEST(allocations_of_lookups(t) == 0U);
    t.flush();
    (void)t.get(literal);  // from now on its block is in the cache
    BOOST_TEST(allocations_of_lookups(t) == 0U);
    BOOST_TEST(t.stats().blocks_fetched == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
