// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace lsm {

/// A window over keys and values of these types.
template <class Key, class Value>
using window_of = window<cell<Key>, cell<Value>>;

/// The cells of one column, and the objects behind those cells that borrow from nowhere else.
template <has_codec T>
class column {
public:
    /// Makes room for so many cells: no more may be added.
    explicit column(std::size_t capacity)
        : cells_(std::make_unique<cell<T>[]>(capacity)), capacity_(capacity) {
        if constexpr (access_of<T> == access_kind::decoded) objects_.reserve(capacity);
    }

    /// Adds an object, keeping it here if its cell only refers to it.
    void push(T object) {
        if constexpr (access_of<T> == access_kind::by_value) {
            push_cell(object);
        } else {
            if (objects_.capacity() == 0) objects_.reserve(capacity_);
            push_cell(cell_of<T>(objects_.emplace_back(std::move(object))));
        }
    }
    /// Adds what the next object of a reading visitor looks like: in place where it can be borrowed.
    template <class In>
    void read_from(In& in) {
        if constexpr (access_of<T> == access_kind::borrowed)
            push_cell(codec<T>::template read_view<In>(in));
        else
            push(codec<T>::template read<In>(in));
    }
    /// Adds a cell that says nothing: a tombstone's value.
    void push_nothing() { push_cell({}); }

    [[nodiscard]] std::span<const cell<T>> cells() const noexcept { return {cells_.get(), size_}; }

private:
    void push_cell(const cell<T>& added) {
        LSM_ASSERT(size_ < capacity_);
        cells_[size_++] = added;
    }

    std::unique_ptr<cell<T>[]> cells_;  // no std::vector, whose elements of type bool are no cells
    std::size_t capacity_;
    std::size_t size_ = 0;
    std::vector<T> objects_;
};

/// Entries in columns: a block after decoding. Its window is valid as long as it stays where it is,
/// and as long as the bytes that its cells borrow.
template <class Key, class Value>
class columns {
public:
    explicit columns(std::size_t capacity) : keys_(capacity), values_(capacity) {
        sequences_.reserve(capacity);
        kinds_.reserve(capacity);
    }

    [[nodiscard]] column<Key>& keys() noexcept { return keys_; }
    [[nodiscard]] column<Value>& values() noexcept { return values_; }
    void push_version(sequence_number sequence, payload_kind kind) {
        sequences_.push_back(sequence);
        kinds_.push_back(kind);
    }
    [[nodiscard]] window_of<Key, Value> window() const noexcept {
        return {keys_.cells(), sequences_, kinds_, values_.cells()};
    }

private:
    column<Key> keys_;
    std::vector<sequence_number> sequences_;
    std::vector<payload_kind> kinds_;
    column<Value> values_;
};

}  // namespace lsm
