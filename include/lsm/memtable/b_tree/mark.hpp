// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/head.hpp>
#include <lsm/core/order.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lsm::detail {

/// Nothing to hold.
struct no_rest {};

/// A key's place in the order, as nodes and searches hold it: the head, and where that does not decide
/// all, the key's cell. Valid as long as the key is.
///
/// @tparam UseHead false for the measurement of what heads are worth
template <has_codec Key, bool UseHead = true>
class key_mark {
public:
    using key_view = std::remove_cvref_t<view_of<Key>>;

    static constexpr bool has_head = UseHead && lsm::has_head<Key>;
    /// Whether the head is all there is.
    static constexpr bool is_exact = UseHead && head_is_exact<Key>;

    key_mark() = default;  // of no key

    [[nodiscard]] static key_mark of(const key_view& key) {
        key_mark mark;
        if constexpr (has_head) mark.head_ = head_of<Key>(key);
        if constexpr (!is_exact) mark.rest_ = rest_of(key);
        return mark;
    }

    /// The mark of the one key that has this head.
    [[nodiscard]] static key_mark of_head(std::uint64_t head) noexcept
        requires is_exact
    {
        key_mark mark;
        mark.head_ = head;
        return mark;
    }

    [[nodiscard]] std::uint64_t head() const noexcept {
        if constexpr (has_head)
            return head_;
        else
            return 0;
    }

    friend bool operator<(const key_mark& a, const key_mark& b) {
        if constexpr (is_exact) return a.head_ < b.head_;
        if constexpr (has_head)
            if (a.head_ != b.head_) return a.head_ < b.head_;
        if constexpr (!is_exact) return compare(a.key(), b.key()) < 0;
    }
    friend bool operator==(const key_mark& a, const key_mark& b) {
        if constexpr (is_exact) return a.head_ == b.head_;
        if constexpr (has_head)
            if (a.head_ != b.head_) return false;
        if constexpr (!is_exact) return compare(a.key(), b.key()) == 0;
    }

    /// The key, where its head is not all of it.
    [[nodiscard]] const key_view& key() const noexcept
        requires(!is_exact)
    {
        if constexpr (access_of<Key> == access_kind::decoded)
            return *rest_;
        else
            return rest_;
    }

private:
    using rest = std::conditional_t<is_exact, no_rest, cell<Key>>;
    static_assert(
        std::is_trivially_destructible_v<rest>,
        "lsm: b_tree_memtable keeps views of keys and destroys none: let codec<Key>::view "
        "own nothing, or use skip_list_memtable");

    static rest rest_of(const key_view& key) {
        if constexpr (access_of<Key> == access_kind::decoded)
            return &key;
        else
            return key;
    }

    [[no_unique_address]] std::conditional_t<has_head, std::uint64_t, no_rest> head_;
    [[no_unique_address]] rest rest_;
};

}  // namespace lsm::detail
