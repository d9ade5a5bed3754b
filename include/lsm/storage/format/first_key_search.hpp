// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/head.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/order.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
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

/// Finds a key's place among the first keys of a table's blocks. Keys that lie in the array itself are
/// searched as they are.
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
};

/// Strings lie elsewhere, and those of a table often begin alike. So what all of them begin with is compared
/// once, and of the rest the heads, which stand side by side in an array. Few have the same one, and only
/// the texts of those are touched.
template <>
class first_key_search<std::string> {
public:
    first_key_search() = default;
    explicit first_key_search(std::span<const std::string> keys) {
        if (keys.empty()) return;
        const auto shared = std::ranges::mismatch(keys.front(), keys.back());
        shared_.assign(keys.front().begin(), shared.in1);
        heads_.reserve(keys.size());
        for (const std::string& each : keys) heads_.push_back(head_behind_shared(each));
    }

    [[nodiscard]] std::size_t until(std::string_view sought,
                                    std::span<const std::string> keys) const {
        if (heads_.empty()) return count_until<std::string>(keys, sought);
        const int order = sought.substr(0, shared_.size()).compare(shared_);
        if (order != 0) return order < 0 ? 0 : keys.size();
        const std::uint64_t head = head_behind_shared(sought);
        const std::size_t below =
            parted(heads_.size(), [&](std::size_t i) { return heads_[i] < head; });
        const std::size_t same =
            parted(heads_.size() - below, [&](std::size_t i) { return heads_[below + i] == head; });
        return below + count_until<std::string>(keys.subspan(below, same), sought);
    }

private:
    [[nodiscard]] std::uint64_t head_behind_shared(std::string_view key) const noexcept {
        return head_of_bytes(as_bytes(key.substr(shared_.size())));
    }

    std::string shared_;
    std::vector<std::uint64_t> heads_;
};

}  // namespace lsm::detail
