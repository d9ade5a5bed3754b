// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/concurrent_map.hpp>
#include <lsm/testing/history.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/weighted_choice.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lsm::testing {

/// What threads do to a map. Few keys, so that they meet.
struct concurrent_settings {
    std::size_t threads = 4;
    std::size_t operations = 75;  ///< of each thread, in a round
    std::size_t keys = 6;
    std::uint64_t seed = 1;  ///< decides what each thread does, but not when
    bool maintains = true;   ///< threads call `maintain` as well
    /// Operations may throw. A write that does has happened, or happens until the next round ends,
    /// or never.
    bool may_fail = false;
};

namespace detail {

/// One thread's random operations.
class concurrent_worker {
    using number = history_number;
    using log_type = history_recorder::log;

public:
    /// @param first_value the first of the values that it writes, which are `threads` apart
    concurrent_worker(concurrent_map& map, log_type& log, const concurrent_settings& settings,
                      std::uint64_t seed, number first_value)
        : map_(map), log_(log), settings_(settings), random_(seed), next_value_(first_value) {}

    void run() {
        for (std::size_t i = 0; i < settings_.operations; ++i) {
            if (one_in(8)) std::this_thread::yield();  // few cores would seldom change threads
            step();
        }
        while (!held_.empty()) {
            guarded(&concurrent_worker::read_last);
            held_.pop_back();
        }
    }

private:
    using choice = weighted_choice<concurrent_worker>;

    void step() {
        static constexpr std::array choices = {
            choice{24, &concurrent_worker::put},      choice{10, &concurrent_worker::erase},
            choice{14, &concurrent_worker::write},    choice{18, &concurrent_worker::get},
            choice{3, &concurrent_worker::visit},     choice{4, &concurrent_worker::multi_get},
            choice{10, &concurrent_worker::scan},     choice{4, &concurrent_worker::scan_backward},
            choice{3, &concurrent_worker::snapshot},  choice{3, &concurrent_worker::view},
            choice{6, &concurrent_worker::read_held}, choice{1, &concurrent_worker::maintain}};
        guarded(draw(choices, random_));
    }
    void guarded(void (concurrent_worker::*does)()) {
        try {
            (this->*does)();
        } catch (const std::exception&) {
            if (!settings_.may_fail) throw;
        }
    }

    number below(std::size_t limit) {
        return std::uniform_int_distribution<number>(0, limit - 1)(random_);
    }
    bool one_in(std::size_t n) { return below(n) == 0; }
    number some_key() { return below(settings_.keys); }
    std::pair<number, number> some_range() {
        if (one_in(3)) return {0, settings_.keys - 1};
        const number a = some_key();
        const number b = some_key();
        return {(std::min)(a, b), (std::max)(a, b)};
    }
    recorded_step some_put() {
        const number value = next_value_;
        next_value_ += settings_.threads;
        return {some_key(), value};
    }

    void put() { write({some_put()}); }
    void erase() { write({{some_key(), {}}}); }
    void write() {
        std::vector<recorded_step> steps;
        for (number left = 2 + below(3); left > 0; --left)
            steps.push_back(one_in(4) ? recorded_step{some_key(), {}} : some_put());
        write(steps);
    }
    void write(const std::vector<recorded_step>& steps) {
        log_.write(steps, [&] { map_.write(steps); });
    }
    void get() {
        const number key = some_key();
        log_.get(key, [&] { return map_.get(key); });
    }
    void visit() {
        const number key = some_key();
        log_.get(key, [&] { return map_.visit(key); });
    }
    void multi_get() {
        const std::array keys = {some_key(), some_key(), some_key()};
        log_.multi_get(keys, [&] { return map_.multi_get(keys); });
    }
    void scan() {
        const std::pair<number, number> range = some_range();
        log_.scan(range.first, range.second, [&] { return map_.scan(range.first, range.second); });
    }
    void scan_backward() {
        const std::pair<number, number> range = some_range();
        log_.scan(range.first, range.second,
                  [&] { return map_.scan_backward(range.first, range.second); });
    }
    void snapshot() {
        if (held_.size() == 3) return;
        concurrent_map::snapshot made;
        const auto taken = log_.snapshot([&] { made = map_.take_snapshot(); });
        held_.push_back([this, made, taken] {
            const auto [first, last] = some_range();
            log_.look_at(taken, first, last, made(first, last));
        });
    }
    void view() {
        if (held_.size() == 3) return;
        const std::pair<number, number> range = some_range();
        std::function<history_entries()> made;
        const auto taken = log_.snapshot([&] { made = map_.view(range.first, range.second); });
        held_.push_back(
            [this, made, taken, range] { log_.look_at(taken, range.first, range.second, made()); });
    }
    void read_held() {
        if (held_.empty()) return;
        const auto chosen = held_.begin() + static_cast<std::ptrdiff_t>(below(held_.size()));
        (*chosen)();
        if (one_in(2)) held_.erase(chosen);
    }
    void read_last() { held_.back()(); }
    void maintain() {
        if (settings_.maintains) map_.maintain(random_);
    }

