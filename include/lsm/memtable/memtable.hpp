// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/window.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

namespace lsm {

/// How a memtable may be shared between threads; the engine locks accordingly.
enum class memtable_sharing {
    exclusive,      ///< readers and writers exclude each other
    single_writer,  ///< one writer at a time; readers never wait
    multi_writer    ///< any number of writers; readers never wait
};

/// @name What the memtable slot asks for
/// A memtable policy is a plain struct whose members are its settings, among them `max_bytes` and
/// `max_entries`, and whose nested `template <class Key, class Payload> class memtable` is the
/// thing, constructed from the policy. The concepts below are about the nested class, each named for
/// what it asks; docs/concepts.md explains them, `lsm::testing::check_memtable` tests their laws.
/// @{

/// `static constexpr memtable_sharing sharing`.
template <class M>
concept memtable_has_sharing = requires {
    { M::sharing } -> std::convertible_to<memtable_sharing>;
};

/// `insert(Key, sequence_number, Payload, sequence_number floor)`: adds a version, newer than all
/// that its key has. Versions that a newer one, itself not above `floor`, hides may be forgotten.
/// A failed insert changes nothing.
template <class M, class Key, class Payload>
concept memtable_has_insert =
    requires(M& table, Key key, Payload payload, sequence_number sequence) {
        table.insert(std::move(key), sequence, std::move(payload), sequence);
    };

/// `find(view key, sequence_number at, f) const`: calls `f(sequence, payload)` for the versions of
/// the key that are not newer than `at`, newest first, until `f` returns false.
template <class M, class Key, class Payload>
concept memtable_has_find =
    requires(const M& table, const std::remove_cvref_t<view_of<Key>>& key,
             bool (*f)(sequence_number, const Payload&)) { table.find(key, sequence_number{}, f); };

/// `entries() const`: how many keys it holds, or versions: see `memtable_counts_versions`. `bytes() const`: about how much memory that takes.
template <class M>
concept memtable_has_sizes = requires(const M& table) {
    { table.entries() } -> std::convertible_to<std::size_t>;
    { table.bytes() } -> std::convertible_to<std::size_t>;
};

/// `cursor(direction) const`: a position among the versions, keys in the cursor's direction and
/// newest versions first. What it shows stays valid until it moves, whatever is inserted, unless a
/// floor lets that version be forgotten; it can be moved after any insert, and then shows at least
/// what was there when it was made.
template <class M, class Key, class Payload>
concept memtable_has_cursor =
    requires(const M& table) { table.cursor(direction::forward); } &&
    requires(decltype(std::declval<const M&>().cursor(direction::forward))& cursor,
             const std::remove_cvref_t<view_of<Key>>& key) {
        cursor.seek_first();  // to the first key in the cursor's direction
        cursor.seek(key);     // to the first key that is not before `key` in the cursor's direction
        cursor.next();        // to the key's next older version, or to the next key
        { cursor.valid() } -> std::convertible_to<bool>;
        { cursor.key() } -> std::convertible_to<const Key&>;
        { cursor.sequence() } -> std::convertible_to<sequence_number>;
        { cursor.payload() } -> std::convertible_to<const Payload&>;
    };

/// All of the above: what the engine can use as a memtable.
template <class M, class Key, class Payload>
concept memtable = memtable_has_sharing<M> && memtable_has_insert<M, Key, Payload> &&
                   memtable_has_find<M, Key, Payload> && memtable_has_sizes<M> &&
                   memtable_has_cursor<M, Key, Payload>;

/// Whether what its cursors have shown stays valid as long as it does, wherever they move and whatever
/// is inserted: a memtable says so by `static constexpr bool entries_stay = true`. Scans then take many
/// entries at a time.
template <class M>
concept memtable_entries_stay = requires { requires M::entries_stay; };

/// Whether `entries()` counts versions, because to tell keys apart would cost: a memtable says so by
/// `static constexpr bool counts_versions = true`.
template <class M>
concept memtable_counts_versions = requires { requires M::counts_versions; };

/// `max_bytes` and `max_entries`: a memtable that reaches either is frozen and flushed.
template <class P>
concept memtable_policy_has_limits = requires(const P& policy) {
    { policy.max_bytes } -> std::convertible_to<std::size_t>;
    { policy.max_entries } -> std::convertible_to<std::size_t>;
};

/// The nested class template, constructed from the policy.
template <class P, class Key, class Payload>
concept memtable_policy_has_memtable =
    std::constructible_from<typename P::template memtable<Key, Payload>, const P&>;

/// @}

/// The order of keys for containers that hold keys and are searched by views.
template <has_codec Key>
struct key_less {
    using is_transparent = void;

    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
        return compare(as_view(a), as_view(b)) < 0;
    }

private:
    using view = std::remove_cvref_t<view_of<Key>>;
    static view_of<Key> as_view(const Key& key) { return codec<Key>::as_view(key); }
    static view as_view(const view& seen) noexcept
        requires(!std::same_as<view, Key>)
    {
        return seen;
    }
};

}  // namespace lsm
