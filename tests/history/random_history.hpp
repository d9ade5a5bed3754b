// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/history.hpp>

#include "replay.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

/// Random histories that are linearizable, because each operation is carried out at one moment
/// between its invocation and its return.
namespace random_history {

struct shape {
    std::size_t threads = 4;
    std::size_t operations = 300;
    std::size_t keys = 6;
    unsigned failing_percent = 0;  ///< writes that never return
    unsigned batch_percent = 15;
    unsigned scan_percent = 20;
    bool numbered = false;  ///< with sequence numbers
};

class simulation {
    using operation = lsm::testing::recorded_operation;
    static constexpr std::size_t idle = static_cast<std::size_t>(-1);

public:
    simulation(const shape& of, std::uint64_t seed) : shape_(of), random_(seed) {}

    lsm::testing::history run() {
        struct worker {
            std::size_t doing = idle;
            bool applied = false;
        };
        std::vector<worker> workers(shape_.threads);
        for (std::size_t started = 0, busy = 0; started < shape_.operations || busy != 0;) {
            const std::size_t thread = below(workers.size());
            worker& each = workers[thread];
            if (each.doing == idle) {
                if (started == shape_.operations) continue;
                each = {begin(thread), false};
                ++started;
                ++busy;
            } else if (!each.applied) {
                each.applied = true;
                if (made_[each.doing].is_write() && percent(shape_.failing_percent)) {
                    failed_.push_back(each.doing);  // the thread goes on
                    each.doing = idle;
                    --busy;
                } else {
                    apply(each.doing);
                }
            } else {
                made_[each.doing].returned = ++time_;
                each.doing = idle;
                --busy;
            }
            apply_a_failed_one();
        }
        return made_;
    }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool percent(unsigned chance) { return below(100) < chance; }

    std::size_t begin(std::size_t thread) {
        operation made;
        made.thread = thread;
        if (percent(50))
            choose_steps(made);
        else
            choose_looks(made);
        made.invoked = ++time_;
        made_.push_back(made);
        return made_.size() - 1;
    }
    void choose_steps(operation& made) {
        for (std::size_t steps = percent(shape_.batch_percent) ? 2 + below(3) : 1; steps > 0;
             --steps) {
            made.steps.push_back({below(shape_.keys), {}});
            if (!percent(30)) made.steps.back().value = ++value_;
        }
    }
    /// A scan, several gets at one moment, or a get.
    void choose_looks(operation& made) {
        if (percent(shape_.scan_percent)) {
            const auto first = below(shape_.keys);
            made.looks.push_back({first, first + below(shape_.keys - first), {}});
            return;
        }
        for (std::size_t looks = percent(15) ? 2 : 1; looks > 0; --looks) {
            const auto key = below(shape_.keys);
            made.looks.push_back({key, key, {}});
        }
    }
    void apply(std::size_t place) {
        replay::apply(map_, made_[place]);
        if (made_[place].is_write()) ++sequence_;
        if (shape_.numbered) made_[place].sequence = sequence_;
        for (auto& look : made_[place].looks)
            look.entries = replay::entries_between(map_, look.first, look.last);
    }
    /// What failed happens at some time, or never.
    void apply_a_failed_one() {
        if (failed_.empty() || !percent(10)) return;
        const std::size_t chosen = below(failed_.size());
        if (percent(50)) apply(failed_[chosen]);
        failed_.erase(failed_.begin() + static_cast<std::ptrdiff_t>(chosen));
    }

    shape shape_;
    std::mt19937_64 random_;
    lsm::testing::history made_;
    std::vector<std::size_t> failed_;
    replay::state map_;
    std::uint64_t time_ = 0;
    std::uint64_t sequence_ = 0;
    lsm::testing::history_number value_ = 0;
};

/// Changes one thing that one read saw: an entry is missing, or has another value that the key had
/// at some time, or a key that was not there has one. @returns whether there was something to
/// change
inline bool change_a_result(lsm::testing::history& whole, std::mt19937_64& random) {
    std::vector<lsm::testing::recorded_look*> looks;
    for (auto& each : whole)
        for (auto& look : each.looks) looks.push_back(&look);
    if (looks.empty()) return false;
    lsm::testing::recorded_look& look = *looks[random() % looks.size()];
    const auto key = look.first + random() % (look.last - look.first + 1);
    std::vector<lsm::testing::history_number> values;
    for (const auto& each : whole)
        for (const auto& step : each.steps)
            if (step.key == key && step.value) values.push_back(*step.value);
    auto& entries = look.entries;
    const auto at =
        std::ranges::lower_bound(entries, key, {}, [](const auto& e) { return e.first; });
    const bool is_there = at != entries.end() && at->first == key;
    if (is_there && random() % 3 == 0) {
        entries.erase(at);
        return true;
    }
    if (values.empty()) return false;
    const auto value = values[random() % values.size()];
    if (!is_there) {
        entries.insert(at, {key, value});
        return true;
    }
    const bool differs = at->second != value;
    at->second = value;
    return differs;
}

/// Changes a result, or a sequence number if there are any.
inline void change_something(lsm::testing::history& whole, std::mt19937_64& random) {
    auto& chosen = whole[random() % whole.size()];
    if (chosen.sequence != 0 && random() % 3 == 0)
        chosen.sequence = 1 + random() % whole.size();
    else
        change_a_result(whole, random);
}

}  // namespace random_history
