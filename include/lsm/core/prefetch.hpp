// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace lsm::detail {

/// Asks for the cache line of an address, so that a later load finds it. A hint: nothing is read.
inline void prefetch(const void* at) noexcept {
    __builtin_prefetch(at);
}

/// Asks for a few elements that divide a sorted column evenly, so that a binary search in it waits for
/// one cache miss, not for one after another.
template <class T>
void prefetch_for_search(std::span<const T> column) noexcept {
    constexpr std::size_t parts = 8;
    for (std::size_t i = 1; i < parts; ++i) prefetch(column.data() + column.size() * i / parts);
}

/// Asks for an element, and for those at a distance from it in both directions: all between them, where
/// elements are small.
template <class T>
void prefetch_around(std::span<const T> column, std::size_t which, std::size_t distance) noexcept {
    prefetch(column.data() + which);
    prefetch(column.data() + (which > distance ? which - distance : 0));
    prefetch(column.data() + (std::min)(which + distance, column.size() - 1));
}

/// Asks for all of a column.
template <class T>
void prefetch_all(std::span<const T> column) noexcept {
    const auto* const bytes = reinterpret_cast<const std::byte*>(column.data());
    for (std::size_t i = 0; i < column.size_bytes(); i += 64) prefetch(bytes + i);
}

}  // namespace lsm::detail
