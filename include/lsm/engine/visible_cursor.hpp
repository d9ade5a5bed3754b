// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/merge_cursor.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace lsm::engine {

/// What a reader sees of merged sources: of each key in a range the newest version that is not
/// newer than the reader, and nothing where that is a tombstone.
///
/// It works through groups, the versions of one key that stand together in a part. A group decides
/// its key if it holds a version the reader may see; later groups of a decided key are older, and
/// passed over.
template <class Key, class Value>
class visible_cursor {
    using merge = merge_cursor<Key, Value>;

public:
    using key_view = std::remove_cvref_t<view_of<Key>>;

    /// Keeps @p keeps, which the sources read from, alive. Reads nothing yet.
    visible_cursor(merge sources, std::shared_ptr<const void> keeps, key_range<Key> range,
                   direction way, sequence_number at)
        : keeps_(std::move(keeps)), merge_(std::move(sources)), range_(std::move(range)), way_(way),
          at_(at) {}

    /// Moves to the next entry, at first to the first one. @returns whether there is one
    /// @throws error; it throws again if it is asked to move on after that
    bool next() {
        if (state_ == state::at_end) return false;
        if (state_ == state::moving)
            throw error(errc::io, "this scan failed before and cannot go on: begin another");
        const bool fresh = state_ == state::fresh;
        state_ = state::moving;  // and it stays so if what follows throws
        if (fresh) start();
        const bool found = advance();
        state_ = found ? state::at_entry : state::at_end;
        return found;
    }

    /// The entry's key. Valid until `next`. @pre the last `next` returned true
    [[nodiscard]] view_of<Key> key() const { return view_in<Key>(part_.keys[shown_]); }
    /// The entry's value. Valid until `next`. @pre the last `next` returned true
    [[nodiscard]] view_of<Value> value() const { return view_in<Value>(part_.values[shown_]); }

private:
    enum class state { fresh, moving, at_entry, at_end };

    void start() {
        const auto& from = way_ == direction::forward ? range_.lower : range_.upper;
        if (from)
            merge_.seek(codec<Key>::as_view(from->key));
        else
            merge_.seek_first();
    }

    bool advance() {
        for (;;) {
            if (begin_ == end_ && !next_part()) return false;
            const auto [first, last] = take_group();
            const view_of<Key> key = view_in<Key>(part_.keys[first]);
            if (is_decided(key) || before_range(key)) continue;
            if (after_range(key)) return false;
            const std::size_t visible = first_visible(first, last);
            if (visible == last) continue;
            decided_here_ = visible;
            if (part_.kinds[visible] == payload_kind::tombstone) continue;
            shown_ = visible;
            return true;
        }
    }

    /// The next part of the merge. What the last one decided is remembered beyond it.
    bool next_part() {
        if (decided_here_) {
            decided_key_.emplace(codec<Key>::own(view_in<Key>(part_.keys[*decided_here_])));
            decided_here_.reset();
        }
        part_ = merge_.next();
        begin_ = 0;
        end_ = part_.size();
        return end_ > 0;
    }
    /// The next group of the part, as [first, last).
    std::pair<std::size_t, std::size_t> take_group() {
        std::size_t first = way_ == direction::forward ? begin_ : end_ - 1;
        std::size_t last = first + 1;
        if (way_ == direction::forward) {
            while (last < end_ && same_key(last, first)) ++last;
            begin_ = last;
        } else {
            while (first > begin_ && same_key(first - 1, first)) --first;
            end_ = first;
        }
        return {first, last};
    }
    [[nodiscard]] std::size_t first_visible(std::size_t first, std::size_t last) const {
        if (part_.sequences.are_seen_at(at_)) return first;
        while (first < last && part_.sequences[first] > at_) ++first;
        return first;
    }
    [[nodiscard]] bool same_key(std::size_t a, std::size_t b) const {
        return compare<key_view>(view_in<Key>(part_.keys[a]), view_in<Key>(part_.keys[b])) == 0;
    }
    /// Only the key decided last can come again.
    [[nodiscard]] bool is_decided(const key_view& key) const {
        if (decided_here_)
            return compare<key_view>(view_in<Key>(part_.keys[*decided_here_]), key) == 0;
        return decided_key_ && compare<key_view>(codec<Key>::as_view(*decided_key_), key) == 0;
    }
    /// Only the excluded end where the scan begins can be before the range.
    [[nodiscard]] bool before_range(const key_view& key) const {
        const auto& end = way_ == direction::forward ? range_.lower : range_.upper;
        return end && !end->inclusive && compare<key_view>(codec<Key>::as_view(end->key), key) == 0;
    }
    [[nodiscard]] bool after_range(const key_view& key) const {
        const bool forward = way_ == direction::forward;
        const auto& end = forward ? range_.upper : range_.lower;
        if (!end) return false;
        const auto order = compare<key_view>(key, codec<Key>::as_view(end->key));
        return order == 0 ? !end->inclusive : (order > 0) == forward;
    }

    std::shared_ptr<const void> keeps_;
    merge merge_;
    key_range<Key> range_;
    direction way_;
    sequence_number at_;
    state state_ = state::fresh;
    window_of<Key, Value> part_;
    std::size_t begin_ = 0;  // [begin_, end_): what is still to come of the part
    std::size_t end_ = 0;
    std::size_t shown_ = 0;
    std::optional<std::size_t> decided_here_;  // an index into the part
    std::optional<Key> decided_key_;           // or a key of a part before it
};

}  // namespace lsm::engine
