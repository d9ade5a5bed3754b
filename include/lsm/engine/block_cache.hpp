// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace lsm::engine {

/// Decoded blocks, verified once when they were fetched, kept while they fit the budget; the least
/// recently used go first. A block that somebody still reads stays alive after it has gone from
/// here. Any thread may use it.
class block_cache {
public:
    /// Which block: a table's number and the block's place in it.
    using key = std::pair<std::uint64_t, std::size_t>;
    using block = std::shared_ptr<const void>;

    explicit block_cache(std::size_t budget_bytes) : budget_(budget_bytes) {}

    /// The block, or null.
    [[nodiscard]] block find(const key& which) {
        const std::scoped_lock lock(mutex_);
        const auto found = places_.find(which);
        if (found == places_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->held;
    }
    /// Keeps a block that takes so many bytes. Failing to find the memory for it is no failure.
    void insert(const key& which, block held, std::size_t bytes) noexcept {
        const std::scoped_lock lock(mutex_);
        if (bytes > budget_) return;
        try {
            const auto [place, is_new] = places_.try_emplace(which);
            if (!is_new) return;
            try {
                entries_.push_front({which, std::move(held), bytes});
            } catch (...) {
                places_.erase(place);
                throw;
            }
            place->second = entries_.begin();
        } catch (...) {  // not kept: the next reader fetches it again
            return;
        }
        used_ += bytes;
        while (used_ > budget_) forget(std::prev(entries_.end()));
    }
    /// Counts a block that had to be read from the medium.
    void count_fetch() noexcept { fetched_.fetch_add(1, std::memory_order_relaxed); }
    /// How many were counted.
    [[nodiscard]] std::uint64_t fetched() const noexcept {
        return fetched_.load(std::memory_order_relaxed);
    }
    /// Forgets all blocks of a table.
    void erase(std::uint64_t table) noexcept {
        const std::scoped_lock lock(mutex_);
        auto place = places_.lower_bound({table, 0});
        while (place != places_.end() && place->first.first == table) forget((place++)->second);
    }
    /// Bytes kept now.
    [[nodiscard]] std::size_t bytes() const {
        const std::scoped_lock lock(mutex_);
        return used_;
    }

private:
    struct entry {
        key which;
        block held;
        std::size_t bytes;
    };
    using entries = std::list<entry>;

    void forget(entries::iterator victim) noexcept {
        used_ -= victim->bytes;
        places_.erase(victim->which);
        entries_.erase(victim);
    }

    mutable std::mutex mutex_;
    std::size_t budget_;
    std::size_t used_ = 0;
    std::atomic<std::uint64_t> fetched_ = 0;
    entries entries_;  // most recently used first
    std::map<key, entries::iterator> places_;
};

}  // namespace lsm::engine
