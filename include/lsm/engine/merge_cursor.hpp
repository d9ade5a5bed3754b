// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/order.hpp>
#include <lsm/engine/braid.hpp>
#include <lsm/engine/cursor.hpp>
#include <lsm/engine/merge_source.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Order over several sources: hands out the entries of all of them, by key in its direction,
/// newest version first.
///
/// What it hands out are *parts of the sources' own windows*, as long as can be: the source whose
/// next key comes first gives all entries up to the next key of the source that comes second. So
/// nothing is copied, and where sources do not interleave a part is a whole window. Where they do, so
/// that parts are of an entry or two, it hands out *braids* of the next entries of all, if there are no
/// more than 64 sources.
///
/// Any number of sources: each holds a window of its own, and an entry costs O(log sources) comparisons.
///
/// Invariants:
/// 1. A newer source holds the newer versions of each key that it shares with an older one. So on
///    equal keys the newer source goes first, and sequence numbers need no comparing.
/// 2. `heap_` is a binary min-heap of the sources that are not at their end, by (next key in the
///    direction, age), but for its first one while a part of that is handed out.
/// 3. A pending source stands in the heap with its bound, and is loaded only when it comes first.
template <class Key, class Value>
class merge_cursor {
    using source = merge_source<Key, Value>;

public:
    using window_type = window_of<Key, Value>;
    using key_view = typename cursor<Key, Value>::key_view;
    using sources = std::pmr::vector<source>;

    /// @param from newest first, each moving in direction @p way
    /// @param at      numbers up to this one need not be told apart: whoever reads here sees them all
    merge_cursor(sources from, direction way, sequence_number at = no_sequence)
        : way_(way), at_(at), sources_(std::move(from)), heap_(sources_.get_allocator()) {
        heap_.reserve(sources_.size());
    }

    /// Before the first entry.
    void seek_first() {
        rewind([](source& each) { each.seek_first(); });
    }
    /// Before the first entry whose key is not before @p key in the direction.
    void seek(const key_view& key) {
        rewind([&](source& each) { each.seek(key); });
    }

    /// The next entries: never empty but at the end. Moving backward, read them from the last key
    /// to the first. Valid until the next call.
    window_type next() {
        pass_given();
        while (!heap_.empty() && first().pending()) {
            first().load();
            settle_first();
        }
        if (heap_.empty()) return {};
        if constexpr (braid<Key, Value>::pays) {
            if (short_parts_ >= parts_before_braids && heap_.size() <= most_braided)
                if (const window_type all = braided(); !all.empty()) return all;
        }
        return part_of_first();
    }

    /// Whether what the cells refer to that were handed out last stays valid during the next call, too:
    /// their sources still have more in the same windows.
    [[nodiscard]] bool keeps_given() const noexcept { return keeps_given_; }

