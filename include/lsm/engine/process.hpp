// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

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

}  // namespace lsm::engine
