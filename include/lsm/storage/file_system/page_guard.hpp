// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include <sys/mman.h>
#include <unistd.h>

namespace lsm::detail {

/// Makes an access to a mapped file survive a page that the file does not have any more. The file was cut,
/// its file system became read-only, or the device cannot read the page: a system call would return an
/// error, a mapping gets the signal SIGBUS.
///
/// While a guard lives, such a page in its range is replaced by one of memory, for this thread's accesses.
/// They go on, and `has_faulted` says that the page is no part of the file. A guard costs two stores.
///
/// The signal's handler is one of the process. It passes every other SIGBUS to the handler that it found. A
/// thread that blocks SIGBUS, and a process that replaces the handler while a file is mapped, have no guard.
///
/// Thread safety: a guard is its thread's. Guards do not nest.
class page_guard {
public:
    page_guard(const std::byte* at, std::size_t bytes) noexcept
        : begin_(reinterpret_cast<std::uintptr_t>(at)), end_(begin_ + bytes) {
        current_ = this;
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    page_guard(const page_guard&) = delete;
    page_guard& operator=(const page_guard&) = delete;
    ~page_guard() {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        current_ = nullptr;
    }

    [[nodiscard]] bool has_faulted() const noexcept {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return faulted_ != 0;
    }

    /// Sees to it that the process has the handler. To be called before a file is mapped; a handler that was
    /// set meanwhile gets what ours passes on. @returns whether the system took it
    static bool install() noexcept {
        static std::mutex one;
        const std::scoped_lock lock(one);
        struct sigaction now{};
        if (::sigaction(SIGBUS, nullptr, &now) != 0) return false;
        if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == &handle) return true;
        const unsigned next = (found_.load() + 1) % 2;
        others_[next] = now;
        page_bytes_ = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
        found_ = next;
        struct sigaction ours{};
        ours.sa_sigaction = &handle;
        ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
        ::sigemptyset(&ours.sa_mask);
        return ::sigaction(SIGBUS, &ours, nullptr) == 0;
    }

private:
    /// Calls only what is safe in a handler.
    static void handle(int signal, siginfo_t* info, void* context) noexcept {
        page_guard* const guard = current_;
        const bool is_fault = info->si_code > 0;  // else a process sent the signal
        if (guard && is_fault && guard->replace(reinterpret_cast<std::uintptr_t>(info->si_addr)))
            return;
        pass_on(signal, info, context, is_fault);
    }
    [[nodiscard]] bool replace(std::uintptr_t address) noexcept {
        const std::uintptr_t page = address - address % page_bytes_;
        if (page + page_bytes_ <= begin_ || page >= end_) return false;
        const int before = errno;
        const void* const made =
            ::mmap(reinterpret_cast<void*>(page), page_bytes_, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        errno = before;
        if (made == MAP_FAILED) return false;
        faulted_ = 1;
        return true;
    }
    /// To the handler that was there. One that passes the signal back ends the process.
    static void pass_on(int signal, siginfo_t* info, void* context, bool is_fault) noexcept {
        const struct sigaction& other = others_[found_.load()];
        const bool has_info = (other.sa_flags & SA_SIGINFO) != 0;
        const bool is_ignored = !has_info && other.sa_handler == SIG_IGN;
        if (is_ignored && !is_fault) return;
        if (passing_ || is_ignored || (!has_info && other.sa_handler == SIG_DFL)) {
            ::signal(signal, SIG_DFL);
            ::raise(signal);
            return;
        }
        passing_ = true;
        if (has_info)
            other.sa_sigaction(signal, info, context);
        else
            other.sa_handler(signal);
        passing_ = false;
    }

    std::uintptr_t begin_, end_;
    volatile std::sig_atomic_t faulted_ = 0;

    static inline constinit thread_local page_guard* current_ = nullptr;
    static inline constinit thread_local bool passing_ = false;
    static inline struct sigaction others_[2] =
        {};  // handlers that were found; the newer one counts
    static inline std::atomic<unsigned> found_ = 0;
    static inline std::uintptr_t page_bytes_ = 4096;
};

}  // namespace lsm::detail
