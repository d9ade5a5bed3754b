// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/engine/process.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace lsm::engine {

/// What readers find through a pointer that may be replaced while they look at it: it owns itself from
/// its publication until no reader can have found it any more, whoever else shares it.
class reclaimable {
public:
    reclaimable() = default;
    reclaimable(const reclaimable&) = delete;
    reclaimable& operator=(const reclaimable&) = delete;

    /// Before it is published.
    static void publish(const std::shared_ptr<const reclaimable>& self) noexcept {
        self->self_ = self;
    }
    /// The object for longer than the epoch that it was found in. @pre it is published
    template <class T>
    [[nodiscard]] static std::shared_ptr<const T> share(const T& found) noexcept {
        return std::static_pointer_cast<const T>(found.self_);
    }

protected:
    ~reclaimable() = default;

private:
    friend class epochs;

    mutable std::shared_ptr<const reclaimable> self_;
    mutable const reclaimable* next_ = nullptr;  // that was retired after it
    mutable std::uint64_t retired_at_ = 0;
};

/// When what was replaced can be let go of. A reader announces the epoch in which it began, in a place
/// of its thread's own, so that readers neither wait nor write to a line that another one writes. What
/// is retired ends an epoch, and goes when all readers there are began after that.
///
/// Source: Fraser, "Practical lock-freedom", 2004, section 5.2.3, with an epoch for each object.
class epochs {
    struct alignas(64) place {
        std::atomic<std::uint64_t> entered = 0;  // 0: nobody is here
        std::atomic<std::uint64_t> spent = 0;    // by all that were here
    };
    static constexpr std::size_t places = 64;

public:
    /// What a reader holds while it reads. Belongs to one thread.
    class guard {
    public:
        guard(guard&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)), place_(other.place_) {}
        guard& operator=(guard&&) = delete;
        ~guard() {
            if (!of_) return;
            if (place_)
                place_->entered.store(0, std::memory_order_release);
            else
                of_->without_place_.fetch_sub(1, std::memory_order_release);
            if (of_->retired_.load(std::memory_order_relaxed) > 0) [[unlikely]]
                of_->collect();
        }
        /// Adds to what readers have spent, without a line that they share. O(1).
        void spend(std::uint64_t amount) const noexcept {
            if (!place_ || amount == 0) return;
            const std::uint64_t before = place_->spent.load(std::memory_order_relaxed);
            place_->spent.store(before + amount, std::memory_order_relaxed);
        }

    private:
        friend epochs;
        guard(epochs* of, place* at) noexcept : of_(of), place_(at) {}

