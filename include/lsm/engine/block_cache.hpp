// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/pages.hpp>
#include <lsm/engine/block_memory.hpp>
#include <lsm/engine/clock_ring.hpp>
#include <lsm/engine/epochs.hpp>
#include <lsm/engine/process.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace lsm::engine {

/// A block in memory, decoded and verified. Its table finds it through a pointer of the block's own,
/// its *home*, so that a hit is one load.
class cached_block : public reclaimable, public clock_member {
public:
    using home = std::atomic<const cached_block*>;

    /// @param bytes about how much memory it takes
    explicit cached_block(std::size_t bytes) noexcept : bytes_(bytes) {}
    virtual ~cached_block() = default;

private:
    friend class block_cache;

    std::size_t bytes_;
    mutable home* home_ = nullptr;  // guarded by its part of the cache
};

/// Which blocks stay in memory, within a budget. A block that a reader still reads stays alive after it
/// was evicted. Any thread may use it.
///
/// The blocks lie in parts, by the hash of their homes. Each part has a lock and a ring of its own
/// (`engine/clock_ring.hpp`), so that readers that miss seldom wait for one another; no lock is held for
/// longer than one eviction. The budget is one for all parts, and holds exactly: a block takes its bytes
/// from the budget before it enters its part. A part that has three quarters of an equal share makes room
/// itself. Below that, the fullest part does. So the parts stay alike, and a block may be larger than a
/// share.
class block_cache {
public:
    block_cache(std::size_t budget_bytes, std::shared_ptr<epochs> when)
        : when_(std::move(when)),
          memory_(std::make_shared<block_memory>(budget_bytes >= least_for_huge_pages)),
          budget_(budget_bytes), count_(parts_for(budget_bytes)),
          parts_(std::make_unique<part[]>(count_)) {}
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

    /// Keeps a block that was fetched, if it fits, and lets @p home lead to it. O(1), and the evictions
    /// that its bytes need.
    /// @returns what home leads to now: another thread may have been faster
    std::shared_ptr<const cached_block> keep(std::shared_ptr<const cached_block> fetched,
                                             cached_block::home& home) noexcept {
        const std::size_t bytes = fetched->bytes_;
        if (bytes > budget_.load(std::memory_order_relaxed)) return fetched;
        part& own = part_of(home);
        used_.fetch_add(bytes, std::memory_order_relaxed);
        if (!home.load(std::memory_order_relaxed)) make_room(own, bytes);
        if (auto there = enter(own, fetched, home)) {
            used_.fetch_sub(bytes, std::memory_order_relaxed);
            return there;
        }
        when_->collect();
        return fetched;
    }
    /// From now on there is room for so many bytes: what does not fit any more goes.
    void set_budget(std::size_t bytes) noexcept {
        budget_.store(bytes, std::memory_order_relaxed);
        while (used_.load(std::memory_order_relaxed) > room() && evict_from(fullest())) {
        }
        when_->collect();
    }
    /// Lets go of the block that @p home leads to, if any. @pre nobody looks there any more
    void forget(cached_block::home& home) noexcept {
        if (!is_owner()) return;
        part& own = part_of(home);
        const std::scoped_lock lock(own.mutex);
        if (const cached_block* const gone = home.load(std::memory_order_relaxed)) drop(own, *gone);
    }

    /// Counts a block that had to be read from the medium.
    void count_fetch() noexcept { fetched_.fetch_add(1, std::memory_order_relaxed); }
    /// How many were counted.
    [[nodiscard]] std::uint64_t fetched() const noexcept {
        return fetched_.load(std::memory_order_relaxed);
    }
    /// Whether some more would evict nothing.
    [[nodiscard]] bool has_room() const noexcept {
        return bytes() + budget_.load(std::memory_order_relaxed) / 16 < room();
    }
    /// Bytes kept now, and those of blocks that are about to be kept.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return used_.load(std::memory_order_relaxed);
    }