    /// How many entries it has handed out one by one or in braids, since sources alternate.
    [[nodiscard]] std::uint64_t alternated() const noexcept { return alternated_; }

private:
    template <class Seek>
    void rewind(Seek seek) {
        heap_.clear();
        gave_part_ = keeps_given_ = false;
        short_parts_ = 0;
        braid_entries_ = least_braid;
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            seek(sources_[i]);
            if (!sources_[i].at_end()) heap_.push_back(i);
        }
        settle_all();
    }

    /// What the first source has up to where the second goes on.
    window_type part_of_first() {
        const std::size_t count = parted();
        const window_type part = first().take(count);
        gave_part_ = true;
        keeps_given_ = first().left() > 0;
        short_parts_ = count <= short_part ? short_parts_ + 1 : 0;
        if (short_parts_ > 0) alternated_ += count;
        return part;
    }
    /// Lets the first source go on behind the part that was handed out. Where it has more in its window, the
    /// part ended because the second one goes on.
    void pass_given() {
        keeps_given_ = false;
        if (!std::exchange(gave_part_, false)) return;
        if (first().left() > 0) {
            std::swap(heap_.front(), heap_[second_]);
            return sift_down(second_);
        }
        first().next();
        settle_first();
    }
    /// How many entries the first source has before the second goes on: at least one.
    [[nodiscard]] std::size_t parted() {
        const source& from = sources_[heap_.front()];
        if (heap_.size() == 1) return from.left();
        second_ = heap_.size() > 2 && before(heap_[2], heap_[1]) ? 2 : 1;
        const std::size_t second = heap_[second_];
        const bool newer = heap_.front() < second;  // and so goes first on equal keys
        const cell<Key> limit = sources_[second].next_key();
        return gallop(from.left(), [&](std::size_t n) {
            return newer ? !is_before(limit, from.key(n)) : is_before(from.key(n), limit);
        });
    }
    /// The first of @p count numbers that does not precede, at least 1: doubling steps, then bisection,
    /// so that short parts cost few comparisons and long ones O(log).
    template <class Precedes>
    static std::size_t gallop(std::size_t count, Precedes precedes) {
        std::size_t good = 0;  // known to precede
        std::size_t step = 1;
        while (count - good > step && precedes(good + step)) {
            good += step;
            step *= 2;
        }
        std::size_t bad = (std::min)(good + step, count);
        while (bad - good > 1) {
            const std::size_t middle = good + (bad - good) / 2;
            (precedes(middle) ? good : bad) = middle;
        }
        return bad;
    }

    /// The next entries of all sources, up to where one has given its share, or has to be moved or loaded
    /// first; nothing if that is the next one.
    window_type braided() {
        const std::size_t share = (std::max)(braid_entries_ / heap_.size(), std::size_t{1});
        const cell<Key> end = end_of_shares(share);
        std::size_t all = 0, most = 0;
        pieces_.clear();
        for (source& each : sources_) {
            if (each.left() == 0) continue;
            const std::size_t count = lsm::parted(
                last_of(each, share), [&](std::size_t n) { return is_before(each.key(n), end); });
            if (count == 0) continue;
            pieces_.push_back(each.take(count));
            each.prefetch((std::min)(count, each.left()));
            all += count;
            most = (std::max)(most, count);
        }
        if (all == 0) return {};
        alternated_ += all;
        settle_all();
        keeps_given_ = true;
        braid_entries_ = (std::min)(2 * braid_entries_, most_braid);
        if (most > all - all / 4) short_parts_ = 0;
        return pieces_.size() == 1 ? pieces_.front() : braid_.merge(pieces_, at_);
    }
    /// The first of the keys that the sources' shares end before. The last key of a window is one: more
    /// versions of it could come, and then have to precede those of older sources.
    [[nodiscard]] cell<Key> end_of_shares(std::size_t share) const {
        std::optional<cell<Key>> end;
        for (const source& each : sources_) {
            if (each.at_end()) continue;
            const cell<Key> own = each.pending() ? each.next_key() : each.key(last_of(each, share));
            if (!end || is_before(own, *end)) end = own;
        }
        return *end;
    }
    static std::size_t last_of(const source& from, std::size_t share) noexcept {
        return (std::min)(share, from.left() - 1);
    }

    [[nodiscard]] source& first() noexcept { return sources_[heap_.front()]; }
    /// Puts the first source where it belongs now.
    void settle_first() {
        if (first().at_end()) {
            heap_.front() = heap_.back();
            heap_.pop_back();
            if (heap_.empty()) return;
        }
        sift_down(0);
    }
    void settle_all() {
        for (std::size_t i = heap_.size() / 2; i-- > 0;) sift_down(i);
    }
    void sift_down(std::size_t at) {
        for (;;) {
            const std::size_t left = 2 * at + 1;
            if (left >= heap_.size()) return;
            const std::size_t right = left + 1;
            const bool right_first = right < heap_.size() && before(heap_[right], heap_[left]);
            const std::size_t child = right_first ? right : left;
            if (!before(heap_[child], heap_[at])) return;
            std::swap(heap_[child], heap_[at]);
            at = child;
        }
    }
    [[nodiscard]] bool before(std::size_t a, std::size_t b) const {
        const auto order = order_of(sources_[a].next_key(), sources_[b].next_key());
        return order == 0 ? a < b : order < 0;
    }
    [[nodiscard]] bool is_before(const cell<Key>& a, const cell<Key>& b) const {
        return order_of(a, b) < 0;
    }
    /// In the direction.
    [[nodiscard]] std::weak_ordering order_of(const cell<Key>& a, const cell<Key>& b) const {
        return way_ == direction::forward ? compare<key_view>(view_in<Key>(a), view_in<Key>(b))
                                          : compare<key_view>(view_in<Key>(b), view_in<Key>(a));
    }

    static constexpr std::size_t short_part = 4;
    static constexpr std::size_t parts_before_braids = 8;  // a scan that stops early needs none
    static constexpr std::size_t least_braid = 32;
    static constexpr std::size_t most_braid = 256;
    /// Of more sources, a braid takes too little of each to pay for looking at all of them.
    static constexpr std::size_t most_braided = most_braid / 4;

    direction way_;
    sequence_number at_;
    sources sources_;  // newest first
    std::pmr::vector<std::size_t> heap_;
    std::size_t second_ = 0;  // where in the heap the source stood that goes on behind a part
    bool gave_part_ = false;  // of the first source, which has not gone on
    bool keeps_given_ = false;
    std::size_t short_parts_ = 0;  // one after another
    std::size_t braid_entries_ = least_braid;
    std::uint64_t alternated_ = 0;
    std::vector<window_type> pieces_;
    braid<Key, Value> braid_;
};

}  // namespace lsm::engine
