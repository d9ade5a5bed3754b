// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/options.hpp>
#include <lsm/storage/storage.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/crash_history.hpp>
#include <lsm/testing/crash_script.hpp>
#include <lsm/testing/crash_states.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/model.hpp>
#include <lsm/testing/simulated_disk.hpp>
#include <lsm/write_batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing {

/// What it did.
struct crash_count {
    std::uint64_t strikes = 0;          ///< calls that the fault struck
    std::uint64_t states = 0;           ///< crashes of the script
    std::uint64_t recovery_states = 0;  ///< crashes of a recovery from one of these
};

namespace detail {

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
        const auto [history, strikes] = script(disk);
        count_.strikes = strikes;
        count_.states = for_each_crash_state(
            disk.trace(), [&, &of = history](const crash_state& state) { check(of, state); },
            plan_.sampling);
        return count_;
    }

private:
    auto script(const simulated_disk& disk) {
        try {
            return crash_script<Key, Value>(disk, open_, samples_, plan_).run();
        } catch (const std::exception& failure) {
            throw law_broken("seed " + std::to_string(plan_.seed) + ": " + failure.what());
        }
    }
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
        for (const bool writes : {false, true}) {
            const simulated_disk again = state.disk();
            named(state, "", [&] { go_on(again, writes, seen); });
            count_.recovery_states += for_each_crash_state(
                again.trace(),
                [&](const crash_state& next) {
                    named(state,
                          std::string(writes ? ", then a write, and " : ", then ") +
                              next.describe(),
                          [&] { check_again(history, state, next, seen); });
                },
                plan_.recovery_sampling);
        }
    }
    /// Opens, writes one thing or nothing, closes.
    void go_on(const simulated_disk& disk, bool writes, recovered& seen) {
        const auto opened = open_(disk);
        require(contents(*opened) == seen.found, "recovery has one result");
        seen.then = seen.found;
        seen.begun = disk.position();
        if (writes) {
            std::mt19937_64 random(checked_);
            const auto step =
                seen.then.insert_or_assign(samples_.keys.front(), samples_.value(random));
            opened->put(step.first->first, step.first->second);
            opened->flush();
        } else {
            opened->close();
        }
        seen.acknowledged = disk.position();
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

    void check_files(const simulated_disk& disk, const tree_type& of) const {
        std::size_t tables = 0;
        std::uint64_t log_bytes = 0;
        const disk_state state = disk.state();
        const auto foreign = of.recovered().foreign_files;  // a crash left garbage where they begin
        for (const auto& [path, names] : state.seen().folders)
            for (const auto& [name, file] : names)
                if (std::ranges::find(foreign, name) != foreign.end())
                    continue;
                else if (table_name::parse(name))
                    ++tables;
                else if (parse_log_file_name(name))
                    log_bytes += state.seen().files.at(file).size();
                else
                    require(name == "root" || name == "lsm.lock",
                            "no orphan stays after opening: " + name);
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
