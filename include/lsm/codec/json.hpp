// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/json/literal.hpp>
#include <lsm/codec/json/parse.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/floating.hpp>
#include <lsm/core/utf8.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm {

/// How deep a value may nest when it is written; the rest of `max_json_depth` is for what a table
/// puts around it.
inline constexpr std::size_t max_json_value_depth = max_json_depth - 12;

namespace detail {

/// The names of a record's members. A field is called by its name, or else by its number, counted
/// from 0; a name that the record has already gets a `+` behind it, as often as it takes.
class member_names {
public:
    void open() { begins_.push_back(names_.size()); }
    void close() {
        names_.resize(begins_.back());
        begins_.pop_back();
    }
    /// The next member's name, valid until the next call.
    [[nodiscard]] const std::string& next(std::string_view field) {
        const auto begin = names_.begin() + static_cast<std::ptrdiff_t>(begins_.back());
        std::string name(field.empty() ? std::to_string(names_.end() - begin) : field);
        while (std::find(begin, names_.end(), name) != names_.end()) name += '+';
        return names_.emplace_back(std::move(name));
    }

private:
    std::vector<std::string> names_;  // of all records that are open, outermost first
    std::vector<std::size_t> begins_;
};

}  // namespace detail

/// The writing visitor that makes JSON, in one line.
///
/// | part | in JSON |
/// | --- | --- |
/// | integer | a number, all 64 bits of it; a character is its code, without a sign |
/// | `bool` | `true`, `false` |
/// | floating | the shortest number that reads back as the same; minus zero is `-0.0` |
/// | not finite | `"inf"`, `"-inf"`, `"nan:7ff8000000000001"`: the bits, so that no NaN is lost |
/// | text | a string if it is UTF-8, else its bytes in an object: `{"hex": "ff00"}` |
/// | bytes | a string of hex digits: `"ff00"` |
/// | record | an array; an object if its first field has a name (see `detail::member_names`) |
/// | sequence | an array; so a map is an array of arrays of two |
/// | optional | `null`, or an array of one |
///
/// A codec writes one part, and one more after each `field` and `item`.
class json_writer {
public:
    /// @param out where the text is appended; outlives the writer
    explicit json_writer(std::string& out) : out_(out) {}

    template <plain_number T>
    void number(T value) {
        begin_part();
        if constexpr (std::is_same_v<T, bool>)
            out_ += value ? "true" : "false";
        else if constexpr (std::is_floating_point_v<T>)
            detail::append_floating(out_, value);
        else
            detail::append_digits(out_, static_cast<detail::json_integer<T>>(value));
    }
    void text(std::string_view value) {
        begin_part();
        if (is_utf8(value))
            append_string(value);
        else
            append_hex(R"({"hex": ")", as_bytes(value), "\"}");
    }
    void bytes(byte_view value) {
        begin_part();
        append_hex("\"", value, "\"");
    }
    void fixed(byte_view value) { bytes(value); }

    void begin_record() { open("", '\0'); }  // the first field tells which brackets
    void field(std::string_view name) {
        if (!is_utf8(name)) refuse("names a field by what is not UTF-8");
        if (levels_.back().parts == 0) begin_fields(!name.empty());
        begin_item();
        if (levels_.back().close != '}') return;
        append_string(names_.next(name));
        out_ += ": ";
    }
    void end_record() {
        if (levels_.back().parts == 0) out_ += "[]";
        if (levels_.back().close == '}') names_.close();
        close();
    }
    void begin_sequence(std::size_t) { open("[", ']'); }
    void item() { begin_item(); }
    void end_sequence() { close(); }
    void begin_optional(bool present) {
        open(present ? "[" : "null", present ? ']' : '\0');
        part_may_follow_ = present;
    }
    void end_optional() { close(); }

