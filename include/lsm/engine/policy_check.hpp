// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/order.hpp>
#include <lsm/memtable/memtable.hpp>
#include <lsm/storage/storage.hpp>

#include <type_traits>

namespace lsm::engine {

/// Says in one line each what a type lacks for the slot that it was put in. A tree has these as its
/// bases, in the order of its parameters, so that this is the first thing that a compiler prints.
template <class Key>
struct checked_key {
    static_assert(has_codec<Key>,
                  "lsm: the key type has no codec: describe it, give it serialize(), or specialise "
                  "lsm::codec for it");
    static_assert(!std::is_same_v<Key, bool>,
                  "lsm: keys of type bool: two values need no tree; take an enumeration of bool");
    static_assert(ordered<Key>, "lsm: the key type has no order: give it operator<=> or operator<");
    static_assert(std::is_copy_constructible_v<Key>,
                  "lsm: keys are copied: make the key type copyable");
};

template <class Value>
struct checked_value {
    static_assert(
        has_codec<Value>,
        "lsm: the value type has no codec: describe it, give it serialize(), or specialise "
        "lsm::codec for it");
    static_assert(std::is_copy_constructible_v<Value>,
                  "lsm: values are copied out of the tree: make the value type copyable");
};

template <class Policy, class Key, class Value>
struct checked_memtable_policy {
    static_assert(memtable_policy_has_limits<Policy>,
                  "lsm: the memtable policy lacks max_bytes or max_entries");
    static_assert(
        memtable_policy_has_memtable<Policy, Key, payload<Value>>,
        "lsm: the memtable policy lacks template <class Key, class Payload> class memtable, "
        "constructible from the policy");
};

/// The thing that a policy makes; not looked at where the policy itself lacks it.
template <class Policy, class Key, class Payload>
struct checked_memtable {};

template <class Policy, class Key, class Payload>
    requires memtable_policy_has_memtable<Policy, Key, Payload>
struct checked_memtable<Policy, Key, Payload> {
    using Memtable = typename Policy::template memtable<Key, Payload>;
    static_assert(memtable_has_sharing<Memtable>,
                  "lsm: the memtable lacks static constexpr memtable_sharing sharing");
    static_assert(memtable_has_insert<Memtable, Key, Payload>,
                  "lsm: the memtable lacks insert(Key, sequence_number, Payload, sequence_number)");
    static_assert(memtable_has_find<Memtable, Key, Payload>,
                  "lsm: the memtable lacks find(key view, sequence_number, f) const");
    static_assert(memtable_has_sizes<Memtable>,
                  "lsm: the memtable lacks entries() const or bytes() const");
    static_assert(
        memtable_has_cursor<Memtable, Key, Payload>,
        "lsm: the memtable lacks cursor(direction) const, or its cursor one of seek_first, "
        "seek, next, valid, key, sequence, payload");
};

template <class Policy>
concept names_format = requires { typename Policy::format_type; };
template <class Policy>
concept names_medium = requires { typename Policy::medium; };

template <class Policy>
struct checked_storage_policy {
    static_assert(
        names_format<Policy>,
        "lsm: the storage policy lacks format_type: use lsm::basic_storage<Format, Medium>");
    static_assert(names_medium<Policy>,
                  "lsm: the storage policy lacks medium: use lsm::basic_storage<Format, Medium>");
};

template <class Policy, class Key, class Value>
struct checked_format {};

template <names_format Policy, class Key, class Value>
struct checked_format<Policy, Key, Value> {
    using Format = typename Policy::format_type;
    static_assert(format_has_identity<Format>, "lsm: the format lacks name, version or extension");
    static_assert(
        format_has_builder<Format, Key, Value>,
        "lsm: the format lacks build<Key, Value>(plan) const, or its builder one of add, bytes, "
        "entries, finish, take");
    static_assert(format_has_index<Format, Key, Value>,
                  "lsm: the format lacks static read_index<Key, Value>(byte_view)");
    static_assert(
        format_has_block<Format, Key, Value>,
        "lsm: the format lacks block<Key, Value>, constructible from a byte_buffer, or its "
        "window() or bytes()");
};

template <class Policy>
struct checked_medium {};

template <names_medium Policy>
struct checked_medium<Policy> {
    using Medium = typename Policy::medium;
    static_assert(
        medium_has_location<Medium>,
        "lsm: the medium lacks location, or a constructor from a location and an open_mode");
    static_assert(
        medium_has_tables<Medium>,
        "lsm: the medium lacks one of create, open, remove, list, or what they return lacks "
        "append, commit, read or bytes");
    static_assert(medium_has_root<Medium>,
                  "lsm: the medium lacks load_root, replace_root or describe");
    static_assert(
        medium_has_log<Medium>,
        "lsm: the medium lacks one of create_log_segment, reuse_log_segment, open_log_segment, "
        "remove_log_segment, list_log_segments, boot_id, or what they return lacks write, "
        "write_durably, sync, read or bytes");
};

template <class Policy>
struct checked_compaction_policy {
    static_assert(
        compaction_has_plan<Policy>,
        "lsm: the compaction policy lacks plan(const compaction_view&) const, which returns "
        "std::vector<compaction_job>");
};

/// All checks of a tree, in the order of its parameters.
template <class Key, class Value, class M, class S, class C>
struct checked : checked_key<Key>,
                 checked_value<Value>,
                 checked_memtable_policy<M, Key, Value>,
                 checked_memtable<M, Key, payload<Value>>,
                 checked_storage_policy<S>,
                 checked_format<S, Key, Value>,
                 checked_medium<S>,
                 checked_compaction_policy<C> {};

}  // namespace lsm::engine
