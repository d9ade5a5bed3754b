// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

namespace lsm::engine {

/// Writers, one after another in the order they came. Whoever is at the front takes the writes that
/// wait behind it along, so that they share what a write waits for.
///
/// @tparam Request what a writer wants done. It stays the writer's, who waits meanwhile.
template <class Request>
class turns {
    /// A writer that waits.
    struct waiter {
        Request* request;  // null: wants to be alone
        bool done = false;
        std::condition_variable wake = {};
    };

public:
    turns() { group_.reserve(most_together); }

    /// Returns when `carry_out(requests)` has been called with @p request among them, by this thread
    /// or by another one. `carry_out` keeps failures in the requests, and throws nothing.
    template <class CarryOut>
    void share(Request& request, CarryOut&& carry_out) {
        waiter me{&request};
        std::unique_lock lock(mutex_);
        if (!wait_for_front(lock, me)) return;
        group_.clear();
        for (waiter* each : waiting_) {
            if (!each->request || group_.size() == most_together) break;
            group_.push_back(each->request);
        }
        lock.unlock();
        carry_out(std::span<Request* const>(group_));
        lock.lock();
        leave(group_.size());
    }

    /// Calls @p f while no other writer is at work. Passes on what it throws.
    template <class F>
    void alone(F&& f) {
        waiter me{nullptr};
        std::unique_lock lock(mutex_);
        wait_for_front(lock, me);
        lock.unlock();
        std::exception_ptr failure;
        try {
            f();
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        leave(1);
        lock.unlock();
        if (failure) std::rethrow_exception(failure);
    }

private:
    static constexpr std::size_t most_together = 64;

    /// @returns false if somebody took the request along
    bool wait_for_front(std::unique_lock<std::mutex>& lock, waiter& me) {
        waiting_.push_back(&me);
        me.wake.wait(lock, [&] { return me.done || waiting_.front() == &me; });
        return !me.done;
    }
    /// The first @p count are done; the next one's turn.
    void leave(std::size_t count) noexcept {
        for (; count > 0; --count) {
            waiter* const served = waiting_.front();
            waiting_.pop_front();
            served->done = true;
            served->wake.notify_one();  // under the lock: it lives until its thread gets that
        }
        if (!waiting_.empty()) waiting_.front()->wake.notify_one();
    }

    std::mutex mutex_;
    std::deque<waiter*> waiting_;
    std::vector<Request*> group_;  // of the writer at the front
};

}  // namespace lsm::engine
