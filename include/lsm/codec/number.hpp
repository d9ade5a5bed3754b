// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/bytes.hpp>

#include <string>
#include <type_traits>

namespace lsm {

namespace detail {

/// The shape of a number: what it is and its width in bits, whatever the platform calls it.
template <plain_number T>
std::string number_shape() {
    if constexpr (std::is_same_v<T, bool>)
        return "bool";
    else if constexpr (std::is_same_v<T, char>)
        return "char";
    else if constexpr (std::is_same_v<T, char8_t> || std::is_same_v<T, char16_t> ||
                       std::is_same_v<T, char32_t> || std::is_same_v<T, wchar_t>)
        return std::string("char").append(std::to_string(8 * sizeof(T)));
    else
        return std::string(1, std::is_floating_point_v<T> ? 'f'
                              : std::is_signed_v<T>       ? 'i'
                                                          : 'u')
            .append(std::to_string(8 * sizeof(T)));
}

}  // namespace detail

/// Numbers, characters and `bool`; not `long double`, whose bytes differ between machines.
template <plain_number T>
struct codec<T> : by_value_codec<T> {
    static constexpr bool in_place = !std::is_same_v<T, bool>;
    static void write(auto& out, T number) { out.number(number); }
    template <class In>
    static T read(In& in) {
        return in.template number<T>();
    }
    static std::string shape() { return detail::number_shape<T>(); }
};

/// Enumerations, as their underlying number. A stored number that no enumerator names is kept.
template <class T>
    requires std::is_enum_v<T>
struct codec<T> : by_value_codec<T> {
    using underlying = std::underlying_type_t<T>;
    static constexpr bool in_place = codec<underlying>::in_place;
    static void write(auto& out, T value) { out.number(static_cast<underlying>(value)); }
    template <class In>
    static T read(In& in) {
        return static_cast<T>(in.template number<underlying>());
    }
    static std::string shape() { return "enum<" + detail::number_shape<underlying>() + ">"; }
};

}  // namespace lsm
