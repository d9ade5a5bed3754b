// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/order.hpp>
#include <lsm/engine/cursor.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Order over several sources: hands out the entries of all of them, by key in its direction,
/// newest version first.
///
/// What it hands out are *parts of the sources' own windows*, as long as can be: the source whose
/// next key comes first gives all entries up to the next key of the source that comes second. So
/// nothing is copied, and where sources do not interleave a part is a whole window.
///
/// Invariants:
/// 1. A newer source holds the newer versions of each key that it shares with an older one. So on
///    equal keys the newer source goes first, and sequence numbers need no comparing.
/// 2. `heap_` is a binary min-heap of the sources that are not at their end, by (next key in the
///    direction, age).
/// 3. A pending source stands in the heap with its bound, and is loaded only when it comes first.
template <class Key, class Value>
class merge_cursor {
    using source = cursor<Key, Value>;

public:
    using window_type = window_of<Key, Value>;
    using key_view = typename source::key_view;

    /// @param sources newest first, each moving in direction @p way
    merge_cursor(std::vector<std::unique_ptr<source>> sources, direction way) : way_(way) {
        heads_.reserve(sources.size());
        heap_.reserve(sources.size());
        for (auto& each : sources) heads_.push_back({std::move(each), 0, 0});
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
        while (!heap_.empty() && heads_[heap_.front()].from->pending()) load_first();
        if (heap_.empty()) return {};
        head& first = heads_[heap_.front()];
        given_ = parted(first);
        return way_ == direction::forward ? first.from->shown().part(first.begin, given_)
                                          : first.from->shown().part(given_, first.end);
    }

    /// Whether what was handed out last stays valid during the next call, too: its source still has more
    /// in the same window.
    [[nodiscard]] bool keeps_given() const noexcept {
        if (given_ == nothing) return false;
        const head& first = heads_[heap_.front()];
        return given_ != (way_ == direction::forward ? first.end : first.begin);
    }

private:
    /// A source, and which entries of its window are still to come.
    struct head {
        std::unique_ptr<source> from;
        std::size_t begin;
        std::size_t end;
    };

    template <class Seek>
    void rewind(Seek seek) {
        heap_.clear();
        given_ = nothing;
        for (std::size_t i = 0; i < heads_.size(); ++i) {
            seek(*heads_[i].from);
            open_window(heads_[i]);
            if (!heads_[i].from->at_end()) heap_.push_back(i);
        }
        for (std::size_t i = heap_.size() / 2; i-- > 0;) sift_down(i);
    }

    /// Takes the entries that were handed out last off their source.
    void pass_given() {
        if (given_ == nothing) return;
        head& first = heads_[heap_.front()];
        (way_ == direction::forward ? first.begin : first.end) = std::exchange(given_, nothing);
        if (first.begin == first.end) {
            first.from->next();
            open_window(first);
        }
        settle_first();
    }
    void load_first() {
        head& first = heads_[heap_.front()];
        first.from->load();
        open_window(first);
        settle_first();
    }
    /// Begins a source's window, passing over empty ones.
    void open_window(head& which) {
        source& from = *which.from;
        while (!from.at_end() && !from.pending() && from.shown().empty()) from.next();
        which.begin = 0;
        which.end = from.at_end() || from.pending() ? 0 : from.shown().size();
    }
    /// Puts the first source where it belongs now.
    void settle_first() {
        if (heads_[heap_.front()].from->at_end()) {
            heap_.front() = heap_.back();
            heap_.pop_back();
            if (heap_.empty()) return;
        }
        sift_down(0);
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

    /// Where the first source has to stop, as an index into its window, for the second to go on.
    std::size_t parted(const head& first) const {
        const bool forward = way_ == direction::forward;
        if (heap_.size() == 1) return forward ? first.end : first.begin;
        const std::size_t other =
            heap_.size() > 2 && before(heap_[2], heap_[1]) ? heap_[2] : heap_[1];
        const bool newer = heap_.front() < other;  // and so goes first on equal keys
        const view_of<Key> limit = next_key(heads_[other]);
        const auto precedes = [&](std::size_t i) {
            const auto order = compare<key_view>(key_at(first, i), limit);
            return order == 0 ? newer : (order < 0) == forward;
        };
        return forward ? gallop(first.begin, first.end, precedes)
                       : first.end - gallop(0, first.end - first.begin, [&](std::size_t i) {
                             return precedes(first.end - 1 - i);
                         });
    }
    /// The first index of [begin, end) that does not precede, at least begin + 1: doubling steps,
    /// then bisection, so that short parts cost few comparisons and long ones O(log).
    template <class Precedes>
    static std::size_t gallop(std::size_t begin, std::size_t end, Precedes precedes) {
        std::size_t good = begin;  // known to precede
        std::size_t step = 1;
        while (end - good > step && precedes(good + step)) {
            good += step;
            step *= 2;
        }
        std::size_t bad = end - good > step ? good + step : end;
        while (bad - good > 1) {
            const std::size_t middle = good + (bad - good) / 2;
            (precedes(middle) ? good : bad) = middle;
        }
        return bad;
    }

    [[nodiscard]] view_of<Key> key_at(const head& which, std::size_t i) const {
        return view_in<Key>(which.from->shown().keys[i]);
    }
    [[nodiscard]] view_of<Key> next_key(const head& which) const {
        if (which.from->pending()) return which.from->bound();
        return key_at(which, way_ == direction::forward ? which.begin : which.end - 1);
    }
    [[nodiscard]] bool before(std::size_t a, std::size_t b) const {
        const auto order = compare(next_key(heads_[a]), next_key(heads_[b]));
        if (order != 0) return (order < 0) == (way_ == direction::forward);
        return a < b;
    }

    static constexpr std::size_t nothing = static_cast<std::size_t>(-1);

    direction way_;
    std::vector<head> heads_;  // newest source first
    std::vector<std::size_t> heap_;
    std::size_t given_ =
        nothing;  // up to (backward: down to) where the first source was handed out
};

}  // namespace lsm::engine
