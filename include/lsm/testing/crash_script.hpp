// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/options.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/crash_history.hpp>
#include <lsm/testing/crash_states.hpp>
#include <lsm/testing/disk_fault.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/model.hpp>
#include <lsm/testing/simulated_disk.hpp>
#include <lsm/write_batch.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace lsm::testing {

/// Opens a tree on a disk, or creates it; always with the same settings.
template <class Key, class Value>
using tree_opener = std::function<std::unique_ptr<any_tree<Key, Value>>(const simulated_disk&)>;

/// What a crash check does.
struct crash_plan {
    std::uint64_t seed = 1;       ///< decides the operations
    std::size_t operations = 60;  ///< puts, erases, batches, flushes, compactions, reopenings
    /// What writes ask for; one of these each time. Flush, sync and close acknowledge `power_loss`.
    std::vector<durability> levels = {durability::none, durability::process_crash,
                                      durability::process_crash, durability::power_loss};
    disk_settings disk = {};
    std::optional<lsm::testing::fault> fault = {};  ///< while the operations run
    crash_sampling sampling = {};                   ///< which crashes
    std::uint64_t recovery_every = 16;  ///< in one of so many recoveries, there are crashes again
    crash_sampling recovery_sampling = {};
};

namespace detail {

template <class Key, class Value>
std::map<Key, Value> contents(const any_tree<Key, Value>& of) {
    const auto entries = of.scan({}, direction::forward);
    return std::map<Key, Value>(entries.begin(), entries.end());
}

/// Random operations on a tree, noted in a history. Where a fault strikes, an operation may fail; then
/// the tree is resumed, and at the latest opened again.
template <class Key, class Value>
class crash_script {
public:
    crash_script(const simulated_disk& disk, const tree_opener<Key, Value>& open,
                 const model_samples<Key, Value>& samples, const crash_plan& plan)
        : disk_(disk), open_(open), samples_(samples), plan_(plan), random_(plan.seed),
          history_(disk) {}

    /// @returns what happened, and how many calls the fault struck
    std::pair<crash_history<Key, Value>, std::uint64_t> run() && {
        if (plan_.fault) disk_.inject(*plan_.fault);
        for (std::size_t n = 0; n < plan_.operations; ++n) step();
        const std::uint64_t strikes = disk_.strikes();
        disk_.heal();
        disk_.set_capacity(disk_settings().capacity);
        const bool goes_on = tree_ && attempt([&] { tree_->resume(); });
        is_over_ = true;
        if (!goes_on) open();
        read();
        tree_->close();
        history_.acknowledge(durability::power_loss);
        return {std::move(history_), strikes};
    }

private:
    using batch = basic_write_batch<Key, Value>;

    void step() {
        if (!tree_) return open();
        const std::size_t what = below(100);
        if (what < 60) return write_one(what < 45);
        if (what < 70) return write_batch();
        if (what < 72) return ingest();
        if (what < 82) return acknowledged([&] { tree_->flush(); });
        if (what < 87) return acknowledged([&] { tree_->compact(); });
        if (what < 90) return reopen();
        if (what < 93) return acknowledged([&] { tree_->sync(); });
        if (what < 97) return read();
        (void)attempt([&] { (void)tree_->maintain(); });
    }
    void write_one(bool puts) {
        batch step;
        if (puts)
            step.put(some_key(), samples_.value(random_));
        else
            step.erase(some_key());
        write(step);
    }
    void write_batch() {
        batch steps;
        for (std::size_t count = 2 + below(6); count > 0; --count)
            if (below(4) == 0)
                steps.erase(some_key());
            else
                steps.put(some_key(), samples_.value(random_));
        write(steps);
    }
    void write(const batch& steps) {
        const durability level = plan_.levels[below(plan_.levels.size())];
        write(steps, level, [&] { tree_->write(steps, level); });
    }
    void ingest() {
        std::map<Key, Value> entries;
        for (std::size_t count = 1 + below(8); count > 0; --count)
            entries.insert_or_assign(some_key(), samples_.value(random_));
        batch steps;
        for (const auto& [key, value] : entries) steps.put(key, value);
        write(steps, durability::power_loss, [&] { tree_->ingest(entries); });
    }
    template <class F>
    void write(const batch& steps, durability level, F carry_out) {
        history_.begin(steps);
        try {
            carry_out();
            history_.acknowledge(level);
        } catch (const error& failure) {
            failure.which() == errc::read_only ? history_.refuse() : history_.fail();
            failed();
        }
    }
    /// A read is right, or says that it cannot be.
    void read() {
        (void)attempt(
            [&] { require(contents(*tree_) == history_.now(), "a scan gives what was written"); });
    }
    void reopen() {
        acknowledged([&] { tree_->close(); });
        open();
    }
    void open() {
        tree_.reset();
        std::map<Key, Value> found;
        const bool opened = attempt([&] {
            tree_ = open_(disk_);
            found = contents(*tree_);
        });
        if (opened)
            history_.reopen(found);
        else
            tree_.reset();
    }

    template <class F>
    void acknowledged(F f) {
        if (attempt(f)) history_.acknowledge(durability::power_loss);
    }
    /// @returns whether it succeeded
    template <class F>
    bool attempt(F f) {
        try {
            f();
            return true;
        } catch (const error&) {
            failed();
            return false;
        }
    }
    /// Does what a user would. It may fail as well: then writes are refused, until it is opened again.
    void failed() {
        if (!plan_.fault || is_over_) throw;
        try {
            if (tree_) tree_->resume();
        } catch (const error&) {
        }
    }

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }
    const Key& some_key() { return samples_.keys[below(samples_.keys.size())]; }

    simulated_disk disk_;
    const tree_opener<Key, Value>& open_;
    const model_samples<Key, Value>& samples_;
    const crash_plan& plan_;
    std::mt19937_64 random_;
    crash_history<Key, Value> history_;
    std::unique_ptr<any_tree<Key, Value>> tree_;
    bool is_over_ = false;  // nothing may fail any more
};

}  // namespace detail

}  // namespace lsm::testing
