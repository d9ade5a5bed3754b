// SPDX-License-Identifier: BSL-1.0
#include "support/pch.hpp"

#include <lsm/codec/codec.hpp>

#include <boost/describe/class.hpp>
#include <boost/serialization/access.hpp>
#include <boost/serialization/nvp.hpp>

#include <deque>
#include <list>
#include <set>
#include <unordered_map>

namespace {

enum class colour : std::uint16_t { red = 1, blue = 2 };

struct point {  // a plain aggregate
    int x;
    std::string label;
    bool operator==(const point&) const = default;
};

class person {  // described, with a private member
public:
    person() = default;
    person(std::string name, int age) : name_(std::move(name)), age_(age) {}
    bool operator==(const person&) const = default;

private:
    std::string name_;
    int age_ = 0;
    BOOST_DESCRIBE_CLASS(person, (), (), (), (name_, age_))
};

struct order {  // a public serialize() in Boost's form
    std::uint32_t id = 0;
    std::vector<double> prices;
    bool operator==(const order&) const = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& BOOST_SERIALIZATION_NVP(id);
        archive & prices;
    }
};

class secret {  // a private serialize(), opted in below
public:
    secret() = default;
    explicit secret(int code) : code_(code) {}
    bool operator==(const secret&) const = default;

private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive & code_;
    }
    int code_ = 0;
};

template <class T>
lsm::byte_buffer encoded(const T& object) {
    lsm::byte_buffer bytes;
    lsm::encode<T>(bytes, lsm::codec<T>::as_view(object));
    return bytes;
}

/// Calls `f(object, shape)` with objects of every family of types.
void for_each_family(auto f) {
    using namespace std::string_literals;
    f(true, "bool");
    f('x', "char");
    f(char8_t{0xff}, "char8");
    f(char16_t{0xffff}, "char16");
    f(char32_t{0x10ffff}, "char32");
    f(std::numeric_limits<std::int8_t>::min(), "i8");
    f(std::numeric_limits<std::uint8_t>::max(), "u8");
    f(std::numeric_limits<short>::min(), "i16");
    f(std::numeric_limits<unsigned short>::max(), "u16");
    f(std::numeric_limits<int>::min(), "i32");
    f(std::numeric_limits<unsigned>::max(), "u32");
    f(std::numeric_limits<std::int64_t>::min(), "i64");
    f(std::numeric_limits<std::uint64_t>::max(), "u64");
    f(1LL, "i64");
    f(0.1f, "f32");
    f(-0.0, "f64");
    f(std::numeric_limits<double>::infinity(), "f64");
    f(colour::blue, "enum<u16>");
    f("a\0\xff"s, "text");
    f(std::string(), "text");
    f(lsm::byte_buffer{std::byte{0}, std::byte{255}}, "bytes");
    f(std::array{std::byte{1}, std::byte{2}, std::byte{3}}, "bytes<3>");
    f(std::pair(1, "one"s), "record<i32,text>");
    f(std::tuple(1, 2.5, 'c'), "record<i32,f64,char>");
    f(std::tuple<>(), "record<>");
    f(std::optional<int>(), "optional<i32>");
    f(std::optional("some"s), "optional<text>");
    f(std::optional<std::optional<int>>(), "optional<optional<i32>>");
    f(std::optional<std::optional<int>>(std::optional<int>()), "optional<optional<i32>>");
    f(std::optional(std::vector{1}), "optional<sequence<i32>>");
    f(std::vector<int>{3, 1, 2}, "sequence<i32>");
    f(std::vector<bool>{true, false, true}, "sequence<bool>");
    f(std::vector<std::vector<std::string>>{{}, {"a", "b"}}, "sequence<sequence<text>>");
    f(std::list<int>{1, 2}, "sequence<i32>");
    f(std::deque<int>{1, 2}, "sequence<i32>");
    f(std::set<std::string>{"a", "b"}, "sequence<text>");
    f(std::multiset<int>{1, 1}, "sequence<i32>");
    f(std::map<std::string, int>{{"a", 1}, {"b", 2}}, "map<text,i32>");
    f(std::unordered_map<int, int>{{1, 2}}, "map<i32,i32>");
    f(std::array<std::uint16_t, 2>{1, 2}, "array<2,u16>");
    f(std::array<std::string, 2>{"a", "b"}, "array<2,text>");
    f(lsm::descending(7), "descending<i32>");
    f(lsm::descending("z"s), "descending<text>");
    f(point{-1, "here"}, "record<i32,text>");
    f(person("ann", 30), "record<text,i32>");
    f(order{7, {1.5, -0.0}}, "record<u32,sequence<f64>>");
    f(secret(42), "record<i32>");
    f(std::map<std::string, std::vector<std::optional<point>>>{{"k", {point{1, "a"}, {}}}},
      "map<text,sequence<optional<record<i32,text>>>>");
}

}  // namespace

