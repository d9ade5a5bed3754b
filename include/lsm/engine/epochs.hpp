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
/// Readers that find all places taken stand in a list, under a lock, with their epochs. So any number of
/// readers hold up only what was retired after they began.
///
/// Source: Fraser, "Practical lock-freedom", 2004, section 5.2.3, with an epoch for each object.
class epochs {
    struct alignas(64) place {
        std::atomic<std::uint64_t> entered = 0;  // 0: nobody is here
        std::atomic<std::uint64_t> spent = 0;    // by all that were here
        std::atomic<std::uint64_t> left = 0;     // how often, while something waited to go
    };
    static constexpr std::size_t places = 64;

    /// A reader without a place, in the list of those.
    struct late_reader {
        std::uint64_t entered = 0;  // 0: in no list
        late_reader* before = nullptr;
        late_reader* after = nullptr;
    };

public:
    /// What a reader holds while it reads. Belongs to one thread.
    class guard {
    public:
        guard(guard&& other) noexcept
            : of_(other.of_), place_(std::exchange(other.place_, nullptr)) {
            if (other.late_.entered != 0) [[unlikely]]
                of_->exchange(other.late_, late_);
        }
        guard& operator=(guard&&) = delete;
        ~guard() { leave(); }

        /// Ends the reading; what was found may go. Does nothing if it has ended. O(1).
        void leave() noexcept {
            place* const at = std::exchange(place_, nullptr);
            if (!at) [[unlikely]]
                return of_->leave(late_);
            const std::uint64_t entered = at->entered.load(std::memory_order_relaxed);
            at->entered.store(0, std::memory_order_release);
            if (of_->oldest_retired_.load(std::memory_order_relaxed) > 0) [[unlikely]]
                of_->after_leaving(entered, at);
        }
        /// Begins to read again. @pre the reading has ended
        void enter_again() noexcept {
            place_ = of_->take_place();
            if (!place_) [[unlikely]]
                of_->add(late_);
        }
        /// Counts a reader that will stand aside while it holds what it found by a count: `drain` waits for it until
        /// the count is given back.
        [[nodiscard]] std::atomic<std::size_t>& count_aside() const noexcept {
            of_->aside_.fetch_add(1, std::memory_order_seq_cst);
            return of_->aside_;
        }
        /// Adds to what readers have spent, without a line that they share. O(1).
        void spend(std::uint64_t amount) const noexcept {
            if (!place_ || amount == 0) return;
            const std::uint64_t before = place_->spent.load(std::memory_order_relaxed);
            place_->spent.store(before + amount, std::memory_order_relaxed);
        }

    private:
        friend epochs;
        explicit guard(epochs& of) noexcept : of_(&of) { enter_again(); }

        epochs* of_;
        place* place_ = nullptr;  // null where all were taken, and after the end
        late_reader late_;
    };

    epochs() = default;
    epochs(const epochs&) = delete;
    epochs& operator=(const epochs&) = delete;
    /// @pre nobody reads
    ~epochs() { release(take_until(never, all)); }

    /// Begins to read: what is found through published pointers stays until the guard goes. O(1).
    [[nodiscard]] guard enter() noexcept { return guard(*this); }

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
        oldest_retired_.store(oldest_->retired_at_, std::memory_order_relaxed);
    }
    /// Lets go of what nobody can read any more. Does nothing while another thread is at it; so what the
    /// last reader leaves may stay until a later one, or until `drain`.
    /// @pre no lock is held that what is let go of takes
    void collect() noexcept { collect(all); }
    /// Returns when all that was retired before has been let go of. Waits for the readers that began before,
    /// and for the threads that are letting go; for no reader that comes later. One thread at a time.
    /// @pre as for `collect`; and this thread does not read
    void drain() noexcept {
        const std::uint64_t end = now_.load(std::memory_order_seq_cst);
        for (const place& each : places_)  // who takes one later finds nothing that was retired
            wait_until([&] {
                const std::uint64_t entered = each.entered.load(std::memory_order_seq_cst);
                return entered == 0 || entered >= end;
            });
        wait_until([&] {
            const std::scoped_lock lock(mutex_);
            return oldest_late() >= end;
        });
        // Readers that stood in neither have ended, or are counted here before they left.
        wait_until([&] { return aside_.load(std::memory_order_seq_cst) == 0; });
        const reclaimable* gone = nullptr;
        std::atomic<std::size_t>* releasing = nullptr;
        {
            const std::scoped_lock lock(mutex_);
            gone = take_until(end, all);
            releasing = &releasing_[drains_++ % 2];
        }
        release(gone);
        wait_until([&] { return releasing->load(std::memory_order_acquire) == 0; });
    }

