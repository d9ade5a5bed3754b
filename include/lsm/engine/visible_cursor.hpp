// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/merge_cursor.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace lsm::engine {

/// What a reader sees of merged sources: of each key in a range the newest version that is not
/// newer than the reader, and nothing where that is a tombstone.
///
/// It works through groups, the versions of one key that stand together in a part. A group decides
/// its key if it holds a version the reader may see; later groups of a decided key are older, and
/// passed over. What depends on the part alone is settled when the part begins. Most parts
/// are *plain*: values only, all of which the reader sees. In a plain part an entry costs a comparison
/// with its neighbour.
template <class Key, class Value>
class visible_cursor {
    using merge = merge_cursor<Key, Value>;

public:
    using key_view = std::remove_cvref_t<view_of<Key>>;

    /// Reads nothing yet. @p range and what the sources read from outlive it.
    /// @param sources newest first
    visible_cursor(typename merge::sources sources, const key_range<Key>& range, direction way,
                   sequence_number at)
        : merge_(std::move(sources), way, at), range_(range), way_(way), at_(at) {}

    /// Moves to the next entry, at first to the first one. @returns whether there is one
    /// @throws error; it throws again if it is asked to move on after that
    bool next() { return (is_plain_ && next_in_plain()) || move_on(); }

    /// The entry's key. Valid until `next`. @pre the last `next` returned true
    [[nodiscard]] view_of<Key> key() const { return key_at(shown_); }
    /// The entry's value. Valid until `next`. @pre the last `next` returned true
    [[nodiscard]] view_of<Value> value() const { return view_in<Value>(part_.values[shown_]); }

    /// See `merge_cursor::alternated`.
    [[nodiscard]] std::uint64_t alternated() const noexcept { return merge_.alternated(); }

private:
    enum class state { fresh, moving, at_entry, at_end };

    /// Moves within a plain part, where the first of each group is seen.
    bool next_in_plain() {
        if (begin_ == end_) return false;
        shown_ = take_group().first;
        return true;
    }
    // Out of line, so that the way through a plain part is short.
    [[gnu::noinline]] bool move_on() {
        if (state_ == state::at_end) return false;
        if (state_ == state::moving)
            throw error(errc::io, "this scan failed before and cannot go on: begin another");
        const bool fresh = state_ == state::fresh;
        state_ = state::moving;  // and it stays so if what follows throws
        if (std::exchange(is_plain_, false)) decided_here_ = shown_;
        if (fresh) start();
        const bool found = advance();
        state_ = found ? state::at_entry : state::at_end;
        is_plain_ = found && all_seen_ && part_.kinds.are_values();
        return found;
    }

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
            const std::size_t visible = first_visible(first, last);
            if (visible == last) continue;
            decided_here_ = visible;
            if (part_.kinds[visible] == payload_kind::tombstone) continue;
            shown_ = visible;
            return true;
        }
    }

    /// The next part of the merge with anything of the range in it that is not decided yet.
    bool next_part() {
        while (!range_ends_here_) {
            remember_decided();
            part_ = merge_.next();
            if (part_.empty()) return false;
            all_seen_ = part_.sequences.are_seen_at(at_);
            begin_ = 0;
            end_ = part_.size();
            cut_to_range();
            while (begin_ != end_ && (is_decided(next_key()) || is_before_range(next_key())))
                way_ == direction::forward ? ++begin_ : --end_;
            if (begin_ != end_) return true;
        }
        return false;
    }
    /// What the part decided is remembered beyond it: only its last key can come again. While its source
    /// does not move, its cell is enough.
    void remember_decided() {
        if (!decided_here_) return own_decided();
        decided_ = part_.keys[*decided_here_];
        is_owned_ = false;
        decided_here_.reset();
        if (!merge_.keeps_given()) own_decided();
    }
    void own_decided() {
        if (!decided_ || is_owned_) return;
        own_.emplace(codec<Key>::own(view_in<Key>(*decided_)));
        decided_ = cell_of<Key>(*own_);
        is_owned_ = true;
    }
    [[nodiscard]] bool is_decided(const key_view& key) const {
        return decided_ && compare<key_view>(view_in<Key>(*decided_), key) == 0;
    }
    /// Only the excluded end where the scan begins can be before the range.
    [[nodiscard]] bool is_before_range(const key_view& key) const {
        const auto& end = way_ == direction::forward ? range_.lower : range_.upper;
        return end && !end->inclusive && compare<key_view>(codec<Key>::as_view(end->key), key) == 0;
    }
    /// Takes off what is behind the range.
    void cut_to_range() {
        const bool forward = way_ == direction::forward;
        const auto& end = forward ? range_.upper : range_.lower;
        if (!end) return;
        const auto is_in = [&](std::size_t i) {
            const auto order = compare<key_view>(key_at(i), codec<Key>::as_view(end->key));
            return order == 0 ? end->inclusive : (order < 0) == forward;
        };
        if (is_in(forward ? end_ - 1 : 0)) return;
        range_ends_here_ = true;
        if (forward)
            end_ = parted(end_, is_in);
        else
            begin_ = parted(end_, [&](std::size_t i) { return !is_in(i); });
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
        if (all_seen_) return first;
        while (first < last && part_.sequences[first] > at_) ++first;
        return first;
    }
    [[nodiscard]] bool same_key(std::size_t a, std::size_t b) const {
        return compare<key_view>(key_at(a), key_at(b)) == 0;
    }
    [[nodiscard]] view_of<Key> key_at(std::size_t i) const { return view_in<Key>(part_.keys[i]); }
    [[nodiscard]] view_of<Key> next_key() const {
        return key_at(way_ == direction::forward ? begin_ : end_ - 1);
    }

    merge merge_;
    const key_range<Key>& range_;
    direction way_;
    sequence_number at_;
    state state_ = state::fresh;
    window_of<Key, Value> part_;
    std::size_t begin_ = 0;  // [begin_, end_): what is still to come of the part
    std::size_t end_ = 0;
    std::size_t shown_ = 0;
    bool all_seen_ = false;                    // whether the reader may see all of the part
    bool is_plain_ = false;                    // and it stands in it, and sees nothing else
    bool range_ends_here_ = false;             // in this part
    std::optional<std::size_t> decided_here_;  // the last key that was, as an index into the part
    std::optional<cell<Key>> decided_;         // or in a part before
    std::optional<Key> own_;                   // what that refers to where its part is gone
    bool is_owned_ = false;
};

}  // namespace lsm::engine
