// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/memtable/append.hpp>
#include <lsm/memtable/b_tree.hpp>
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

using policies = std::tuple<lsm::ordered_map_memtable, lsm::flat_map_memtable,
                            lsm::skip_list_memtable, lsm::b_tree_memtable, lsm::append_memtable>;

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

std::vector<lsm::descending<std::string>> reversed_texts() {
    std::vector<lsm::descending<std::string>> all;
    for (const std::string& text : texts()) all.push_back({text});
    return all;
}

std::vector<version_number> version_numbers() {
    std::vector<version_number> all;
    for (std::uint32_t n = 0; n < 50; ++n) all.push_back({n % 7, n});
    return all;
}

std::vector<std::pair<std::string, double>> pairs() {
    std::vector<std::pair<std::string, double>> all;
    for (const std::string& text : texts())
        for (const double number : {-1.5, 1e300}) all.emplace_back(text, number);
    return all;
}

std::vector<ticket> tickets() {
    std::vector<ticket> all;
    for (const int n : numbers()) all.emplace_back(n);
    return all;
}

/// What a check finds broken, nothing if all is well.
template <class F>
std::string broken_law(F run_check) {
    try {
        run_check();
        return {};
    } catch (const lsm::testing::law_broken& broken) {
        return broken.what();
    }
}

/// @param make_keys, make_values called anew for each seed, as not all can be copied
template <class Policy, class MakeKeys, class MakeValues>
void check(MakeKeys make_keys, MakeValues make_values) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const auto run = [&] {
            lsm::testing::check_memtable(Policy{}, make_keys(), make_values(), seed);
        };
        BOOST_TEST_INFO("seed " << seed);
        BOOST_TEST(broken_law(run) == "");
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(memtable_laws)

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_numbers, Policy, policies) {
    check<Policy>(numbers, texts);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_text, Policy, policies) {
    check<Policy>(texts, numbers);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_keys_that_order_the_other_way_round, Policy, policies) {
    check<Policy>(reversed_texts, numbers);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_keys_that_have_only_less, Policy, policies) {
    check<Policy>(version_numbers, numbers);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_pairs, Policy, policies) {
    check<Policy>(pairs, texts);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_values_that_are_only_moved, Policy, policies) {
    check<Policy>(texts, tickets);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_for_keys_that_are_only_moved, Policy, policies) {
    check<Policy>(tickets, texts);
}

// With assertions on, Boost.Intrusive's trees compare once more in a function that is noexcept.
#ifdef NDEBUG
using failing_policies = policies;
#else
using failing_policies = std::tuple<lsm::flat_map_memtable, lsm::skip_list_memtable,
                                    lsm::b_tree_memtable, lsm::append_memtable>;
#endif

BOOST_AUTO_TEST_CASE_TEMPLATE(hold_when_inserts_fail, Policy, failing_policies) {
    BOOST_TEST(broken_law([] { lsm::testing::check_memtable_failures(Policy{}); }) == "");
}

BOOST_AUTO_TEST_CASE(a_memtable_that_loses_versions_breaks_them) {
    BOOST_CHECK_THROW(lsm::testing::check_memtable(forgetful_memtable{}, numbers(), numbers(), 0),
                      lsm::testing::law_broken);
}

BOOST_AUTO_TEST_SUITE_END()
