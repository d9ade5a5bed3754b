// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/options.hpp>
#include <lsm/testing/crash_states.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/simulated_disk.hpp>
#include <lsm/write_batch.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing {

/// What was written to a tree on a simulated disk, in commit order, and when what was acknowledged:
/// it says of what is found after a crash whether that can be.
///
/// The law: the tree holds what it held after some first part of the operations. The part has at
/// least all that was acknowledged, before the crash, to survive it; and nothing that had not begun.
template <class Key, class Value>
class crash_history {
public:
    using map = std::map<Key, Value>;

    explicit crash_history(simulated_disk on) : disk_(std::move(on)) {}

    /// An operation begins.
    void begin(basic_write_batch<Key, Value> batch) {
        map next = states_.back();
        for (auto& step : batch.steps())
            if (step.content.kind() == payload_kind::value)
                next.insert_or_assign(step.key, step.content.value());
            else
                next.erase(step.key);
        add(std::move(next));
    }
    /// The operation failed: it has not happened, but a crash may bring it back, whole.
    void fail() {
        map before = states_[states_.size() - 2];
        add(std::move(before));
    }
    /// The operation was refused: it is nowhere.
    void refuse() {
        states_.pop_back();
        begun_.pop_back();
    }
    /// The tree was left without closing it, and opened again. @throws law_broken if it cannot hold
    /// this; else this is what it holds from now on, and that survives what it survived
    void reopen(const map& found) {
        check(crash_cause::process, disk_.position(), found);
        if (found == now()) return;
        add(found);
        acknowledge(durability::process_crash);
    }
    /// All operations so far survive what the level names, from now on.
    void acknowledge(durability level) {
        acknowledged_.push_back({disk_.position(), begun_.size(), level});
    }
    /// What the tree holds now.
    [[nodiscard]] const map& now() const noexcept { return states_.back(); }

    /// @throws law_broken if no such crash, after so many calls, can leave this
    void check(crash_cause cause, std::size_t position, const map& found) const {
        const std::size_t least = acknowledged(cause, position);
        const std::size_t most = begun(position);
        if (is_state(found, least, most)) return;
        const std::string range =
            ": expected " + std::to_string(least) + " to " + std::to_string(most) + " operations";
        for (std::size_t n = 0; n < states_.size(); ++n)
            if (states_[n] == found)
                throw law_broken((n < least ? "what was acknowledged is there" + range
                                            : "nothing is there that had not begun" + range) +
                                 ", found " + std::to_string(n));
        throw law_broken("a first part of the operations is there, each whole" + range +
                         ", found a mixture of " + std::to_string(found.size()) + " entries");
    }

private:
    void add(map next) {
        begun_.push_back(disk_.position());
        states_.push_back(std::move(next));
    }

    struct acknowledgement {
        std::size_t position;
        std::size_t operations;
        durability level;
    };

    [[nodiscard]] std::size_t acknowledged(crash_cause cause, std::size_t position) const {
        const durability needed =
            cause == crash_cause::power ? durability::power_loss : durability::process_crash;
        std::size_t operations = 0;
        for (const acknowledgement& each : acknowledged_)
            if (each.position <= position && each.level >= needed) operations = each.operations;
        return operations;
    }
    [[nodiscard]] std::size_t begun(std::size_t position) const {
        return static_cast<std::size_t>(std::ranges::upper_bound(begun_, position) -
                                        begun_.begin());
    }
    [[nodiscard]] bool is_state(const map& found, std::size_t least, std::size_t most) const {
        for (std::size_t n = least; n <= most; ++n)
            if (states_[n] == found) return true;
        return false;
    }

    simulated_disk disk_;
    std::vector<map> states_{{}};     // after no operation, after one, …
    std::vector<std::size_t> begun_;  // where each operation began
    std::vector<acknowledgement> acknowledged_;
};

}  // namespace lsm::testing
