// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/codec/shared_beginning.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/storage/format/table_index.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace lsm::engine {

/// How a lookup waits for memory.
enum class lookup_manner : bool {
    alone,    ///< by itself
    in_group  ///< while others of the same `multi_get` wait, too
};

/// Finds a key in a block. The index has the key that the block begins with, and the next block's, or the
/// table's last one; between them keys mostly lie about evenly. So the key's place is guessed before
/// any of the block's keys is read, and what is there is asked for at once, its value too: what would be
/// three waits for memory is one. After a wrong guess the rest is searched, line after line.
///
/// Source: interpolation search, Peterson, "Addressing for random-access storage", 1957; one step of it.
template <class Key, class Value>
class block_search {
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    /// Asks for what the search will look at. The window outlives this.
    block_search(const table_index<Key>& index, std::size_t block,
                 const window_of<Key, Value>& window, const key_view& key, lookup_manner how)
        : window_(window), place_(guess(index, block, key, how)) {
        if (is_near())
            lsm::detail::prefetch_around(window_.keys, *place_, reach + 1);
        else
            lsm::detail::prefetch_for_search(window_.keys);
        if (place_) lsm::detail::prefetch(&window_.values[*place_]);
    }

    /// The first entry for which @p precedes is false. It is true of all entries before that.
    template <class Precedes>
    [[nodiscard]] std::size_t first_not(Precedes&& precedes) const {
        return is_near() ? parted_near(*place_, reach, window_.size(), precedes)
                         : parted(window_.size(), precedes);
    }

private:
    static constexpr std::size_t reach = 8;
    static constexpr std::size_t small_block = 64;  // entries
    static constexpr bool may_lie_elsewhere = !std::is_trivially_copyable_v<Key>;

    /// A small block's keys are searched from end to end: the guess is for the value.
    [[nodiscard]] bool is_small() const noexcept { return window_.size() <= small_block; }
    [[nodiscard]] bool is_near() const noexcept { return place_ && !is_small(); }

    /// Nothing where heads do not tell, and where it does not pay: a group does not notice the wait for a
    /// value, and the index's strings are waited for themselves.
    [[nodiscard]] std::optional<std::size_t> guess(const table_index<Key>& index, std::size_t block,
                                                   const key_view& key, lookup_manner how) const {
        if constexpr (has_head<Key>) {
            if (window_.empty()) return std::nullopt;
            if (is_small() && (may_lie_elsewhere || how == lookup_manner::in_group))
                return std::nullopt;
            const auto& firsts = index.first_keys;
            const key_view& low = index.view(firsts[block]);
            const key_view& high =
                index.view(block + 1 < firsts.size() ? firsts[block + 1] : *index.last_key);
            const lsm::detail::shared_beginning<Key> shared(low, high);
            const std::uint64_t from = shared.head(low), to = shared.head(high);
            if (from >= to || to - from < window_.size() / 8) return std::nullopt;
            const std::uint64_t at = std::clamp(shared.head(key), from, to);
            const double place =
                half(at - from) / half(to - from) * static_cast<double>(window_.size());
            return (std::min)(static_cast<std::size_t>(place), window_.size() - 1);
        } else {
            return std::nullopt;
        }
    }
    /// Signed numbers are made to floating-point ones without a branch.
    static double half(std::uint64_t number) noexcept {
        return static_cast<double>(static_cast<std::int64_t>(number >> 1)) + 0.5;
    }

    const window_of<Key, Value>& window_;
    std::optional<std::size_t> place_;
};

}  // namespace lsm::engine
