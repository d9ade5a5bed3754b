// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/footprint.hpp>
#include <lsm/memtable/memtable.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace lsm {

/// Recent writes in a skip list (Pugh, "Skip lists: a probabilistic alternative to balanced trees",
/// CACM 33(6), 1990): a sorted list with ever sparser lists above it as shortcuts. Inserts and finds
/// are O(log n) expected. Choose it when many threads read what one writes.
///
///     level 2   head -----------------> d ---------------> end
///     level 1   head ------> b -------> d ------> f -----> end
///     level 0   head -> a -> b -> c -> d -> e -> f -> g -> end
///                                      |
///                            versions: 9 -> 4 -> 2
///
/// A key has one node, which holds as many links as its tower is high, and the key's versions,
/// chained newest first. A quarter of the nodes of each level reach the next one; the seed decides
/// which, so that equal inserts build equal lists.
///
/// Thread safety. One thread at a time may call `insert`; whoever hands the writing on synchronises
/// with the next. Any number of threads may call everything else, cursors included, at any time and
/// without a lock: they never wait. A cursor belongs to one thread. Construction and destruction
/// exclude all else. A reader that learned of a sequence number from whoever inserted it sees that
/// version and all before it; it may meet newer ones too, and skips them by their number.
///
/// Invariants, on which readers rely:
/// 1. A node's key and the sequence number, payload and `older` of a version never change once they
///    are linked.
/// 2. Links and `newest` are the only things that change. They are stored with release after all that
///    they lead to is complete, and loaded with acquire.
/// 3. A node is linked from level 0 up, so a node met at one level is there at all levels below.
/// 4. Nothing is unlinked or freed before the memtable is destroyed. So what a cursor shows stays,
///    readers need not announce themselves, and `floor` has no effect: old versions all stay.
/// 5. Whatever may throw (comparing, allocating, moving the key) is done before the first link is
///    stored, so a failed insert changes nothing.
struct skip_list_memtable {
    std::size_t max_bytes = std::size_t{4} << 20;  ///< freeze at about so much memory
    std::size_t max_entries =
        (std::numeric_limits<std::size_t>::max)();  ///< freeze at so many keys
    std::uint64_t seed = 1;                         ///< decides how high each key's tower is

    template <class Key, class Payload>
    class memtable;
};

namespace detail {

/// Draws the heights of towers: each height a quarter as often as the one below it. The numbers are
/// an xorshift generator's, scrambled by a product (Vigna, "An experimental exploration of
/// Marsaglia's xorshift generators, scrambled", 2016).
class tower_heights {
public:
    static constexpr std::size_t max_height = 12;  ///< enough for 4^12, about 16 million keys

    explicit tower_heights(std::uint64_t seed) noexcept : state_(seed == 0 ? 1 : seed) {}

    /// From 1 to `max_height`.
    [[nodiscard]] std::size_t draw() noexcept {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        const std::uint64_t bits = state_ * 0x2545f4914f6cdd1dU;
        const auto zero_pairs = static_cast<std::size_t>(std::countl_zero(bits)) / 2;
        return zero_pairs < max_height ? zero_pairs + 1 : max_height;
    }

private:
    std::uint64_t state_;  // never zero
};

}  // namespace detail

/// Meets `lsm::memtable`. Neither copied nor moved: readers hold its address.
template <class Key, class Payload>
class skip_list_memtable::memtable {
    struct version;
    struct node;
    using link = std::atomic<node*>;
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    static constexpr memtable_sharing sharing = memtable_sharing::single_writer;
    static constexpr bool entries_stay = true;

    class cursor_type;

    explicit memtable(const skip_list_memtable& policy) : heights_(policy.seed) {}
    memtable(const memtable&) = delete;
    memtable& operator=(const memtable&) = delete;
    ~memtable();

    void insert(Key key, sequence_number sequence, Payload payload, sequence_number floor);

