// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>

#include <optional>
#include <string>
#include <type_traits>

namespace lsm {

/// Optional objects. Absent orders before present, as `std::optional` does.
template <class T>
struct codec<std::optional<T>> : checked_parts<T> {
    static constexpr access_kind access = access_of<T>;
    static constexpr bool seen_by_reference = access == access_kind::decoded;
    using object = std::optional<T>;
    using view = std::conditional_t<seen_by_reference, const object&,
                                    std::optional<std::remove_cvref_t<view_of<T>>>>;

    static view as_view(const object& from) {
        if constexpr (seen_by_reference)
            return from;
        else
            return from ? view(codec<T>::as_view(*from)) : view();
    }
    static object own(view from) {
        if constexpr (seen_by_reference)
            return from;
        else
            return from ? object(codec<T>::own(*from)) : object();
    }
    static void write(auto& out, const std::remove_cvref_t<view>& from) {
        out.begin_optional(from.has_value());
        if (from) {
            if constexpr (seen_by_reference)
                codec<T>::write(out, codec<T>::as_view(*from));
            else
                codec<T>::write(out, *from);
        }
        out.end_optional();
    }
    template <class In>
    static object read(In& in) {
        object result;
        if (in.begin_optional()) result.emplace(codec<T>::template read<In>(in));
        in.end_optional();
        return result;
    }
    template <class In>
    static view read_view(In& in) {
        std::remove_cvref_t<view> result;
        if (in.begin_optional()) result.emplace(codec<T>::template read_view<In>(in));
        in.end_optional();
        return result;
    }
    static std::string shape() { return "optional<" + codec<T>::shape() + ">"; }
};

}  // namespace lsm
