// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/merge_cursor.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace lsm::engine {

/// What a job keeps of merged sources.
///
/// 1. Of each key, the newest version: the reader of now sees it.
/// 2. A version that some pin sees: one that is not newer than the pin, while the key's next newer
///    version is.
/// 3. But no tombstone that every pin sees, if no older table can hold its key: then nobody can
///    tell it from nothing. All versions that it hides go with it, by 2.
/// 4. And no number of a version that every pin sees, where no table is older: by 2. it is the oldest of its
///    key, and by 3. a value. So its number becomes `no_sequence`, and a block of such takes no bytes for them.
///
/// @tparam MayHoldOlder `bool(key view)`: whether a table older than the job's output may hold the key
template <class Key, class Value, class MayHoldOlder>
class retain_cursor {
public:
    using key_view = std::remove_cvref_t<view_of<Key>>;

    /// @param sources not moved yet, going forward
    /// @param pins    what readers are pinned to, ascending
    /// @param oldest  whether no table is older than the job's output
    retain_cursor(merge_cursor<Key, Value> sources, std::vector<sequence_number> pins,
                  MayHoldOlder may_hold_older, bool oldest)
        : merge_(std::move(sources)), pins_(std::move(pins)),
          may_hold_older_(std::move(may_hold_older)), oldest_(oldest) {
        merge_.seek_first();
    }

    /// Hands up to @p count entries to `keep(key, sequence, kind, value cell)`. @returns whether
    /// there is more
    template <class Keep>
    bool step(std::size_t count, Keep&& keep) {
        for (; count > 0; --count) {
            if (at_ == part_.size() && !next_part()) return false;
            const std::size_t i = at_++;
            if (!retains(i)) continue;
            const sequence_number number = part_.sequences[i];
            keep(view_in<Key>(part_.keys[i]), oldest_ && all_see(number) ? no_sequence : number,
                 part_.kinds[i], part_.values[i]);
        }
        return true;
    }

private:
    bool next_part() {
        if (!part_.empty()) last_key_.emplace(codec<Key>::own(view_in<Key>(part_.keys.back())));
        part_ = merge_.next();
        at_ = 0;
        return !part_.empty();
    }

    bool retains(std::size_t i) {
        const view_of<Key> key = view_in<Key>(part_.keys[i]);
        const sequence_number number = part_.sequences[i];
        const bool newest = !same_key_as_last(i, key);
        const bool needed = newest || some_pin_in(number, newer_);
        newer_ = number;
        if (!needed) return false;
        return !(part_.kinds[i] == payload_kind::tombstone && all_see(number) &&
                 !may_hold_older_(key));
    }
    [[nodiscard]] bool all_see(sequence_number number) const noexcept {
        return pins_.empty() || number <= pins_.front();
    }
    [[nodiscard]] bool same_key_as_last(std::size_t i, const key_view& key) const {
        if (i > 0) return compare<key_view>(view_in<Key>(part_.keys[i - 1]), key) == 0;
        return last_key_ && compare<key_view>(codec<Key>::as_view(*last_key_), key) == 0;
    }
    /// Whether a pin reads at [from, until).
    [[nodiscard]] bool some_pin_in(sequence_number from, sequence_number until) const {
        const auto at = std::lower_bound(pins_.begin(), pins_.end(), from);
        return at != pins_.end() && *at < until;
    }

    merge_cursor<Key, Value> merge_;
    std::vector<sequence_number> pins_;
    MayHoldOlder may_hold_older_;
    bool oldest_;
    window_of<Key, Value> part_;
    std::size_t at_ = 0;
    sequence_number newer_ = no_sequence;  // the number of the entry before
    std::optional<Key> last_key_;          // of the part before
};

}  // namespace lsm::engine
