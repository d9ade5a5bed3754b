// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include <pthread.h>
#include <sys/types.h>
#include <unistd.h>

namespace lsm::engine {

/// The id of this process, without a system call: what a tree compares to find that it was inherited by a
/// forked child, which owns neither its lock nor its log. A count of forks would not do: each module of a
/// process may have a copy of this state, and begin to count at another time.
class this_process {
public:
    [[nodiscard]] static pid_t id() noexcept {
        static const bool is_known = [] {
            renew();
            return ::pthread_atfork(nullptr, nullptr, renew) == 0;
        }();
        static_cast<void>(is_known);
        return known.load(std::memory_order_relaxed);
    }

private:
    static void renew() noexcept { known.store(::getpid(), std::memory_order_relaxed); }

    inline static std::atomic<pid_t> known = 0;
};

/// What a child leaves as it is: kept to the end of the process, where leak checkers see it.
class inherited {
protected:
    inherited() = default;
    inherited(const inherited&) = delete;
    inherited& operator=(const inherited&) = delete;
    ~inherited() = default;

    /// Needs no memory: a thread of the parent may have held a lock of what gives it.
    void keep() noexcept {
        next_ = all.load(std::memory_order_relaxed);
        while (!all.compare_exchange_weak(next_, this, std::memory_order_relaxed)) {
        }
    }

private:
    inherited* next_ = nullptr;
    inline static std::atomic<inherited*> all = nullptr;
};

/// A number of this thread's own, from 0 on: where it looks first for a place that no other takes.
[[nodiscard]] inline std::size_t thread_number() noexcept {
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t own = threads.fetch_add(1, std::memory_order_relaxed);
    return own;
}

/// Makes an object whose threads and locks are this process's. A child does not destroy it: its
/// threads are not there, and a lock that one of them held is never given back.
template <class T, class... Args>
std::shared_ptr<T> make_owned(Args&&... args) {
    struct owned final : inherited {
        explicit owned(Args&&... from) : object(std::forward<Args>(from)...) {}
        void let_go() noexcept {
            if (this_process::id() == owner)
                delete this;
            else
                keep();
        }
        const pid_t owner = this_process::id();
        T object;
    };
    auto* const made = new owned(std::forward<Args>(args)...);
    return {&made->object, [made](T*) noexcept { made->let_go(); }};
}

}  // namespace lsm::engine
