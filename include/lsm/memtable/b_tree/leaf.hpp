// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/hash.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/entropy.hpp>
#include <lsm/memtable/arena.hpp>
#include <lsm/memtable/b_tree/key_version.hpp>
#include <lsm/memtable/b_tree/mark.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace lsm::detail {

/// The keys of [`low`, the next leaf's `low`), unsorted: a slot each, with the key's head and its
/// newest version, and beside the slots a byte of each key's hash, its *fingerprint*, by which a
/// search picks the slots that it looks at. A leaf stays where it is, and so does its lower bound;
/// splits move its upper bound down. One thread changes it, any number read it meanwhile:
///
/// 1. A key stays in its slot until a split moves it to a new leaf on the right.
/// 2. A split shows the new leaf, then moves the bound, and only then are the slots of what moved used
///    again. So a reader that misses its key, or meets another in the key's slot, looks at the bound
///    once more, and goes right if it has passed the key.
/// 3. What the writer stores with release, readers load with acquire: who sees a slot used again sees
///    the bound.
template <class Key, class Payload, class Shape>
class b_tree_leaf {
public:
    using mark = key_mark<Key, Shape::heads>;
    using version = key_version<Key, Payload>;

    static constexpr std::size_t slots = Shape::leaf_slots;
    static_assert(slots % 8 == 0 && 8 <= slots && slots <= 64);

    /// The leaf that a split made, and a bit for each slot of the old one whose key it has.
    struct half {
        b_tree_leaf* right;
        std::uint64_t moved;
    };

    /// @param low nothing is less; the first leaf's is never looked at
    explicit b_tree_leaf(const mark& low) : low_(low) {}

    [[nodiscard]] const mark& low() const noexcept { return low_; }
    /// The leaf on the right, null behind the last.
    [[nodiscard]] b_tree_leaf* next() const noexcept {
        return next_.load(std::memory_order_acquire);
    }
    /// Whether a key belongs further right.
    [[nodiscard]] bool ends_before(const mark& key) const {
        if (key.head() < bound_.load(std::memory_order_acquire)) return false;
        const b_tree_leaf* const behind = next();
        return behind && !(key < behind->low_);
    }

    [[nodiscard]] static std::uint8_t fingerprint_of(const typename mark::key_view& key) {
        constexpr std::uint64_t spread = 0x9e3779b97f4a7c15U;  // low bits over the high ones
        if constexpr (!Shape::fingerprints)
            return 0;
        else if constexpr (head_is_exact<Key>)
            return static_cast<std::uint8_t>(head_of<Key>(key) * spread >> 56);
        else
            return static_cast<std::uint8_t>(hash_of<Key>(key, lsm::detail::process_seed()) >> 56);
    }

    /// The newest version of a key, null if it is not here. For readers.
    [[nodiscard]] const version* find(const mark& key, std::uint8_t fingerprint) const {
        const version* found = nullptr;
        for_each_match(key, fingerprint, [&](std::size_t, const version& here) {
            if (mark_of(here) == key) found = &here;
            return found != nullptr;
        });
        return found;
    }
    /// Calls `f(head, newest version)` for every slot that was ever used: also for keys that have moved.
    template <class F>
    void for_each(F f) const {
        for (const slot& each : slots_)
            if (const auto [head, here] = each.read(); here) f(head, *here);
    }

    /// @name For the writer
    /// @{

    /// The slot of a key, `slots` if it is not here.
    [[nodiscard]] std::size_t slot_of(const mark& key, std::uint8_t fingerprint) const {
        std::size_t found = slots;
        for_each_match(key, fingerprint, [&](std::size_t at, const version& here) {
            bool is_here = (live_ >> at & 1) != 0;
            if constexpr (!mark::is_exact) is_here = is_here && mark_of(here) == key;
            if (is_here) found = at;
            return is_here;
        });
        return found;
    }
    [[nodiscard]] const version& newest(std::size_t at) const noexcept {
        return *slots_[at].newest.load(std::memory_order_relaxed);
    }
    void renew(std::size_t at, const version& newest) noexcept {
        slots_[at].newest.store(&newest, std::memory_order_release);
    }

    [[nodiscard]] bool is_full() const noexcept { return live_ == all_slots; }
    /// @pre not full; the key belongs here, and is new
    void put(const mark& key, std::uint8_t fingerprint, const version& newest) noexcept {
        LSM_ASSERT(!is_full());
        const auto at = static_cast<std::size_t>(std::countr_one(live_));
        live_ |= bit(at);
        slots_[at].write(key.head(), newest);
        std::atomic<std::uint64_t>& eight = fingerprints_[at / 8];
        const std::size_t shift = at % 8 * 8;
        const std::uint64_t others =
            eight.load(std::memory_order_relaxed) & ~(std::uint64_t{0xff} << shift);
        eight.store(others | std::uint64_t{fingerprint} << shift, std::memory_order_release);
    }

