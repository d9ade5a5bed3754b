// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/config.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace lsm::detail {

/// Finds where a number may stand among sorted ones. They are grouped by the first bits of how far they
/// are above the lowest, and it is known where each group begins: where they lie about evenly, one or
/// two are left to be searched, and all of them at worst. Two to eight bytes a number.
///
/// Source: the radix table of Kipf et al., "RadixSpline: a single-pass learned index", 2020, without
/// the spline.
class radix_search {
public:
    struct range {
        std::size_t first, last;  // [first, last)
    };

    radix_search() = default;
    /// @param numbers ascending; of others it says something that is of no use. Of 2^32 or more it knows
    ///                nothing: it is empty
    explicit radix_search(std::span<const std::uint64_t> numbers) {
        if (numbers.empty() || numbers.size() > most) return;
        const auto count = static_cast<std::uint32_t>(numbers.size());
        lowest_ = numbers.front();
        highest_ = (std::max)(lowest_, numbers.back());
        const auto bits = static_cast<int>(std::bit_width(highest_ - lowest_));
        shift_ = (std::max)(0, bits - static_cast<int>(std::bit_width(numbers.size())));
        const std::uint64_t groups = ((highest_ - lowest_) >> shift_) + 1;
        begins_.reserve(groups + 1);
        for (std::uint32_t i = 0; i < count; ++i)
            while (begins_.size() <= group_of(std::clamp(numbers[i], lowest_, highest_)))
                begins_.push_back(i);
        begins_.resize(groups + 1, count);
    }

    [[nodiscard]] bool empty() const noexcept { return begins_.empty(); }
    /// The memory that it holds.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return begins_.capacity() * sizeof(std::uint32_t);
    }

    /// Those that a number may be among: all before them are below it, all behind them above it. O(1).
    /// @pre not empty
    [[nodiscard]] range among(std::uint64_t number) const noexcept {
        LSM_ASSERT(!empty());
        if (number < lowest_) return {0, 0};
        if (number > highest_) return {begins_.back(), begins_.back()};
        const std::uint64_t group = group_of(number);
        return {begins_[group], begins_[group + 1]};
    }

private:
    [[nodiscard]] std::uint64_t group_of(std::uint64_t number) const noexcept {
        return (number - lowest_) >> shift_;
    }

    static constexpr std::size_t most = (std::numeric_limits<std::uint32_t>::max)();

    std::uint64_t lowest_ = 0, highest_ = 0;
    int shift_ = 0;
    std::vector<std::uint32_t> begins_;  // of each group, and where the last one ends
};

}  // namespace lsm::detail
