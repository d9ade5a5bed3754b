// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/engine/process.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace lsm::engine {

/// The sequence numbers that snapshots and scan views read at: what compactions and memtables must
/// keep versions for. Any thread may use it.
///
/// A pin has a slot of its own, so that who takes one waits for nobody, and the few who ask for all go
/// round. Where all slots are taken, pins share a list behind a lock: a child that inherited it
/// leaves that alone, since a thread of its parent may hold the lock for ever.
class pin_set {
public:
    pin_set() = default;
    pin_set(const pin_set&) = delete;
    pin_set& operator=(const pin_set&) = delete;

    /// The oldest pinned number, or @p otherwise if that is older or nothing is pinned.
    [[nodiscard]] sequence_number oldest(sequence_number otherwise) {
        return whole_round([&] {
            sequence_number least = otherwise;
            for_each([&](sequence_number at) { least = (std::min)(least, at); });
            return least;
        });
    }
    /// All pinned numbers, ascending, each once. Whoever pins the newest number later reads at one that
    /// is no older than any that the caller knows of.
    [[nodiscard]] std::vector<sequence_number> all() {
        auto numbers = whole_round([&] {
            std::vector<sequence_number> found;
            for_each([&](sequence_number at) { found.push_back(at); });
            return found;
        });
        std::ranges::sort(numbers);
        numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
        return numbers;
    }
    [[nodiscard]] std::size_t size() {
        return whole_round([&] {
            std::size_t count = 0;
            for_each([&](sequence_number) { ++count; });
            return count;
        });
    }

    /// Whether it was made in this process.
    [[nodiscard]] bool is_owner() const noexcept { return this_process::id() == owner_; }

private:
    friend class pin;

    struct alignas(64) slot {
        std::atomic<sequence_number> after = 0;  // the number after the pinned one; 0: it is free
    };
    static constexpr std::size_t slots = 8;

    /// @returns where it stands; null: in the list
    slot* add(sequence_number at) {
        const std::size_t own = thread_number();
        for (std::size_t i = 0; i < slots; ++i) {
            slot& candidate = slots_[(own + i) % slots];
            sequence_number free = 0;
            if (candidate.after.load(std::memory_order_relaxed) == 0 &&
                candidate.after.compare_exchange_strong(free, at + 1, std::memory_order_acq_rel))
                return &candidate;
        }
        if (!is_owner()) return nullptr;
        const std::scoped_lock lock(mutex_);
        list_.insert(std::ranges::upper_bound(list_, at), at);
        return nullptr;
    }
    void remove(slot* from, sequence_number at) noexcept {
        if (from) {
            from->after.exchange(0, std::memory_order_acq_rel);  // what `for_each` left stays known
            return;
        }
        if (!is_owner()) return;
        const std::scoped_lock lock(mutex_);
        list_.erase(std::ranges::lower_bound(list_, at));
    }

    /// Calls `f(number)` for each. It changes the slots that it looks at, if only to what they were: who
    /// takes one afterwards knows what the caller does, above all of the newest number.
    template <class F>
    void for_each(F&& f) {
        for (slot& each : slots_)
            if (const sequence_number after = each.after.fetch_add(0, std::memory_order_acq_rel))
                f(after - 1);
        const std::scoped_lock lock(mutex_);
        for (const sequence_number at : list_) f(at);
    }

    /// What `collect()` gives, which goes round all pins. The round begins again if a pin was copied meanwhile:
    /// the copy may stand where the round has been, and its original be gone where the round comes to.
    template <class Collect>
    auto whole_round(Collect collect) -> decltype(collect()) {
        for (;;) {
            const std::uint64_t before = copies_.load(std::memory_order_acquire);
            auto found = collect();
            if (copies_.load(std::memory_order_acquire) == before) return found;
        }
    }

    const pid_t owner_ = this_process::id();
    std::atomic<std::uint64_t> copies_ = 0;
    std::array<slot, slots> slots_;
    std::mutex mutex_;
    std::vector<sequence_number> list_;  // ascending
};

/// Holds one number in a set, which outlives it. Movable; copies hold it once more.
class pin {
public:
    pin() = default;
    pin(pin_set& set, sequence_number at) : set_(&set), at_(at), slot_(set.add(at)) {}
    /// The number that @p newest has. What it shows is not forgotten: whoever asked for all pins before
    /// this one stood among them knew of no newer number, and whoever asks afterwards finds it.
    pin(pin_set& set, const std::atomic<sequence_number>& newest)
        : pin(set, newest.load(std::memory_order_acquire)) {
        for (;;) {
            const sequence_number now = newest.load(std::memory_order_acquire);
            if (now == at_) return;
            *this = pin(set, now);
        }
    }
    pin(const pin& other) : pin(other.set_ ? pin(*other.set_, other.at_) : pin()) {
        if (set_)
            set_->copies_.fetch_add(1, std::memory_order_acq_rel);  // before the original goes
    }
    pin(pin&& other) noexcept
        : set_(std::exchange(other.set_, nullptr)), at_(other.at_), slot_(other.slot_) {}
    pin& operator=(pin other) noexcept {
        std::swap(set_, other.set_);
        std::swap(at_, other.at_);
        std::swap(slot_, other.slot_);
        return *this;
    }
    ~pin() {
        if (set_) set_->remove(slot_, at_);
    }

    /// Whether it was taken in this process. @pre it holds one
    [[nodiscard]] bool is_owned() const noexcept { return set_->is_owner(); }
    /// The number. @pre it holds one
    [[nodiscard]] sequence_number at() const noexcept { return at_; }

private:
    pin_set* set_ = nullptr;
    sequence_number at_ = no_sequence;
    pin_set::slot* slot_ = nullptr;
};

}  // namespace lsm::engine
