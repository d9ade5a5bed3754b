// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <string>
#include <type_traits>

namespace lsm {

namespace detail {

template <class T>
concept described_class = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T>
using described_members = boost::describe::describe_members<T, boost::describe::mod_any_access |
                                                                   boost::describe::mod_inherited>;

}  // namespace detail

/// Classes described to Boost.Describe, bases and private members with them. The members' names
/// become the names in JSON.
template <detail::described_class T>
struct codec<T> : decoded_codec<T> {
    static_assert(std::default_initializable<T>,
                  "lsm: reading a described class fills an object that exists: give the type a "
                  "default constructor, or specialise lsm::codec for it");

    static void write(auto& out, const T& object) {
        out.begin_record();
        boost::mp11::mp_for_each<detail::described_members<T>>([&](auto member) {
            const auto& part = object.*member.pointer;
            using Part = std::remove_cvref_t<decltype(part)>;
            out.field(member.name);
            codec<Part>::write(out, codec<Part>::as_view(part));
        });
        out.end_record();
    }
    template <class In>
    static T read(In& in) {
        T object{};
        in.begin_record();
        boost::mp11::mp_for_each<detail::described_members<T>>([&](auto member) {
            auto& part = object.*member.pointer;
            using Part = std::remove_cvref_t<decltype(part)>;
            in.field(member.name);
            part = codec<Part>::template read<In>(in);
        });
        in.end_record();
        return object;
    }
    static std::string shape() {
        const shape_step step;
        std::string parts;
        boost::mp11::mp_for_each<detail::described_members<T>>([&](auto member) {
            using Part = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
            parts += (parts.empty() ? "" : ",") + codec<Part>::shape();
        });
        return "record<" + parts + ">";
    }
};

}  // namespace lsm
