// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace types_test {

/// Has `<` and nothing else.
struct less_only {
    int number;
    std::string name;
    friend bool operator<(const less_only& a, const less_only& b) {
        return std::tie(a.number, a.name) < std::tie(b.number, b.name);
    }
};

/// Has no default constructor, and is no aggregate.
class celsius {
public:
    explicit celsius(double degrees) : degrees_(degrees) {}
    [[nodiscard]] double degrees() const noexcept { return degrees_; }

private:
    double degrees_;
};

template <std::size_t N>
using large = std::array<std::byte, N>;

template <class T>
T holding_large(int number) {
    large<24> bytes{};
    bytes[3] = static_cast<std::byte>(number);
    bytes[23] = static_cast<std::byte>(~number);
    if constexpr (requires { T{bytes, "text"}; })
        return {bytes, std::string(static_cast<std::size_t>(number), 't')};
    else if constexpr (requires { T{number, bytes}; })
        return {number, bytes};
    else
        return {bytes};
}

}  // namespace types_test

template <>
struct lsm::codec<types_test::celsius> : lsm::decoded_codec<types_test::celsius> {
    using celsius = types_test::celsius;
    static void write(auto& out, const celsius& object) { out.number(object.degrees()); }
    template <class In>
    static celsius read(In& in) {
        return celsius(in.template number<double>());
    }
    static std::string shape() { return "f64"; }
};

