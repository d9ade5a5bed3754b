// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/codec/tuple.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace lsm {

namespace detail {

/// A container that can be filled one element after another: vectors, lists, deques, sets, maps,
/// the standard's and others'.
template <class T>
concept fillable_container =
    std::default_initializable<T> && requires(T& container, typename T::value_type element) {
        typename T::iterator;
        { container.size() } -> std::convertible_to<std::size_t>;
        { container.begin() } -> std::same_as<typename T::iterator>;
        container.insert(container.end(), std::move(element));
    };

template <class T>
concept map_container = fillable_container<T> && requires { typename T::mapped_type; };

/// A map's elements have constant keys; what is read is the same without.
template <class T>
struct element_of {
    using type = typename T::value_type;
};
template <map_container T>
struct element_of<T> {
    using type = std::pair<typename T::key_type, typename T::mapped_type>;
};

}  // namespace detail

/// Containers, element by element in their own order.
template <detail::fillable_container T>
struct codec<T> : checked_parts<typename detail::element_of<T>::type>, decoded_codec<T> {
    using element = typename detail::element_of<T>::type;
    static_assert(
        !std::is_empty_v<element>,
        "lsm: a container of objects without parts holds no more than its size: store that");

    static void write(auto& out, const T& object) {
        out.begin_sequence(object.size());
        for (const auto& part : object) {
            out.item();
            write_element(out, part);
        }
        out.end_sequence();
    }

    template <class In>
    static T read(In& in) {
        T object;
        const std::size_t count = in.begin_sequence();
        for (std::size_t i = 0; i < count; ++i) {
            in.item();
            object.insert(object.end(), codec<element>::template read<In>(in));
        }
        in.end_sequence();
        if (object.size() != count) in.fail("a container's elements repeat");
        return object;
    }

    static std::string shape() {
        if constexpr (detail::map_container<T>)
            return "map<" + codec<typename T::key_type>::shape() + "," +
                   codec<typename T::mapped_type>::shape() + ">";
        else
            return "sequence<" + codec<element>::shape() + ">";
    }

private:
    static void write_element(auto& out, const auto& part) {
        if constexpr (std::same_as<typename T::value_type, bool>)  // a proxy of vector<bool>
            out.number(static_cast<bool>(part));
        else
            codec<typename T::value_type>::write(out, codec<typename T::value_type>::as_view(part));
    }
};

/// Arrays of a length that the type says. By value where the elements are.
template <class T, std::size_t N>
    requires(!std::same_as<T, std::byte>)
struct codec<std::array<T, N>>
    : std::conditional_t<access_of<T> == access_kind::by_value, by_value_codec<std::array<T, N>>,
                         decoded_codec<std::array<T, N>>> {
    static void write(auto& out, const std::array<T, N>& object) {
        out.begin_record();
        for (const T& part : object) {
            out.field({});
            codec<T>::write(out, codec<T>::as_view(part));
        }
        out.end_record();
    }
    template <class In>
    static std::array<T, N> read(In& in) {
        in.begin_record();
        auto object = [&]<std::size_t... I>(std::index_sequence<I...>) {
            return std::array<T, N>{read_part<In, I>(in)...};
        }(std::make_index_sequence<N>{});
        in.end_record();
        return object;
    }
    static std::string shape() {
        return "array<" + std::to_string(N) + "," + codec<T>::shape() + ">";
    }

private:
    template <class In, std::size_t>
    static T read_part(In& in) {
        in.field({});
        return codec<T>::template read<In>(in);
    }
};

}  // namespace lsm
