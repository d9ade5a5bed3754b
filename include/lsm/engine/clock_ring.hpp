// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace lsm::engine {

/// What a `clock_ring` holds. The ring links it; it does not own it.
class clock_member {
public:
    clock_member() = default;
    clock_member(const clock_member&) = delete;
    clock_member& operator=(const clock_member&) = delete;

    /// Records a use: the hand passes over the member once. Any thread, O(1).
    void touch() const noexcept {
        if (!wanted_.load(std::memory_order_relaxed))
            wanted_.store(true, std::memory_order_relaxed);
    }

protected:
    ~clock_member() = default;

private:
    friend class clock_ring;

    mutable const clock_member* before_ = nullptr;
    mutable const clock_member* after_ = nullptr;
    // Last, beside what readers want of a cached block.
    mutable std::atomic<bool> wanted_ = false;
};

/// The order in which a cache evicts (CLOCK). A hand goes round the members, and passes once over each
/// that was used since the hand last came by. So a scan, which uses each member once, evicts few that
/// lookups use again.
///
/// The hand passes over `most_passed` members at most for one eviction: then the next one goes, used or
/// not. Else one eviction could take a whole round, while the others wait for the lock.
///
/// Not safe for threads, but for `touch`.
///
/// Source: Corbató, "A paging experiment with the Multics system", 1968.
class clock_ring {
public:
    static constexpr std::size_t most_passed = 64;

    [[nodiscard]] bool empty() const noexcept { return hand_ == nullptr; }

    /// Puts a member where the hand comes last. O(1). @pre the member is in no ring
    void add(const clock_member& added) noexcept {
        if (!hand_) hand_ = added.before_ = added.after_ = &added;
        added.after_ = hand_;
        added.before_ = std::exchange(hand_->before_, &added);
        added.before_->after_ = &added;
    }
    /// O(1). @pre the member is in this ring
    void remove(const clock_member& gone) noexcept {
        gone.before_->after_ = gone.after_;
        gone.after_->before_ = gone.before_;
        if (hand_ == &gone) hand_ = gone.after_ == &gone ? nullptr : gone.after_;
        gone.before_ = gone.after_ = nullptr;
    }
    /// The member to evict next, which stays in the ring; null if the ring is empty. O(`most_passed`).
    [[nodiscard]] const clock_member* next() noexcept {
        if (!hand_) return nullptr;
        for (std::size_t passed = 0; passed < most_passed; ++passed) {
            if (!hand_->wanted_.exchange(false, std::memory_order_relaxed)) break;
            hand_ = hand_->after_;
        }
        return hand_;
    }

private:
    const clock_member* hand_ = nullptr;
};

}  // namespace lsm::engine