    concurrent_map& map_;
    log_type& log_;
    const concurrent_settings& settings_;
    std::mt19937_64 random_;
    number next_value_;
    std::vector<std::function<void()>> held_;  // each reads a snapshot or a view
};

}  // namespace detail

/// Lets several threads do random operations on a map, in rounds, and checks the history of each. A
/// round begins with what the one before left, so nothing may be lost between them, and ends with a
/// scan of everything.
///
///     concurrent_run run(map, {.seed = seed});
///     for (int round = 0; round < 100; ++round) run.check_round();
class concurrent_run {
public:
    /// @param map is used by nobody else; may hold values below 1'000'000, or nothing
    explicit concurrent_run(concurrent_map& map, concurrent_settings settings = {})
        : map_(map), settings_(settings) {
        before_.push_back(everything_at_first(map_.scan(0, settings_.keys - 1)));
    }

    /// Does a round. @throws what an operation throws, unless it may
    history record_round();
    /// Does a round and checks it. @throws law_broken with seed, round and explanation
    void check_round();

private:
    static constexpr history_number values_begin = 1'000'000;

    [[nodiscard]] recorded_operation everything_at_first(const history_entries& entries) const;
    void run_threads(history_recorder& recorder);
    void keep_for_next_round(const history& done);

    concurrent_map& map_;
    concurrent_settings settings_;
    std::uint64_t rounds_ = 0;
    history_number next_value_ = values_begin;
    history before_;  // what is there, and the failed writes of the round before
};

// ------------------------------------------------------------------------------ implementation

/// What is there when a round begins, as a write before all others.
inline recorded_operation
concurrent_run::everything_at_first(const history_entries& entries) const {
    recorded_operation made;
    made.thread = settings_.threads;
    made.returned = 0;
    for (const auto& [key, value] : entries) made.steps.push_back({key, value});
    return made;
}

inline history concurrent_run::record_round() {
    ++rounds_;
    history_recorder recorder(settings_.threads + 1, settings_.operations);
    run_threads(recorder);
    const history_number last = settings_.keys - 1;
    recorder.of(settings_.threads).scan(0, last, [&] { return map_.scan(0, last); });
    history done = recorder.recorded();
    done.insert(done.end(), before_.begin(), before_.end());
    keep_for_next_round(done);
    return done;
}

inline void concurrent_run::check_round() {
    const history_verdict found = check_history(record_round());
    require(found.outcome == history_outcome::linearizable,
            "concurrent operations have an order (seed " + std::to_string(settings_.seed) +
                ", round " + std::to_string(rounds_) + "): " + found.text);
}

/// All begin together, as far as that can be.
inline void concurrent_run::run_threads(history_recorder& recorder) {
    std::atomic<std::size_t> waiting{settings_.threads};
    std::vector<std::exception_ptr> failures(settings_.threads);
    const auto work = [&](std::size_t thread) {
        std::seed_seq seeds{settings_.seed, rounds_, std::uint64_t{thread}};
        std::array<std::uint32_t, 2> seed{};
        seeds.generate(seed.begin(), seed.end());
        --waiting;
        while (waiting != 0) std::this_thread::yield();
        try {
            detail::concurrent_worker(map_, recorder.of(thread), settings_,
                                      std::uint64_t{seed[0]} << 32 | seed[1], next_value_ + thread)
                .run();
        } catch (...) {
            failures[thread] = std::current_exception();
        }
    };
    std::vector<std::thread> threads;
    threads.reserve(settings_.threads);
    for (std::size_t thread = 0; thread < settings_.threads; ++thread)
        threads.emplace_back(work, thread);
    for (std::thread& each : threads) each.join();
    next_value_ += settings_.threads * settings_.operations * 4;
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

/// A write that failed, and that no read has seen, may still happen in the next round. In later
/// ones it may not: more and more of such writes would come together, and each doubles the search.
inline void concurrent_run::keep_for_next_round(const history& done) {
    history_entries seen;
    for (const recorded_operation& each : done)
        for (const recorded_look& look : each.looks)
            seen.insert(seen.end(), look.entries.begin(), look.entries.end());
    const auto was_seen = [&](const recorded_step& step) {
        return step.value &&
               std::ranges::find(seen, std::pair(step.key, *step.value)) != seen.end();
    };
    before_.clear();
    for (const recorded_operation& each : done)
        if (each.is_write() && !each.has_returned() && each.invoked != 0 &&
            std::ranges::none_of(each.steps, was_seen)) {
            before_.push_back(each);
            before_.back().invoked = 0;
        }
    const auto last = std::ranges::find(done, settings_.threads, &recorded_operation::thread);
    before_.push_back(everything_at_first(last->looks.front().entries));
}

}  // namespace lsm::testing
