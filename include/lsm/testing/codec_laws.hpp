// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/head.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/order.hpp>
#include <lsm/testing/law.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

namespace lsm::testing {

namespace detail {

/// Equality by the type's own `==`; for a type without one, by its bytes.
template <class T>
bool equal(const T& a, const T& b) {
    if constexpr (std::equality_comparable<T>) {
        return a == b;
    } else {
        byte_buffer of_a, of_b;
        encode<T>(of_a, codec<T>::as_view(a));
        encode<T>(of_b, codec<T>::as_view(b));
        return of_a == of_b;
    }
}

/// Whether bytes that are not an object's are refused, or read as some object, but nothing else.
template <class T>
bool decodes_or_refuses(byte_view bytes) {
    try {
        (void)decode<T>(bytes);
        return true;
    } catch (const decode_error&) {
        return true;
    } catch (...) {
        return false;
    }
}

/// Heads order as keys do, as far as they go.
template <has_head T>
void check_heads(const T& a, const T& b, std::weak_ordering order) {
    const std::uint64_t of_a = head_of<T>(codec<T>::as_view(a));
    const std::uint64_t of_b = head_of<T>(codec<T>::as_view(b));
    require(order > 0 || of_a <= of_b, "codec: a key that is not greater has no greater head");
    require(!head_is_exact<T> || order == 0 || of_a != of_b,
            "codec: keys with the same exact head are equal");
}

}  // namespace detail

/// The laws of `lsm::codec<T>`, on samples of yours; the more unlike each other, the better.
/// Samples must equal themselves: no NaN, unless the type's `==` says otherwise.
/// @throws law_broken
template <has_codec T>
void check_codec(const std::vector<T>& samples) {
    using view = std::remove_cvref_t<view_of<T>>;
    require(codec<T>::shape() == codec<T>::shape(), "codec: a shape depends on the type alone");
    for (const T& sample : samples) {
        byte_buffer bytes;
        encode<T>(bytes, codec<T>::as_view(sample));
        require(encoded_bytes<T>(codec<T>::as_view(sample)) == bytes.size(),
                "codec: encoded_bytes says how many bytes are written");
        require(detail::equal(decode<T>(bytes), sample),
                "codec: reading what was written gives an equal object");
        require(detail::equal(codec<T>::own(codec<T>::as_view(sample)), sample),
                "codec: the object of an object's view equals it");
        if constexpr (access_of<T> == access_kind::borrowed) {
            byte_reader in(bytes);
            const view seen = codec<T>::template read_view<byte_reader>(in);
            require(detail::equal(codec<T>::own(seen), sample),
                    "codec: a view of the bytes shows the object");
            require(in.left() == 0, "codec: read_view reads as much as read");
        }
        for (std::size_t cut = 0; cut < bytes.size(); ++cut)
            require(detail::decodes_or_refuses<T>(byte_view(bytes).first(cut)),
                    "codec: bytes that are cut off give a decode_error or an object");
        require(hash_of<T>(codec<T>::as_view(sample)) ==
                    hash_of<T>(codec<T>::as_view(decode<T>(bytes))),
                "codec: equal objects hash equal");
    }
    if constexpr (ordered<view> && ordered<T>)
        for (const T& a : samples)
            for (const T& b : samples) {
                const auto of_objects = compare(a, b);
                require(of_objects == compare<view>(codec<T>::as_view(a), codec<T>::as_view(b)),
                        "codec: views order as objects do");
                if constexpr (has_head<T>) detail::check_heads(a, b, of_objects);
                if (of_objects == 0)
                    require(hash_of<T>(codec<T>::as_view(a)) == hash_of<T>(codec<T>::as_view(b)),
                            "codec: equal keys hash equal");
            }
}

}  // namespace lsm::testing
