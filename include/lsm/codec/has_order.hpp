// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/floating.hpp>
#include <lsm/core/order.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace lsm {

namespace detail {

/// The writing visitor that looks for a NaN.
class nan_finder {
public:
    template <plain_number T>
    void number(T value) noexcept {
        if constexpr (floating_number<T>) found_ = found_ || is_nan(value);
    }
    void text(std::string_view) {}
    void bytes(byte_view) {}
    void fixed(byte_view) {}
    void begin_record() {}
    void field(std::string_view) {}
    void end_record() {}
    void begin_sequence(std::size_t) {}
    void item() {}
    void end_sequence() {}
    void begin_optional(bool) {}
    void end_optional() {}

    [[nodiscard]] bool found() const noexcept { return found_; }

private:
    bool found_ = false;
};

}  // namespace detail

/// Whether a key's view has a place in the order: false for a NaN. A key that holds one has a place only where
/// its type says that it orders all of its objects: by a `<=>` that returns `std::weak_ordering` or
/// `std::strong_ordering`. A NaN is known by its bits, because a compiler may take `x == x` for granted. O(the
/// key's length) where the type does not say so, else O(1).
template <has_codec Key>
[[nodiscard]] bool has_order(const std::remove_cvref_t<view_of<Key>>& key) {
    using view = std::remove_cvref_t<view_of<Key>>;
    const auto holds_nan = [&] {
        detail::nan_finder in;
        codec<Key>::write(in, key);
        return in.found();
    };
    if constexpr (std::three_way_comparable<view, std::weak_ordering>)
        return true;
    else if constexpr (detail::floating_number<view>)
        return !detail::is_nan(key);
    else if constexpr (std::three_way_comparable<view, std::partial_ordering>)
        return (key <=> key) == 0 && !holds_nan();
    else
        return !(key < key) && !holds_nan();
}

}  // namespace lsm
