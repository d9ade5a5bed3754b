// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/history_log.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing::detail {

/// A history, prepared for the search: keys are numbered, and so is everything that a key can be.
///
/// Those are the *states*: state k, below the number of keys, is that key k has no value, and each
/// value that a write leaves has a state after those. The last state is one that nothing leaves:
/// what a read needs that saw what was never there.
///
/// A check of a part of a history relaxes the rest: a relaxed read is left out, and a relaxed write
/// may happen at any time or never. That asks less, so a part that cannot be explained condemns the
/// whole.
class history_plan {
public:
    using index = std::uint32_t;

    /// What an operation does to a key, or saw of it.
    struct touch {
        index key;
        index state;
    };
    struct operation {
        index origin;            ///< its place in the history
        bool writes;             ///< or reads
        bool optional;           ///< it need not happen
        std::uint64_t invoked;   ///< as much later as its results prove
        std::uint64_t returned;  ///< as much earlier as what its readers' times prove
        std::uint64_t rank;      ///< orders operations with sequence numbers; 0: has none
        index begin, end;        ///< its touches, one for each key
    };

    explicit history_plan(const history& whole, const std::vector<bool>& kept)
        : whole_(whole), kept_(kept) {
        number_keys();
        number_values();
        readers_.resize(states());
        for (index i = 0; i < whole_.size(); ++i) add(i);
        tighten();
        std::erase_if(operations_, [&](const operation& each) { return is_pointless(each); });
        std::ranges::sort(operations_, {}, &operation::invoked);
    }

    /// By the time of their invocation.
    [[nodiscard]] const std::vector<operation>& operations() const noexcept { return operations_; }
    [[nodiscard]] std::span<const touch> touches(const operation& of) const noexcept {
        return std::span(touches_).subspan(of.begin, of.end - of.begin);
    }
    [[nodiscard]] std::size_t keys() const noexcept { return keys_.size(); }
    [[nodiscard]] std::size_t states() const noexcept { return keys_.size() + values_.size() + 1; }
    /// How many reads saw each state.
    [[nodiscard]] const std::vector<index>& readers() const noexcept { return readers_; }
    /// An optional operation of which all that matters is that it erases one key.
    [[nodiscard]] bool is_lone_erase(const operation& of) const noexcept {
        return of.optional && of.end - of.begin == 1;
    }

private:
    /// Keys that are never written need no number, unless somebody saw a value there.
    void number_keys() {
        for (const recorded_operation& each : whole_)
            for (const recorded_step& step : each.steps) keys_.push_back(step.key);
        if (keys_.empty()) keys_.push_back(0);
        std::ranges::sort(keys_);
        keys_.erase(std::ranges::unique(keys_).begin(), keys_.end());
    }
    void number_values() {
        for (const recorded_operation& each : whole_)
            for_each_last_step(each.steps, [&](const recorded_step& step) {
                if (step.value) values_.emplace_back(step.key, *step.value);
            });
        std::ranges::sort(values_);
        if (std::ranges::adjacent_find(values_) != values_.end())
            throw std::invalid_argument("a history writes the same value to a key twice");
    }
    /// Of a batch's steps on the same key only the last is ever to be seen.
    template <class F>
    static void for_each_last_step(std::span<const recorded_step> steps, F&& f) {
        for (auto step = steps.begin(); step != steps.end(); ++step)
            if (std::none_of(step + 1, steps.end(),
                             [&](const recorded_step& later) { return later.key == step->key; }))
                f(*step);
    }

    [[nodiscard]] index key_at(history_number key) const {
        return static_cast<index>(std::ranges::lower_bound(keys_, key) - keys_.begin());
    }
    [[nodiscard]] index nowhere() const { return static_cast<index>(states() - 1); }
    [[nodiscard]] index state_of(history_number key, history_number value) const {
        const std::pair wanted(key, value);
        const auto found = std::ranges::lower_bound(values_, wanted);
        if (found == values_.end() || *found != wanted) return nowhere();
        return static_cast<index>(keys_.size() + static_cast<std::size_t>(found - values_.begin()));
    }

    void add(index origin) {
        const recorded_operation& from = whole_[origin];
        const bool writes = from.is_write();
        if (!kept_[origin] && !writes) return;
        operation made{origin,
                       writes,
                       writes && !(kept_[origin] && from.has_returned()),
                       0,
                       recorded_operation::never,
                       0,
                       next_touch(),
                       0};
        if (kept_[origin]) {
            made.invoked = from.invoked;
            made.returned = from.returned;
            // A read at a sequence number sees the write that has it.
            if (!made.optional && from.sequence != 0) made.rank = 2 * from.sequence + !writes;
        }
        for_each_last_step(from.steps, [&](const recorded_step& step) {
            const index key = key_at(step.key);
            touches_.push_back({key, step.value ? state_of(step.key, *step.value) : key});
        });
        for (const recorded_look& look : from.looks) add(look);
        made.end = next_touch();
        if (!writes)
            for (const touch& each : touches(made)) ++readers_[each.state];
        operations_.push_back(made);
    }
    [[nodiscard]] index next_touch() const { return static_cast<index>(touches_.size()); }

    /// What a look saw of each key in its range. Entries that are out of order, out of range or of
    /// a key that nobody wrote are never right.
    void add(const recorded_look& look) {
        auto shown = look.entries.begin();
        for (index key = key_at(look.first); key < keys_.size() && keys_[key] <= look.last; ++key) {
            const bool has = shown != look.entries.end() && shown->first == keys_[key];
            touches_.push_back({key, has ? state_of(shown->first, shown->second) : key});
            if (has) ++shown;
        }
        if (shown != look.entries.end()) touches_.push_back({0, nowhere()});
    }

    /// A write that was read happened, and before its readers returned, who cannot have read before
    /// it was invoked. So the search need not find that out.
    void tighten() {
        std::vector<operation*> writer(states(), nullptr);
        for (operation& each : operations_)
            if (each.writes)
                for (const touch& left : touches(each)) writer[left.state] = &each;
        for (operation& each : operations_) {
            if (each.writes) continue;
            for (const touch& seen : touches(each)) {
                operation* const by = seen.state < keys() ? nullptr : writer[seen.state];
                if (!by) continue;
                by->optional = false;
                by->returned = (std::min)(by->returned, each.returned);
                each.invoked = (std::max)(each.invoked, by->invoked);
            }
        }
    }

    /// What need not happen and helps no read: only a key without a value can have come from it.
    [[nodiscard]] bool is_pointless(const operation& each) const {
        return each.optional && std::ranges::none_of(touches(each), [&](const touch& left) {
                   return left.state < keys() && readers_[left.state] != 0;
               });
    }

    const history& whole_;
    const std::vector<bool>& kept_;
    std::vector<history_number> keys_;  // sorted
    history_entries values_;            // what writes leave, sorted
    std::vector<index> readers_;        // of each state
    std::vector<touch> touches_;
    std::vector<operation> operations_;
};

}  // namespace lsm::testing::detail
