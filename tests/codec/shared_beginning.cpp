// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/codec/shared_beginning.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

/// Few different bytes, so that keys begin alike, and zeros at their ends.
std::byte some_byte(std::mt19937& random) {
    return static_cast<std::byte>(random() % 3 * 127);
}

template <class Key>
Key some_key(std::mt19937& random) {
    Key key{};
    if constexpr (requires { key.push_back({}); }) {
        for (auto size = random() % 14; size > 0; --size)
            key.push_back(static_cast<typename Key::value_type>(some_byte(random)));
    } else if constexpr (requires { key[0]; }) {
        for (auto& each : key) each = some_byte(random);
    } else {
        key = static_cast<Key>(random());
    }
    return key;
}

/// Among sorted keys, those between two of them begin as these do, and behind that have heads that ascend.
template <class Key>
void check(std::mt19937& random) {
    for (int round = 0; round < 500; ++round) {
        std::vector<Key> keys(10);
        for (Key& each : keys) each = some_key<Key>(random);
        std::ranges::sort(keys);
        const auto view = [&](std::size_t i) { return lsm::codec<Key>::as_view(keys[i]); };
        const std::size_t low = random() % 10, high = low + random() % (10 - low);
        const lsm::detail::shared_beginning<Key> shared(view(low), view(high));
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto order = shared.compare_beginning(view(i), view(low));
            if (i < low) BOOST_TEST((order <= 0));
            if (i > high) BOOST_TEST((order >= 0));
            if (order == 0 && i < low) BOOST_TEST(shared.head(view(i)) <= shared.head(view(low)));
            if (order == 0 && i > high) BOOST_TEST(shared.head(view(i)) >= shared.head(view(high)));
            if (i < low || i > high) continue;
            BOOST_TEST((order == 0));
            if (i > low) BOOST_TEST(shared.head(view(i - 1)) <= shared.head(view(i)));
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shared_beginning)

BOOST_AUTO_TEST_CASE(is_that_of_all_keys_between) {
    std::mt19937 random(1);
    check<std::string>(random);
    check<std::vector<std::byte>>(random);
    check<int>(random);
    check<double>(random);
    [&]<std::size_t... N>(std::index_sequence<N...>) {
        (check<std::array<std::byte, N + 1>>(random), ...);
    }(std::make_index_sequence<20>{});
}

BOOST_AUTO_TEST_CASE(is_passed_over_so_that_heads_differ) {
    const std::string low = "user:00000001", middle = "user:00000002", high = "user:00000003";
    const lsm::detail::shared_beginning<std::string> shared(low, high);
    BOOST_TEST(shared.head(low) < shared.head(middle));
    BOOST_TEST(shared.head(middle) < shared.head(high));
    const auto bytes = [](std::string_view text) {
        const auto all = lsm::as_bytes(text);
        return std::vector(all.begin(), all.end());
    };
    const lsm::detail::shared_beginning<std::vector<std::byte>> of_bytes(bytes(low), bytes(high));
    BOOST_TEST(of_bytes.head(bytes(low)) < of_bytes.head(bytes(middle)));
    BOOST_TEST(of_bytes.head(bytes(middle)) < of_bytes.head(bytes(high)));
}

BOOST_AUTO_TEST_SUITE_END()
