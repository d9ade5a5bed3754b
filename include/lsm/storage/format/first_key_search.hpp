// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/head.hpp>
#include <lsm/codec/shared_beginning.hpp>
#include <lsm/core/order.hpp>
#include <lsm/storage/format/radix_search.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm::detail {

/// How many of sorted @p keys are not above @p sought. O(log keys).
template <has_codec Key>
[[nodiscard]] std::size_t count_until(std::span<const Key> keys,
                                      const std::remove_cvref_t<view_of<Key>>& sought) {
    return parted(keys.size(), [&](std::size_t i) {
        return compare<std::remove_cvref_t<view_of<Key>>>(codec<Key>::as_view(keys[i]), sought) <=
               0;
    });
}

/// Finds a key's place among the first keys of a table's blocks.
template <has_codec Key>
class first_key_search {
public:
    first_key_search() = default;
    explicit first_key_search(std::span<const Key>) noexcept {}

    /// How many of @p keys are not above @p sought. O(log keys). @pre they are those of the constructor,
    /// if it was given any
    [[nodiscard]] std::size_t until(const std::remove_cvref_t<view_of<Key>>& sought,
                                    std::span<const Key> keys) const {
        return count_until<Key>(keys, sought);
    }
    /// The memory that it holds.
    [[nodiscard]] static std::size_t bytes() noexcept { return 0; }
};

/// Keys with heads: what all of them begin with is compared once, and the head behind it tells which few
/// the key may stand among. Of keys that may lie elsewhere, as strings do, the heads stand side by side in an
/// array, and of these few only those are touched that have the same one.
template <has_codec Key>
    requires has_head<Key>
class first_key_search<Key> {
    using key_view = std::remove_cvref_t<view_of<Key>>;
    static constexpr bool may_lie_elsewhere = !std::is_trivially_copyable_v<Key>;

public:
    first_key_search() = default;
    explicit first_key_search(std::span<const Key> keys) {
        if (keys.empty()) return;
        shared_ = {view(keys.front()), view(keys.back())};
        std::vector<std::uint64_t> heads;
        heads.reserve(keys.size());
        for (const Key& each : keys) heads.push_back(shared_.head(view(each)));
        if (heads.front() == heads.back()) return;  // they tell nothing
        places_ = radix_search(heads);
        if constexpr (may_lie_elsewhere) heads_ = std::move(heads);
    }

    [[nodiscard]] std::size_t until(const key_view& sought, std::span<const Key> keys) const {
        if (places_.empty()) return count_until<Key>(keys, sought);
        const auto order = shared_.compare_beginning(sought, view(keys.front()));
        if (order != 0) return order < 0 ? 0 : keys.size();
        const std::uint64_t head = shared_.head(sought);
        auto [first, last] = places_.among(head);
        if constexpr (may_lie_elsewhere) {
            first += parted(last - first, [&](std::size_t i) { return heads_[first + i] < head; });
            last = first +
                   parted(last - first, [&](std::size_t i) { return heads_[first + i] == head; });
        }
        return first + count_until<Key>(keys.subspan(first, last - first), sought);
    }

    [[nodiscard]] std::size_t bytes() const noexcept {
        return places_.bytes() + heads_.capacity() * sizeof(std::uint64_t);
    }

private:
    [[nodiscard]] static view_of<Key> view(const Key& key) { return codec<Key>::as_view(key); }

    shared_beginning<Key> shared_;
    radix_search places_;
    std::vector<std::uint64_t> heads_;  // of keys that lie elsewhere
};

}  // namespace lsm::detail
