// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>

#include <cstddef>
#include <span>

namespace lsm {

/// Which way a cursor moves through the keys. Versions of one key come newest first either way.
enum class direction : bool { forward, backward };

/// Consecutive entries, as columns: what a cursor shows at a time.
///
/// Entries are ordered by key ascending, then sequence number descending, whichever way the cursor
/// moves; a cursor that moves backward is read from the window's end, key by key. A window owns
/// nothing. It is valid until the cursor that showed it moves.
///
/// @tparam KeyCell, ValueCell what stands for a key and for a value in a column: `lsm::cell<T>`
template <class KeyCell, class ValueCell>
struct window {
    std::span<const KeyCell> keys;
    std::span<const sequence_number> sequences;
    std::span<const payload_kind> kinds;
    std::span<const ValueCell> values;  ///< a tombstone's cell says nothing

    [[nodiscard]] std::size_t size() const noexcept { return keys.size(); }
    [[nodiscard]] bool empty() const noexcept { return keys.empty(); }

    /// The entries [first, last) of this window.
    [[nodiscard]] window part(std::size_t first, std::size_t last) const noexcept {
        const std::size_t count = last - first;
        return {keys.subspan(first, count), sequences.subspan(first, count),
                kinds.subspan(first, count), values.subspan(first, count)};
    }
};

}  // namespace lsm