private:
    struct level {
        char close;             // the bracket that ends it, if any
        std::size_t parts = 0;  // so far
    };

    [[noreturn]] static void refuse(const std::string& what) {
        throw error(errc::invalid_argument, "JSON: a codec " + what + ": mend the codec");
    }
    void begin_part() {
        if (!part_may_follow_) refuse("writes two parts where there is place for one");
        part_may_follow_ = false;
    }
    void begin_item() {
        if (levels_.back().parts++ > 0) out_ += ", ";
        part_may_follow_ = true;
    }
    void begin_fields(bool named) {
        levels_.back().close = named ? '}' : ']';
        out_ += named ? '{' : '[';
        if (named) names_.open();
    }
    void open(std::string_view text, char close) {
        begin_part();
        if (levels_.size() == max_json_value_depth)
            throw error(errc::invalid_argument,
                        "a value nests deeper than " + std::to_string(max_json_value_depth) +
                            " levels, which JSON does not hold: store it in blocks");
        out_ += text;
        levels_.push_back({close});
    }
    void close() {
        if (levels_.back().close != '\0') out_ += levels_.back().close;
        levels_.pop_back();
    }
    void append_string(std::string_view utf8) { out_ += boost::json::serialize(utf8); }
    void append_hex(std::string_view before, byte_view bytes, std::string_view after) {
        out_ += before;
        detail::append_hex(out_, bytes);
        out_ += after;
    }

    std::string& out_;
    std::vector<level> levels_;
    detail::member_names names_;
    bool part_may_follow_ = true;
};

/// The reading visitor over a JSON value: the inverse of `json_writer`. An object's members may
/// stand in any order; none may miss and none may be too many. What `text` and `bytes` return is
/// valid as long as the reader and the value.
/// @throws decode_error from every member, when the value is not what the codec asks for
class json_reader {
public:
    /// @param from outlives the reader
    explicit json_reader(const boost::json::value& from) : next_(&from) {}

    template <plain_number T>
    T number() {
        const boost::json::value& from = take();
        if constexpr (std::is_same_v<T, bool>) {
            if (const bool* value = from.if_bool()) return *value;
        } else if constexpr (std::is_floating_point_v<T>) {
            if (const auto value = floating<T>(from)) return *value;
        } else {
            using Integer = detail::json_integer<T>;
            if (const auto* value = from.if_int64(); value && std::in_range<Integer>(*value))
                return static_cast<T>(*value);
            if (const auto* value = from.if_uint64(); value && std::in_range<Integer>(*value))
                return static_cast<T>(*value);
        }
        fail_at(from, detail::number_shape<T>());
    }
    std::string_view text() {
        const boost::json::value& from = take();
        if (const auto* string = from.if_string()) return *string;
        const auto* object = from.if_object();
        const auto* hex = object && object->size() == 1 ? object->if_contains("hex") : nullptr;
        if (!hex) fail_at(from, "a string, or {\"hex\": ...}");
        return decoded(*hex);
    }
    byte_view bytes() { return as_bytes(decoded(take())); }
    void fixed(std::span<std::byte> to) {
        const boost::json::value& from = take();
        const byte_view bytes = as_bytes(decoded(from));
        if (bytes.size() != to.size()) fail_at(from, std::to_string(to.size()) + " bytes");
        std::ranges::copy(bytes, to.begin());
    }

    void begin_record() { levels_.push_back({&take()}); }
    void field(std::string_view name) {
        level& record = levels_.back();
        if (record.parts == 0) begin_fields(record, !name.empty());
        if (!record.object) return item();
        const std::string& member = names_.next(name);
        next_ = record.object->if_contains(member);
        if (!next_) fail("a member \"" + member + "\" is missing");
        ++record.parts;
    }
    void end_record() {
        const level& record = levels_.back();
        if (record.parts == 0) begin_array();
        if (record.object) {
            if (record.object->size() != record.parts) fail("an object has members too many");
            names_.close();
        }
        end_sequence();
    }
    std::size_t begin_sequence() {
        levels_.push_back({&take()});
        return begin_array().size();
    }
    void item() {
        level& whole = levels_.back();
        if (whole.parts == whole.array->size()) fail("an array has too few elements");
        next_ = &(*whole.array)[whole.parts++];
    }
    void end_sequence() {
        const level& whole = levels_.back();
        if (whole.array && whole.array->size() != whole.parts)
            fail("an array has elements too many");
        levels_.pop_back();
    }
    bool begin_optional() {
        levels_.push_back({&take()});
        if (levels_.back().whole->is_null()) return false;
        if (begin_array().size() != 1) fail_at(*levels_.back().whole, "null or an array of one");
        item();
        return true;
    }
    void end_optional() { levels_.pop_back(); }

