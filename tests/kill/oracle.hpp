// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <kill/script.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include <sys/mman.h>

/// What is known of a child's writes outside of the child: a page that it shares with its parent, and
/// that outlives it.
namespace kill_loop {

/// How far a child has come.
enum class phase : int { opening, checked, writing, closed };

/// A writer's steps are counted from 1. Each number is stored before, or after, what it tells of.
struct writer_page {
    std::atomic<std::uint64_t> begun = 0;         ///< the last that may be there
    std::atomic<std::uint64_t> acknowledged = 0;  ///< the last that has returned
    std::atomic<std::uint64_t> required = 0;      ///< the last that has to survive
    std::atomic<std::uint64_t> recovered = 0;     ///< what the last opening found
};

struct oracle {
    std::array<writer_page, writers> of;
    std::atomic<phase> reached = phase::opening;
    std::atomic<std::uint64_t> opening_microseconds = 0;
    std::atomic<std::uint64_t> groups = 0, bytes_dropped = 0, orphans = 0;
    std::atomic<bool> failed = false;
    char message[4000] = "";  ///< of the first failure

    void fail(const std::string& why) noexcept {
        if (failed.exchange(true)) return;
        std::snprintf(message, sizeof message, "%s", why.c_str());
    }
    /// What a later write of its own level carries with it has to survive like it.
    static void raise(std::atomic<std::uint64_t>& to, std::uint64_t value) noexcept {
        std::uint64_t now = to.load();
        while (now < value && !to.compare_exchange_weak(now, value)) {
        }
    }

    /// One that children made later share.
    static oracle& make() {
        void* const at = ::mmap(nullptr, sizeof(oracle), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) std::abort();
        return *new (at) oracle;
    }
};

}  // namespace kill_loop
