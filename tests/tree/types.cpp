// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

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

}  // namespace

template <>
struct lsm::codec<celsius> : lsm::decoded_codec<celsius> {
    static void write(auto& out, const celsius& object) { out.number(object.degrees()); }
    template <class In>
    static celsius read(In& in) {
        return celsius(in.template number<double>());
    }
    static std::string shape() { return "f64"; }
};

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

BOOST_AUTO_TEST_CASE(may_be_as_long_as_many_blocks) {
    support::memory_tree<int, std::string> t{lsm::memory_disk()};
    const std::string value(std::size_t{3} << 20, 'v');
    for (int key = 0; key < 3; ++key) t.put(key, value);
    t.compact();
    BOOST_TEST((t.get(1).value() == value));
}

BOOST_AUTO_TEST_SUITE_END()
