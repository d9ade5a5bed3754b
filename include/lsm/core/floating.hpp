// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

// What floating-point numbers are, by their bits. `-ffast-math` lets a compiler take every number for finite and
// both zeros for one; stored keys cannot bear that. It leaves the comparison of other numbers as it is, but for
// denormal ones, which it lets a processor take for zero.

namespace lsm::detail {

template <class T>
concept floating_number = std::floating_point<T> && plain_number<T>;

template <floating_number T>
using bits_of_floating = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// The sign of a number; minus zero has no other bit.
template <floating_number T>
inline constexpr bits_of_floating<T> sign_bit = bits_of_floating<T>{1} << (8 * sizeof(T) - 1);

/// Infinity. What is greater, without its sign, is a NaN.
template <floating_number T>
inline constexpr auto infinity_bits =
    static_cast<bits_of_floating<T>>(sizeof(T) == 4 ? 0x7f80'0000U : 0x7ff0'0000'0000'0000U);

template <floating_number T>
[[nodiscard]] constexpr bits_of_floating<T> bits_of(T number) noexcept {
    return std::bit_cast<bits_of_floating<T>>(number);
}

template <floating_number T>
[[nodiscard]] constexpr bool is_negative(T number) noexcept {
    return (bits_of(number) & sign_bit<T>) != 0;
}
template <floating_number T>
[[nodiscard]] constexpr bool is_nan(T number) noexcept {
    return (bits_of(number) & ~sign_bit<T>) > infinity_bits<T>;
}
template <floating_number T>
[[nodiscard]] constexpr bool is_finite(T number) noexcept {
    return (bits_of(number) & ~sign_bit<T>) < infinity_bits<T>;
}

/// The bits of a number, those of zero for minus zero: equal numbers have equal ones.
template <floating_number T>
[[nodiscard]] constexpr bits_of_floating<T> bits_with_one_zero(T number) noexcept {
    const auto bits = bits_of(number);
    return bits == sign_bit<T> ? bits_of_floating<T>{0} : bits;
}

/// A number's place among all numbers of its type, which orders as they do. @pre no NaN
template <floating_number T>
[[nodiscard]] constexpr bits_of_floating<T> place_of(T number) noexcept {
    const auto bits = bits_with_one_zero(number);
    return bits & sign_bit<T> ? ~bits : bits | sign_bit<T>;  // below zero, greater bits are less
}

}  // namespace lsm::detail
