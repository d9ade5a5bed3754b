// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/floating.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

// How single numbers and bytes are spelled in JSON. The rules are in <lsm/codec/json.hpp>.

namespace lsm::detail {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

/// Appends two digits a byte.
inline void append_hex(std::string& out, byte_view bytes) {
    for (const std::byte byte : bytes) {
        out += hex_digits[std::to_integer<std::size_t>(byte >> 4)];
        out += hex_digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
}

/// A number as its hex digits, all of them.
template <std::unsigned_integral Bits>
[[nodiscard]] std::string hex_of(Bits bits) {
    std::string text(2 * sizeof(Bits), '0');
    for (std::size_t i = text.size(); i-- > 0; bits >>= 4) text[i] = hex_digits[bits & 15U];
    return text;
}

/// The inverse of `hex_of`; nothing if the text is anything else.
template <std::unsigned_integral Bits>
[[nodiscard]] std::optional<Bits> bits_of_hex(std::string_view text) {
    Bits bits = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (text.size() != 2 * sizeof(Bits)) return std::nullopt;
    return bits;
}

/// The inverse of `append_hex`; nothing if the text is anything else.
[[nodiscard]] inline std::optional<std::string> bytes_of_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto byte = bits_of_hex<std::uint8_t>(text.substr(i, 2));
        if (!byte) return std::nullopt;
        bytes += static_cast<char>(*byte);
    }
    return bytes;
}

template <class T>
inline constexpr bool is_character =
    std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

/// The integers that stand for a `T` in JSON: its own, and a character's code without a sign.
template <class T>
struct json_integer_of {
    using type = T;
};
template <class T>
    requires is_character<T>
struct json_integer_of<T> {
    using type = std::make_unsigned_t<T>;
};
template <class T>
using json_integer = typename json_integer_of<T>::type;

template <class T>
void append_digits(std::string& out, T value) {
    std::array<char, 64> text;  // more than any number's shortest digits
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

/// The double that a JSON number means; nothing where it is out of range.
[[nodiscard]] inline std::optional<double> double_of(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Appends the fewest digits that mean the same: for a `float` too, whoever reads them as a double.
template <floating_number T>
void append_finite(std::string& out, T value) {
    const std::size_t begin = out.size();
    append_digits(out, value);
    if (bits_of(value) == sign_bit<T>) out += ".0";  // many readers take -0 for an integer
    if constexpr (sizeof(T) < sizeof(double)) {
        const auto read = double_of(std::string_view(out).substr(begin));
        if (read && static_cast<T>(*read) == value) return;
        out.resize(begin);
        append_digits(out, static_cast<double>(value));
    }
}

/// Appends a number, or the string that stands for one which JSON lacks.
template <floating_number T>
void append_floating(std::string& out, T value) {
    if (is_finite(value))
        append_finite(out, value);
    else if (is_nan(value))
        out += "\"nan:" + hex_of(bits_of(value)) + '"';
    else
        out += is_negative(value) ? R"("-inf")" : R"("inf")";
}

/// What the string means that stands for a number which JSON lacks; nothing for any other string.
template <floating_number T>
[[nodiscard]] std::optional<T> not_finite(std::string_view text) {
    if (text == "inf") return std::bit_cast<T>(infinity_bits<T>);
    if (text == "-inf") return std::bit_cast<T>(infinity_bits<T> | sign_bit<T>);
    if (!text.starts_with("nan:")) return std::nullopt;
    const auto bits = bits_of_hex<bits_of_floating<T>>(text.substr(4));
    if (!bits || !is_nan(std::bit_cast<T>(*bits))) return std::nullopt;
    return std::bit_cast<T>(*bits);
}

}  // namespace lsm::detail
