// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <compare>
#include <concepts>

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

}  // namespace lsm
