// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/history_plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <unordered_set>
#include <vector>

namespace lsm::testing {

/// What a check of a history comes to.
enum class history_outcome {
    linearizable,   ///< there is an order
    contradiction,  ///< there is none
    undecided       ///< the search was given up
};

namespace detail {

/// Looks for an order of a plan's operations: the search of Wing & Gong, with Lowe's memory of
/// where it has failed before, and three things that values written once make possible.
///
/// Operations are taken one after another. One can be next if no other one that is left returned
/// before it was invoked.
/// 1. A read that can be next and sees what is there is taken at once: if an order takes it later,
///    it can as well be moved here. So only writes are tried in turn.
/// 2. A value that reads have still to see is not overwritten: it does not come again.
/// 3. Where the search has been is told by which operations are taken and what the keys are; a
///    state that no read has still to see is the same as any other such.
///
/// An erase that need not happen is tried only where a read waits for it. If it happens, it can as
/// well happen then: whoever reads the key before is its first reader, and whoever writes it makes
/// it useless.
///
/// "The same" compares 128 bits of a hash. A wrong verdict by chance takes some 10^19 states.
class linearizer {
    using index = history_plan::index;
    using operation = history_plan::operation;
    using touch = history_plan::touch;

public:
    explicit linearizer(const history_plan& plan)
        : plan_(plan), operations_(plan.operations()), readers_(plan.readers()),
          end_(static_cast<index>(operations_.size())) {
        for (index i = 0; i <= end_; ++i) {
            next_.push_back(i == end_ ? 0 : i + 1);
            previous_.push_back(i == 0 ? end_ : i - 1);
        }
        for (index key = 0; key < plan.keys(); ++key) {
            now_.push_back(key);
            toggle(key);
        }
        for (const operation& each : operations_) {
            if (!each.optional) ++left_;
            if (each.rank != 0) ranks_.push_back(each.rank);
        }
        std::ranges::sort(ranks_);
    }

    /// @param max_states how often it may try a write before it gives up
    history_outcome run(std::size_t max_states) {
        if (std::ranges::any_of(operations_,
                                [](const operation& each) { return each.returned < each.invoked; }))
            return history_outcome::contradiction;
        take_reads();
        frames_.push_back({taken_.size(), none});
        while (left_ != 0) {
            if (states_ > max_states) return history_outcome::undecided;
            if (go_on()) continue;
            failed_.insert(hash_);
            frames_.pop_back();
            if (frames_.empty()) return history_outcome::contradiction;
            undo(frames_.back().taken);
        }
        return history_outcome::linearizable;
    }

    /// How many writes it tried.
    [[nodiscard]] std::size_t states() const noexcept { return states_; }
    /// The order that was found, as places in the history.
    [[nodiscard]] std::vector<std::size_t> order() const {
        std::vector<std::size_t> found;
        for (const index each : taken_) found.push_back(operations_[each].origin);
        return found;
    }

private:
    static constexpr index none = (std::numeric_limits<index>::max)();

    /// A place in the search: how many operations were taken, and the last write tried next.
    struct frame {
        std::size_t taken;
        index tried;
    };
    struct hash {
        std::uint64_t low = 0, high = 0;
        bool operator==(const hash&) const = default;
    };
    struct low_half {
        std::size_t operator()(const hash& of) const noexcept {
            return static_cast<std::size_t>(of.low);
        }
    };

    /// Takes the next write that is worth it. @returns whether there was one
    bool go_on() {
        frame& here = frames_.back();
        const index write = find_candidate([&](index i) {
            return (here.tried == none || i > here.tried) && operations_[i].writes && may_write(i);
        });
        if (write == end_) return false;
        here.tried = write;
        ++states_;
        take(write);
        take_reads();
        if (failed_.contains(hash_))
            undo(here.taken);
        else
            frames_.push_back({taken_.size(), none});
        return true;
    }
    void take_reads() {
        const auto is_right = [&](index i) {
            return !operations_[i].writes && std::ranges::all_of(touches(i), [&](const touch& t) {
                return now_[t.key] == t.state;
            });
        };
        for (index read; (read = find_candidate(is_right)) != end_;) take(read);
    }

    /// The first operation that can be next and that @p wanted accepts, or the end.
    template <class F>
    index find_candidate(F&& wanted) const {
        std::uint64_t first_return = recorded_operation::never;
        for (index i = next_[end_]; i != end_; i = next_[i]) {
            const operation& each = operations_[i];
            if (each.invoked > first_return) break;
            first_return = (std::min)(first_return, each.returned);
            if ((each.rank == 0 || each.rank == ranks_[ranked_]) && wanted(i)) return i;
        }
        return end_;
    }