    [[noreturn]] void fail(const std::string& what) const {
        std::string place;
        for (const level& whole : levels_)
            if (whole.parts > 0) place.append(1, '/').append(std::to_string(whole.parts - 1));
        throw decode_error("JSON, at part " + (place.empty() ? "/" : place) + ": " + what);
    }

private:
    struct level {
        const boost::json::value* whole;
        const boost::json::array* array = nullptr;  // one of these two, once it is known which
        const boost::json::object* object = nullptr;
        std::size_t parts = 0;  // so far
    };

    const boost::json::value& take() {
        if (!next_) fail("a codec reads two parts where there is place for one");
        return *std::exchange(next_, nullptr);
    }
    const boost::json::array& begin_array() {
        level& whole = levels_.back();
        whole.array = whole.whole->if_array();
        if (!whole.array) fail_at(*whole.whole, "an array");
        return *whole.array;
    }
    void begin_fields(level& record, bool named) {
        if (!named) return void(begin_array());
        record.object = record.whole->if_object();
        if (!record.object) fail_at(*record.whole, "an object");
        names_.open();
    }
    template <class T>
    static std::optional<T> floating(const boost::json::value& from) {
        if (const auto* text = from.if_string()) return detail::not_finite<T>(*text);
        std::optional<T> value;
        if (const auto* number = from.if_double()) value = static_cast<T>(*number);
        if (const auto* number = from.if_int64())
            value = static_cast<T>(static_cast<double>(*number));
        if (const auto* number = from.if_uint64())
            value = static_cast<T>(static_cast<double>(*number));
        if (value && !detail::is_finite(*value)) value.reset();  // a double beyond a float
        return value;
    }
    std::string_view decoded(const boost::json::value& hex) {
        const auto* digits = hex.if_string();
        std::optional<std::string> bytes;
        if (digits) bytes = detail::bytes_of_hex(*digits);
        if (!bytes) fail_at(hex, "hex digits");
        return decoded_.emplace_front(std::move(*bytes));
    }
    [[noreturn]] void fail_at(const boost::json::value& found, const std::string& expected) const {
        std::string text = boost::json::serialize(found);
        if (text.size() > 60) text.replace(57, text.npos, "...");
        fail("expected " + expected + ", found " + text);
    }

    const boost::json::value* next_;
    std::vector<level> levels_;
    detail::member_names names_;
    std::forward_list<std::string> decoded_;  // what views refer to that the value does not hold
};

/// The JSON of an object, or of its view, by the rules of `json_writer`.
/// @throws lsm::error `invalid_argument` if it nests deeper than `max_json_value_depth`
template <has_codec T>
[[nodiscard]] std::string to_json(const std::remove_cvref_t<view_of<T>>& object) {
    std::string text;
    json_writer out(text);
    codec<T>::write(out, object);
    return text;
}

/// The object that a JSON value stands for.
/// @throws decode_error
template <has_codec T>
[[nodiscard]] T from_json_value(const boost::json::value& value) {
    json_reader in(value);
    return codec<T>::template read<json_reader>(in);
}

/// The object of a JSON text, which holds nothing else.
/// @throws decode_error
template <has_codec T>
[[nodiscard]] T from_json(std::string_view text) {
    return from_json_value<T>(parse_json(text));
}

}  // namespace lsm