template <>
struct lsm::codec<secret> : lsm::serialize_codec<secret> {};

BOOST_AUTO_TEST_SUITE(bytes)

BOOST_AUTO_TEST_CASE(come_back_as_the_same_object) {
    for_each_family([]<class T>(const T& object, const std::string& shape) {
        BOOST_TEST_CONTEXT(shape) BOOST_TEST((lsm::decode<T>(encoded(object)) == object));
    });
}

BOOST_AUTO_TEST_CASE(of_floating_numbers_keep_every_bit) {
    const std::uint64_t bits = 0xfff0'0000'0000'0001;  // a signalling NaN
    const auto read = lsm::decode<double>(encoded(std::bit_cast<double>(bits)));
    BOOST_TEST(std::bit_cast<std::uint64_t>(read) == bits);
    BOOST_TEST(std::signbit(lsm::decode<double>(encoded(-0.0))));
}

BOOST_AUTO_TEST_CASE(are_counted_beforehand) {
    for_each_family([]<class T>(const T& object, const std::string& shape) {
        const auto view = lsm::codec<T>::as_view(object);
        BOOST_TEST_CONTEXT(shape)
        BOOST_TEST(lsm::encoded_bytes<T>(view) == encoded(object).size());
    });
}

BOOST_AUTO_TEST_CASE(cut_off_anywhere_are_an_error) {
    for_each_family([]<class T>(const T& object, const std::string& shape) {
        const lsm::byte_buffer whole = encoded(object);
        for (std::size_t size = 0; size < whole.size(); ++size)
            BOOST_TEST_CONTEXT(shape << " of " << size << " bytes")
        BOOST_CHECK_THROW((void)lsm::decode<T>(lsm::byte_view(whole).first(size)),
                          lsm::decode_error);
    });
}

BOOST_AUTO_TEST_CASE(too_many_are_an_error) {
    for_each_family([]<class T>(const T& object, const std::string& shape) {
        lsm::byte_buffer more = encoded(object);
        more.push_back(std::byte{0});
        BOOST_TEST_CONTEXT(shape)
        BOOST_CHECK_THROW((void)lsm::decode<T>(more), lsm::decode_error);
    });
}

BOOST_AUTO_TEST_CASE(are_little_endian_with_lengths_in_front) {
    const auto bytes = encoded(std::tuple(std::uint16_t{0x0102}, std::string("ab"), true));
    const auto expected = std::to_array<unsigned char>({2, 1, 2, 0, 0, 0, 'a', 'b', 1});
    BOOST_TEST((lsm::as_text(bytes) == lsm::as_text(std::as_bytes(std::span(expected)))));
}

