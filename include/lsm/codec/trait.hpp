// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace lsm {

/// Describes a type once; its bytes, its JSON, its hash and its shape are made from that.
///
/// `codec<T>` walks over the parts of a `T` and names each to a *visitor*; what the visitor makes of
/// them is its own affair (`byte_writer`, `json_writer`, `hasher`, …). The codec of a type is, in
/// this order: your specialisation of `lsm::codec`; a number, an enumeration, a string, bytes, a
/// pair or tuple, an optional, a container; a class described to Boost.Describe; one with a
/// `serialize(Archive&, unsigned)` member in Boost's form; a plain aggregate. What the author wrote
/// down beats what can be guessed.
///
/// The members, all static:
///
/// | member | meaning |
/// | --- | --- |
/// | `access` | how readers see a `T`: `access_kind` |
/// | `view` | what they see: `T`, something that borrows, or `const T&` |
/// | `as_view(const T&) -> view` | the view of an object |
/// | `own(view) -> T` | the object of a view |
/// | `write(out, view)` | walks the parts into a writing visitor |
/// | `read<In>(in) -> T` | builds a `T` from a reading visitor |
/// | `read_view(in) -> view` | where `access` is `borrowed`: a view into the visitor's bytes |
/// | `shape() -> std::string` | the type's schema, in the grammar of docs/file_format.md |
/// | `in_place` | optional: `true` says that a `T`, seen by value, is stored as it lies in a little-endian memory |
///
/// Laws, tested by `lsm::testing::check_codec`: reading what was written gives an equal object; views
/// order as objects do; equal keys hash equal; a shape depends on the type alone.
///
/// Writing visitors offer `number(x)`, `text(string_view)`, `bytes(byte_view)`, `fixed(byte_view)`,
/// `begin_record()`, `field(name)`, `end_record()`, `begin_sequence(n)`, `item()`, `end_sequence()`,
/// `begin_optional(bool)`, `end_optional()`. Reading visitors offer the same, with `number<X>()`,
/// `text()`, `bytes()`, `fixed(span)`, `begin_sequence() -> n` and `begin_optional() -> bool`.
template <class T>
struct codec;

/// How a reader sees a stored object.
enum class access_kind {
    by_value,  ///< as an object without parts elsewhere: numbers and groups of numbers
    borrowed,  ///< as a view that can be had of an object and of its bytes: `std::string_view`
    decoded    ///< as `const T&` to an object that was built from its bytes
};

/// Types that have a codec: what keys and values must be.
template <class T>
concept has_codec = requires {
    { codec<T>::access } -> std::convertible_to<access_kind>;
    typename codec<T>::view;
    { codec<T>::shape() } -> std::same_as<std::string>;
};

/// Stands in the `shape()` of every codec of a class: a class that contains itself has no finite
/// shape, and is told so before the stack ends. @throws std::logic_error from its constructor
class shape_step {
public:
    shape_step() {
        if (depth() == max_depth)
            throw std::logic_error(
                "lsm: a type that contains itself cannot be stored: it has no finite shape");
        ++depth();
    }
    shape_step(const shape_step&) = delete;
    shape_step& operator=(const shape_step&) = delete;
    ~shape_step() { --depth(); }

private:
    static constexpr int max_depth = 100;
    static int& depth() noexcept {
        thread_local int steps = 0;
        return steps;
    }
};

/// A base for codecs of wholes: says in one line that a part cannot be stored.
template <class... Parts>
struct checked_parts {
    static_assert((has_codec<Parts> && ...),
                  "lsm: a part of a key or value has no codec: describe its type, give it "
                  "serialize(), or specialise lsm::codec for it");
};

/// What a reader sees of a `T`.
template <has_codec T>
using view_of = typename codec<T>::view;

template <has_codec T>
inline constexpr access_kind access_of = codec<T>::access;

/// Whether stored bytes of a `T` can be read as an array of them, without decoding, on a little-endian machine:
/// each is as wide as the object, and any bytes are an object.
template <class T>
inline constexpr bool stored_in_place = [] {
    if constexpr (requires { codec<T>::in_place; })
        return codec<T>::in_place && codec<T>::access == access_kind::by_value;
    else
        return false;
}();

/// What stands for a `T` in a column of a window: an object, a view, or the address of an object.
template <has_codec T>
using cell = std::conditional_t<access_of<T> == access_kind::decoded, const T*,
                                std::remove_cvref_t<view_of<T>>>;

/// The view in a cell.
template <has_codec T>
[[nodiscard]] view_of<T> view_in(const cell<T>& from) noexcept {
    if constexpr (access_of<T> == access_kind::decoded)
        return *from;
    else
        return from;
}

/// The cell that shows @p object, valid as long as the object stays where it is.
template <has_codec T>
[[nodiscard]] cell<T> cell_of(const T& object) {
    if constexpr (access_of<T> == access_kind::decoded)
        return &object;
    else
        return codec<T>::as_view(object);
}

/// For codecs of types that are seen by reference: the members that follow from that.
template <class T>
struct decoded_codec {
    static constexpr access_kind access = access_kind::decoded;
    using view = const T&;
    static const T& as_view(const T& object) noexcept { return object; }
    static T own(const T& object) { return object; }
};

/// For codecs of types that hold all they are in themselves, so that bytes can be copied to a column of
/// them: seen by value, or where they are larger than two pointers by reference to where they lie.
template <class T>
struct by_value_codec {
    static_assert(std::is_default_constructible_v<T>,
                  "lsm: by_value_codec is for types with a default constructor, which stands "
                  "for no value: use decoded_codec");
    static constexpr access_kind access = access_kind::by_value;
    using view = std::conditional_t<sizeof(T) <= 2 * sizeof(void*), T, const T&>;
    static constexpr view as_view(const T& object) noexcept { return object; }
    static constexpr T own(const T& object) noexcept { return object; }
};

}  // namespace lsm
