// SPDX-License-Identifier: BSL-1.0
#include "support/pch.hpp"

#include <lsm/codec/json.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>
#include <boost/serialization/nvp.hpp>

#include <bit>
#include <cmath>

namespace {

using namespace std::string_literals;

struct person {  // described: its members have names
    std::string name;
    int age = 0;
    std::vector<std::optional<double>> weights;
    bool operator==(const person&) const = default;
};
BOOST_DESCRIBE_STRUCT(person, (), (name, age, weights))

struct point {  // a plain aggregate: its members have none
    int x;
    int y;
    bool operator==(const point&) const = default;
};

struct crowded {  // writes and reads two parts where there is place for one
    int number = 0;
};

struct twice {  // gives one name to two parts, and none to a third
    int a = 0, b = 0, c = 0;
    bool operator==(const twice&) const = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& boost::serialization::make_nvp("n", a);
        archive& boost::serialization::make_nvp("n", b);
        archive & c;
    }
};

enum class colour : unsigned char { red = 1, blue = 200 };

/// A value and its JSON, which is to be read back as the same value.
template <class T>
void check_both_ways(const T& object, const std::string& json) {
    BOOST_TEST(lsm::to_json<T>(lsm::codec<T>::as_view(object)) == json);
    BOOST_TEST_CONTEXT(json) BOOST_TEST((lsm::from_json<T>(json) == object));
}

template <class T>
void check_rejected(std::initializer_list<const char*> texts) {
    for (const char* text : texts) BOOST_TEST_CONTEXT(text)
    BOOST_CHECK_THROW((void)lsm::from_json<T>(text), lsm::decode_error);
}

