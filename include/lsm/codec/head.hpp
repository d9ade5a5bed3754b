// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/descending.hpp>
#include <lsm/codec/trait.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/floating.hpp>

#include <algorithm>
#include <array>
#include <climits>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm {

/// Where a key's order begins: a number that is compared before anything else of the key is touched.
/// The law: a < b gives head(a) <= head(b); keys whose heads break it are not found. A head is *exact*
/// where equal heads mean equal keys.
///
/// Numbers and short byte arrays have exact heads; strings and bytes have their first eight bytes,
/// pairs and tuples the head of their first part, `descending` keys that of the key turned round. The
/// codec of a type of yours may give `head(view) -> std::uint64_t`, and `head_is_exact = true`.
/// Specialise nothing here.
template <class T>
struct key_head {};

namespace detail {

template <class T>
concept codec_with_head = requires(view_of<T> view) {
    { codec<T>::head(view) } -> std::same_as<std::uint64_t>;
};

/// The first eight bytes, the first the most significant; zeros where there are no more. Byte strings
/// order as these numbers do, up to the eighth byte.
[[nodiscard]] inline std::uint64_t head_of_bytes(byte_view bytes) noexcept {
    std::array<std::byte, 8> first{};
    if (bytes.size() >= first.size())
        std::copy_n(bytes.data(), first.size(), first.data());
    else
        std::copy_n(bytes.data(), bytes.size(), first.data());
    std::uint64_t head = 0;
    for (const std::byte byte : first) head = head << 8 | std::to_integer<std::uint64_t>(byte);
    return head;
}

/// A number's place among all numbers of its type.
template <plain_number T>
[[nodiscard]] std::uint64_t head_of_number(T number) noexcept {
    if constexpr (std::is_floating_point_v<T>) {
        return place_of(number);
    } else if constexpr (std::is_signed_v<T>) {
        constexpr std::uint64_t sign = std::uint64_t{1} << (sizeof(T) * CHAR_BIT - 1);
        return static_cast<std::make_unsigned_t<T>>(number) ^ sign;
    } else {
        return static_cast<std::uint64_t>(number);
    }
}

/// The first part of a pair or tuple, as its codec sees it.
template <class First>
[[nodiscard]] view_of<First> view_of_first(const auto& whole) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(std::get<0>(whole))>, First>)
        return codec<First>::as_view(std::get<0>(whole));
    else
        return std::get<0>(whole);
}

}  // namespace detail

/// Keys that have a head.
template <class T>
concept has_head = requires(view_of<T> view) {
    { key_head<T>::of(view) } -> std::same_as<std::uint64_t>;
};

/// Whether keys with equal heads are equal.
template <has_codec T>
inline constexpr bool head_is_exact = [] {
    if constexpr (has_head<T>)
        return key_head<T>::exact;
    else
        return false;
}();

/// The head of a key's view.
template <has_head T>
[[nodiscard]] std::uint64_t head_of(const std::remove_cvref_t<view_of<T>>& key) {
    return key_head<T>::of(key);
}

/// What the codec says.
template <detail::codec_with_head T>
struct key_head<T> {
    static constexpr bool exact = requires { requires codec<T>::head_is_exact; };
    static std::uint64_t of(const std::remove_cvref_t<view_of<T>>& key) {
        return codec<T>::head(key);
    }
};

template <plain_number T>
struct key_head<T> {
    static constexpr bool exact = true;
    static std::uint64_t of(T key) noexcept { return detail::head_of_number(key); }
};

template <>
struct key_head<std::string> {
    static constexpr bool exact = false;
    static std::uint64_t of(std::string_view key) noexcept {
        return detail::head_of_bytes(as_bytes(key));
    }
};

template <>
struct key_head<std::vector<std::byte>> {
    static constexpr bool exact = false;
    static std::uint64_t of(byte_view key) noexcept { return detail::head_of_bytes(key); }
};

template <std::size_t N>
struct key_head<std::array<std::byte, N>> {
    static constexpr bool exact = N <= sizeof(std::uint64_t);
    static std::uint64_t of(const std::array<std::byte, N>& key) noexcept {
        return detail::head_of_bytes(key);
    }
};

template <has_head T>
struct key_head<descending<T>> {
    static constexpr bool exact = head_is_exact<T>;
    static std::uint64_t of(const std::remove_cvref_t<view_of<descending<T>>>& key) {
        return ~head_of<T>(key.value);
    }
};

template <has_head First, class Second>
struct key_head<std::pair<First, Second>> {
    static constexpr bool exact = false;
    static std::uint64_t of(const std::remove_cvref_t<view_of<std::pair<First, Second>>>& key) {
        return head_of<First>(detail::view_of_first<First>(key));
    }
};

template <has_head First, class... Others>
struct key_head<std::tuple<First, Others...>> {
    static constexpr bool exact = false;
    static std::uint64_t of(const std::remove_cvref_t<view_of<std::tuple<First, Others...>>>& key) {
        return head_of<First>(detail::view_of_first<First>(key));
    }
};

}  // namespace lsm
