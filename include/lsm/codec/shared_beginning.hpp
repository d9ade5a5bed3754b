// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/head.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/order.hpp>

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lsm::detail {

/// What all keys between two others begin with: behind it they differ, and their heads there tell more
/// than those of the whole keys. Only texts, byte strings and byte arrays have a beginning; of other keys
/// it is nothing. Holds no key. O(its length).
template <has_codec Key>
class shared_beginning {
    using key_view = std::remove_cvref_t<view_of<Key>>;
    static constexpr std::size_t array_size = byte_array_size<key_view>;
    static constexpr bool is_text = std::same_as<key_view, std::string_view>;
    static constexpr bool is_bytes = std::same_as<key_view, byte_buffer>;

public:
    /// Whether to look at a key once more, for its head there, costs less than to compare it several times.
    /// Arrays are compared as fast.
    static constexpr bool is_worth_a_look = is_text || is_bytes;

    shared_beginning() = default;
    /// @pre @p low is not above @p high
    shared_beginning(const key_view& low, const key_view& high) {
        if constexpr (array_size > 0)
            while (bytes_ + word < array_size && number_at(low, bytes_) == number_at(high, bytes_))
                bytes_ += word;
        else if constexpr (is_text || is_bytes)
            bytes_ = static_cast<std::size_t>(std::ranges::mismatch(low, high).in1 - low.begin());
    }

    /// How a key begins, compared with @p one that begins so.
    [[nodiscard]] std::weak_ordering compare_beginning(const key_view& key,
                                                       const key_view& one) const {
        if constexpr (array_size > 0) {
            for (std::size_t at = 0; at < bytes_; at += word)
                if (const auto order = number_at(key, at) <=> number_at(one, at); order != 0)
                    return order;
        } else if constexpr (is_text) {
            return key.substr(0, bytes_) <=> one.substr(0, bytes_);
        } else if constexpr (is_bytes) {
            return as_text(key).substr(0, bytes_) <=> as_text(one).substr(0, bytes_);
        }
        return std::weak_ordering::equivalent;
    }
    /// The head of what is behind it. Says nothing of a key that does not begin so.
    [[nodiscard]] std::uint64_t head(const key_view& key) const
        requires has_head<Key>
    {
        if constexpr (array_size > 0)
            return number_at(key, bytes_);
        else if constexpr (is_text)
            return head_of_bytes(as_bytes(key.substr((std::min)(bytes_, key.size()))));
        else if constexpr (is_bytes)
            return head_of_bytes(byte_view(key).subspan((std::min)(bytes_, key.size())));
        else
            return head_of<Key>(key);
    }

private:
    static constexpr std::size_t word = sizeof(std::uint64_t);  // arrays are compared by words

    std::size_t bytes_ = 0;
};

}  // namespace lsm::detail
