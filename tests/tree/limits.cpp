// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace limits_test {

using lsm::errc;
using support::is;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct point {
    double x;
    double y;
    friend auto operator<=>(const point&, const point&) = default;
};

struct only_less {
    double x;
    friend bool operator<(const only_less& a, const only_less& b) { return a.x < b.x; }
};

/// Puts, erases and a batch with @p bad in its middle are refused, and change nothing.
template <class Key>
void check_refused(const Key& good, const Key& bad) {
    using tree = support::memory_tree<Key, int>;
    tree t{lsm::memory_disk()};
    t.put(good, 1);
    typename tree::write_batch batch;
    batch.put(good, 2);
    batch.put(bad, 2);
    batch.erase(good);
    BOOST_CHECK_EXCEPTION(t.put(bad, 1), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION(t.erase(bad), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION(t.write(batch), lsm::error, is(errc::invalid_argument));
    BOOST_CHECK_EXCEPTION((void)t.scan(lsm::at_least(bad)), lsm::error, is(errc::invalid_argument));
    BOOST_TEST(!t.contains(bad));
    BOOST_TEST(t.get(good).value() == 1);
    BOOST_TEST(t.stats().last_sequence == 1U);
}

BOOST_AUTO_TEST_SUITE(tree_limits)

BOOST_AUTO_TEST_CASE(refuse_a_nan_wherever_it_is_in_the_key) {
    check_refused(1.0, not_a_number);
    check_refused(std::pair(1, 1.0), std::pair(1, not_a_number));
    check_refused(std::tuple(std::string("a"), 1.0), std::tuple(std::string("a"), not_a_number));
    check_refused(std::vector<double>{1, 2}, std::vector<double>{1, not_a_number});
    check_refused(std::optional<double>(), std::optional<double>(not_a_number));
    check_refused(point{1, 2}, point{1, not_a_number});
    check_refused(only_less{1}, only_less{not_a_number});
}

BOOST_AUTO_TEST_CASE(take_the_largest_key_and_refuse_a_larger_one) {
    using tree = support::memory_tree<std::string, int>;
    tree t{lsm::memory_disk()};
    std::string key(lsm::max_key_bytes, 'k');
    while (lsm::encoded_bytes<std::string>(key) > lsm::max_key_bytes) key.pop_back();
    t.put(key, 1);
    t.flush();
    BOOST_TEST(t.get(key).value() == 1);
    key += 'k';
    BOOST_CHECK_EXCEPTION(t.put(key, 2), lsm::error, is(errc::invalid_argument));
    tree::write_batch batch;
    batch.put("small", 1);
    batch.put(key, 2);
    BOOST_CHECK_EXCEPTION(t.write(batch), lsm::error, is(errc::invalid_argument));
    BOOST_TEST(!t.contains("small"));
    BOOST_TEST(t.stats().last_sequence == 1U);
}

BOOST_AUTO_TEST_CASE(let_a_nan_be_a_value) {
    support::memory_tree<int, double> t{lsm::memory_disk()};
    t.put(1, not_a_number);
    t.compact();
    const double value = t.get(1).value();
    BOOST_TEST((value != value));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace limits_test
