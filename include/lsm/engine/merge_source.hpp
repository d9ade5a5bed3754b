// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/core/window.hpp>
#include <lsm/engine/cursor.hpp>

#include <cstddef>
#include <utility>

namespace lsm::engine {

/// A source of a merge: a cursor, and what is still to come of the window that it shows. Entries are
/// counted in the cursor's direction, from the next one.
template <class Key, class Value>
class merge_source {
    using key_view = typename cursor<Key, Value>::key_view;

public:
    using window_type = window_of<Key, Value>;

    merge_source(cursor_pointer<Key, Value> from, direction way)
        : from_(std::move(from)), way_(way) {}

    void seek_first() {
        from_->seek_first();
        open_window();
    }
    void seek(const key_view& key) {
        from_->seek(key);
        open_window();
    }
    /// On to the next window. What was taken of this one is no longer valid.
    void next() {
        from_->next();
        open_window();
    }
    /// @pre pending
    void load() {
        from_->load();
        open_window();
    }

    [[nodiscard]] bool at_end() const noexcept { return from_->at_end(); }
    [[nodiscard]] bool pending() const noexcept { return from_->pending(); }
    /// How many entries are to come of its window: none where it is pending.
    [[nodiscard]] std::size_t left() const noexcept { return end_ - begin_; }
    /// The key of the n-th of them.
    [[nodiscard]] const cell<Key>& key(std::size_t n) const noexcept {
        return from_->shown().keys[way_ == direction::forward ? begin_ + n : end_ - 1 - n];
    }
    /// The next key, or a bound of it. @pre not at the end
    [[nodiscard]] cell<Key> next_key() const { return pending() ? from_->bound() : key(0); }

    /// Takes the next entries off. They are valid until it goes to the next window.
    window_type take(std::size_t count) noexcept {
        const window_type& all = from_->shown();
        if (way_ == direction::forward) {
            const std::size_t begin = std::exchange(begin_, begin_ + count);
            return all.part(begin, begin_);
        }
        const std::size_t end = std::exchange(end_, end_ - count);
        return all.part(end_, end);
    }
    /// Asks for the memory of the next entries.
    void prefetch(std::size_t count) const noexcept {
        const std::size_t begin = way_ == direction::forward ? begin_ : end_ - count;
        lsm::detail::prefetch_all(from_->shown().keys.subspan(begin, count));
        lsm::detail::prefetch_all(from_->shown().values.subspan(begin, count));
    }

private:
    /// Begins a window, passing over empty ones.
    void open_window() {
        while (!at_end() && !pending() && from_->shown().empty()) from_->next();
        begin_ = 0;
        end_ = at_end() || pending() ? 0 : from_->shown().size();
    }

    cursor_pointer<Key, Value> from_;
    direction way_;
    std::size_t begin_ = 0;  // [begin_, end_): what is still to come of the window
    std::size_t end_ = 0;
};

}  // namespace lsm::engine