        epochs* of_;
        place* place_;  // null where all were taken
    };

    epochs() = default;
    epochs(const epochs&) = delete;
    epochs& operator=(const epochs&) = delete;
    /// @pre nobody reads
    ~epochs() { release(take_until((std::numeric_limits<std::uint64_t>::max)())); }

    /// Begins to read: what is found through published pointers stays until the guard goes. O(1).
    [[nodiscard]] guard enter() noexcept {
        const std::uint64_t now = now_.load(std::memory_order_seq_cst);
        const std::size_t own = thread_number();
        for (std::size_t i = 0; i < places; ++i) {
            place& candidate = places_[(own + i) % places];
            std::uint64_t nobody = 0;
            if (candidate.entered.load(std::memory_order_relaxed) == 0 &&
                candidate.entered.compare_exchange_strong(nobody, now, std::memory_order_seq_cst))
                return {this, &candidate};
        }
        without_place_.fetch_add(1, std::memory_order_seq_cst);
        return {this, nullptr};
    }

    /// What readers have spent so far, of whatever they count; those without a place count nothing. It
    /// only grows. Any thread, O(1).
    [[nodiscard]] std::uint64_t spent() const noexcept {
        std::uint64_t sum = 0;
        for (const place& each : places_) sum += each.spent.load(std::memory_order_relaxed);
        return sum;
    }

    /// Lets go of it when nobody can read it any more. @pre it was published, and no pointer leads to
    /// it any more
    void retire(const reclaimable& gone) noexcept {
        const std::scoped_lock lock(mutex_);
        gone.retired_at_ = now_.fetch_add(1, std::memory_order_seq_cst);
        gone.next_ = nullptr;
        (newest_ ? newest_->next_ : oldest_) = &gone;
        newest_ = &gone;
        retired_.fetch_add(1, std::memory_order_relaxed);
    }
    /// Lets go of what nobody can read any more. Does nothing while another thread is at it; so what the
    /// last reader leaves may stay until the next one, or until `drain`.
    /// @pre no lock is held that what is let go of takes
    [[gnu::noinline]] void collect() noexcept {  // rarely called, from every lookup
        const reclaimable* gone = nullptr;
        std::atomic<std::size_t>* releasing = nullptr;
        {
            const std::unique_lock lock(mutex_, std::try_to_lock);
            if (!lock) return;
            gone = take_until(oldest_reader());
            if (!gone) return;
            releasing = &releasing_[drains_ % 2];
            releasing->fetch_add(1, std::memory_order_relaxed);
        }
        release(gone);
        releasing->fetch_sub(1, std::memory_order_release);
    }
    /// Returns when all that was retired before has been let go of. Waits for the readers that began before,
    /// and for the threads that are letting go; for readers that come later only where there are more
    /// than places. One thread at a time.
    /// @pre as for `collect`; and this thread does not read
    void drain() noexcept {
        const std::uint64_t end = now_.load(std::memory_order_seq_cst);
        for (const place& each : places_)  // who takes one later finds nothing that was retired
            wait_until([&] {
                const std::uint64_t entered = each.entered.load(std::memory_order_seq_cst);
                return entered == 0 || entered >= end;
            });
        wait_until([&] { return without_place_.load(std::memory_order_seq_cst) == 0; });
        const reclaimable* gone = nullptr;
        std::atomic<std::size_t>* releasing = nullptr;
        {
            const std::scoped_lock lock(mutex_);
            gone = take_until(end);
            releasing = &releasing_[drains_++ % 2];
        }
        release(gone);
        wait_until([&] { return releasing->load(std::memory_order_acquire) == 0; });
    }

private:
    /// The epoch before which no reader began.
    [[nodiscard]] std::uint64_t oldest_reader() const noexcept {
        if (without_place_.load(std::memory_order_seq_cst) > 0) return 0;
        auto oldest = (std::numeric_limits<std::uint64_t>::max)();
        for (const place& each : places_) {
            const std::uint64_t entered = each.entered.load(std::memory_order_seq_cst);
            if (entered != 0) oldest = (std::min)(oldest, entered);
        }
        return oldest;
    }
    /// Takes those out that were retired before this epoch. @pre the lock is held
    [[nodiscard]] const reclaimable* take_until(std::uint64_t epoch) noexcept {
        const reclaimable* const first = oldest_;
        const reclaimable* last = nullptr;
        std::size_t count = 0;
        for (; oldest_ && oldest_->retired_at_ < epoch; oldest_ = oldest_->next_, ++count)
            last = oldest_;
        if (!last) return nullptr;
        last->next_ = nullptr;
        if (!oldest_) newest_ = nullptr;
        retired_.fetch_sub(count, std::memory_order_relaxed);
        return first;
    }
    /// For what is rare, and may have to wait for a device.
    template <class Reached>
    static void wait_until(Reached reached) noexcept {
        while (!reached()) std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    static void release(const reclaimable* gone) noexcept {
        while (gone) {
            const auto last = std::move(std::exchange(gone, gone->next_)->self_);
        }
    }

    std::array<place, places> places_;
    std::atomic<std::size_t> without_place_ = 0;
    std::atomic<std::uint64_t> now_ = 1;
    std::atomic<std::size_t> retired_ = 0;
    /// How many threads let go of what they took out: one counts since the last drain, the other before;
    /// they take turns.
    std::array<std::atomic<std::size_t>, 2> releasing_{};
    std::mutex mutex_;  // guards the list, oldest first, and which of the two counts
    const reclaimable* oldest_ = nullptr;
    const reclaimable* newest_ = nullptr;
    std::size_t drains_ = 0;
};

}  // namespace lsm::engine
