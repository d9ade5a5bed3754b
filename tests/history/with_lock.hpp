// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/concurrent_map.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

/// Lends a map for one thread a lock, so that several may use it.
class with_lock final : public lsm::testing::concurrent_map {
    using entries = lsm::testing::history_entries;
    using concurrent_map = lsm::testing::concurrent_map;

public:
    explicit with_lock(concurrent_map& map) : map_(map) {}

    void write(std::span<const lsm::testing::recorded_step> steps) override {
        const std::lock_guard lock(mutex_);
        map_.write(steps);
    }
    [[nodiscard]] std::optional<number> get(number key) const override {
        const std::lock_guard lock(mutex_);
        return map_.get(key);
    }
    [[nodiscard]] std::optional<number> visit(number key) const override {
        const std::lock_guard lock(mutex_);
        return map_.visit(key);
    }
    [[nodiscard]] std::vector<std::optional<number>>
    multi_get(std::span<const number> keys) const override {
        const std::lock_guard lock(mutex_);
        return map_.multi_get(keys);
    }
    [[nodiscard]] entries scan(number first, number last) const override {
        const std::lock_guard lock(mutex_);
        return map_.scan(first, last);
    }
    [[nodiscard]] entries scan_backward(number first, number last) const override {
        const std::lock_guard lock(mutex_);
        return map_.scan_backward(first, last);
    }
    [[nodiscard]] snapshot take_snapshot() const override {
        return [this, shared = share([&] { return map_.take_snapshot(); })](number first,
                                                                            number last) {
            const std::lock_guard lock(mutex_);
            return (*shared)(first, last);
        };
    }
    [[nodiscard]] std::function<entries()> view(number first, number last) const override {
        return [this, shared = share([&] { return map_.view(first, last); })] {
            const std::lock_guard lock(mutex_);
            return (*shared)();
        };
    }
    void maintain(std::mt19937_64& random) override {
        const std::lock_guard lock(mutex_);
        map_.maintain(random);
    }

private:
    /// What is made under the lock also ends under it.
    template <class F>
    std::shared_ptr<std::invoke_result_t<F>> share(F&& make) const {
        using made = std::invoke_result_t<F>;
        const std::lock_guard lock(mutex_);
        return std::shared_ptr<made>(new made(make()), [this](made* last) {
            const std::lock_guard until_gone(mutex_);
            delete last;
        });
    }

    concurrent_map& map_;
    mutable std::mutex mutex_;
};
