// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace lsm::engine {

/// The sequence numbers that snapshots and scan views read at: what compactions and memtables must
/// keep versions for. Any thread may use it.
class pin_set {
public:
    /// The oldest pinned number, or @p otherwise if that is older or nothing is pinned.
    [[nodiscard]] sequence_number oldest(sequence_number otherwise) const {
        const std::scoped_lock lock(mutex_);
        return pinned_.empty() ? otherwise : (std::min)(otherwise, *pinned_.begin());
    }
    /// All pinned numbers, ascending, each once.
    [[nodiscard]] std::vector<sequence_number> all() const {
        const std::scoped_lock lock(mutex_);
        std::vector<sequence_number> numbers;
        std::unique_copy(pinned_.begin(), pinned_.end(), std::back_inserter(numbers));
        return numbers;
    }
    [[nodiscard]] std::size_t size() const {
        const std::scoped_lock lock(mutex_);
        return pinned_.size();
    }

private:
    friend class pin;

    mutable std::mutex mutex_;
    std::multiset<sequence_number> pinned_;
};

/// Holds one number in a set. Movable; copies hold it once more.
class pin {
public:
    pin() = default;
    pin(std::shared_ptr<pin_set> set, sequence_number at) : set_(std::move(set)) {
        const std::scoped_lock lock(set_->mutex_);
        held_ = set_->pinned_.insert(at);
    }
    /// The number that @p newest has, read while no floor can rise: what it shows is not forgotten.
    pin(std::shared_ptr<pin_set> set, const std::atomic<sequence_number>& newest)
        : set_(std::move(set)) {
        const std::scoped_lock lock(set_->mutex_);
        held_ = set_->pinned_.insert(newest.load(std::memory_order_acquire));
    }
    pin(const pin& other) : pin(other.set_ ? pin(other.set_, other.at()) : pin()) {}
    pin(pin&& other) noexcept : set_(std::move(other.set_)), held_(other.held_) {}
    pin& operator=(pin other) noexcept {
        std::swap(set_, other.set_);
        std::swap(held_, other.held_);
        return *this;
    }
    ~pin() {
        if (!set_) return;
        const std::scoped_lock lock(set_->mutex_);
        set_->pinned_.erase(held_);
    }

    /// The number. @pre it holds one
    [[nodiscard]] sequence_number at() const noexcept { return *held_; }

private:
    std::shared_ptr<pin_set> set_;
    std::multiset<sequence_number>::iterator held_;
};

}  // namespace lsm::engine
