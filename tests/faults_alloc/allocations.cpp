// SPDX-License-Identifier: BSL-1.0
#include <support/throwing_script.hpp>

#include <boost/test/unit_test.hpp>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

/// Every allocation fails once. This program replaces the global operator new, so it has a room of
/// its own.
namespace {

thread_local std::uint64_t allocations_left = 0;  // until one fails; 0: none does
thread_local bool allocations_count = false;

void* allocate(std::size_t bytes) {
    if (allocations_count && allocations_left != 0 && --allocations_left == 0)
        throw std::bad_alloc();
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
    static void arm(std::uint64_t n) { allocations_left = n; }
    static void disarm() { allocations_left = 0; }
    static bool fired(bool) { return allocations_left == 0; }
    struct counting {
        counting() { allocations_count = true; }
        counting(const counting&) = delete;
        counting& operator=(const counting&) = delete;
        ~counting() { allocations_count = false; }
    };
};

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

BOOST_AUTO_TEST_SUITE(faults_allocations)

BOOST_AUTO_TEST_CASE_TEMPLATE(that_fail_leave_the_old_state, Memtable, support::memtables) {
    const auto thrown = support::throw_at_each_call<failing_allocations, Memtable>();
    BOOST_TEST_MESSAGE(thrown << " allocations that failed");
    BOOST_TEST(thrown > 500U);
}

BOOST_AUTO_TEST_SUITE_END()
