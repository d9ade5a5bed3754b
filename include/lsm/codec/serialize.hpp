// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>

#include <boost/serialization/access.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace lsm {

namespace detail {

/// Boost's name-value pair, known by what it offers, so that its header need not be included.
template <class T>
concept name_value_pair = requires(const T& part) {
    { part.name() } -> std::convertible_to<const char*>;
    part.value();
    part.const_value();
};

/// What the three archives below share: `ar & part`, with or without a name around the part.
template <class Derived, bool Saving>
class walking_archive {
public:
    using is_saving = std::bool_constant<Saving>;
    using is_loading = std::bool_constant<!Saving>;

    template <class T>
    Derived& operator&(T&& part) {
        auto& self = static_cast<Derived&>(*this);
        if constexpr (name_value_pair<std::remove_cvref_t<T>>)
            self.part(std::string_view(part.name()), part.value());
        else
            self.part(std::string_view(), part);
        return self;
    }
};

/// Hands the parts that a `serialize` function names to a writing visitor.
template <class Out>
class writing_archive : public walking_archive<writing_archive<Out>, true> {
public:
    explicit writing_archive(Out& out) : out_(out) {}
    template <class T>
    writing_archive& operator<<(const T& part) {
        return *this & part;
    }
    template <class T>
    void part(std::string_view name, const T& part) {
        out_.field(name);
        codec<T>::write(out_, codec<T>::as_view(part));
    }

private:
    Out& out_;
};

/// Fills the parts that a `serialize` function names from a reading visitor.
template <class In>
class reading_archive : public walking_archive<reading_archive<In>, false> {
public:
    explicit reading_archive(In& in) : in_(in) {}
    template <class T>
    reading_archive& operator>>(T&& part) {
        return *this & part;
    }
    template <class T>
    void part(std::string_view name, T& part) {
        in_.field(name);
        part = codec<T>::template read<In>(in_);
    }

private:
    In& in_;
};

/// Writes down the shapes of the parts that a `serialize` function names.
class recording_archive : public walking_archive<recording_archive, true> {
public:
    template <class T>
    recording_archive& operator<<(const T& part) {
        return *this & part;
    }
    template <class T>
    void part(std::string_view, const T&) {
        shapes_ += (shapes_.empty() ? "" : ",") + codec<T>::shape();
    }
    const std::string& shapes() const noexcept { return shapes_; }

private:
    std::string shapes_;
};

/// A class with a public `serialize(Archive&, unsigned)`, as Boost.Serialization asks for.
template <class T>
concept has_serialize_member =
    std::is_class_v<T> && requires(T& object, recording_archive& ar) { object.serialize(ar, 0U); };

template <class Archive, class T>
void call_serialize(Archive& ar, T& object) {
    if constexpr (requires { serialize(ar, object, 0U); })
        serialize(ar, object, 0U);  // a free function beside the class, found by its argument
    else
        boost::serialization::access::serialize(ar, object, 0U);  // also where it is private
}

}  // namespace detail

/// For classes with a `serialize` function in Boost's form. Public members are found by themselves;
/// a free function, or a private member that befriends `boost::serialization::access`, is opted in:
///
///     template <> struct lsm::codec<order> : lsm::serialize_codec<order> {};
///
/// The function is given archives of ours, whatever the storage, with version 0: it must name the
/// same parts each time. Its names (`BOOST_SERIALIZATION_NVP`) become the names in JSON.
template <class T>
struct serialize_codec : decoded_codec<T> {
    static_assert(std::default_initializable<T>,
                  "lsm: reading through serialize() fills an object that exists: give the type a "
                  "default constructor, or specialise lsm::codec for it");

    static void write(auto& out, const T& object) {
        out.begin_record();
        detail::writing_archive archive(out);
        detail::call_serialize(archive, const_cast<T&>(object));  // Boost's form is not const
        out.end_record();
    }
    template <class In>
    static T read(In& in) {
        in.begin_record();
        T object{};
        detail::reading_archive archive(in);
        detail::call_serialize(archive, object);
        in.end_record();
        return object;
    }
    static std::string shape() {
        const shape_step step;
        T object{};
        detail::recording_archive archive;
        detail::call_serialize(archive, object);
        return "record<" + archive.shapes() + ">";
    }
};

}  // namespace lsm