namespace types_test {

BOOST_AUTO_TEST_SUITE(tree_keys)

BOOST_AUTO_TEST_CASE(that_descend_scan_from_the_greatest_down) {
    support::memory_tree<lsm::descending<int>, int> t{lsm::memory_disk()};
    for (const int i : {2, 9, 5}) t.put({i}, i);
    t.flush();
    t.put({7}, 7);
    std::vector<int> seen;
    for (const auto& [key, value] : t.scan(lsm::at_least(lsm::descending<int>{8})))
        seen.push_back(value);
    BOOST_TEST((seen == std::vector<int>{7, 5, 2}));
    BOOST_TEST(t.get({9}).value() == 9);
}

BOOST_AUTO_TEST_CASE(that_are_pairs_order_by_both_parts) {
    support::memory_tree<std::pair<std::string, int>, int> t{lsm::memory_disk()};
    t.put({"b", 1}, 1);
    t.put({"a", 2}, 2);
    t.flush();
    t.put({"a", -1}, 3);
    std::vector<int> seen;
    for (const auto& [key, value] : t.scan()) seen.push_back(value);
    BOOST_TEST((seen == std::vector<int>{3, 2, 1}));
    BOOST_TEST(t.get({"a", 2}).value() == 2);
}

BOOST_AUTO_TEST_CASE(may_have_less_than_only) {
    support::memory_tree<less_only, int> t{lsm::memory_disk()};
    for (int i = 0; i < 10; ++i) t.put({i / 2, i % 2 == 0 ? "b" : "a"}, i);
    t.compact();
    BOOST_TEST(t.get({2, "a"}).value() == 5);
    std::vector<int> seen;
    for (const auto& [key, value] : t.scan({1, ""}, {3, ""})) seen.push_back(value);
    BOOST_TEST((seen == std::vector<int>{3, 2, 5, 4}));
}

BOOST_AUTO_TEST_CASE(that_are_zeros_of_either_sign_are_the_same) {
    support::memory_tree<double, int> t{lsm::memory_disk()};
    t.put(-0.0, 1);
    t.flush();
    BOOST_TEST(t.get(0.0).value() == 1);
    t.put(0.0, 2);
    BOOST_TEST(t.get(-0.0).value() == 2);
    t.compact();
    BOOST_TEST(t.stats().table_entries() == 1U);
    t.erase(-0.0);
    BOOST_TEST(support::keys_of(t.scan()).empty());
}

BOOST_AUTO_TEST_CASE(that_are_infinite_are_the_ends) {
    support::memory_tree<double, int> t{lsm::memory_disk()};
    for (const double key : {1.0, HUGE_VAL, -HUGE_VAL}) t.put(key, 0);
    t.flush();
    BOOST_TEST((support::keys_of(t.scan()) == std::vector<double>{-HUGE_VAL, 1.0, HUGE_VAL}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_values)

BOOST_AUTO_TEST_CASE(need_no_default_constructor) {
    support::memory_tree<int, celsius> t{lsm::memory_disk()};
    t.put(1, celsius(36.6));
    t.put(2, celsius(0));
    t.erase(2);
    t.flush();
    BOOST_TEST(t.get(1).value().degrees() == 36.6);
    BOOST_TEST(!t.get(2).has_value());
    BOOST_TEST(t.multi_get(std::vector<int>{1, 3}).at(0)->degrees() == 36.6);
    for (const auto& [key, value] : t.scan()) BOOST_TEST(value.degrees() == 36.6);
}

/// Arrays that are larger than two pointers, alone and as parts: views refer to where they lie.
using with_large_arrays =
    boost::mpl::list<large<24>, std::optional<large<24>>, std::pair<large<24>, std::string>,
                     std::tuple<int, large<24>>, std::vector<large<24>>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(and_keys_may_hold_large_arrays, T, with_large_arrays) {
    constexpr int many = 200;
    support::memory_tree<T, T, lsm::b_tree_memtable> t{lsm::memory_disk(),
                                                       {.storage = {support::blocks_of(512)}}};
    std::vector<T> all;
    for (int i = 0; i < many; ++i) all.push_back(holding_large<T>(i));
    const auto check = [&] {
        const auto values = t.multi_get(all);
        for (int i = 0; i < many; ++i) {
            const T& there = all[static_cast<std::size_t>(i)];
            BOOST_REQUIRE((t.get(there) == there));
            BOOST_REQUIRE((values[static_cast<std::size_t>(i)] == there));
            bool is_same = false;
            t.visit(there, [&](const auto& seen) { is_same = lsm::codec<T>::own(seen) == there; });
            BOOST_REQUIRE(is_same);
        }
        auto expected = all.begin();
        for (const auto& [key, value] : t.scan()) {
            BOOST_REQUIRE((lsm::codec<T>::own(key) == *expected));
            BOOST_REQUIRE((lsm::codec<T>::own(value) == *expected++));
        }
        BOOST_TEST((expected == all.end()));
        BOOST_TEST((support::keys_of(t.scan(all[50], all[60])).size() == 10U));
        auto last = all.rbegin();
        for (const auto& entry : t.scan().reversed()) {
            const std::pair<T, T> owned = entry;
            BOOST_REQUIRE((owned.first == *last && owned.second == *last));
            ++last;
        }
    };
    for (int i = 0; i < many; i += 2) t.put(all[static_cast<std::size_t>(i)], all[0]);
    t.flush();
    typename decltype(t)::write_batch batch;
    for (const T& each : all) batch.put(each, each);
    t.write(std::move(batch));
    check();
    t.flush();
    t.put(all[1], all[1]);
    check();
    t.compact();
    check();
}

BOOST_AUTO_TEST_CASE(that_are_large_arrays_are_seen_where_they_lie) {
    static_assert(std::is_same_v<lsm::view_of<large<16>>, large<16>>);
    static_assert(std::is_same_v<lsm::view_of<large<24>>, const large<24>&>);
    support::memory_tree<int, large<24>> t{lsm::memory_disk()};
    t.put(1, holding_large<large<24>>(1));
    t.flush();
    const auto view = t.scan();
    const auto at = view.begin();
    BOOST_TEST(&(*at).value() == &(*at).value());
}

BOOST_AUTO_TEST_CASE(may_be_as_long_as_many_blocks) {
    support::memory_tree<int, std::string> t{lsm::memory_disk()};
    const std::string value(std::size_t{3} << 20, 'v');
    for (int key = 0; key < 3; ++key) t.put(key, value);
    t.compact();
    BOOST_TEST((t.get(1).value() == value));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace types_test
