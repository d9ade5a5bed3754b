// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/concurrent_map.hpp>

#include "replay.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <span>

/// A map that threads may share: every operation holds one lock.
class locked_map : public lsm::testing::concurrent_map {
public:
    void write(std::span<const lsm::testing::recorded_step> steps) override {
        const std::lock_guard lock(mutex_);
        for (const auto& step : steps) apply(step);
    }
    [[nodiscard]] std::optional<number> get(number key) const override {
        const std::lock_guard lock(mutex_);
        return find(key);
    }
    [[nodiscard]] lsm::testing::history_entries scan(number first, number last) const override {
        const std::lock_guard lock(mutex_);
        return replay::entries_between(map_, first, last);
    }
    [[nodiscard]] snapshot take_snapshot() const override {
        const std::lock_guard lock(mutex_);
        return [taken = std::make_shared<const replay::state>(map_)](number first, number last) {
            return replay::entries_between(*taken, first, last);
        };
    }

protected:
    void apply(const lsm::testing::recorded_step& step) {
        if (step.value)
            map_.insert_or_assign(step.key, *step.value);
        else
            map_.erase(step.key);
    }
    [[nodiscard]] std::optional<number> find(number key) const {
        const auto found = map_.find(key);
        return found == map_.end() ? std::nullopt : std::optional(found->second);
    }

    mutable std::mutex mutex_;
    replay::state map_;
};
