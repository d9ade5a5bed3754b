// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/described.hpp>
#include <lsm/codec/sequence.hpp>
#include <lsm/codec/serialize.hpp>
#include <lsm/codec/trait.hpp>

#include <boost/pfr/core.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace lsm {

namespace detail {

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t N>
inline constexpr bool is_std_array<std::array<T, N>> = true;

/// A struct that tells its parts by itself, and for which nobody said anything else.
template <class T>
concept plain_aggregate = std::is_class_v<T> && std::is_aggregate_v<T> && !is_std_array<T> &&
                          !has_serialize_member<T> && !described_class<T> && !fillable_container<T>;

}  // namespace detail

/// Classes that have a `serialize` member and are not described.
template <class T>
    requires(detail::has_serialize_member<T> && !detail::described_class<T> &&
             !detail::fillable_container<T>)
struct codec<T> : serialize_codec<T> {};

/// Plain aggregates: structs without constructors, bases or C arrays, member by member (Boost.PFR).
/// They need no default constructor. In JSON they are arrays; describe them to give names.
template <detail::plain_aggregate T>
struct codec<T> : decoded_codec<T> {
    static void write(auto& out, const T& object) {
        out.begin_record();
        boost::pfr::for_each_field(object, [&](const auto& part) {
            using Part = std::remove_cvref_t<decltype(part)>;
            out.field({});
            codec<Part>::write(out, codec<Part>::as_view(part));
        });
        out.end_record();
    }
    template <class In>
    static T read(In& in) {
        in.begin_record();
        T object = [&]<std::size_t... I>(std::index_sequence<I...>) {
            return T{read_part<boost::pfr::tuple_element_t<I, T>>(in)...};
        }(indices());
        in.end_record();
        return object;
    }
    static std::string shape() {
        const shape_step step;
        std::string parts;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((parts +=
              (parts.empty() ? "" : ",") + codec<boost::pfr::tuple_element_t<I, T>>::shape()),
             ...);
        }(indices());
        return "record<" + parts + ">";
    }

private:
    static constexpr auto indices() {
        return std::make_index_sequence<boost::pfr::tuple_size_v<T>>{};
    }
    template <class Part, class In>
    static Part read_part(In& in) {
        in.field({});
        return codec<Part>::template read<In>(in);
    }
};

}  // namespace lsm
