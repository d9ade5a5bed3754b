// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

namespace lsm::engine {

/// Writers, one after another in the order they came. Whoever is at the front takes the writes that
/// wait behind it along, so that they share what a write waits for. A writer that meets no other one
/// takes no lock.
///
/// @tparam Request what a writer wants done. It stays the writer's, who waits meanwhile.
template <class Request>
class turns {
    /// A writer that waits.
    struct waiter {
        Request* request;  // null: wants to be alone
        bool has_turn = false;
        bool done = false;
        std::condition_variable wake = {};
    };

public:
    turns() { group_.reserve(most_together); }

    /// Returns when `carry_out(requests)` has been called with @p request among them, by this thread
    /// or by another one. `carry_out` keeps failures in the requests, and throws nothing.
    template <class CarryOut>
    void share(Request& request, CarryOut&& carry_out) {
        if (enter()) {
            Request* const only = &request;
            carry_out(std::span<Request* const>(&only, 1));
            return leave();
        }
        waiter me{&request};
        std::unique_lock lock(mutex_);
        if (!wait_for_turn(lock, me)) return;
        group_.clear();
        for (waiter* each : waiting_) {
            if (!each->request || group_.size() == most_together) break;
            group_.push_back(each->request);
        }
        lock.unlock();
        carry_out(std::span<Request* const>(group_));
        lock.lock();
        serve(group_.size());
    }

    /// Calls @p f while no other writer is at work. Passes on what it throws.
    template <class F>
    void alone(F&& f) {
        if (!enter()) {
            waiter me{nullptr};
            std::unique_lock lock(mutex_);
            wait_for_turn(lock, me);
            waiting_.pop_front();  // it leaves like one that has not waited
        }
        std::exception_ptr failure;
        try {
            f();
        } catch (...) {
            failure = std::current_exception();
        }
        leave();
        if (failure) std::rethrow_exception(failure);
    }

private:
    static constexpr std::size_t most_together = 64;

    /// Whose turn it is. It changes from `nobody` without a lock, and to it while nobody waits.
    enum class turn { nobody, somebody, somebody_waited_for };

    /// Takes the turn if it is nobody's.
    [[nodiscard]] bool enter() noexcept {
        turn now = turn::nobody;
        return turn_.compare_exchange_strong(now, turn::somebody, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }
    /// Ends the turn of a writer that does not stand in the queue.
    void leave() noexcept {
        turn now = turn::somebody;
        if (turn_.compare_exchange_strong(now, turn::nobody, std::memory_order_release,
                                          std::memory_order_relaxed))
            return;
        const std::scoped_lock lock(mutex_);
        pass_on();
    }
    /// @returns false if somebody took the request along
    bool wait_for_turn(std::unique_lock<std::mutex>& lock, waiter& me) {
        waiting_.push_back(&me);
        me.has_turn =
            turn_.exchange(turn::somebody_waited_for, std::memory_order_acquire) == turn::nobody;
        me.wake.wait(lock, [&] { return me.done || me.has_turn; });
        return !me.done;
    }
    /// The first @p count in the queue are done; the next one's turn.
    void serve(std::size_t count) noexcept {
        for (; count > 0; --count) {
            waiter* const served = waiting_.front();
            waiting_.pop_front();
            served->done = true;
            served->wake.notify_one();  // under the lock: it lives until its thread gets that
        }
        pass_on();
    }
    /// @pre the lock is held
    void pass_on() noexcept {
        if (waiting_.empty()) return turn_.store(turn::nobody, std::memory_order_release);
        waiting_.front()->has_turn = true;
        waiting_.front()->wake.notify_one();
    }

    std::atomic<turn> turn_ = turn::nobody;
    std::mutex mutex_;
    std::deque<waiter*> waiting_;
    std::vector<Request*> group_;  // of the writer at the front
};

}  // namespace lsm::engine
