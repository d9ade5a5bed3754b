// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>

#include <range/v3/range_fwd.hpp>

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace lsm {

template <class Key, class Value>
class entry_view;

/// A key and its value, owned: what a scan's elements are once they are kept.
template <class Key, class Value>
class entry : public std::pair<Key, Value> {
public:
    using std::pair<Key, Value>::pair;
    /// What a scan shows, owned.
    entry(const entry_view<Key, Value>& from)  // NOLINT(google-explicit-constructor)
        : entry(codec<Key>::own(from.first), codec<Value>::own(from.second)) {}

    [[nodiscard]] const Key& key() const noexcept { return this->first; }
    [[nodiscard]] const Value& value() const noexcept { return this->second; }
};

/// A key and its value as a scan shows them: numbers and the like by value, strings as
/// `std::string_view`, other types, and what is larger than two pointers, as references. Valid until the
/// scan moves on. A pair, so that structured bindings, `views::keys` and maps take it; range-v3's `views::keys`
/// shows views of strings, so a container of those must own: `ranges::to<std::vector<std::string>>()`.
template <class Key, class Value>
class entry_view : public std::pair<view_of<Key>, view_of<Value>> {
    using base = std::pair<view_of<Key>, view_of<Value>>;

public:
    entry_view(view_of<Key> key, view_of<Value> value) : base(key, value) {}
    entry_view(const entry<Key, Value>& from)  // NOLINT(google-explicit-constructor)
        : base(codec<Key>::as_view(from.first), codec<Value>::as_view(from.second)) {}

    [[nodiscard]] view_of<Key> key() const noexcept { return this->first; }
    [[nodiscard]] view_of<Value> value() const noexcept { return this->second; }

    /// The same as a pair that owns, where pairs do not convert by themselves.
    operator std::pair<Key, Value>() const  // NOLINT(google-explicit-constructor)
        requires(!std::convertible_to<base, std::pair<Key, Value>>)
    {
        return {codec<Key>::own(this->first), codec<Value>::own(this->second)};
    }
    /// The same as an element of a map.
    operator std::pair<const Key, Value>() const  // NOLINT(google-explicit-constructor)
        requires(!std::convertible_to<base, std::pair<const Key, Value>>)
    {
        return {codec<Key>::own(this->first), codec<Value>::own(this->second)};
    }
};

}  // namespace lsm

/// @cond
template <class K, class V>
struct std::tuple_size<lsm::entry<K, V>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I, class K, class V>
struct std::tuple_element<I, lsm::entry<K, V>> : std::tuple_element<I, std::pair<K, V>> {};
template <class K, class V>
struct std::tuple_size<lsm::entry_view<K, V>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I, class K, class V>
struct std::tuple_element<I, lsm::entry_view<K, V>>
    : std::tuple_element<I, std::pair<lsm::view_of<K>, lsm::view_of<V>>> {};

// Each of the two converts to the other, so what they have in common must be said: for the standard
// library and, in `::concepts`, for range-v3.
template <class K, class V, template <class> class A, template <class> class B>
struct std::basic_common_reference<lsm::entry_view<K, V>, lsm::entry<K, V>, A, B> {
    using type = lsm::entry_view<K, V>;
};
template <class K, class V, template <class> class A, template <class> class B>
struct std::basic_common_reference<lsm::entry<K, V>, lsm::entry_view<K, V>, A, B> {
    using type = lsm::entry_view<K, V>;
};
template <class K, class V, template <class> class A, template <class> class B>
struct concepts::basic_common_reference<lsm::entry_view<K, V>, lsm::entry<K, V>, A, B> {
    using type = lsm::entry_view<K, V>;
};
template <class K, class V, template <class> class A, template <class> class B>
struct concepts::basic_common_reference<lsm::entry<K, V>, lsm::entry_view<K, V>, A, B> {
    using type = lsm::entry_view<K, V>;
};
/// @endcond
