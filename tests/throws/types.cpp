// SPDX-License-Identifier: BSL-1.0
// With assertions on, Boost.Intrusive's trees compare once more in a function that is noexcept.
#define BOOST_DISABLE_ASSERTS
#include <lsm/testing/throwing.hpp>
#include <throws/script.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace {

using lsm::testing::throwing_moves;

/// Comparing, copying and encoding throw, and moving if asked for.
template <throwing_moves Moves>
struct throwing_types {
    using key = lsm::testing::throwing_key<Moves>;
    using value = key;
    using failure = lsm::testing::injected_failure;

    static key make_key(int i) { return key(i); }
    static value make_value(int i) { return value(i); }
    static int number(const key& from) noexcept { return from.number(); }
    static void arm(std::uint64_t n) { armed.emplace(n); }
    static void disarm() { armed.reset(); }
    static bool fired() { return armed && armed->failed(); }
    struct counting {
        counting() {}  // not trivial, so that no compiler calls it unused
    };

    static inline std::optional<lsm::testing::fail_at_call> armed;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(throws_of_types)

BOOST_AUTO_TEST_CASE_TEMPLATE(leave_the_old_state, Memtable, support::memtables) {
    for (const std::size_t threads : {0U, 1U, 2U})
        throws::throw_at_each_call<throwing_types<throwing_moves::no>, Memtable>(threads);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(whose_moves_throw_leave_the_old_state, Memtable, support::memtables) {
    for (const std::size_t threads : {0U, 1U, 2U})
        throws::throw_at_each_call<throwing_types<throwing_moves::yes>, Memtable>(threads);
}

BOOST_AUTO_TEST_SUITE_END()