    /// The greater half of a full leaf, in a leaf that nobody sees yet; an empty one where a new key is
    /// greater than all, so that keys in ascending order fill their leaves.
    /// @throws what comparing and allocating throw; nothing has changed then
    [[nodiscard]] half split(arena& in, const mark& added) const {
        std::array<item, slots> items;
        for (std::size_t at = 0; at < slots; ++at) items[at] = {mark_at(at), at};
        const auto less = [](const item& a, const item& b) { return a.key < b.key; };
        const auto middle = items.begin() + slots / 2;
        std::nth_element(items.begin(), middle, items.end(), less);
        const bool is_greatest =
            middle->key < added && std::max_element(middle, items.end(), less)->key < added;

        half made{in.make<b_tree_leaf>(is_greatest ? added : middle->key), 0};
        made.right->next_.store(next(), std::memory_order_relaxed);
        made.right->bound_.store(bound_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        if (is_greatest) return made;
        for (auto each = middle; each != items.end(); ++each) {
            made.right->put(each->key, fingerprint_at(each->slot), newest(each->slot));
            made.moved |= bit(each->slot);
        }
        return made;
    }
    /// Shows readers the new leaf, and uses the slots again whose keys it has.
    void hand_over(const half& made) noexcept {
        next_.store(made.right, std::memory_order_release);
        Shape::between_stores();
        bound_.store(made.right->low_.head(), std::memory_order_release);
        live_ &= ~made.moved;
    }

    /// Calls `f(newest version)` for each key.
    template <class F>
    void for_each_live(F f) const {
        for (std::uint64_t left = live_; left != 0; left &= left - 1)
            f(newest(static_cast<std::size_t>(std::countr_zero(left))));
    }

    /// @}

private:
    /// A key's head, and its newest version: null while the slot gets another key, so that whoever finds
    /// one version before and after the head has read what belongs together.
    struct slot {
        std::atomic<std::uint64_t> head = 0;
        std::atomic<const version*> newest = nullptr;

        void write(std::uint64_t of, const version& to) noexcept {
            newest.store(nullptr, std::memory_order_release);  // whoever sees it knows of the split
            head.store(of, std::memory_order_release);
            newest.store(&to, std::memory_order_release);
        }
        [[nodiscard]] std::pair<std::uint64_t, const version*> read() const noexcept {
            const version* before = newest.load(std::memory_order_acquire);
            for (;;) {
                const std::uint64_t here = head.load(std::memory_order_acquire);
                const version* const after = newest.load(std::memory_order_acquire);
                if (before == after) return {here, before};
                before = after;
            }
        }
    };
    struct item {
        mark key;
        std::size_t slot;
    };

    static constexpr std::size_t cache_line = 64;
    static constexpr std::uint64_t all_slots = (std::numeric_limits<std::uint64_t>::max)() >>
                                               (64 - slots);

    static constexpr std::uint64_t bit(std::size_t at) noexcept { return std::uint64_t{1} << at; }
    static mark mark_of(const version& of) { return mark::of(codec<Key>::as_view(of.key())); }

    [[nodiscard]] mark mark_at(std::size_t at) const {
        if constexpr (mark::is_exact)
            return mark::of_head(slots_[at].head.load(std::memory_order_relaxed));
        else
            return mark_of(newest(at));
    }
    [[nodiscard]] std::uint8_t fingerprint_at(std::size_t at) const noexcept {
        return static_cast<std::uint8_t>(fingerprints_[at / 8].load(std::memory_order_relaxed) >>
                                         at % 8 * 8);
    }

    /// Calls `f(slot, newest version)` for slots with the fingerprint and the head of a key, until it
    /// returns true.
    template <class F>
    void for_each_match(const mark& key, std::uint8_t fingerprint, F f) const {
        constexpr std::uint64_t ones = 0x0101010101010101U;
        constexpr std::uint64_t tops = 0x8080808080808080U;
        for (std::size_t eight = 0; eight < slots / 8; ++eight) {
            // Equal bytes become zero. The lowest zero is found for certain; a byte above it that
            // is taken for one by mistake is told apart by the head.
            const std::uint64_t differs =
                fingerprints_[eight].load(std::memory_order_acquire) ^ ones * fingerprint;
            std::uint64_t equal = (differs - ones) & ~differs & tops;
            for (; equal != 0; equal &= equal - 1) {
                const std::size_t at =
                    8 * eight + static_cast<std::size_t>(std::countr_zero(equal)) / 8;
                if (slots_[at].head.load(std::memory_order_acquire) != key.head()) continue;
                const version* const here = slots_[at].newest.load(std::memory_order_acquire);
                if (here && f(at, *here)) return;
            }
        }
    }

    mark low_;
    std::atomic<b_tree_leaf*> next_ = nullptr;
    /// The head of the next leaf's lower bound.
    std::atomic<std::uint64_t> bound_ = (std::numeric_limits<std::uint64_t>::max)();
    std::uint64_t live_ = 0;  ///< the writer's: a bit for each slot whose key is this leaf's
    alignas(cache_line) std::array<std::atomic<std::uint64_t>, slots / 8> fingerprints_{};
    alignas(cache_line) std::array<slot, slots> slots_;
};

}  // namespace lsm::detail
