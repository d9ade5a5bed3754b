// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/memtable/flat_map.hpp>
#include <lsm/memtable/memtable.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/memtable_laws.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

/// Ordered by `<` alone.
struct version_number {
    std::uint32_t major_number;
    std::uint32_t minor_number;
    friend bool operator<(const version_number& a, const version_number& b) {
        return std::tie(a.major_number, a.minor_number) < std::tie(b.major_number, b.minor_number);
    }
};

/// Neither copied nor made by default.
struct ticket {
    explicit ticket(int number_on_it) : number(number_on_it) {}
    ticket(ticket&&) noexcept = default;
    ticket& operator=(ticket&&) noexcept = default;
    ticket(const ticket&) = delete;
    ticket& operator=(const ticket&) = delete;
    ~ticket() = default;
    friend bool operator<(const ticket& a, const ticket& b) { return a.number < b.number; }

    int number;
};

}  // namespace

template <>
struct lsm::codec<ticket> : lsm::decoded_codec<ticket> {
    static void write(auto& out, const ticket& object) { out.number(object.number); }
    template <class In>
    static ticket read(In& in) {
        return ticket(in.template number<int>());
    }
    static std::string shape() { return "i32"; }
};

namespace {

using policies =
    std::tuple<lsm::ordered_map_memtable, lsm::flat_map_memtable, lsm::skip_list_memtable>;

/// Forgets whatever a newer version hides, whoever still reads it.
struct forgetful_memtable : lsm::ordered_map_memtable {
    template <class Key, class Payload>
    struct memtable : lsm::ordered_map_memtable::memtable<Key, Payload> {
        using base = lsm::ordered_map_memtable::memtable<Key, Payload>;
        using base::base;
        void insert(Key key, lsm::sequence_number sequence, Payload payload, lsm::sequence_number) {
            base::insert(std::move(key), sequence, std::move(payload), sequence);
        }
    };
};

constexpr std::uint64_t seeds = 4;

std::vector<int> numbers() {
    std::vector<int> all{std::numeric_limits<int>::lowest(), (std::numeric_limits<int>::max)()};
    for (int n = -25; n <= 25; ++n) all.push_back(3 * n);
    return all;
}

/// Short and long ones, the empty one, one with a zero byte, prefixes of one another.
std::vector<std::string> texts() {
    std::vector<std::string> all{"", std::string("a\0b", 3), "a", "ab", "\xff", "\xff\xff"};
    for (int n = 0; n < 40; ++n)
        all.push_back("a key that is long enough for the heap " + std::to_string(n));
    return all;
}

template <class T, class From, class F>
std::vector<T> each(std::vector<From> from, F make) {
    std::vector<T> all;
    for (From& one : from) all.push_back(make(std::move(one)));
    return all;
}

template <class Policy, class Key, class Value>
void check(const std::vector<Key>& keys, const std::vector<Value>& values) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        BOOST_CHECK_NO_THROW(lsm::testing::check_memtable(Policy{}, keys, values, seed));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(memtable_laws)

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_numbers, Policy, policies) {
    check<Policy>(numbers(), texts());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_text, Policy, policies) {
    check<Policy>(texts(), numbers());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_keys_that_order_the_other_way_round, Policy, policies) {
    using key = lsm::descending<std::string>;
    check<Policy>(each<key>(texts(), [](std::string text) { return key{std::move(text)}; }),
                  numbers());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_keys_that_have_only_less, Policy, policies) {
    check<Policy>(each<version_number>(numbers(),
                                       [](int n) {
                                           const auto bits = static_cast<std::uint32_t>(n);
                                           return version_number{bits % 7, bits};
                                       }),
                  numbers());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_pairs, Policy, policies) {
    using key = std::pair<std::string, double>;
    std::vector<key> keys;
    for (const std::string& text : texts())
        for (const double number : {-1.5, 1e300}) keys.emplace_back(text, number);
    check<Policy>(keys, texts());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_values_that_are_only_moved, Policy, policies) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        BOOST_CHECK_NO_THROW(lsm::testing::check_memtable(
            Policy{}, texts(), each<ticket>(numbers(), [](int n) { return ticket(n); }), seed));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_keys_that_are_only_moved, Policy, policies) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        BOOST_CHECK_NO_THROW(lsm::testing::check_memtable(
            Policy{}, each<ticket>(numbers(), [](int n) { return ticket(n); }), texts(), seed));
}

// With assertions on, Boost.Intrusive's trees compare once more in a function that is noexcept.
#ifdef NDEBUG
using failing_policies = policies;
#else
using failing_policies = std::tuple<lsm::flat_map_memtable, lsm::skip_list_memtable>;
#endif

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_when_inserts_fail, Policy, failing_policies) {
    BOOST_CHECK_NO_THROW(lsm::testing::check_memtable_failures(Policy{}));
}

BOOST_AUTO_TEST_CASE(a_memtable_that_loses_versions_breaks_them) {
    BOOST_CHECK_THROW(lsm::testing::check_memtable(forgetful_memtable{}, numbers(), numbers(), 0),
                      lsm::testing::law_broken);
}

BOOST_AUTO_TEST_SUITE_END()