    template <class F>
    void find(const key_view& key, sequence_number at, F&& f) const {
        const node* const found = first_not_before(key);
        if (!found || less(key, found->key)) return;
        const version* here = found->newest.load(std::memory_order_acquire);
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
    [[nodiscard]] cursor_type cursor(direction way) const { return cursor_type(*this, way); }

private:
    static constexpr std::size_t max_height = detail::tower_heights::max_height;
    static constexpr std::size_t cache_line = 64;

    /// The last node before a place at each level; null stands for the head.
    using path = std::array<node*, max_height>;

    /// Both sides of a place, null where there is no node. A reader that asked once more what lies
    /// behind `before` could be told of a node that was linked meanwhile, on the wrong side.
    struct gap {
        node* before;
        node* behind;
    };

    static bool less(const auto& a, const auto& b) { return key_less<Key>{}(a, b); }

    /// The node behind @p at, or behind the head if that is null.
    [[nodiscard]] node* after(const node* at, std::size_t level) const noexcept {
        return (at ? at->tower() : head_.data())[level].load(std::memory_order_acquire);
    }
    template <class Before>
    gap descend(Before before, path* passed = nullptr) const;

    [[nodiscard]] node* first_not_before(const key_view& key) const {
        return descend([&](const Key& here) { return less(here, key); }).behind;
    }
    [[nodiscard]] node* last_before(const key_view& key) const {
        return descend([&](const Key& here) { return less(here, key); }).before;
    }
    [[nodiscard]] node* last_not_after(const key_view& key) const {
        return descend([&](const Key& here) { return !less(key, here); }).before;
    }
    [[nodiscard]] node* last() const {
        return descend([](const Key&) { return true; }).before;
    }

    void push(node& at, std::unique_ptr<version> added) noexcept;
    void link_in(node& added, std::size_t height, const path& passed) noexcept;

    /// Adds to a number that only the writer writes: no other thread's addition can be lost.
    static void add(std::atomic<std::size_t>& to, std::size_t more) noexcept {
        to.store(to.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }

    std::array<link, max_height> head_{};

    // Written by every insert, so apart from the head, where every search begins.
    alignas(cache_line) std::atomic<std::size_t> entries_ = 0;
    std::atomic<std::size_t> bytes_ = 0;
    detail::tower_heights heights_;
};

/// One version of a key.
template <class Key, class Payload>
struct skip_list_memtable::memtable<Key, Payload>::version {
    sequence_number sequence;
    Payload payload;
    const version* older = nullptr;

    version(sequence_number number, Payload&& content)
        : sequence(number), payload(std::move(content)) {}
};

/// A key, its versions and, behind it in the same piece of memory, its tower of links.
template <class Key, class Payload>
struct skip_list_memtable::memtable<Key, Payload>::node {
    const Key key;
    std::atomic<const version*> newest;

    [[nodiscard]] static constexpr std::size_t bytes(std::size_t height) noexcept {
        return sizeof(node) + height * sizeof(link);
    }

    /// @throws what allocating and moving the key throw; nothing is left behind then
    [[nodiscard]] static node* make(Key&& key, const version* first, std::size_t height) {
        void* const memory = ::operator new(bytes(height), std::align_val_t{alignof(node)});
        try {
            return ::new (memory) node(std::move(key), first, height);
        } catch (...) {
            ::operator delete(memory, std::align_val_t{alignof(node)});
            throw;
        }
    }

    /// Frees a node with its versions, one after another, so that a long chain needs no deep stack.
    static void destroy(node* old) noexcept {
        for (const version* here = old->newest.load(std::memory_order_relaxed); here;)
            delete std::exchange(here, here->older);
        old->~node();
        ::operator delete(old, std::align_val_t{alignof(node)});
    }

    [[nodiscard]] const link* tower() const noexcept {
        return std::launder(reinterpret_cast<const link*>(this + 1));
    }
    [[nodiscard]] link* tower() noexcept { return std::launder(reinterpret_cast<link*>(this + 1)); }

private:
    node(Key&& moved, const version* first, std::size_t height)
        : key(std::move(moved)), newest(first) {
        static_assert(alignof(node) >= alignof(link) && std::is_trivially_destructible_v<link>);
        std::uninitialized_value_construct_n(reinterpret_cast<link*>(this + 1), height);
    }
};

template <class Key, class Payload>
skip_list_memtable::memtable<Key, Payload>::~memtable() {
    for (node* here = after(nullptr, 0); here;) node::destroy(std::exchange(here, after(here, 0)));
}

/// The place up to which @p before holds for the keys, and not from there on: at each level as far as
/// that goes, then one level down.
template <class Key, class Payload>
template <class Before>
auto skip_list_memtable::memtable<Key, Payload>::descend(Before before, path* passed) const -> gap {
    node* last = nullptr;
    node* refused = nullptr;  // met again at the levels below, and not compared again
    for (std::size_t level = max_height; level-- > 0;) {
        node* next = after(last, level);
        while (next && next != refused && before(next->key)) {
            last = next;
            next = after(last, level);
        }
        refused = next;
        if (passed) (*passed)[level] = last;
    }
    return {last, refused};
}

template <class Key, class Payload>
void skip_list_memtable::memtable<Key, Payload>::insert(Key key, sequence_number sequence,
                                                        Payload payload, sequence_number) {
    auto added = std::make_unique<version>(sequence, std::move(payload));
    const std::size_t version_bytes = sizeof(version) + heap_bytes(added->payload);
    path passed{};
    const key_view& seen = codec<Key>::as_view(key);
    const gap place = descend([&](const Key& here) { return less(here, seen); }, &passed);

    if (node* const found = place.behind; found && !less(seen, found->key)) {
        push(*found, std::move(added));
        add(bytes_, version_bytes);
    } else {
        const std::size_t height = heights_.draw();
        const std::size_t node_bytes = node::bytes(height) + heap_bytes(key);
        node* const made = node::make(std::move(key), added.get(), height);
        static_cast<void>(added.release());  // the node's now
        link_in(*made, height, passed);
        add(bytes_, version_bytes + node_bytes);
        add(entries_, 1);
    }
}

/// @pre `added` is newer than all versions of the node
template <class Key, class Payload>
void skip_list_memtable::memtable<Key, Payload>::push(node& at,
                                                      std::unique_ptr<version> added) noexcept {
    added->older = at.newest.load(std::memory_order_relaxed);
    LSM_ASSERT(added->older->sequence < added->sequence);
    at.newest.store(added.release(), std::memory_order_release);
}

/// First the links of the new node, which nobody sees yet, then those to it, from level 0 up.
template <class Key, class Payload>
void skip_list_memtable::memtable<Key, Payload>::link_in(node& added, std::size_t height,
                                                         const path& passed) noexcept {
    for (std::size_t level = 0; level < height; ++level)
        added.tower()[level].store(after(passed[level], level), std::memory_order_relaxed);
    for (std::size_t level = 0; level < height; ++level) {
        link* const before = passed[level] ? passed[level]->tower() : head_.data();
        before[level].store(&added, std::memory_order_release);
    }
}

/// A node and a version of it. A step backward is a search for the node before, O(log n): nodes have
/// no links back, which could not be kept in step with those forward without a lock.
template <class Key, class Payload>
class skip_list_memtable::memtable<Key, Payload>::cursor_type {
public:
    cursor_type(const memtable& table, direction way) noexcept : table_(&table), way_(way) {}

    void seek_first() {
        settle(way_ == direction::forward ? table_->after(nullptr, 0) : table_->last());
    }
    void seek(const key_view& key) {
        settle(way_ == direction::forward ? table_->first_not_before(key)
                                          : table_->last_not_after(key));
    }
    void next() {
        if (version_->older)
            version_ = version_->older;
        else if (way_ == direction::forward)
            settle(table_->after(at_, 0));
        else
            settle(table_->last_before(codec<Key>::as_view(at_->key)));
    }
    [[nodiscard]] bool valid() const noexcept { return version_ != nullptr; }
    [[nodiscard]] const Key& key() const noexcept { return at_->key; }
    [[nodiscard]] sequence_number sequence() const noexcept { return version_->sequence; }
    [[nodiscard]] const Payload& payload() const noexcept { return version_->payload; }

private:
    void settle(const node* at) noexcept {
        at_ = at;
        version_ = at ? at->newest.load(std::memory_order_acquire) : nullptr;
    }

    const memtable* table_;
    direction way_;
    const node* at_ = nullptr;
    const version* version_ = nullptr;
};

}  // namespace lsm
