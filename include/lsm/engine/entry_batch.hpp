// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/window.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace lsm::engine {

/// Entries that are gathered one by one, to be shown as a window. It holds cells, so what they refer to
/// is somebody else's.
template <class Key, class Value>
class entry_batch {
public:
    explicit entry_batch(std::size_t capacity) : capacity_(capacity) {}

    /// Adds an entry. @pre there is room
    void add(const cell<Key>& key, sequence_number sequence, payload_kind kind,
             const cell<Value>& value) {
        if (!kinds_) allocate();
        LSM_ASSERT(size_ < capacity_);
        keys_[size_] = key;
        values_[size_] = value;
        sequences_[size_] = std::bit_cast<sequence_number>(to_little_endian(sequence));
        kinds_[size_] = static_cast<std::byte>(kind);
        newest_ = (std::max)(newest_, sequence);
        are_values_ = are_values_ && kind == payload_kind::value;
        ++size_;
    }
    void clear() noexcept {
        size_ = 0;
        newest_ = no_sequence;
        are_values_ = true;
    }
    /// Makes room for so many. @pre it is empty
    void reserve(std::size_t entries) noexcept {
        LSM_ASSERT(size_ == 0);
        if (entries <= capacity_) return;
        kinds_.reset();
        capacity_ = entries;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Makes keys that were added in descending order ascend. The versions of one stay in theirs.
    void turn_round() {
        reverse(0, size_);
        for (std::size_t first = 0, last = 0; first < size_; first = last) {
            do ++last;
            while (last < size_ && is_same_key(first, last));
            reverse(first, last);
        }
    }

    /// Valid until the batch changes.
    [[nodiscard]] window_of<Key, Value> window() const noexcept {
        const auto* const numbers = reinterpret_cast<const std::byte*>(sequences_.get());
        return {{keys_.get(), size_},
                sequence_column(0, newest_, sizeof(sequence_number), numbers),
                are_values_ ? kind_column(payload_kind::value) : kind_column(kinds_.get()),
                {values_.get(), size_}};
    }

private:
    void allocate() {
        keys_ = std::make_unique_for_overwrite<cell<Key>[]>(capacity_);
        values_ = std::make_unique_for_overwrite<cell<Value>[]>(capacity_);
        sequences_ = std::make_unique_for_overwrite<sequence_number[]>(capacity_);
        kinds_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    }
    void reverse(std::size_t first, std::size_t last) {
        if (last - first < 2) return;
        std::reverse(&keys_[first], &keys_[0] + last);
        std::reverse(&values_[first], &values_[0] + last);
        std::reverse(&sequences_[first], &sequences_[0] + last);
        std::reverse(&kinds_[first], &kinds_[0] + last);
    }
    [[nodiscard]] bool is_same_key(std::size_t a, std::size_t b) const {
        return compare<std::remove_cvref_t<view_of<Key>>>(view_in<Key>(keys_[a]),
                                                          view_in<Key>(keys_[b])) == 0;
    }

    std::size_t capacity_;
    std::size_t size_ = 0;
    sequence_number newest_ = no_sequence;
    bool are_values_ = true;
    std::unique_ptr<cell<Key>[]> keys_;  // no std::vector, whose elements of type bool are no cells
    std::unique_ptr<cell<Value>[]> values_;
    std::unique_ptr<sequence_number[]> sequences_;  // little-endian, as a column has them
    std::unique_ptr<std::byte[]> kinds_;
};

}  // namespace lsm::engine
