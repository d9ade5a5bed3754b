// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>

namespace lsm {

/// A type that can be a key's view: it has `<`, or better `<=>`. Keys order by their own operators,
/// never by a comparator, so that no two openings of a tree can disagree.
template <class T>
concept ordered = requires(const T& a, const T& b) {
    { a < b } -> std::convertible_to<bool>;
};

/// The order of two views. Equivalent means the same key.
/// @pre neither is unordered with itself (a NaN): the tree refuses such keys
template <ordered T>
[[nodiscard]] constexpr std::weak_ordering compare(const T& a, const T& b) {
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

/// Whether a view has a place in the order: false for a NaN, and for whatever holds one.
template <ordered T>
[[nodiscard]] constexpr bool has_order([[maybe_unused]] const T& a) {
    if constexpr (std::three_way_comparable<T, std::weak_ordering>)
        return true;
    else if constexpr (std::three_way_comparable<T, std::partial_ordering>)
        return (a <=> a) == 0;
    else
        return !(a < a);
}

/// The first of @p count indices that does not precede, where all that do stand in front; @p count if
/// all do. O(log count), in steps that do not depend on what is found, so that none is mispredicted.
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

}  // namespace lsm
