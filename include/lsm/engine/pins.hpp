// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/engine/process.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace lsm::engine {

/// The sequence numbers that snapshots and scan views read at: what compactions and memtables must
/// keep versions for. Any thread may use it. Taking and dropping a pin moves those that are newer.
///
/// A child that inherited it leaves it alone: a thread of its parent may hold the lock for ever.
class pin_set {
public:
    pin_set() { pinned_.reserve(few); }

    /// The oldest pinned number, or @p otherwise if that is older or nothing is pinned.
    [[nodiscard]] sequence_number oldest(sequence_number otherwise) const {
        const std::scoped_lock lock(mutex_);
        return pinned_.empty() ? otherwise : (std::min)(otherwise, pinned_.front());
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

    /// Whether it was made in this process.
    [[nodiscard]] bool is_owner() const noexcept { return forks::count() == owner_; }

private:
    friend class pin;

    void add(sequence_number at) {
        if (!is_owner()) return;
        const std::scoped_lock lock(mutex_);
        pinned_.insert(std::ranges::upper_bound(pinned_, at), at);
    }
    sequence_number add_newest(const std::atomic<sequence_number>& newest) {
        const std::scoped_lock lock(mutex_);
        const sequence_number at = newest.load(std::memory_order_acquire);
        pinned_.insert(std::ranges::upper_bound(pinned_, at), at);
        return at;
    }
    void remove(sequence_number at) noexcept {
        if (!is_owner()) return;
        const std::scoped_lock lock(mutex_);
        pinned_.erase(std::ranges::lower_bound(pinned_, at));
    }

    static constexpr std::size_t few = 16;  // pins at a time that take no memory: `visit` needs one

    const unsigned owner_ = forks::count();
    mutable std::mutex mutex_;
    std::vector<sequence_number> pinned_;  // ascending: a new one nearly always belongs at the end
};

/// Holds one number in a set. Movable; copies hold it once more.
class pin {
public:
    pin() = default;
    pin(std::shared_ptr<pin_set> set, sequence_number at) : set_(std::move(set)), at_(at) {
        set_->add(at);
    }
    /// The number that @p newest has, read while no floor can rise: what it shows is not forgotten.
    pin(std::shared_ptr<pin_set> set, const std::atomic<sequence_number>& newest)
        : set_(std::move(set)), at_(set_->add_newest(newest)) {}
    pin(const pin& other) : pin(other.set_ ? pin(other.set_, other.at_) : pin()) {}
    pin(pin&& other) noexcept : set_(std::move(other.set_)), at_(other.at_) {}
    pin& operator=(pin other) noexcept {
        std::swap(set_, other.set_);
        std::swap(at_, other.at_);
        return *this;
    }
    ~pin() {
        if (set_) set_->remove(at_);
    }

    /// Whether it was taken in this process. @pre it holds one
    [[nodiscard]] bool is_owned() const noexcept { return set_->is_owner(); }
    /// The number. @pre it holds one
    [[nodiscard]] sequence_number at() const noexcept { return at_; }

private:
    std::shared_ptr<pin_set> set_;
    sequence_number at_ = no_sequence;
};

}  // namespace lsm::engine
