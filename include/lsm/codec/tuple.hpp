// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace lsm {

namespace detail {

/// A whole is seen as its least convenient part is.
constexpr access_kind access_of_whole(std::initializer_list<access_kind> parts) noexcept {
    access_kind whole = access_kind::by_value;
    for (const access_kind part : parts)
        if (part > whole) whole = part;
    return whole;
}

/// What pair and tuple share. @tparam Group `std::pair` or `std::tuple`
template <template <class...> class Group, class... Parts>
struct group_codec : checked_parts<std::remove_const_t<Parts>...> {
    using object = Group<Parts...>;
    static constexpr access_kind access =
        access_of_whole({access_of<std::remove_const_t<Parts>>...});
    static constexpr bool seen_by_reference = access == access_kind::decoded;
    using view =
        std::conditional_t<seen_by_reference, const object&,
                           Group<std::remove_cvref_t<view_of<std::remove_const_t<Parts>>>...>>;

    static view as_view(const object& from) {
        if constexpr (seen_by_reference)
            return from;
        else
            return transform<std::remove_cvref_t<view>>(from, [](const auto& part) {
                return codec<std::remove_cvref_t<decltype(part)>>::as_view(part);
            });
    }

    static object own(view from) {
        if constexpr (seen_by_reference)
            return from;
        else
            return own_parts(from, std::index_sequence_for<Parts...>{});
    }

    static void write(auto& out, const std::remove_cvref_t<view>& from) {
        out.begin_record();
        std::apply([&](const auto&... part) { (write_part<Parts>(out, part), ...); }, from);
        out.end_record();
    }

    template <class In>
    static object read(In& in) {
        in.begin_record();
        object result{read_part<std::remove_const_t<Parts>>(in)...};
        in.end_record();
        return result;
    }

    template <class In>
    static view read_view(In& in) {
        in.begin_record();
        std::remove_cvref_t<view> result{read_part_view<std::remove_const_t<Parts>>(in)...};
        in.end_record();
        return result;
    }

    static std::string shape() {
        std::string parts;
        ((parts += (parts.empty() ? "" : ",") + codec<std::remove_const_t<Parts>>::shape()), ...);
        return "record<" + parts + ">";
    }

private:
    template <class Result, class From, class F>
    static Result transform(const From& from, F f) {
        return std::apply([&](const auto&... part) { return Result{f(part)...}; }, from);
    }

    template <std::size_t... I>
    static object own_parts(const std::remove_cvref_t<view>& from, std::index_sequence<I...>) {
        return object{codec<std::remove_const_t<Parts>>::own(std::get<I>(from))...};
    }

    template <class Part, class From>
    static void write_part(auto& out, const From& from) {
        using Plain = std::remove_const_t<Part>;
        out.field({});
        if constexpr (seen_by_reference)
            codec<Plain>::write(out, codec<Plain>::as_view(from));
        else
            codec<Plain>::write(out, from);
    }

    template <class Part, class In>
    static Part read_part(In& in) {
        in.field({});
        return codec<Part>::template read<In>(in);
    }

    template <class Part, class In>
    static std::remove_cvref_t<view_of<Part>> read_part_view(In& in) {
        in.field({});
        if constexpr (access_of<Part> == access_kind::borrowed)
            return codec<Part>::template read_view<In>(in);
        else
            return codec<Part>::template read<In>(in);
    }
};

}  // namespace detail

/// Pairs, seen by value or borrowed where both parts are.
template <class First, class Second>
struct codec<std::pair<First, Second>> : detail::group_codec<std::pair, First, Second> {};

/// Tuples, seen by value or borrowed where every part is.
template <class... Parts>
struct codec<std::tuple<Parts...>> : detail::group_codec<std::tuple, Parts...> {};

}  // namespace lsm
