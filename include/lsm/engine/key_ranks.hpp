// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <limits>
#include <optional>

namespace lsm::engine {

/// Ranks of keys, with gaps: a key that comes between others gets a rank between theirs, and theirs stay.
/// Where a gap is used up, all keys are ranked anew; a gap has room for 32 keys in the worst order.
namespace key_ranks {

inline constexpr std::size_t gap = std::size_t{1} << 32;
inline constexpr std::size_t middle = std::size_t{1} << 63;

/// The rank of a key where all are ranked anew. @pre count < 2^31
[[nodiscard]] constexpr std::size_t of(std::size_t place, std::size_t count) noexcept {
    return middle - count / 2 * gap + place * gap;
}

/// The ranks on both sides of a place, where there are keys.
struct place {
    std::optional<std::size_t> before = std::nullopt;
    std::optional<std::size_t> after = std::nullopt;
};

/// The rank of the first of @p count keys that may all belong to one place; nothing if there is no room.
[[nodiscard]] constexpr std::optional<std::size_t> first_in(const place& at,
                                                            std::size_t count) noexcept {
    constexpr std::size_t last = (std::numeric_limits<std::size_t>::max)();
    if (!at.before && !at.after) return of(0, count);
    if (!at.after) return last - *at.before > gap ? std::optional(*at.before + gap) : std::nullopt;
    if (!at.before)
        return *at.after / gap > count ? std::optional(*at.after - count * gap) : std::nullopt;
    const std::size_t step = (*at.after - *at.before) / (count + 1);
    return step > 0 ? std::optional(*at.before + step) : std::nullopt;
}

}  // namespace key_ranks

}  // namespace lsm::engine
