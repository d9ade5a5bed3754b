// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lsm {

/// A type that can be a key's view: it has `<`, or better `<=>`. Keys order by their own operators,
/// never by a comparator, so that no two openings of a tree can disagree.
template <class T>
concept ordered = requires(const T& a, const T& b) {
    { a < b } -> std::convertible_to<bool>;
};

namespace detail {

template <class T>
inline constexpr std::size_t byte_array_size = 0;
template <std::size_t N>
inline constexpr std::size_t byte_array_size<std::array<std::byte, N>> = N;

/// Up to eight bytes as a number that orders as they do.
template <std::size_t N>
[[nodiscard]] std::uint64_t number_at(const std::array<std::byte, N>& bytes,
                                      std::size_t at) noexcept {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data() + at, (std::min)(sizeof number, N - at));
    return std::endian::native == std::endian::little ? __builtin_bswap64(number) : number;
}

/// Byte arrays eight bytes at a time, in registers: they mostly differ in the first ones.
template <std::size_t N>
[[nodiscard]] std::weak_ordering compare_bytes(const std::array<std::byte, N>& a,
                                               const std::array<std::byte, N>& b) noexcept {
    for (std::size_t at = 0; at < N; at += sizeof(std::uint64_t)) {
        const std::uint64_t left = number_at(a, at), right = number_at(b, at);
        if (left != right) return left <=> right;
    }
    return std::weak_ordering::equivalent;
}

}  // namespace detail

/// The order of two views. Equivalent means the same key.
/// @pre each `has_order`: the tree refuses other keys
template <ordered T>
[[nodiscard]] constexpr std::weak_ordering compare(const T& a, const T& b) {
    if constexpr (detail::byte_array_size<T> > 0)
        if (!std::is_constant_evaluated()) return detail::compare_bytes(a, b);
    if constexpr (std::three_way_comparable<T, std::partial_ordering>) {
        const auto order = a <=> b;
        return order < 0   ? std::weak_ordering::less
               : order > 0 ? std::weak_ordering::greater
                           : std::weak_ordering::equivalent;
    } else {
        return a < b   ? std::weak_ordering::less
               : b < a ? std::weak_ordering::greater
                       : std::weak_ordering::equivalent;
    }
}

/// The first of @p count indices that does not precede, where all that do stand in front; @p count if
/// all do. O(log count), in as many steps whatever is found.
template <class Precedes>
[[nodiscard]] constexpr std::size_t parted(std::size_t count, Precedes&& precedes) {
    std::size_t first = 0;
    while (count > 1) {
        const std::size_t half = count / 2;
        first = precedes(first + half - 1) ? first + half : first;
        count -= half;
    }
    return first + (count == 1 && precedes(first) ? 1 : 0);
}

/// The same, faster where it is within @p reach of the place that one expects. O(log count) wherever
/// it is.
/// @pre `expected <= count`
template <class Precedes>
[[nodiscard]] constexpr std::size_t parted_near(std::size_t expected, std::size_t reach,
                                                std::size_t count, Precedes&& precedes) {
    std::size_t first = expected > reach ? expected - reach : 0;
    std::size_t last = count - expected > reach ? expected + reach : count;
    if (first > 0 && !precedes(first - 1)) {
        last = first - 1;
        first = 0;
    } else if (last < count && precedes(last)) {
        first = last + 1;
        last = count;
    }
    return first + parted(last - first, [&](std::size_t i) { return precedes(first + i); });
}

}  // namespace lsm
