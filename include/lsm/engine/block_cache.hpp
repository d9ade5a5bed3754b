// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/pages.hpp>
#include <lsm/engine/block_memory.hpp>
#include <lsm/engine/epochs.hpp>
#include <lsm/engine/process.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace lsm::engine {

/// A block in memory, decoded and verified. Its table finds it through a pointer of the block's own,
/// its *home*, so that a hit is one load.
class cached_block : public reclaimable {
public:
    using home = std::atomic<const cached_block*>;

    /// @param bytes about how much memory it takes
    explicit cached_block(std::size_t bytes) noexcept : bytes_(bytes) {}
    virtual ~cached_block() = default;

    /// Says that a reader wanted it: it will be passed over once when room is made.
    void touch() const noexcept {
        if (!wanted_.load(std::memory_order_relaxed))
            wanted_.store(true, std::memory_order_relaxed);
    }

private:
    friend class block_cache;

    std::size_t bytes_;
    // Guarded by the cache.
    mutable home* home_ = nullptr;
    mutable const cached_block* before_ = nullptr;
    mutable const cached_block* after_ = nullptr;
    // Last, beside what readers want of the block.
    mutable std::atomic<bool> wanted_ = false;
};

/// Which blocks stay in memory, within a budget. They stand in a ring; where room is needed, a hand
/// goes round, lets go of each block that nobody wanted since it last came by, and spares the others
/// once (CLOCK). So a scan, which wants each block once, drives out little that lookups want. A block
/// that somebody still reads stays alive after it has gone from here. Any thread may use it.
class block_cache {
public:
    block_cache(std::size_t budget_bytes, std::shared_ptr<epochs> when)
        : when_(std::move(when)),
          memory_(std::make_shared<block_memory>(budget_bytes >= least_for_huge_pages)),
          budget_(budget_bytes) {}
    block_cache(const block_cache&) = delete;
    block_cache& operator=(const block_cache&) = delete;
    /// @pre all tables have let go of their blocks
    ~block_cache() = default;

    /// Whether it was made in this process. A child that inherited it leaves it alone: a thread of its
    /// parent may hold the lock for ever.
    [[nodiscard]] bool is_owner() const noexcept { return this_process::id() == owner_; }

    /// When blocks are let go of: readers enter before they look into a home.
    [[nodiscard]] epochs& when() const noexcept { return *when_; }

    /// Where blocks lie.
    [[nodiscard]] const std::shared_ptr<block_memory>& memory() const noexcept { return memory_; }

    /// Keeps a block that was fetched, if it fits, and lets @p home lead to it.
    /// @returns what home leads to now: another thread may have been faster
    std::shared_ptr<const cached_block> keep(std::shared_ptr<const cached_block> fetched,
                                             cached_block::home& home) noexcept {
        {
            const std::scoped_lock lock(mutex_);
            if (const cached_block* const there = home.load(std::memory_order_relaxed))
                return reclaimable::share(*there);
            if (fetched->bytes_ > budget_) return fetched;
            make_room(fetched->bytes_);
            reclaimable::publish(fetched);
            fetched->home_ = &home;
            link(*fetched);
            home.store(fetched.get(), std::memory_order_seq_cst);
        }
        when_->collect();
        return fetched;
    }
    /// From now on there is room for so many bytes: what does not fit any more goes.
    void set_budget(std::size_t bytes) noexcept {
        {
            const std::scoped_lock lock(mutex_);
            budget_ = bytes;
            make_room(0);
        }
        when_->collect();
    }
    /// Lets go of the block that @p home leads to, if any. @pre nobody looks there any more
    void forget(cached_block::home& home) noexcept {
        if (!is_owner()) return;
        const std::scoped_lock lock(mutex_);
        if (const cached_block* const gone = home.load(std::memory_order_relaxed)) drop(*gone);
    }

    /// Counts a block that had to be read from the medium.
    void count_fetch() noexcept { fetched_.fetch_add(1, std::memory_order_relaxed); }
    /// How many were counted.
    [[nodiscard]] std::uint64_t fetched() const noexcept {
        return fetched_.load(std::memory_order_relaxed);
    }
    /// Whether some more would drive nothing out.
    [[nodiscard]] bool has_room() const noexcept {
        const std::scoped_lock lock(mutex_);
        return used_ + budget_ / 16 < room();
    }
    /// Bytes kept now.
    [[nodiscard]] std::size_t bytes() const {
        const std::scoped_lock lock(mutex_);
        return used_;
    }

private:
    /// What blocks may take: the budget, and less where the memory that they lie in has grown beyond it by
    /// more than an eighth, so that new blocks find their places among those that went. It depends on
    /// what lies there, and not on what is let go of for it: so it takes hold once.
    [[nodiscard]] std::size_t room() const noexcept {
        const std::size_t all = (std::min)(used_, budget_) + memory_->idle_bytes();
        const std::size_t most = budget_ + budget_ / 8;
        return all <= most ? budget_ : budget_ - (std::min)(4 * (all - most), budget_ / 2);
    }
    void make_room(std::size_t bytes) noexcept {
        const std::size_t most = room();
        while (used_ > 0 && used_ + bytes > most) {
            const cached_block& seen = *hand_;
            if (seen.wanted_.exchange(false, std::memory_order_relaxed))
                hand_ = seen.after_;
            else
                drop(seen);
        }
    }
    /// Puts it where the hand comes last.
    void link(const cached_block& added) noexcept {
        used_ += added.bytes_;
        if (!hand_) hand_ = added.before_ = added.after_ = &added;
        added.after_ = hand_;
        added.before_ = std::exchange(hand_->before_, &added);
        added.before_->after_ = &added;
    }
    void drop(const cached_block& gone) noexcept {
        used_ -= gone.bytes_;
        gone.before_->after_ = gone.after_;
        gone.after_->before_ = gone.before_;
        if (hand_ == &gone) hand_ = gone.after_ == &gone ? nullptr : gone.after_;
        gone.home_->store(nullptr, std::memory_order_seq_cst);
        when_->retire(gone);
    }

    static constexpr std::size_t least_for_huge_pages = 16 * lsm::detail::huge_page;

    const pid_t owner_ = this_process::id();
    const std::shared_ptr<epochs> when_;
    const std::shared_ptr<block_memory> memory_;
    std::atomic<std::uint64_t> fetched_ = 0;
    mutable std::mutex mutex_;  // guards what follows
    std::size_t budget_;
    std::size_t used_ = 0;
    const cached_block* hand_ = nullptr;
};

}  // namespace lsm::engine