    [[nodiscard]] bool may_write(index i) const {
        if (std::ranges::any_of(touches(i), [&](const touch& t) { return is_awaited(t.key); }))
            return false;
        if (!operations_[i].optional) return true;
        return plan_.is_lone_erase(operations_[i]) ? is_wanted_erase(i) : could_help(i);
    }
    /// Whether the key has a value that reads have still to see.
    [[nodiscard]] bool is_awaited(index key) const {
        return now_[key] >= plan_.keys() && readers_[now_[key]] != 0;
    }
    /// Whether a read that can be next waits for it. Of several such erases the first will do.
    [[nodiscard]] bool is_wanted_erase(index erase) const {
        const index key = touches(erase).front().key;
        if (now_[key] == key) return false;
        const index first = find_candidate([&](index i) {
            return plan_.is_lone_erase(operations_[i]) && touches(i).front().key == key;
        });
        return first == erase && find_candidate([&](index i) {
                                     return !operations_[i].writes && reads_nothing_of(i, key);
                                 }) != end_;
    }
    [[nodiscard]] bool reads_nothing_of(index read, index key) const {
        return std::ranges::any_of(touches(read),
                                   [&](const touch& t) { return t.key == key && t.state == key; });
    }
    /// Whether it erases a key that has a value, and that some read sees without one.
    [[nodiscard]] bool could_help(index write) const {
        return std::ranges::any_of(touches(write), [&](const touch& t) {
            return t.state == t.key && now_[t.key] != t.key && readers_[t.key] != 0;
        });
    }

    void take(index i) {
        const operation& each = operations_[i];
        next_[previous_[i]] = next_[i];
        previous_[next_[i]] = previous_[i];
        if (!each.optional) --left_;
        if (each.rank != 0) ++ranked_;
        mix(i);
        for (const touch& t : touches(i)) {
            toggle(t.key);
            if (each.writes) {
                overwritten_.push_back(now_[t.key]);
                now_[t.key] = t.state;
            } else {
                --readers_[t.state];
            }
            toggle(t.key);
        }
        taken_.push_back(i);
    }
    void undo(std::size_t taken) {
        while (taken_.size() > taken) {
            give_back(taken_.back());
            taken_.pop_back();
        }
    }
    /// The reverse of `take`, in reverse order.
    void give_back(index i) {
        const operation& each = operations_[i];
        for (std::size_t t = touches(i).size(); t-- > 0;) {
            const auto [key, state] = touches(i)[t];
            toggle(key);
            if (each.writes) {
                now_[key] = overwritten_.back();
                overwritten_.pop_back();
            } else {
                ++readers_[state];
            }
            toggle(key);
        }
        mix(i);
        if (each.rank != 0) --ranked_;
        if (!each.optional) ++left_;
        next_[previous_[i]] = i;
        previous_[next_[i]] = i;
    }

    /// Puts what a key is into the hash, or takes it out. What nobody will see is not in it.
    void toggle(index key) {
        if (readers_[now_[key]] != 0) mix(std::uint64_t{end_} + now_[key]);
    }
    void mix(std::uint64_t number) noexcept {
        hash_.low ^= scatter(2 * number);
        hash_.high ^= scatter(2 * number + 1);
    }
    /// The output function of splitmix64.
    static constexpr std::uint64_t scatter(std::uint64_t x) noexcept {
        x = (x + 1) * 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }

    [[nodiscard]] std::span<const touch> touches(index i) const noexcept {
        return plan_.touches(operations_[i]);
    }

    const history_plan& plan_;
    const std::vector<operation>& operations_;
    std::vector<index> readers_;          // of each state, those left
    index end_;                           // the list's end, and its index in it
    std::vector<index> next_, previous_;  // what is left, by time of invocation
    std::vector<index> now_;              // the state of each key
    std::vector<std::uint64_t> ranks_;    // sorted
    std::size_t ranked_ = 0;              // how many of them were taken
    std::size_t left_ = 0;                // how many have still to be taken
    std::size_t states_ = 0;
    std::vector<index> taken_;
    std::vector<index> overwritten_;  // by the writes among them
    std::vector<frame> frames_;
    std::unordered_set<hash, low_half> failed_;
    hash hash_;
};

}  // namespace detail

}  // namespace lsm::testing
