// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace lsm::engine {

/// A mutex whose release wakes the threads that wait for a change of what it guards.
///
/// A change needs the mutex, so each change is followed by a release, and each waiting thread then looks at
/// its condition again. No call of a `notify` stands beside the change, and so none can be forgotten there.
///
/// A thread that waits gives the mutex up without waking the others: waiting changes nothing. A release
/// without waiting threads costs as much as that of a `std::mutex`.
class monitor {
public:
    monitor() = default;
    monitor(const monitor&) = delete;
    monitor& operator=(const monitor&) = delete;

    void lock() { mutex_.lock(); }
    [[nodiscard]] bool try_lock() { return mutex_.try_lock(); }
    void unlock() noexcept {
        if (waiting_ > 0) changed_.notify_all();
        mutex_.unlock();
    }

    /// Returns when `done()` holds. @p done reads only what this mutex guards, and throws nothing.
    /// @pre @p held is a lock of this monitor
    template <class Done>
    void wait(std::unique_lock<monitor>& held, Done done) {
        const waiter mine(*this, held);
        changed_.wait(mine.lock, done);
    }
    /// The same, for a limited time. @returns whether `done()` holds
    template <class Done>
    bool wait_for(std::unique_lock<monitor>& held, std::chrono::nanoseconds most, Done done) {
        const waiter mine(*this, held);
        return changed_.wait_for(mine.lock, most, done);
    }

private:
    /// A thread while it waits. It has the lock again afterwards, and @p held never lets go of it.
    struct waiter {
        waiter(monitor& in, const std::unique_lock<monitor>&)
            : of(in), lock(in.mutex_, std::adopt_lock) {
            ++of.waiting_;
        }
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        ~waiter() {
            --of.waiting_;
            lock.release();
        }
        monitor& of;
        mutable std::unique_lock<std::mutex> lock;
    };

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t waiting_ = 0;
};

}  // namespace lsm::engine
