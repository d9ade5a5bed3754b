// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/column.hpp>
#include <lsm/testing/codec_laws.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

/// Keeps only half of what it is given.
struct forgetful {
    int kept;
    int lost;
    bool operator==(const forgetful&) const = default;
};

/// Equal without regard to sign, hashed with it.
struct unsigned_looking {
    int number;
    friend bool operator==(unsigned_looking a, unsigned_looking b) {
        return a.number * a.number == b.number * b.number;
    }
    friend bool operator<(unsigned_looking a, unsigned_looking b) {
        return a.number * a.number < b.number * b.number;
    }
};

struct plain_point {
    int x;
    std::string name;
    auto operator<=>(const plain_point&) const = default;
};

/// Contains itself.
struct node {
    int number;
    std::vector<node> children;
};

}  // namespace

template <>
struct lsm::codec<forgetful> : lsm::decoded_codec<forgetful> {
    static void write(auto& out, const forgetful& from) { out.number(from.kept); }
    template <class In>
    static forgetful read(In& in) {
        return {in.template number<int>(), 0};
    }
    static std::string shape() { return "i32"; }
};

BOOST_AUTO_TEST_SUITE(check_codec)

BOOST_AUTO_TEST_CASE(accepts_the_codecs_of_the_library) {
    lsm::testing::check_codec<int>({-1, 0, 1, 1 << 30});
    lsm::testing::check_codec<double>({-0.0, 0.0, 1e300, -1.5});
    lsm::testing::check_codec<std::string>({"", "a", "ab", std::string("a\0b", 3), "\xff\xfe"});
    lsm::testing::check_codec<std::pair<std::string, int>>({{"a", 1}, {"a", -1}, {"", 0}});
    lsm::testing::check_codec<std::optional<std::string>>({std::nullopt, "", "x"});
    lsm::testing::check_codec<std::vector<double>>({{}, {1.0}, {1.0, -0.0}, {1.0, 0.0}});
    lsm::testing::check_codec<std::map<std::string, int>>({{}, {{"a", 1}}});
    lsm::testing::check_codec<lsm::descending<std::string>>({{"a"}, {"b"}});
    lsm::testing::check_codec<plain_point>({{1, "a"}, {1, "b"}, {0, ""}});
}

BOOST_AUTO_TEST_CASE(rejects_a_codec_that_loses_a_part) {
    BOOST_CHECK_THROW(lsm::testing::check_codec<forgetful>({{1, 2}}), lsm::testing::law_broken);
}

BOOST_AUTO_TEST_CASE(rejects_a_hash_that_tells_equal_keys_apart) {
    BOOST_CHECK_THROW(lsm::testing::check_codec<unsigned_looking>({{1}, {-1}}),
                      lsm::testing::law_broken);
}

BOOST_AUTO_TEST_CASE(accepts_optionals_of_optionals_and_columns_of_bool) {
    using nested = std::optional<std::optional<int>>;
    lsm::testing::check_codec<nested>({nested(), nested(std::optional<int>()), nested(1)});
    lsm::columns<bool, bool> columns(1);
    columns.keys().push(true);
    BOOST_CHECK(columns.window().keys[0]);
}

BOOST_AUTO_TEST_CASE(a_type_that_contains_itself_is_refused) {
    BOOST_CHECK_THROW((void)lsm::codec<node>::shape(), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
