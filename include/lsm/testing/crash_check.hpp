// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/key_range.hpp>
#include <lsm/core/options.hpp>
#include <lsm/storage/storage.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/crash_history.hpp>
#include <lsm/testing/crash_states.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/model.hpp>
#include <lsm/testing/simulated_disk.hpp>
#include <lsm/write_batch.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
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
    crash_sampling sampling = {};       ///< which crashes
    std::uint64_t recovery_every = 16;  ///< in one of so many recoveries, there are crashes again
    crash_sampling recovery_sampling = {};
};

/// What it did.
struct crash_count {
    std::uint64_t states = 0;           ///< crashes of the script
    std::uint64_t recovery_states = 0;  ///< crashes of a recovery from one of these
};

namespace detail {

/// Random operations on a tree, noted in a history.
template <class Key, class Value>
class crash_script {
public:
    crash_script(const simulated_disk& disk, const tree_opener<Key, Value>& open,
                 const model_samples<Key, Value>& samples, const crash_plan& plan)
        : samples_(samples), plan_(plan), random_(plan.seed), history_(disk), tree_(open(disk)) {}

    crash_history<Key, Value> run() && {
        for (std::size_t n = 0; n < plan_.operations; ++n) step();
        tree_->close();
        history_.acknowledge(durability::power_loss);
        return std::move(history_);
    }

private:
    using batch = basic_write_batch<Key, Value>;

    void step() {
        const std::size_t what = below(100);
        if (what < 60) return write_one(what < 45);
        if (what < 75) return write_batch();
        if (what < 85) return acknowledged([&] { tree_->flush(); });
        if (what < 90) return acknowledged([&] { tree_->compact(); });
        if (what < 94) return acknowledged([&] { tree_->reopen(); });
        if (what < 97 && plan_.levels.size() > 1) return acknowledged([&] { tree_->sync(); });
        (void)tree_->maintain();
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
        history_.begin(steps);
        tree_->write(steps, level);
        history_.acknowledge(level);
    }
    template <class F>
    void acknowledged(F f) {
        f();
        history_.acknowledge(durability::power_loss);
    }
    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }
    const Key& some_key() { return samples_.keys[below(samples_.keys.size())]; }

    const model_samples<Key, Value>& samples_;
    const crash_plan& plan_;
    std::mt19937_64 random_;
    crash_history<Key, Value> history_;
    std::unique_ptr<any_tree<Key, Value>> tree_;
};

/// Opens what crashes leave, and compares.
template <class Key, class Value>
class crash_check {
    using tree_type = any_tree<Key, Value>;
    using history_type = crash_history<Key, Value>;
    using map = typename history_type::map;

public:
    crash_check(const tree_opener<Key, Value>& open, const model_samples<Key, Value>& samples,
                const crash_plan& plan)
        : open_(open), samples_(samples), plan_(plan) {}

    crash_count run() {
        const simulated_disk disk(plan_.disk);
        const history_type history = crash_script<Key, Value>(disk, open_, samples_, plan_).run();
        count_.states = for_each_crash_state(
            disk.trace(), [&](const crash_state& state) { check(history, state); }, plan_.sampling);
        return count_;
    }

private:
    /// What a recovery showed, and a write after it.
    struct recovered {
        map found, then;
        std::size_t opened, begun, acknowledged;  // positions
    };

    void check(const history_type& history, const crash_state& state) {
        const simulated_disk disk = state.disk();
        recovered seen;
        named(state, "", [&] {
            const auto opened = open_(disk);
            seen.opened = disk.position();
            seen.found = contents(*opened);
            history.check(state.cause, state.position, seen.found);
            check_files(disk, *opened);
        });
        if (plan_.recovery_every == 0 || checked_++ % plan_.recovery_every != 0) return;
        const simulated_disk again = state.disk();
        named(state, "", [&] { go_on(again, seen); });
        count_.recovery_states += for_each_crash_state(
            again.trace(),
            [&](const crash_state& next) {
                named(state, ", then " + next.describe(),
                      [&] { check_again(history, state, next, seen); });
            },
            plan_.recovery_sampling);
    }
    /// Opens, writes one thing, closes.
    void go_on(const simulated_disk& disk, recovered& seen) {
        const auto opened = open_(disk);
        require(contents(*opened) == seen.found, "recovery has one result");
        std::mt19937_64 random(checked_);
        const Value value = samples_.value(random);
        seen.begun = disk.position();
        opened->put(samples_.keys.front(), value);
        opened->flush();
        seen.acknowledged = disk.position();
        seen.then = seen.found;
        seen.then.insert_or_assign(samples_.keys.front(), value);
        opened->close();
    }
    /// What was written after the first recovery is there; and what that showed stays, unless it was
    /// in the memory of the machine, and that lost power.
    void check_again(const history_type& history, const crash_state& first, const crash_state& next,
                     const recovered& seen) {
        const simulated_disk disk = next.disk();
        const auto opened = open_(disk);
        const map found = contents(*opened);
        check_files(disk, *opened);
        if (next.position >= seen.begun && found == seen.then) return;
        require(next.position < seen.acknowledged, "what is written after a recovery is there");
        const bool stays = first.cause == crash_cause::power || next.cause == crash_cause::process;
        if (stays && next.position >= seen.opened)
            return require(found == seen.found, "what a recovery has shown stays");
        const bool power = first.cause == crash_cause::power || next.cause == crash_cause::power;
        history.check(power ? crash_cause::power : crash_cause::process, first.position, found);
    }

    static map contents(const tree_type& of) {
        const auto entries = of.scan({}, direction::forward);
        return map(entries.begin(), entries.end());
    }
    void check_files(const simulated_disk& disk, const tree_type& of) const {
        std::size_t tables = 0;
        std::uint64_t log_bytes = 0;
        const disk_state state = disk.state();
        for (const auto& [path, names] : state.seen().folders)
            for (const auto& [name, file] : names)
                if (table_name::parse(name))
                    ++tables;
                else if (parse_log_file_name(name))
                    log_bytes += state.seen().files.at(file).size();
                else
                    require(name == "root", "no orphan stays after opening: " + name);
        const statistics live = of.stats();
        require(tables == live.tables.size(), "no table stays that is not live");
        require(log_bytes == live.log_bytes, "no part of the log stays that is not live");
    }
    /// Names the seed and the crash in whatever goes wrong, so that it can be played again.
    template <class F>
    void named(const crash_state& state, const std::string& then, F f) const {
        try {
            f();
        } catch (const std::exception& failure) {
            throw law_broken("seed " + std::to_string(plan_.seed) + ", crash " + state.describe() +
                             then + ": " + failure.what());
        }
    }

    const tree_opener<Key, Value>& open_;
    const model_samples<Key, Value>& samples_;
    const crash_plan& plan_;
    crash_count count_;
    std::uint64_t checked_ = 0;
};

}  // namespace detail

/// Runs random operations on a tree on a simulated disk, once, and then opens what each crash would
/// have left: opening never fails; what was acknowledged is there, and the rest is a first part of
/// the operations, each of them whole; no file is left over; and all that again for crashes while
/// the tree recovers, and after it was written to. Small memtables and blocks find more.
///
/// @throws law_broken whose message has the seed, and the name of the crash for `plan.sampling.only`
template <class Key, class Value>
crash_count check_crashes(const tree_opener<Key, Value>& open,
                          const model_samples<Key, Value>& samples, const crash_plan& plan) {
    require(!samples.keys.empty(), "the check is given keys to draw from");
    return detail::crash_check<Key, Value>(open, samples, plan).run();
}

}  // namespace lsm::testing
