// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/order.hpp>

#include <compare>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lsm {

/// A key that orders the other way round: `lsm_tree<lsm::descending<int>, V>` scans from the
/// greatest number down. Order belongs to the key's type, and is part of its shape.
template <class T>
struct descending {
    T value;

    friend constexpr bool operator==(const descending& a, const descending& b) {
        return compare(a.value, b.value) == 0;
    }
    friend constexpr auto operator<=>(const descending& a, const descending& b) {
        if constexpr (std::three_way_comparable<T, std::partial_ordering>)
            return b.value <=> a.value;
        else
            return compare(b.value, a.value);
    }
};

template <class T>
descending(T) -> descending<T>;

/// Those of the keys that are turned round, from the other end.
template <class T>
    requires requires(std::string_view text) { range_of_prefix<T>::of(text); }
struct range_of_prefix<descending<T>> {
    [[nodiscard]] static key_range<descending<T>> of(std::string_view text) {
        const auto turn = [](std::optional<bound<T>> end) -> std::optional<bound<descending<T>>> {
            if (!end) return std::nullopt;
            return bound<descending<T>>{{std::move(end->key)}, end->inclusive};
        };
        key_range<T> turned = range_of_prefix<T>::of(text);
        return {turn(std::move(turned.upper)), turn(std::move(turned.lower))};
    }
};

/// Stored as the key that it turns round.
template <class T>
struct codec<descending<T>> {
    static constexpr access_kind access = access_of<T>;
    static constexpr bool seen_by_reference = access == access_kind::decoded;
    static constexpr bool in_place = stored_in_place<T>;
    using view = std::conditional_t<seen_by_reference, const descending<T>&,
                                    descending<std::remove_cvref_t<view_of<T>>>>;

    static view as_view(const descending<T>& object) {
        if constexpr (seen_by_reference)
            return object;
        else
            return {codec<T>::as_view(object.value)};
    }
    static descending<T> own(view from) { return {codec<T>::own(from.value)}; }
    static void write(auto& out, const std::remove_cvref_t<view>& from) {
        codec<T>::write(out, from.value);
    }
    template <class In>
    static descending<T> read(In& in) {
        return {codec<T>::template read<In>(in)};
    }
    template <class In>
    static view read_view(In& in) {
        return {codec<T>::template read_view<In>(in)};
    }
    static std::string shape() { return "descending<" + codec<T>::shape() + ">"; }
};

}  // namespace lsm
