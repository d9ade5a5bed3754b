// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/history.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

/// What a history means, said as simply as it can be: this is what the checker is compared with.
namespace replay {

using state = std::map<lsm::testing::history_number, lsm::testing::history_number>;

inline lsm::testing::history_entries entries_between(const state& map,
                                                     lsm::testing::history_number first,
                                                     lsm::testing::history_number last) {
    return {map.lower_bound(first), map.upper_bound(last)};
}

/// Carries an operation out. @returns whether it saw what is there
inline bool apply(state& map, const lsm::testing::recorded_operation& operation) {
    for (const auto& step : operation.steps) {
        if (step.value)
            map.insert_or_assign(step.key, *step.value);
        else
            map.erase(step.key);
    }
    return std::ranges::all_of(operation.looks, [&](const auto& look) {
        return entries_between(map, look.first, look.last) == look.entries;
    });
}

/// Orders what has a sequence number; 0: anywhere. A read at a number sees the write that has it.
inline std::uint64_t rank(const lsm::testing::recorded_operation& of) {
    if (of.sequence == 0 || !of.has_returned()) return 0;
    return 2 * of.sequence + (of.is_write() ? 0 : 1);
}

/// Whether one must come before the other.
inline bool precedes(const lsm::testing::recorded_operation& one,
                     const lsm::testing::recorded_operation& other) {
    return one.returned < other.invoked || (rank(one) != 0 && rank(one) < rank(other));
}

/// Whether an order explains a history.
inline bool is_right_order(const lsm::testing::history& whole,
                           const std::vector<std::size_t>& order) {
    std::vector<bool> taken(whole.size(), false);
    state map;
    std::uint64_t latest = 0;
    std::uint64_t highest = 0;
    for (const std::size_t place : order) {
        const auto& next = whole[place];
        if (taken[place] || next.returned < latest || !apply(map, next)) return false;
        if (rank(next) != 0 && rank(next) < highest) return false;
        taken[place] = true;
        latest = (std::max)(latest, next.invoked);
        highest = (std::max)(highest, rank(next));
    }
    for (std::size_t i = 0; i < whole.size(); ++i)
        if (!taken[i] && whole[i].has_returned()) return false;
    return true;
}

/// Tries every order.
class every_order {
public:
    explicit every_order(const lsm::testing::history& whole)
        : whole_(whole), taken_(whole.size(), false) {}

    [[nodiscard]] bool has_right_one(const state& map = {}) {
        bool all_taken = true;
        for (std::size_t i = 0; i < whole_.size(); ++i)
            all_taken = all_taken && (taken_[i] || !whole_[i].has_returned());
        if (all_taken) return true;
        for (std::size_t i = 0; i < whole_.size(); ++i)
            if (!taken_[i] && can_be_next(i)) {
                state after = map;
                if (!apply(after, whole_[i])) continue;
                taken_[i] = true;
                const bool found = has_right_one(after);
                taken_[i] = false;
                if (found) return true;
            }
        return false;
    }

private:
    [[nodiscard]] bool can_be_next(std::size_t next) const {
        for (std::size_t i = 0; i < whole_.size(); ++i)
            if (!taken_[i] && precedes(whole_[i], whole_[next])) return false;
        return true;
    }

    const lsm::testing::history& whole_;
    std::vector<bool> taken_;
};

}  // namespace replay