template <class T, class Bits>
void check_random_bits(int count) {
    std::mt19937_64 random(1);
    int changed = 0;
    for (int i = 0; i < count; ++i) {
        const auto bits = static_cast<Bits>(random());
        const std::string json = lsm::to_json<T>(std::bit_cast<T>(bits));
        if (std::bit_cast<Bits>(lsm::from_json<T>(json)) != bits) ++changed;
    }
    BOOST_TEST(changed == 0);
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

template <>
struct lsm::codec<crowded> : lsm::decoded_codec<crowded> {
    static void write(auto& out, const crowded& from) {
        out.number(from.number);
        out.number(from.number);
    }
    template <class In>
    static crowded read(In& in) {
        (void)in.template number<int>();
        return {in.template number<int>()};
    }
    static std::string shape() { return "i32"; }
};

BOOST_AUTO_TEST_SUITE(to_json)

BOOST_AUTO_TEST_CASE(writes_integers_as_numbers) {
    check_both_ways(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
    check_both_ways(std::numeric_limits<std::int64_t>::max(), "9223372036854775807");
    check_both_ways(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
    check_both_ways(std::int8_t{-128}, "-128");
    check_both_ways(std::uint8_t{65}, "65");
    check_both_ways(colour::blue, "200");
}

BOOST_AUTO_TEST_CASE(writes_characters_as_their_codes) {
    check_both_ways('A', "65");
    check_both_ways('\xff', "255");
    check_both_ways(char32_t{0x10ffff}, "1114111");
}

BOOST_AUTO_TEST_CASE(writes_the_shortest_digits_of_floating_numbers) {
    check_both_ways(0.1, "0.1");
    check_both_ways(0.1f, "0.1");
    check_both_ways(1.0, "1");
    check_both_ways(1e300, "1e+300");
    check_both_ways(5e-324, "5e-324");
    check_both_ways(std::numeric_limits<float>::max(), "3.4028235e+38");
}

BOOST_AUTO_TEST_CASE(keeps_the_sign_of_zero) {
    check_both_ways(-0.0, "-0.0");
    BOOST_TEST(std::signbit(lsm::from_json<double>("-0.0")));
    BOOST_TEST(!std::signbit(lsm::from_json<double>("0")));
}

BOOST_AUTO_TEST_CASE(writes_what_is_not_finite_as_strings) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    check_both_ways(infinity, R"("inf")");
    check_both_ways(-infinity, R"("-inf")");
    const auto nan = std::bit_cast<double>(std::uint64_t{0x7ff8000000000001});
    BOOST_TEST(lsm::to_json<double>(nan) == R"("nan:7ff8000000000001")");
    const auto narrow = std::bit_cast<float>(std::uint32_t{0xffc00001});
    BOOST_TEST(lsm::to_json<float>(narrow) == R"("nan:ffc00001")");
}

BOOST_AUTO_TEST_CASE(keeps_every_bit_of_floating_numbers) {
    check_random_bits<double, std::uint64_t>(1'000'000);
    check_random_bits<float, std::uint32_t>(200'000);
}

BOOST_AUTO_TEST_CASE(writes_utf8_as_strings) {
    check_both_ways("a\"\\/\n\x01\0\x7f"s, R"("a\"\\/\n\u0001\u0000)"s + "\x7f\"");
    check_both_ways("\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\xb3"s,
                    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\xb3\"");
    check_both_ways(std::string(), R"("")");
}

BOOST_AUTO_TEST_CASE(writes_other_text_as_hex_in_an_object) {
    check_both_ways("\xff\0"s, R"({"hex": "ff00"})");
    check_both_ways("\xc0\x80"s, R"({"hex": "c080"})");        // overlong
    check_both_ways("\xed\xa0\x80"s, R"({"hex": "eda080"})");  // a surrogate
    check_both_ways("\xf4\x90\x80\x80"s, R"({"hex": "f4908080"})");
    check_both_ways("\xe2\x82"s, R"({"hex": "e282"})");  // cut off
}

BOOST_AUTO_TEST_CASE(keeps_text_of_any_bytes) {
    std::mt19937 random(2);
    for (int i = 0; i < 20'000; ++i) {
        // Few different bytes, so that some texts are UTF-8 by chance.
        constexpr std::string_view some = "a\0\"\\\n\x7f\x80\xa0\xbf\xc3\xe0\xe2\xed\xf0\xf4\xff";
        std::string text;
        for (auto left = random() % 6; left > 0; --left) text += some[random() % some.size()];
        const std::string json = lsm::to_json<std::string>(text);
        BOOST_REQUIRE((lsm::from_json<std::string>(json) == text));
    }
}

BOOST_AUTO_TEST_CASE(writes_bytes_as_hex) {
    check_both_ways(lsm::byte_buffer{std::byte{0}, std::byte{255}}, R"("00ff")");
    check_both_ways(std::array{std::byte{0x1f}, std::byte{2}}, R"("1f02")");
}

BOOST_AUTO_TEST_CASE(writes_records_as_arrays) {
    check_both_ways(point{1, -2}, "[1, -2]");
    check_both_ways(std::pair(1, "one"s), R"([1, "one"])");
    check_both_ways(std::tuple<>(), "[]");
    check_both_ways(std::array{1, 2, 3}, "[1, 2, 3]");
}

BOOST_AUTO_TEST_CASE(writes_described_records_as_objects) {
    check_both_ways(person{"ann", 30, {1.5, {}}},
                    R"({"name": "ann", "age": 30, "weights": [[1.5], null]})");
}

BOOST_AUTO_TEST_CASE(tells_fields_of_one_name_apart) {
    check_both_ways(twice{1, 2, 3}, R"({"n": 1, "n+": 2, "2": 3})");
}

BOOST_AUTO_TEST_CASE(writes_containers_as_arrays) {
    check_both_ways(std::vector<std::string>{"a", "b"}, R"(["a", "b"])");
    check_both_ways(std::map<int, bool>{{1, true}, {2, false}}, "[[1, true], [2, false]]");
    check_both_ways(std::vector<int>(), "[]");
    check_both_ways(std::vector<std::vector<point>>{{}, {{1, 2}}}, "[[], [[1, 2]]]");
}

BOOST_AUTO_TEST_CASE(writes_optionals_as_null_or_an_array_of_one) {
    using deep = std::optional<std::optional<int>>;
    check_both_ways(deep(), "null");
    check_both_ways(deep(std::optional<int>()), "[null]");
    check_both_ways(deep(1), "[[1]]");
}

BOOST_AUTO_TEST_CASE(writes_what_every_parser_reads) {
    const person ann{"an\0n\xc3\xa9"s, 1, {-0.0, 1e22}};
    const std::string json = lsm::to_json<std::vector<person>>({ann, ann});
    BOOST_TEST(boost::json::parse(json).as_array().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(from_json)

BOOST_AUTO_TEST_CASE(takes_members_in_any_order) {
    const auto read = lsm::from_json<person>(R"({"weights":[],"age":1,"name":"bob"})");
    BOOST_TEST((read == person{"bob", 1, {}}));
}

BOOST_AUTO_TEST_CASE(rejects_integers_out_of_range) {
    check_rejected<std::int8_t>({"128", "-129", "1.0", "1e2", "\"1\"", "true"});
    check_rejected<std::uint64_t>({"-1", "18446744073709551616"});
    check_rejected<std::int64_t>({"9223372036854775808"});
    check_rejected<char>({"-1", "256", "\"A\""});
    check_rejected<bool>({"0", "1", "null"});
}

BOOST_AUTO_TEST_CASE(rejects_floating_numbers_out_of_range) {
    check_rejected<double>({"1e400", "\"infinity\"", "\"nan\"", "\"nan:7ff8\"", "null"});
    check_rejected<double>({"\"nan:3ff0000000000000\"", "\"nan:7ff800000000000x\""});
    check_rejected<float>({"1e39", "\"nan:7ff8000000000001\""});
}

BOOST_AUTO_TEST_CASE(rejects_missing_and_extra_members) {
    check_rejected<person>({R"({"name": "a", "age": 1})", "{}", "[]", "null",
                            R"({"name": "a", "age": 1, "weights": [], "more": 1})",
                            R"({"name": "a", "age": 1, "Weights": []})", R"(["a", 1, []])"});
}

BOOST_AUTO_TEST_CASE(rejects_members_named_twice) {
    check_rejected<person>({R"({"name": "a", "age": 1, "age": 2, "weights": []})"});
}

BOOST_AUTO_TEST_CASE(rejects_missing_and_extra_items) {
    check_rejected<point>({"[1]", "[1, 2, 3]", "[]", R"({"0": 1, "1": 2})"});
    check_rejected<std::tuple<>>({"[1]", "{}", "null"});
    check_rejected<std::optional<int>>({"[]", "[1, 2]", "1"});
    check_rejected<std::map<int, int>>({"[[1]]", "[[1, 2, 3]]", "[[1, 2], [1, 3]]"});
}

BOOST_AUTO_TEST_CASE(rejects_hex_that_is_none) {
    check_rejected<std::string>({R"({"hex": "f"})", R"({"hex": "zz"})", R"({"hex": 1})",
                                 R"({"hex": "", "x": 1})", R"({"Hex": ""})", "{}", "[]"});
    check_rejected<lsm::byte_buffer>({R"("0")", R"("+1")", R"("0x")", "[]"});
    check_rejected<std::array<std::byte, 2>>({R"("00")", R"("000000")"});
}

BOOST_AUTO_TEST_CASE(names_the_place_and_what_it_found) {
    try {
        (void)lsm::from_json<std::vector<point>>("[[1, 2], [3, \"four\"]]");
        BOOST_ERROR("nothing was thrown");
    } catch (const lsm::decode_error& failure) {
        BOOST_TEST(failure.what() == "JSON, at part /1/1: expected i32, found \"four\""s);
    }
}

BOOST_AUTO_TEST_CASE(refuses_a_codec_of_two_parts_where_there_is_place_for_one) {
    BOOST_CHECK_THROW((void)lsm::to_json<crowded>(crowded{1}), lsm::error);
    BOOST_CHECK_THROW((void)lsm::from_json<crowded>("1"), lsm::decode_error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(parse_json)

BOOST_AUTO_TEST_CASE(rejects_what_is_no_json) {
    for (const char* text : {"", " ", "[", "[1,]", "{", "nul", "1 2", "01", "\"a", "\"\xff\"",
                             "{\"a\" 1}", "[1] x", "// 1", "'a'"})
        BOOST_TEST_CONTEXT(text)
    BOOST_CHECK_THROW((void)lsm::parse_json(text), lsm::decode_error);
}

BOOST_AUTO_TEST_CASE(limits_the_depth) {
    BOOST_CHECK_NO_THROW((void)lsm::parse_json(nested(lsm::max_json_depth)));
    BOOST_CHECK_THROW((void)lsm::parse_json(nested(lsm::max_json_depth + 1)), lsm::decode_error);
    BOOST_CHECK_THROW((void)lsm::parse_json(std::string(10'000'000, '[')), lsm::decode_error);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    BOOST_CHECK_THROW((void)lsm::parse_json(objects), lsm::decode_error);
}

BOOST_AUTO_TEST_CASE(rounds_doubles_correctly) {
    BOOST_TEST(lsm::parse_json("0.30000000000000004").as_double() == 0.1 + 0.2);
    BOOST_TEST(lsm::parse_json("9007199254740993.0").as_double() == 9007199254740992.0);
    BOOST_TEST(lsm::parse_json("123456789012345678901234567890").as_double() ==
               123456789012345678901234567890.0);
}

BOOST_AUTO_TEST_SUITE_END()