private:
    /// The blocks whose homes have one hash.
    struct alignas(64) part {
        std::mutex mutex;
        clock_ring blocks;                  // guarded by the lock, and so is who writes the next
        std::atomic<std::size_t> used = 0;  // bytes
    };

    static constexpr std::size_t least_for_huge_pages = 16 * lsm::detail::huge_page;
    static constexpr std::size_t least_share = std::size_t{8} << 20;
    static constexpr std::size_t most_parts = 64;
    /// How many blocks a miss evicts beyond its own bytes, where more than these are to go.
    static constexpr std::size_t most_more = 16;

    [[nodiscard]] static std::size_t parts_for(std::size_t budget) noexcept {
        return std::bit_floor(std::clamp(budget / least_share, std::size_t{1}, most_parts));
    }
    [[nodiscard]] part& part_of(const cached_block::home& home) const noexcept {
        const auto at = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&home));
        return parts_[(at * 0x9e3779b97f4a7c15U >> 32) & (count_ - 1)];
    }
    [[nodiscard]] part& fullest() const noexcept {
        return *std::max_element(parts_.get(), parts_.get() + count_,
                                 [](const part& a, const part& b) { return a.used < b.used; });
    }
    /// What blocks may take: the budget, and less where the memory that they lie in has grown beyond it by
    /// more than an eighth, so that new blocks find their places among those that went. It depends on
    /// what lies there, and not on what is let go of for it: so it takes hold once.
    [[nodiscard]] std::size_t room() const noexcept {
        const std::size_t budget = budget_.load(std::memory_order_relaxed);
        const std::size_t all = (std::min)(bytes(), budget) + memory_->idle_bytes();
        const std::size_t most = budget + budget / 8;
        return all <= most ? budget : budget - (std::min)(4 * (all - most), budget / 2);
    }
    /// Evicts until all fits, where a block of so many bytes will enter @p own. If `room` has shrunk by
    /// more, the next misses evict the rest.
    void make_room(part& own, std::size_t bytes) noexcept {
        const std::size_t share = budget_.load(std::memory_order_relaxed) / count_;
        std::size_t evicted = 0;
        for (std::size_t n = 0; used_.load(std::memory_order_relaxed) > room(); ++n) {
            if (evicted >= bytes && n >= most_more) return;
            const std::size_t has = own.used.load(std::memory_order_relaxed);
            const bool is_full = has > 0 && has >= share - share / 4;
            const std::optional<std::size_t> gone = evict_from(is_full ? own : fullest());
            if (!gone) return;  // the bytes are those of blocks that enter at the moment
            evicted += *gone;
        }
    }
    /// @returns the bytes of the evicted block; nothing if the part was empty
    std::optional<std::size_t> evict_from(part& full) noexcept {
        const std::scoped_lock lock(full.mutex);
        const auto* const next = static_cast<const cached_block*>(full.blocks.next());
        if (!next) return std::nullopt;
        const std::size_t bytes = next->bytes_;
        drop(full, *next);
        return bytes;
    }
    /// Puts a block whose bytes are counted into its part. @returns the block that is there already
    std::shared_ptr<const cached_block> enter(part& own,
                                              const std::shared_ptr<const cached_block>& fetched,
                                              cached_block::home& home) noexcept {
        const std::scoped_lock lock(own.mutex);
        if (const cached_block* const there = home.load(std::memory_order_relaxed))
            return reclaimable::share(*there);
        reclaimable::publish(fetched);
        fetched->home_ = &home;
        own.blocks.add(*fetched);
        own.used.fetch_add(fetched->bytes_, std::memory_order_relaxed);
        home.store(fetched.get(), std::memory_order_seq_cst);
        return nullptr;
    }
    /// @pre the part's lock is held
    void drop(part& own, const cached_block& gone) noexcept {
        used_.fetch_sub(gone.bytes_, std::memory_order_relaxed);
        own.used.fetch_sub(gone.bytes_, std::memory_order_relaxed);
        own.blocks.remove(gone);
        gone.home_->store(nullptr, std::memory_order_seq_cst);
        when_->retire(gone);
    }

    const pid_t owner_ = this_process::id();
    const std::shared_ptr<epochs> when_;
    const std::shared_ptr<block_memory> memory_;
    std::atomic<std::uint64_t> fetched_ = 0;
    std::atomic<std::size_t> budget_;
    std::atomic<std::size_t> used_ = 0;  // by all parts, and by blocks that enter
    const std::size_t count_;            // a power of two
    const std::unique_ptr<part[]> parts_;
};

}  // namespace lsm::engine
