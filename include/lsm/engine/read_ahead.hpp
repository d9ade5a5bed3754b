// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/window.hpp>
#include <lsm/engine/table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lsm::engine {

/// Asks the medium for the blocks that a scan is about to come to. From the third block on that it
/// reads in a row it is a window ahead, and each window has twice the bytes of the one before: a short
/// scan asks for nothing in vain, a long one never waits for a single block.
class read_ahead {
public:
    /// The scan leaves the row: what follows may be anywhere.
    void restart() noexcept { *this = {}; }
    /// The scan goes on in another table.
    void enter_table() noexcept { asked_ = ask_at_ = 0; }

    /// The scan is about to load a block, the next one of its table in its direction.
    template <class Key, class Value>
    void before_load(const table<Key, Value>& from, std::size_t block, direction way) {
        if (from.is_resident(block)) return;
        if (++in_a_row_ < 3) return;
        const auto& blocks = from.index().blocks;
        // Places count in the scan's direction.
        const auto mirrored = [&](std::size_t place) {
            return way == direction::forward ? place : blocks.size() - 1 - place;
        };
        const std::size_t here = mirrored(block);
        if (here < ask_at_) return;
        const std::size_t begin = (std::max)(here, asked_);
        std::uint64_t bytes = 0;
        std::size_t end = begin;
        while (end < blocks.size() && bytes < window_bytes_) bytes += blocks[mirrored(end++)].bytes;
        if (end == begin) return;
        from.expect_fetch((std::min)(mirrored(begin), mirrored(end - 1)), end - begin);
        asked_ = end;
        ask_at_ = begin;
        window_bytes_ = (std::min)(2 * window_bytes_, most_bytes);
    }

private:
    static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 22;

    std::size_t in_a_row_ = 0;  // blocks that were not in memory
    std::size_t asked_ = 0;     // up to here
    std::size_t ask_at_ = 0;    // when the scan comes here, for more
    std::uint64_t window_bytes_ = std::uint64_t{1} << 16;
};

}  // namespace lsm::engine
