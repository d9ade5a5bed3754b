// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/arena.hpp>
#include <lsm/memtable/b_tree/cursor.hpp>
#include <lsm/memtable/b_tree/tree.hpp>
#include <lsm/memtable/footprint.hpp>
#include <lsm/memtable/memtable.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace lsm {

/// Recent writes in a B+tree whose leaves are not sorted: an insert fills a slot and moves nothing.
/// Cursors sort a leaf when they come to it. A search costs about three cache misses that depend on
/// one another, however many keys there are: inner nodes are few and stay in the cache, a leaf's
/// fingerprints tell which slot to look at, and the slot leads to the version. Choose it in doubt, when
/// keys have a head (`lsm::key_head`): numbers, strings, and what begins with one.
///
///     inner     [ . m ] ---------------+
///                 |                    v
///     leaves    [ f b h k c . . . ] -> [ p m . . . . . . ] ->
///                   |
///         versions: 9 -> 4 -> 2
///
/// The leaves with fingerprints are those of the FPTree (Oukid et al., SIGMOD 2016) and of Wormhole (Wu,
/// Ni, Jiang, arXiv 1805.02200); that a leaf knows its right neighbour, so that a search which a split
/// overtakes goes right, is the B-link tree's idea (Lehman, Yao, TODS 6(4), 1981).
///
/// Thread safety. One thread at a time may call `insert`; whoever hands the writing on synchronises
/// with the next. Any number of threads may call everything else, cursors included, at any time and
/// without a lock: they never wait. A cursor belongs to one thread. Construction and destruction
/// exclude all else. A reader that learned of a sequence number from whoever inserted it sees that
/// version. How nodes may be read while they change: `b_tree/leaf.hpp`, `b_tree/inner.hpp`.
///
/// Keys, payloads and versions lie in an arena. They never move or change, and go when the memtable
/// does, so what was found is valid as long as the memtable; floors are not made use of. Equal keys
/// must hash equal, the law of `lsm::hash_of`. A failed insert changes nothing.
struct b_tree_memtable {
    std::size_t max_bytes = std::size_t{4} << 20;  ///< freeze at about so much memory
    std::size_t max_entries =
        (std::numeric_limits<std::size_t>::max)();  ///< freeze at so many keys

    template <class Key, class Payload>
    class memtable;
};

namespace detail {

/// The widths of nodes, and which ideas are used: chosen by benchmarks/memtable, which switches them
/// one by one.
struct b_tree_shape {
    static constexpr std::size_t leaf_slots = 64;
    static constexpr std::size_t inner_sorted = 16;
    static constexpr std::size_t inner_appended = 4;
    static constexpr bool fingerprints = true;
    static constexpr bool heads = true;
    static constexpr bool huge_pages = true;
    /// Leaves are put in order by counting, where heads are whole keys: faster in wide registers only.
#if defined(__AVX2__)
    static constexpr bool counts_to_sort = true;
#else
    static constexpr bool counts_to_sort = false;
#endif

    /// Called between the stores by which readers come to see a split: tests read there.
    static void between_stores() noexcept {}
};

/// Meets `lsm::memtable`. Neither copied nor moved: readers hold its address.
template <class Key, class Payload, class Shape>
class b_tree_table {
    using tree = b_tree<Key, Payload, Shape>;
    using leaf = typename tree::leaf;
    using mark = typename tree::mark;
    using version = typename tree::version;
    using key_view = typename mark::key_view;

public:
    static constexpr memtable_sharing sharing = memtable_sharing::single_writer;
    static constexpr bool entries_stay = true;

    using cursor_type = b_tree_cursor<Key, Payload, Shape>;

    void insert(Key key, sequence_number sequence, Payload payload, sequence_number) {
        const std::size_t payload_bytes = heap_bytes(payload);
        const key_view& seen = codec<Key>::as_view(key);
        const mark sought = mark::of(seen);
        const std::uint8_t fingerprint = leaf::fingerprint_of(seen);
        const typename tree::path way = nodes_.path_to(sought);

        if (const std::size_t at = way.home->slot_of(sought, fingerprint); at != leaf::slots) {
            const version& newest = way.home->newest(at);
            way.home->renew(at, *version::next(memory_, newest, key, sequence, std::move(payload)));
            count(0, payload_bytes);
        } else {
            const std::size_t key_bytes = heap_bytes(key);
            made_version made(
                version::first(memory_, std::move(key), sequence, std::move(payload)));
            const mark added = mark::of(codec<Key>::as_view(made->key()));
            leaf& home = way.home->is_full() ? nodes_.split(way, added) : *way.home;
            home.put(added, fingerprint, *made.release());
            count(1, key_bytes + payload_bytes);
        }
    }

    template <class F>
    void find(const key_view& key, sequence_number at, F&& f) const {
        const version* here = nodes_.find(mark::of(key), leaf::fingerprint_of(key));
        while (here && here->sequence > at) here = here->older;
        for (; here; here = here->older)
            if (!f(here->sequence, here->payload)) return;
    }

    [[nodiscard]] std::size_t entries() const noexcept {
        return entries_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return bytes_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] cursor_type cursor(direction way) const { return cursor_type(nodes_, way); }

private:
    struct destroy_version {
        void operator()(const version* made) const noexcept { version::destroy(made); }
    };
    using made_version = std::unique_ptr<const version, destroy_version>;

    /// Counts an insert that has happened. Only the writer writes these numbers, so no addition of
    /// another thread can be lost.
    void count(std::size_t new_keys, std::size_t outside) noexcept {
        outside_ += outside;
        bytes_.store(memory_.used() + outside_, std::memory_order_relaxed);
        entries_.store(entries() + new_keys, std::memory_order_relaxed);
    }

    arena memory_{Shape::huge_pages};
    tree nodes_{memory_};
    std::size_t outside_ = 0;  // what keys and payloads hold outside the arena
    std::atomic<std::size_t> entries_ = 0;
    std::atomic<std::size_t> bytes_ = 0;
};

}  // namespace detail

template <class Key, class Payload>
class b_tree_memtable::memtable : public detail::b_tree_table<Key, Payload, detail::b_tree_shape> {
public:
    explicit memtable(const b_tree_memtable&) {}
};

}  // namespace lsm
