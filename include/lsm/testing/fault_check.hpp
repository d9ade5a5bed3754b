// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/crash_check.hpp>
#include <lsm/testing/disk_fault.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/model.hpp>
#include <lsm/testing/simulated_disk.hpp>
#include <lsm/write_batch.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing {

namespace detail {

/// One run of random operations on a tree, while a disk fails. The model knows what was acknowledged;
/// of a write that failed it only knows that it may be there after the tree was opened again, whole.
template <class Key, class Value>
class fault_run {
    using tree_type = any_tree<Key, Value>;
    using map = std::map<Key, Value>;
    using batch = basic_write_batch<Key, Value>;

public:
    fault_run(const tree_opener<Key, Value>& open, const model_samples<Key, Value>& samples,
              const disk_settings& disk, std::uint64_t seed)
        : open_(open), samples_(samples), disk_(disk), random_(seed) {}

    /// @returns whether the fault has struck. @throws law_broken
    bool run(const fault& of, std::size_t operations) {
        disk_.inject(of);
        for (std::size_t n = 0; n < operations; ++n) {
            if (!tree_ && !open()) continue;
            step();
        }
        const bool struck = disk_.strikes() > 0;
        disk_.heal();
        if (!tree_) open();
        require(tree_ != nullptr, "a tree opens when its disk is well again: " + last_);
        go_on();
        reopen();
        check_all();
        return struck;
    }

private:
    /// Calls `f`, which may fail as the disk does. @returns whether it has not
    template <class F>
    bool attempt(F f) {
        try {
            f();
            return true;
        } catch (const error& failure) {
            require(failure.which() == errc::io || failure.which() == errc::corruption ||
                        failure.which() == errc::read_only,
                    std::string("a failing disk is named: ") + failure.what());
            last_ = failure.what();
            return false;
        }
    }
    bool open() {
        if (!attempt([&] { tree_ = open_(disk_); })) return false;
        if (!attempt([&] { settle(contents()); })) tree_.reset();
        return tree_ != nullptr;
    }
    /// What a reopened tree shows is what was acknowledged, and of what failed each in turn, or not.
    /// From then on it stays.
    void settle(const map& found) {
        std::vector<map> possible{model_};
        for (batch& failed : failed_) {
            const std::size_t count = possible.size();
            for (std::size_t i = 0; i < count; ++i) {
                map with = possible[i];
                apply(failed, with);
                possible.push_back(std::move(with));
            }
        }
        failed_.clear();
        for (const map& each : possible)
            if (each == found) {
                model_ = found;
                return;
            }
        throw law_broken("what was acknowledged is there after reopening, and no write by half");
    }
    static void apply(batch& steps, map& to) {
        for (auto& each : steps.steps())
            if (each.content.kind() == payload_kind::value)
                to.insert_or_assign(each.key, each.content.value());
            else
                to.erase(each.key);
    }

    void step() {
        const std::size_t what = random_() % 100;
        if (what < 50) return write();
        if (what < 62) return look();
        bool fine = true;
        if (what < 74)
            fine = attempt([&] { tree_->flush(); });
        else if (what < 80)
            fine = attempt([&] { tree_->compact(); });
        else if (what < 86)
            fine = attempt([&] { tree_->sync(); });
        else if (what < 92)
            return reopen();
        else
            fine = attempt([&] { (void)tree_->maintain(); });
        if (!fine) recover();
    }
    void write() {
        batch steps;
        for (std::size_t count = random_() % 3 == 0 ? 4 : 1; count > 0; --count)
            if (random_() % 4 == 0)
                steps.erase(some_key());
            else
                steps.put(some_key(), samples_.value(random_));
        const auto level = static_cast<durability>(random_() % 3);
        if (attempt([&] { tree_->write(steps, level); })) return apply(steps, model_);
        if (failed_.size() < most_failed) failed_.push_back(steps);
        recover();
    }
    /// What a user does after a failure: tries to go on, and reopens where that fails.
    void recover() {
        if (attempt([&] { tree_->resume(); })) return failed_.clear();  // it has none of them
        if (random_() % 2 == 0 || failed_.size() == most_failed) reopen();
    }
    /// An answer is right, or it is an error.
    void look() {
        const Key& key = some_key();
        attempt([&] {
            const auto found = model_.find(key);
            const auto value = tree_->get(key);
            require(found == model_.end() ? !value : value && *value == found->second,
                    "a read is right, or fails");
        });
        attempt([&] { require(contents() == model_, "a scan is right, or fails"); });
    }
    /// Closing may fail; then the tree is left to its destructor.
    void reopen() {
        attempt([&] { tree_->close(); });
        tree_.reset();
        open();
    }
    /// Well again, it takes writes once more.
    void go_on() {
        if (attempt([&] { tree_->resume(); }))
            failed_.clear();
        else
            reopen();
        require(tree_ != nullptr, "a tree opens when its disk is well again: " + last_);
        batch steps;
        steps.put(some_key(), samples_.value(random_));
        require(attempt([&] { tree_->write(steps, durability::power_loss); }),
                "a tree takes writes when its disk is well again");
        apply(steps, model_);
    }
    void check_all() {
        require(tree_ != nullptr, "a tree opens when its disk is well again");
        require(contents() == model_, "nothing that was acknowledged is lost");
        for (const Key& key : samples_.keys)
            require(tree_->get(key).has_value() == model_.contains(key), "each key is right");
    }
    [[nodiscard]] map contents() const {
        const auto entries = tree_->scan({}, direction::forward);
        return map(entries.begin(), entries.end());
    }
    const Key& some_key() { return samples_.keys[random_() % samples_.keys.size()]; }

    static constexpr std::size_t most_failed = 8;  // each doubles what may be

    const tree_opener<Key, Value>& open_;
    const model_samples<Key, Value>& samples_;
    simulated_disk disk_;
    std::mt19937_64 random_;
    std::unique_ptr<tree_type> tree_;
    map model_;
    std::vector<batch> failed_;
    std::string last_;  // failure, for messages
};

}  // namespace detail

/// What a fault check does.
struct fault_plan {
    std::uint64_t seed = 1;  ///< decides the operations
    std::size_t operations =
        40;  ///< puts, erases, batches, reads, flushes, compactions, reopenings
    disk_settings disk = {};
    std::uint64_t every = 1;  ///< which calls: one in so many
};

/// Runs random operations on a tree on a simulated disk again and again, each time with one kind of
/// fault at a later call, once and from then on, until a run ends before the fault. Meanwhile every
/// answer is right or an error; when the disk is well again the tree opens, takes writes, and has all
/// that was acknowledged, with each failed write whole or not at all.
///
/// @returns how many runs there were. @throws law_broken whose message has the seed and the fault
template <class Key, class Value>
std::uint64_t check_faults(const tree_opener<Key, Value>& open,
                           const model_samples<Key, Value>& samples, const fault_plan& plan,
                           fault_kind kind, bool for_ever) {
    std::uint64_t runs = 0;
    for (std::uint64_t at = 1 + plan.seed % plan.every;; at += plan.every) {
        const fault of{kind, at, for_ever, fault_calls::all, at * 37};
        ++runs;
        try {
            if (!detail::fault_run<Key, Value>(open, samples, plan.disk, plan.seed)
                     .run(of, plan.operations))
                return runs;
        } catch (const std::exception& failure) {
            throw law_broken("seed " + std::to_string(plan.seed) + ", fault " +
                             std::to_string(static_cast<int>(kind)) + (for_ever ? " from" : " at") +
                             " call " + std::to_string(at) + ": " + failure.what());
        }
    }
}

}  // namespace lsm::testing
