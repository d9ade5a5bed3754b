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

/// Whether a lookup waits for memory by itself, or while others do.
enum class lookup : bool { alone, in_group };

/// Finds a key in a block. The index has the key that the block begins with and the one that it ends before;
/// between them keys mostly lie about evenly. So the key's place is guessed before any of the block
/// is read, and what is there is asked for at once, its value too: one wait for memory instead of three.
/// A wrong guess costs two comparisons.
///
/// Source: interpolation search, Peterson, "Addressing for random-access storage", 1957; one step of it.
template <class Key, class Value>
class block_search {
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    /// Asks for what the search will look at. The window outlives this.
    block_search(const table_index<Key>& index, std::size_t block,
                 const window_of<Key, Value>& window, const key_view& key, lookup how)
        : window_(window), place_(guess(index, block, key, how)) {
        if (is_near())
            lsm::detail::prefetch_around(window_.keys, *place_);
        else
            lsm::detail::prefetch_for_search(window_.keys);
        if (place_) lsm::detail::prefetch(&window_.values[*place_]);
    }

    /// The first entry for which @p precedes is false. It is true of all entries before that.
    template <class Precedes>
    [[nodiscard]] std::size_t first_not(Precedes&& precedes) const {
        return is_near() ? parted_near(*place_, window_.size(), precedes)
                         : parted(window_.size(), precedes);
    }

private:
    /// The keys of a small block lie in a few lines of memory.
    [[nodiscard]] bool is_small() const noexcept { return window_.size() <= 64; }
    [[nodiscard]] bool is_near() const noexcept { return place_ && !is_small(); }

    /// Nothing where the keys' heads do not tell, and where it does not pay: in a small block it saves
    /// the wait for the value, which a group does not notice.
    [[nodiscard]] std::optional<std::size_t> guess(const table_index<Key>& index, std::size_t block,
                                                   const key_view& key, lookup how) const {
        if constexpr (has_head<Key>) {
            if (window_.empty() || (is_small() && how == lookup::in_group)) return std::nullopt;
            const auto& firsts = index.first_keys;
            const key_view& low = index.view(firsts[block]);
            const key_view& high =
                index.view(block + 1 < firsts.size() ? firsts[block + 1] : *index.last_key);
            const lsm::detail::shared_beginning<Key> shared(low, high);
            const std::uint64_t from = shared.head(low), to = shared.head(high);
            if (from >= to) return std::nullopt;
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
