// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/history_log.hpp>
#include <lsm/testing/history_plan.hpp>
#include <lsm/testing/history_search.hpp>
#include <lsm/testing/law.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing {

/// What `check_history` found.
struct history_verdict {
    history_outcome outcome;
    /// Places in the history. If it is linearizable: the order, in which writes that never returned
    /// may be missing. If it is a contradiction: operations that contradict, none of which can be
    /// left out, by time.
    std::vector<std::size_t> operations;
    /// Why not, for people; empty if it is linearizable.
    std::string text;
};

/// Decides whether a history is linearizable: whether its operations could have happened one after
/// another, each at one moment between its invocation and its return, on a map that was empty
/// before. Then every read shows what is in the map at that moment, all of a batch happens in that
/// moment, and sequence numbers, where they are known, are in the order of the writes.
///
/// A write that has not returned may happen at any time from its invocation on, or never: it can be
/// absent and then present, but never present in part, and never absent again.
///
/// The answer is exact, both ways: see `detail::linearizer`. Its time grows with the number of
/// operations, and exponentially with the number of writes that are under way at one moment, and of
/// batches that did not return and erase; 300 operations of four threads take a fraction of a
/// millisecond.
///
/// A contradiction explains itself. It names a few operations that have no order whatever the
/// others did: all other reads are left out, and all other writes may have happened at any time or
/// not.
///
/// @param max_states bounds the search, for histories of many threads
/// @throws std::invalid_argument if the history writes a value to a key twice
[[nodiscard]] history_verdict check_history(const history& whole,
                                            std::size_t max_states = std::size_t{1} << 20);

/// @throws law_broken with the explanation, unless the history is linearizable
void require_linearizable(const history& whole);

// ------------------------------------------------------------------------------ implementation

namespace detail {

/// Takes operations away from a history that is a contradiction, as long as it stays one.
class history_shrinker {
public:
    /// @param max_states for each search: where many writes may happen at any time it can take
    /// long, and then they stay
    history_shrinker(const history& whole, std::size_t max_states)
        : whole_(whole), max_states_(max_states), kept_(whole.size(), true) {}

    /// Places in the history, by time of invocation.
    std::vector<std::size_t> run() {
        // Reads first: fewer reads need fewer writes, and a relaxed write that was read costs time.
        shrink(places([](const recorded_operation& each) { return !each.is_write(); }));
        shrink(places([](const recorded_operation& each) { return each.is_write(); }));
        std::vector<std::size_t> core = places([](const recorded_operation&) { return true; });
        std::erase_if(core, [&](std::size_t place) { return !kept_[place]; });
        return core;
    }

private:
    template <class F>
    std::vector<std::size_t> places(F&& wanted) const {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < whole_.size(); ++i)
            if (wanted(whole_[i])) found.push_back(i);
        std::ranges::sort(found, {}, [&](std::size_t i) { return whole_[i].invoked; });
        return found;
    }
    /// Halves, quarters… of the operations, later ones first: what remains is the first that went
    /// wrong.
    void shrink(std::vector<std::size_t> from) {
        for (std::size_t part = (from.size() + 1) / 2; part != 0;
             part = part == 1 ? 0 : (part + 1) / 2)
            for (std::size_t end = from.size(); end != 0;) {
                const std::size_t begin = end > part ? end - part : 0;
                const auto first = from.begin() + static_cast<std::ptrdiff_t>(begin);
                const auto last = from.begin() + static_cast<std::ptrdiff_t>(end);
                if (can_do_without({first, last})) from.erase(first, last);
                end = begin;
            }
    }
    bool can_do_without(const std::vector<std::size_t>& some) {
        for (const std::size_t place : some) kept_[place] = false;
        const history_plan plan(whole_, kept_);
        if (linearizer(plan).run(max_states_) == history_outcome::contradiction) return true;
        for (const std::size_t place : some) kept_[place] = true;
        return false;
    }

    const history& whole_;
    std::size_t max_states_;
    std::vector<bool> kept_;
};

/// The writes, not told already, that left what some operations saw.
inline std::vector<std::size_t> find_sources(const history& whole,
                                             const std::vector<std::size_t>& told) {
    const auto was_seen = [&](const recorded_step& step) {
        if (!step.value) return false;
        const std::pair left(step.key, *step.value);
        return std::ranges::any_of(told, [&](std::size_t place) {
            return std::ranges::any_of(whole[place].looks, [&](const recorded_look& look) {
                return std::ranges::find(look.entries, left) != look.entries.end();
            });
        });
    };
    std::vector<std::size_t> sources;
    for (std::size_t i = 0; i < whole.size(); ++i)
        if (std::ranges::any_of(whole[i].steps, was_seen) &&
            std::ranges::find(told, i) == told.end())
            sources.push_back(i);
    return sources;
}

inline std::string explain(const history& whole, const std::vector<std::size_t>& core) {
    std::string text = core.size() == 1 ? "nothing that was written explains\n"
                                        : "no order explains these " + std::to_string(core.size()) +
                                              " operations:\n";
    for (const std::size_t place : core) text += "  " + describe(whole[place]) + '\n';
    const std::vector<std::size_t> sources = find_sources(whole, core);
    if (!sources.empty()) text += "whenever these happened, which they saw:\n";
    for (const std::size_t place : sources) text += "  " + describe(whole[place]) + '\n';
    return text;
}

}  // namespace detail

inline history_verdict check_history(const history& whole, std::size_t max_states) {
    const std::vector<bool> all(whole.size(), true);
    const detail::history_plan plan(whole, all);
    detail::linearizer search(plan);
    switch (search.run(max_states)) {
    case history_outcome::linearizable: return {history_outcome::linearizable, search.order(), {}};
    case history_outcome::undecided:
        return {history_outcome::undecided, {}, "the search was given up"};
    case history_outcome::contradiction: break;
    }
    std::vector<std::size_t> core =
        detail::history_shrinker(whole, 5000 + 2 * search.states()).run();
    std::string text = detail::explain(whole, core);
    return {history_outcome::contradiction, std::move(core), std::move(text)};
}

inline void require_linearizable(const history& whole) {
    const history_verdict found = check_history(whole);
    require(found.outcome == history_outcome::linearizable,
            "concurrent operations have an order: " + found.text);
}

}  // namespace lsm::testing
