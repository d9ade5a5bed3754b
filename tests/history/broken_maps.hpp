// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "locked_map.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

/// Maps with one mistake each. None of them has a data race, so no sanitizer can tell. Where a
/// mistake shows only if another thread comes in between, it lets one.
namespace broken {

using lsm::testing::history_entries;
using lsm::testing::recorded_step;
using number = lsm::testing::history_number;
using steps_type = std::span<const recorded_step>;

/// Another thread can see a part of a batch.
class batch_step_by_step : public locked_map {
public:
    void write(steps_type steps) override {
        for (const auto& step : steps) {
            locked_map::write({&step, 1});
            std::this_thread::yield();
        }
    }
};

/// A scan is of two moments.
class scan_in_halves : public locked_map {
public:
    [[nodiscard]] history_entries scan(number first, number last) const override {
        if (first == last) return locked_map::scan(first, last);
        const number middle = first + (last - first) / 2;
        history_entries found = locked_map::scan(first, middle);
        std::this_thread::yield();
        for (const auto& entry : locked_map::scan(middle + 1, last)) found.push_back(entry);
        return found;
    }
};

/// Gets ask a cache that only gets fill, and that every fourth one asks in vain.
class stale_cache : public locked_map {
public:
    [[nodiscard]] std::optional<number> get(number key) const override {
        const std::lock_guard lock(mutex_);
        if (++gets_ % 4 == 0 || !cache_.contains(key)) cache_[key] = find(key);
        return cache_[key];
    }

private:
    mutable unsigned gets_ = 0;
    mutable std::map<number, std::optional<number>> cache_;
};

/// A write returns before it happens: the next one carries it out.
class late_write : public locked_map {
public:
    void write(steps_type steps) override {
        const std::lock_guard lock(mutex_);
        for (const auto& step : waiting_) apply(step);
        waiting_.assign(steps.begin(), steps.end());
    }

private:
    std::vector<recorded_step> waiting_;
};

/// Every writer works on a copy, and the last one wins.
class lost_update : public locked_map {
public:
    void write(steps_type steps) override {
        replay::state copy = copy_of_now();
        std::this_thread::yield();
        for (const auto& [key, value] : steps)
            value ? void(copy[key] = *value) : void(copy.erase(key));
        const std::lock_guard lock(mutex_);
        map_ = copy;
    }

private:
    replay::state copy_of_now() {
        const std::lock_guard lock(mutex_);
        return map_;
    }
};

/// Every eighth erase is forgotten.
class forgotten_erase : public locked_map {
public:
    void write(steps_type steps) override {
        const std::lock_guard lock(mutex_);
        for (const auto& step : steps)
            if (step.value || ++erases_ % 8 != 0) apply(step);
    }

private:
    unsigned erases_ = 0;
};

/// An erased key's value comes back when another key is erased.
class revived_value : public locked_map {
public:
    void write(steps_type steps) override {
        const std::lock_guard lock(mutex_);
        for (const auto& step : steps) {
            if (!step.value) {
                if (erased_.value && !map_.contains(erased_.key)) apply(erased_);
                erased_ = {step.key, find(step.key)};
            }
            apply(step);
        }
    }

private:
    recorded_step erased_{};
};

/// A snapshot shows what is there when it is read.
class snapshot_of_now : public locked_map {
public:
    [[nodiscard]] snapshot take_snapshot() const override {
        return [this](number first, number last) { return scan(first, last); };
    }
};

/// A multi_get is several gets.
class multi_get_one_by_one : public locked_map {
public:
    [[nodiscard]] std::vector<std::optional<number>>
    multi_get(std::span<const number> keys) const override {
        std::vector<std::optional<number>> values;
        for (const number key : keys) {
            values.push_back(get(key));
            std::this_thread::yield();
        }
        return values;
    }
};

/// A scan finds its keys first, and their values later.
class scan_of_keys_then_values : public locked_map {
public:
    [[nodiscard]] history_entries scan(number first, number last) const override {
        history_entries found;
        for (const auto& [key, value] : locked_map::scan(first, last)) {
            std::this_thread::yield();
            if (const auto now = get(key)) found.emplace_back(key, *now);
        }
        return found;
    }
};

/// Every tenth write fails, and a batch that fails stays half done.
class half_failed_batch : public locked_map {
public:
    void write(steps_type steps) override {
        const std::lock_guard lock(mutex_);
        const bool fails = ++writes_ % 10 == 0;
        for (const auto& step : steps.first(fails ? steps.size() / 2 : steps.size())) apply(step);
        if (fails) throw std::runtime_error("no space");
    }

private:
    unsigned writes_ = 0;
};

/// Every tenth write fails after others could see it, and is then taken back.
class write_taken_back : public locked_map {
public:
    void write(steps_type steps) override {
        if (!fails()) return locked_map::write(steps);
        const auto before = get(steps.front().key);
        locked_map::write(steps.first(1));
        for (int i = 0; i < 20; ++i) std::this_thread::yield();
        const recorded_step undo{steps.front().key, before};
        locked_map::write({&undo, 1});
        throw std::runtime_error("no space");
    }

private:
    bool fails() {
        const std::lock_guard lock(mutex_);
        return ++writes_ % 10 == 0;
    }
    unsigned writes_ = 0;
};

}  // namespace broken