private:
    static constexpr auto never = (std::numeric_limits<std::uint64_t>::max)();
    static constexpr auto all = (std::numeric_limits<std::size_t>::max)();
    static constexpr std::size_t most_for_reader = 1000;  // so that no lookup takes long
    static constexpr std::uint64_t leaves_a_try = 256;

    /// @returns null where all are taken
    [[nodiscard]] place* take_place() noexcept {
        const std::uint64_t now = now_.load(std::memory_order_seq_cst);
        const std::size_t own = thread_number();
        for (std::size_t i = 0; i < places; ++i) {
            place& candidate = places_[(own + i) % places];
            std::uint64_t nobody = 0;
            if (candidate.entered.load(std::memory_order_relaxed) == 0 &&
                candidate.entered.compare_exchange_strong(nobody, now, std::memory_order_seq_cst))
                return &candidate;
        }
        return nullptr;
    }
    /// @name Readers without a place, in the order in which they came
    /// A collector that has not seen one of them had the lock before it, so the reader finds nothing
    /// that was retired.
    /// @{
    [[gnu::noinline]] void add(late_reader& came) noexcept {
        const std::scoped_lock lock(mutex_);
        came = {now_.load(std::memory_order_seq_cst), last_late_, nullptr};
        (last_late_ ? last_late_->after : first_late_) = &came;
        last_late_ = &came;
    }
    /// Does nothing for one that is not in the list.
    [[gnu::noinline]] void leave(late_reader& gone) noexcept {
        if (gone.entered == 0) return;
        const std::uint64_t entered = std::exchange(gone.entered, 0);
        {
            const std::scoped_lock lock(mutex_);
            (gone.before ? gone.before->after : first_late_) = gone.after;
            (gone.after ? gone.after->before : last_late_) = gone.before;
        }
        after_leaving(entered, nullptr);
    }
    [[gnu::noinline]] void exchange(late_reader& from, late_reader& to) noexcept {
        const std::scoped_lock lock(mutex_);
        to = from;
        (to.before ? to.before->after : first_late_) = &to;
        (to.after ? to.after->before : last_late_) = &to;
        from.entered = 0;
    }
    [[nodiscard]] std::uint64_t oldest_late() const noexcept {
        return first_late_ ? first_late_->entered : never;
    }
    /// @}

    /// Of @p most objects at most. Rarely called, from every lookup.
    [[gnu::noinline]] void collect(std::size_t most) noexcept {
        const reclaimable* gone = nullptr;
        std::atomic<std::size_t>* releasing = nullptr;
        {
            const std::unique_lock lock(mutex_, std::try_to_lock);
            if (!lock) return;
            gone = take_until(oldest_reader(), most);
            if (!gone) return;
            releasing = &releasing_[drains_ % 2];
            releasing->fetch_add(1, std::memory_order_relaxed);
        }
        release(gone);
        releasing->fetch_sub(1, std::memory_order_release);
    }
    /// A reader that came before the oldest object was retired may have been the last one to hold that
    /// up. For others it is seldom worth to look: another reader holds it up, or left while a collector
    /// looked.
    [[gnu::noinline]] void after_leaving(std::uint64_t entered, place* from) noexcept {
        if (entered > oldest_retired_.load(std::memory_order_relaxed)) {
            if (!from) return;
            const std::uint64_t left = from->left.load(std::memory_order_relaxed) + 1;
            from->left.store(left, std::memory_order_relaxed);
            if (left % leaves_a_try != 0) return;
        }
        collect(most_for_reader);
    }
    /// The epoch before which no reader began. @pre the lock is held
    [[nodiscard]] std::uint64_t oldest_reader() const noexcept {
        std::uint64_t oldest = oldest_late();
        for (const place& each : places_) {
            const std::uint64_t entered = each.entered.load(std::memory_order_seq_cst);
            if (entered != 0) oldest = (std::min)(oldest, entered);
        }
        return oldest;
    }
    /// Takes those out that were retired before this epoch, oldest first. @pre the lock is held
    [[nodiscard]] const reclaimable* take_until(std::uint64_t epoch, std::size_t most) noexcept {
        const reclaimable* const first = oldest_;
        const reclaimable* last = nullptr;
        for (; oldest_ && oldest_->retired_at_ < epoch && most > 0;
             oldest_ = oldest_->next_, --most)
            last = oldest_;
        if (!last) return nullptr;
        last->next_ = nullptr;
        if (!oldest_) newest_ = nullptr;
        oldest_retired_.store(oldest_ ? oldest_->retired_at_ : 0, std::memory_order_relaxed);
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
    std::atomic<std::uint64_t> now_ = 1;
    std::atomic<std::size_t> aside_ = 0;  // readers that stand aside, or have stood aside
    std::atomic<std::uint64_t> oldest_retired_ = 0;  // epoch of the oldest object; 0: there is none
    /// How many threads let go of what they took out: one counts since the last drain, the other before;
    /// they take turns.
    std::array<std::atomic<std::size_t>, 2> releasing_{};
    std::mutex mutex_;  // guards both lists, oldest first, and which of the two counts
    const reclaimable* oldest_ = nullptr;
    const reclaimable* newest_ = nullptr;
    late_reader* first_late_ = nullptr;
    late_reader* last_late_ = nullptr;
    std::size_t drains_ = 0;
};

}  // namespace lsm::engine
