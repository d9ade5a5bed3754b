// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>

#include <cstddef>
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
    explicit column(std::size_t capacity) {
        cells_.reserve(capacity);
        if constexpr (access_of<T> == access_kind::decoded) objects_.reserve(capacity);
    }
    column(column&&) noexcept = default;
    column& operator=(column&&) noexcept = default;

    /// Adds an object, keeping it here if its cell only refers to it.
    void push(T object) {
        LSM_ASSERT(cells_.size() < cells_.capacity());
        if constexpr (access_of<T> == access_kind::by_value) {
            cells_.push_back(object);
        } else {
            if (objects_.capacity() == 0) objects_.reserve(cells_.capacity());
            cells_.push_back(cell_of<T>(objects_.emplace_back(std::move(object))));
        }
    }
    /// Adds what the next object of a reading visitor looks like: in place where it can be borrowed.
    template <class In>
    void read_from(In& in) {
        LSM_ASSERT(cells_.size() < cells_.capacity());
        if constexpr (access_of<T> == access_kind::borrowed)
            cells_.push_back(codec<T>::template read_view<In>(in));
        else
            push(codec<T>::template read<In>(in));
    }
    /// Adds a cell that says nothing: a tombstone's value.
    void push_nothing() { cells_.emplace_back(); }

    [[nodiscard]] std::span<const cell<T>> cells() const noexcept { return cells_; }

private:
    std::vector<cell<T>> cells_;
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
