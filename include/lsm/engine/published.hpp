// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace lsm::engine {

/// An immutable object that is replaced as a whole, and the readers of it. A reader announces what it
/// reads in a place of its thread's own, so that readers neither wait nor write to a line that
/// another one writes; what was replaced is let go of when no place names it any more.
///
/// The places are hazard pointers (Michael, "Hazard pointers: safe memory reclamation for lock-free
/// objects", IEEE TPDS 15(6), 2004). A standard atomic shared_ptr would have all readers write one
/// counter, and libstdc++ 12's is a data race to ThreadSanitizer.
///
/// @tparam T derives from `std::enable_shared_from_this`
template <class T>
class published {
    struct alignas(64) place {
        std::atomic<const T*> reads = nullptr;
    };
    static constexpr std::size_t places = 64;

public:
    /// What a reader holds while it reads. Belongs to one thread.
    class guard {
    public:
        guard(guard&& other) noexcept
            : of_(other.of_), place_(std::exchange(other.place_, nullptr)),
              reads_(std::exchange(other.reads_, nullptr)), owned_(std::move(other.owned_)) {}
        guard& operator=(guard&&) = delete;
        ~guard() {
            if (!place_) return;
            place_->reads.store(nullptr, std::memory_order_release);
            if (of_->retired_count_.load(std::memory_order_relaxed) > 0) of_->collect();
        }

        [[nodiscard]] explicit operator bool() const noexcept { return reads_ != nullptr; }
        [[nodiscard]] const T* operator->() const noexcept { return reads_; }
        [[nodiscard]] const T& operator*() const noexcept { return *reads_; }
        /// The object for longer than the guard lives: by a count, which all who do this share.
        [[nodiscard]] std::shared_ptr<const T> share() const {
            return owned_ ? owned_ : reads_->shared_from_this();
        }

    private:
        friend published;
        guard(const published* of, place* at, const T* reads, std::shared_ptr<const T> owned)
            : of_(of), place_(at), reads_(reads), owned_(std::move(owned)) {}

        const published* of_;
        place* place_;
        const T* reads_;
        std::shared_ptr<const T> owned_;  // where all places were taken
    };

    /// What is published now; the guard is false if that is nothing. Any thread, O(1).
    [[nodiscard]] guard read() const {
        const T* seen = current_.load(std::memory_order_acquire);
        if (!seen) return {this, nullptr, nullptr, nullptr};
        place* const mine = take_place(seen);
        if (!mine) return read_by_count();
        for (;;) {
            const T* const now = current_.load(std::memory_order_seq_cst);
            if (now == seen) return {this, mine, now, nullptr};
            mine->reads.store(now, std::memory_order_seq_cst);
            if (!now) return {this, nullptr, nullptr, nullptr};
            seen = now;
        }
    }
    /// The same, by a count.
    [[nodiscard]] std::shared_ptr<const T> share() const {
        const std::scoped_lock lock(mutex_);
        return owner_;
    }

    /// Sees to it that the next `replace` throws nothing.
    void prepare() {
        const std::scoped_lock lock(mutex_);
        retired_.reserve(retired_.size() + 1);
    }
    /// Publishes @p next. One thread at a time. @pre `prepare`
    void replace(std::shared_ptr<const T> next) noexcept {
        {
            const std::scoped_lock lock(mutex_);
            current_.store(next.get(), std::memory_order_seq_cst);
            std::swap(owner_, next);
            if (next) retired_.push_back(std::move(next));
            retired_count_.store(retired_.size(), std::memory_order_relaxed);
        }
        collect();
    }

    /// Publishes nothing any more. Readers that are at it may go on.
    void withdraw() noexcept {
        std::shared_ptr<const T> last;
        {
            const std::scoped_lock lock(mutex_);
            current_.store(nullptr, std::memory_order_seq_cst);
            std::swap(owner_, last);
            if (last && is_read(last.get())) {
                retired_.push_back(std::move(last));
                retired_count_.store(retired_.size(), std::memory_order_relaxed);
            }
        }
        collect();
    }

    /// Lets go of what nobody reads any more. Does nothing while another thread is at it.
    void collect() const noexcept {
        while (const std::shared_ptr<const T> gone = take_unread()) {  // let go of without the lock
        }
    }

private:
    /// Claims a place for @p seen; null if all are taken.
    [[nodiscard]] place* take_place(const T* seen) const noexcept {
        static std::atomic<std::size_t> threads = 0;
        thread_local const std::size_t own = threads.fetch_add(1, std::memory_order_relaxed);
        for (std::size_t i = 0; i < places; ++i) {
            place& candidate = places_[(own + i) % places];
            const T* free = nullptr;
            if (candidate.reads.load(std::memory_order_relaxed) == nullptr &&
                candidate.reads.compare_exchange_strong(free, seen, std::memory_order_seq_cst))
                return &candidate;
        }
        return nullptr;
    }
    [[nodiscard]] guard read_by_count() const {
        auto held = share();
        const T* const reads = held.get();
        return {this, nullptr, reads, std::move(held)};
    }
    /// One object that was replaced and that nobody reads; null if there is none.
    [[nodiscard]] std::shared_ptr<const T> take_unread() const noexcept {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock) return nullptr;
        for (auto& each : retired_) {
            if (is_read(each.get())) continue;
            std::swap(each, retired_.back());
            auto taken = std::move(retired_.back());
            retired_.pop_back();
            retired_count_.store(retired_.size(), std::memory_order_relaxed);
            return taken;
        }
        return nullptr;
    }
    [[nodiscard]] bool is_read(const T* old) const noexcept {
        for (const place& each : places_)
            if (each.reads.load(std::memory_order_seq_cst) == old) return true;
        return false;
    }

    std::atomic<const T*> current_ = nullptr;
    mutable std::array<place, places> places_;
    mutable std::mutex mutex_;  // guards what follows
    std::shared_ptr<const T> owner_;
    mutable std::vector<std::shared_ptr<const T>> retired_;
    mutable std::atomic<std::size_t> retired_count_ = 0;
};

}  // namespace lsm::engine
