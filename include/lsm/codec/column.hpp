// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace lsm {

/// A window over keys and values of these types.
template <class Key, class Value>
using window_of = window<cell<Key>, cell<Value>>;

/// The cells of one column, and what they refer to that is nowhere else.
template <has_codec T>
class column {
public:
    /// Makes room for so many cells: no more may be added.
    explicit column(std::size_t capacity)
        : own_(std::make_unique<cell<T>[]>(capacity)), capacity_(capacity), cells_(own_.get()) {
        if constexpr (access_of<T> == access_kind::decoded) objects_.reserve(capacity);
    }
    /// Cells that lie somewhere else, for longer than this column lives.
    explicit column(std::span<const cell<T>> in_place) noexcept
        : cells_(in_place.data()), size_(in_place.size()) {}

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
    /// Adds a cell that refers to something which outlives this column, or which it keeps.
    /// @throws decode_error if there is no room: a format adds more entries than it has announced
    void push_cell(const cell<T>& added) {
        if (size_ == capacity_) throw decode_error("a block has more entries than it says");
        own_[size_++] = added;
    }
    /// Adds a cell that says nothing: a tombstone's value.
    void push_nothing() { push_cell({}); }
    /// Keeps bytes that cells refer to; they stay where they are.
    void keep(byte_buffer bytes) noexcept { kept_ = std::move(bytes); }

    [[nodiscard]] std::span<const cell<T>> cells() const noexcept { return {cells_, size_}; }
    /// The memory that it holds, without what its objects hold outside themselves.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return capacity_ * sizeof(cell<T>) + objects_.capacity() * sizeof(T) + kept_.capacity();
    }

private:
    std::unique_ptr<cell<T>[]> own_;  // no std::vector, whose elements of type bool are no cells
    std::size_t capacity_ = 0;
    const cell<T>* cells_;
    std::size_t size_ = 0;
    std::vector<T> objects_;
    byte_buffer kept_;
};

/// Entries in columns: a block after decoding. Its window is valid as long as it lives, and as long as
/// the bytes that its cells borrow.
template <class Key, class Value>
class columns {
public:
    /// Makes room for so many entries, to be pushed.
    explicit columns(std::size_t capacity) : keys_(capacity), values_(capacity) {
        pushed_sequences_.reserve(capacity * sizeof(sequence_number));
        pushed_kinds_.reserve(capacity);
    }
    /// Columns that are complete.
    columns(column<Key> keys, sequence_column sequences, kind_column kinds, column<Value> values)
        : keys_(std::move(keys)), sequences_(sequences), kinds_(kinds), values_(std::move(values)) {
    }

    [[nodiscard]] column<Key>& keys() noexcept { return keys_; }
    [[nodiscard]] column<Value>& values() noexcept { return values_; }
    void push_version(sequence_number sequence, payload_kind kind) {
        append_number(pushed_sequences_, sequence);
        pushed_kinds_.push_back(static_cast<std::byte>(kind));
        newest_ = (std::max)(newest_, sequence);
        sequences_ = {0, newest_, sizeof(sequence_number), pushed_sequences_.data()};
        kinds_ = kind_column(pushed_kinds_.data());
    }
    [[nodiscard]] window_of<Key, Value> window() const noexcept {
        return {keys_.cells(), sequences_, kinds_, values_.cells()};
    }
    /// About the memory that it holds; nothing for cells that lie somewhere else.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return keys_.bytes() + values_.bytes() + pushed_sequences_.capacity() +
               pushed_kinds_.capacity();
    }

private:
    column<Key> keys_;
    sequence_column sequences_;
    kind_column kinds_;
    column<Value> values_;
    byte_buffer pushed_sequences_;
    sequence_number newest_ = no_sequence;  // of those
    byte_buffer pushed_kinds_;
};

}  // namespace lsm