BOOST_AUTO_TEST_CASE(that_claim_more_elements_than_bytes_are_an_error) {
    lsm::byte_buffer bytes;
    lsm::append_number(bytes, std::uint32_t{0xffff'ffff});
    BOOST_CHECK_THROW((void)lsm::decode<std::vector<int>>(bytes), lsm::decode_error);
    BOOST_CHECK_THROW((void)lsm::decode<std::string>(bytes), lsm::decode_error);
}

BOOST_AUTO_TEST_CASE(of_a_bool_are_0_or_1) {
    const lsm::byte_buffer two{std::byte{2}};
    BOOST_CHECK_THROW((void)lsm::decode<bool>(two), lsm::decode_error);
    BOOST_CHECK_THROW((void)lsm::decode<std::optional<int>>(two), lsm::decode_error);
}

BOOST_AUTO_TEST_CASE(of_a_set_name_each_element_once) {
    const auto bytes = encoded(std::multiset<int>{1, 1});
    BOOST_CHECK_THROW((void)lsm::decode<std::set<int>>(bytes), lsm::decode_error);
}

/// Such a length cut off would make bytes that decode to something else.
BOOST_AUTO_TEST_CASE(refuse_a_length_that_needs_more_than_32_bits) {
    constexpr std::size_t most = 0xffff'ffff;
    const auto refused = [](const lsm::error& e) {
        return e.which() == lsm::errc::invalid_argument;
    };
    lsm::byte_buffer bytes;
    lsm::byte_writer out(bytes);
    out.begin_sequence(most);
    BOOST_TEST((bytes == lsm::byte_buffer(4, std::byte{255})));
    BOOST_CHECK_EXCEPTION(out.begin_sequence(most + 1), lsm::error, refused);
    const std::string_view giant("", most + 1);  // nobody looks at what it says to have
    BOOST_CHECK_EXCEPTION(out.text(giant), lsm::error, refused);
    BOOST_CHECK_EXCEPTION(out.bytes(lsm::as_bytes(giant)), lsm::error, refused);
    BOOST_TEST(bytes.size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(shape)

BOOST_AUTO_TEST_CASE(says_what_the_parts_are) {
    for_each_family([]<class T>(const T&, const std::string& shape) {
        BOOST_TEST(lsm::codec<T>::shape() == shape);
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(view)

BOOST_AUTO_TEST_CASE(gives_back_the_object) {
    for_each_family([]<class T>(const T& object, const std::string& shape) {
        BOOST_TEST_CONTEXT(shape)
        BOOST_TEST((lsm::codec<T>::own(lsm::codec<T>::as_view(object)) == object));
    });
}

BOOST_AUTO_TEST_CASE(is_read_in_place_where_it_borrows) {
    for_each_family([]<class T>(const T& object, const std::string& shape) {
        if constexpr (lsm::access_of<T> == lsm::access_kind::borrowed) {
            const lsm::byte_buffer bytes = encoded(object);
            lsm::byte_reader in(bytes);
            const auto view = lsm::codec<T>::template read_view<lsm::byte_reader>(in);
            BOOST_TEST_CONTEXT(shape) BOOST_TEST((lsm::codec<T>::own(view) == object));
        }
    });
}

BOOST_AUTO_TEST_CASE(is_by_value_or_borrowed_only_where_every_part_is) {
    using lsm::access_kind;
    using lsm::access_of;
    BOOST_TEST((access_of<int> == access_kind::by_value));
    BOOST_TEST((access_of<std::string> == access_kind::borrowed));
    BOOST_TEST((access_of<std::pair<int, char>> == access_kind::by_value));
    BOOST_TEST((access_of<std::pair<int, std::string>> == access_kind::borrowed));
    BOOST_TEST((access_of<std::pair<std::string, std::vector<int>>> == access_kind::decoded));
    BOOST_TEST((access_of<std::optional<std::string>> == access_kind::borrowed));
    BOOST_TEST((access_of<point> == access_kind::decoded));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(hash)

BOOST_AUTO_TEST_CASE(is_one_for_both_zeros) {
    BOOST_TEST(lsm::hash_of<double>(-0.0) == lsm::hash_of<double>(0.0));
    BOOST_TEST(lsm::hash_of<float>(-0.0f) == lsm::hash_of<float>(0.0f));
    using key = std::pair<int, double>;
    BOOST_TEST(lsm::hash_of<key>({1, -0.0}) == lsm::hash_of<key>({1, 0.0}));
}

BOOST_AUTO_TEST_CASE(is_the_same_of_an_object_and_what_is_read_back) {
    for_each_family([]<class T>(const T& object, const std::string& shape) {
        const T read = lsm::decode<T>(encoded(object));
        const auto hash = [](const T& of) {
            return lsm::hash_of<T>(lsm::codec<T>::as_view(of), 7);
        };
        BOOST_TEST_CONTEXT(shape) BOOST_TEST(hash(read) == hash(object));
    });
}

BOOST_AUTO_TEST_CASE(differs_with_the_object_and_with_the_seed) {
    BOOST_TEST(lsm::hash_of<std::string>("a") != lsm::hash_of<std::string>("b"));
    BOOST_TEST(lsm::hash_of<int>(1) != lsm::hash_of<int>(2));
    BOOST_TEST(lsm::hash_of<int>(1, 1) != lsm::hash_of<int>(1, 2));
}

BOOST_AUTO_TEST_SUITE_END()
