// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/json/literal.hpp>
#include <lsm/core/bytes.hpp>

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lsm {

/// How deep arrays and objects may nest in what is parsed.
inline constexpr std::size_t max_json_depth = 512;

namespace detail {

/// Builds a value from the events of Boost.JSON's parser. The parser's own doubles may be one unit
/// in the last place off; here they are read once more from their digits, correctly rounded.
class json_handler {
    using error_code = boost::system::error_code;
    using chars = boost::json::string_view;

public:
    static constexpr std::size_t max_object_size = boost::json::object::max_size();
    static constexpr std::size_t max_array_size = boost::json::array::max_size();
    static constexpr std::size_t max_key_size = boost::json::string::max_size();
    static constexpr std::size_t max_string_size = boost::json::string::max_size();

    /// The whole value, once the document has ended.
    [[nodiscard]] boost::json::value release() { return stack_.release(); }
    /// How many members all its objects had as they were written.
    [[nodiscard]] std::size_t members() const noexcept { return members_; }

    bool on_document_begin(error_code&) {
        stack_.reset();
        return true;
    }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t count, error_code&) {
        members_ += count;
        stack_.push_object(count);
        return true;
    }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t count, error_code&) {
        stack_.push_array(count);
        return true;
    }
    bool on_key_part(chars part, std::size_t, error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_key(chars part, std::size_t, error_code&) {
        stack_.push_key(part);
        return true;
    }
    bool on_string_part(chars part, std::size_t, error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(chars part, std::size_t, error_code&) {
        stack_.push_string(part);
        return true;
    }
    bool on_number_part(chars part, error_code&) {
        digits_ += std::string_view(part);
        return true;
    }
    bool on_int64(std::int64_t value, chars, error_code&) {
        digits_.clear();
        stack_.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t value, chars, error_code&) {
        digits_.clear();
        stack_.push_uint64(value);
        return true;
    }
    bool on_double(double, chars part, error_code& error) {
        digits_ += std::string_view(part);
        const std::optional<double> exact = double_of(digits_);
        if (!exact) {
            error = boost::json::error::exponent_overflow;
            return false;
        }
        digits_.clear();
        stack_.push_double(*exact);
        return true;
    }
    bool on_bool(bool value, error_code&) {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(error_code&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(chars, error_code&) { return true; }
    bool on_comment(chars, error_code&) { return true; }

private:
    boost::json::value_stack stack_;
    std::string digits_;  // of a number whose text comes in parts
    std::size_t members_ = 0;
};

/// How many members all objects in @p value have. Of two with one name only one is kept.
[[nodiscard]] inline std::size_t count_members(const boost::json::value& value) {
    std::size_t count = 0;
    if (const auto* object = value.if_object()) {
        count = object->size();
        for (const auto& member : *object) count += count_members(member.value());
    } else if (const auto* array = value.if_array()) {
        for (const auto& item : *array) count += count_members(item);
    }
    return count;
}

}  // namespace detail

/// The value of a JSON text, which must be the whole of it. Doubles are exact.
/// @throws decode_error if it is no JSON, is nested deeper than `max_json_depth`, names a member
/// of one object twice, or has a number beyond the range of a double
[[nodiscard]] inline boost::json::value parse_json(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = max_json_depth;
    boost::json::basic_parser<detail::json_handler> parser(options);
    boost::system::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (!error && read < text.size()) error = boost::json::error::extra_data;
    if (error) throw decode_error("JSON, byte " + std::to_string(read) + ": " + error.message());
    boost::json::value value = parser.handler().release();
    if (detail::count_members(value) != parser.handler().members())
        throw decode_error("JSON: an object names a member twice");
    return value;
}

}  // namespace lsm
