// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <memory>
#include <new>
#include <utility>

#include <pthread.h>

namespace lsm::engine {

/// How many forks lie between this process and the one that loaded the library: what a tree compares
/// to find that it was inherited by a child, which owns neither its lock nor its log.
class forks {
public:
    [[nodiscard]] static unsigned count() noexcept {
        static const bool registered = ::pthread_atfork(nullptr, nullptr, add_one) == 0;
        static_cast<void>(registered);
        return counter.load(std::memory_order_relaxed);
    }

private:
    static void add_one() noexcept { counter.fetch_add(1, std::memory_order_relaxed); }

    inline static std::atomic<unsigned> counter = 0;
};

/// What a child leaves as it is: kept to the end of the process, where leak checkers see it.
class inherited {
public:
    static void keep(const void* object) noexcept {
        auto* const added = new (std::nothrow) node{object, all.load()};
        while (added && !all.compare_exchange_weak(added->next, added)) {
        }
    }

private:
    struct node {
        const void* object;
        node* next;
    };
    inline static std::atomic<node*> all = nullptr;
};

/// Makes an object whose threads and locks are this process's. A child does not destroy it: its
/// threads are not there, and a lock that one of them held is never given back.
template <class T, class... Args>
std::shared_ptr<T> make_owned(Args&&... args) {
    const auto end = [owner = forks::count()](T* object) noexcept {
        if (forks::count() == owner)
            delete object;
        else
            inherited::keep(object);
    };
    return {new T(std::forward<Args>(args)...), end};
}

}  // namespace lsm::engine
