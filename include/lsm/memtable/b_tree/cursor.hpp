// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/shared_beginning.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/b_tree/tree.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace lsm::detail {

/// A position among the versions of a leaf, whose keys it puts in order for itself: all of them where it
/// walks on from leaf to leaf, and the nearest few where it was sent to a key, since a seek seldom goes
/// far in a memtable. Leaves and versions do not move, so inserts change nothing of what it shows.
///
/// Where the leaf ends is read after its keys, so a split meanwhile hides none: a key below the end was
/// in its slot all the time. Should the new end be one that the cursor was on its way past, it goes on
/// into the leaf behind.
template <class Key, class Payload, class Shape>
class b_tree_cursor {
    using tree = b_tree<Key, Payload, Shape>;
    using leaf = typename tree::leaf;
    using mark = typename tree::mark;
    using key_view = typename mark::key_view;
    using beginning = shared_beginning<Key>;
    using version = typename tree::version;
    static constexpr bool may_be_told_apart =
        mark::has_head && !mark::is_exact && beginning::is_worth_a_look;

public:
    b_tree_cursor(const tree& nodes, direction way) noexcept : tree_(&nodes), way_(way) {}

    void seek_first() {
        version_ = nullptr;
        if (way_ == direction::forward)
            enter(to_first{});
        else
            enter(to_last{});
        sort_all();
        show_from(0);
    }
    void seek(const key_view& key) {
        version_ = nullptr;
        const mark sought = mark::of(key);
        enter(up_to<mark>{sought});
        tell_apart();
        const std::uint64_t head = head_here(sought, key);
        if (way_ == direction::forward)
            keep([&](const item& each) { return !each.is_below(head, key); });
        else
            keep([&](const item& each) { return !each.is_above(head, key); });
        select(nearest);
        show_from(0);
    }
    void next() {
        if (version_->older) {
            version_ = version_->older;
            return;
        }
        version_ = nullptr;
        show_from(at_ + 1);
    }
    [[nodiscard]] bool valid() const noexcept { return version_ != nullptr; }
    [[nodiscard]] const Key& key() const noexcept { return version_->key(); }
    [[nodiscard]] sequence_number sequence() const noexcept { return version_->sequence; }
    [[nodiscard]] const Payload& payload() const noexcept { return version_->payload; }

private:
    /// A key's newest version, which is only looked at where heads do not decide, and its head: of the
    /// whole key, or of what is behind the beginning that all keys of the leaf share.
    struct item {
        std::uint64_t head;
        const version* newest;

        [[nodiscard]] view_of<Key> key() const { return codec<Key>::as_view(newest->key()); }
        [[nodiscard]] bool is_below(std::uint64_t other, const key_view& other_key) const {
            return mark::is_exact || head != other ? head < other : compare(key(), other_key) < 0;
        }
        [[nodiscard]] bool is_above(std::uint64_t other, const key_view& other_key) const {
            return mark::is_exact || head != other ? other < head : compare(other_key, key()) < 0;
        }
        [[nodiscard]] bool is_below(const item& other) const {
            return mark::is_exact || head != other.head ? head < other.head
                                                        : compare(key(), other.key()) < 0;
        }
        /// @pre the head is that of the whole key
        [[nodiscard]] bool is_below(const mark& other) const {
            return mark::is_exact || head != other.head() ? head < other.head()
                                                          : mark::of(key()) < other;
        }
    };

    /// To the last leaf that a search reaches.
    template <class Reaches>
    void enter(const Reaches& reaches) {
        read(*tree_->find(reaches));
        while (next_ && reaches(next_->low())) read(*next_);
    }
    /// To the leaf behind this one. @returns false if there is none
    bool go_on() {
        if (way_ == direction::forward) {
            if (!next_) return false;
            read(*next_);
        } else {
            if (leaf_ == &tree_->first()) return false;
            enter(before<mark>{leaf_->low()});
        }
        sort_all();
        return true;
    }
    /// Shows the item at a place, or the first in the leaves behind it.
    void show_from(std::size_t at) {
        for (; at == count_; at = 0)
            if (!go_on()) return;
        if (at == sorted_) sort_from(at);
        if (at + ahead < sorted_) prefetch(items_[at + ahead].newest);
        at_ = at;
        version_ = items_[at].newest;
    }

    void read(const leaf& from) {
        count_ = 0;
        shared_.reset();
        from.for_each(
            [&](std::uint64_t head, const version& newest) { items_[count_++] = {head, &newest}; });
        leaf_ = &from;
        next_ = from.next();
        // What a split moved to the right is still in its slots.
        if (next_) keep([&](const item& each) { return each.is_below(next_->low()); });
    }
    /// Keeps the items that `f` is true of.
    template <class F>
    void keep(F f) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            const bool stays = f(items_[i]);
            items_[kept] = items_[i];  // whether or not: the processor has nothing to guess
            kept += stays ? 1 : 0;
        }
        count_ = kept;
    }

    /// Where many keys have one head, takes the heads of what is behind the beginning that all keys of the
    /// leaf share.
    void tell_apart() {
        if constexpr (may_be_told_apart) {
            if (count_ == 0 || !next_ || leaf_ == &tree_->first()) return;
            const mark &low = leaf_->low(), &high = next_->low();
            const std::uint64_t any = items_[count_ / 2].head;
            if (any != low.head() && any != high.head()) return;  // they share less than a head
            shared_.emplace(low.key(), high.key());
            for (std::size_t i = 0; i < count_; ++i)
                items_[i].head = shared_->head(items_[i].key());
        }
    }
    /// The head of a key between the leaf's ends, as its items have them.
    [[nodiscard]] std::uint64_t head_here(const mark& of, const key_view& key) const {
        if constexpr (may_be_told_apart)
            if (shared_) return shared_->head(key);
        return of.head();
    }

    [[nodiscard]] bool comes_before(const item& a, const item& b) const {
        return way_ == direction::forward ? a.is_below(b) : b.is_below(a);
    }
    /// Puts so many items in order, those that come first.
    void select(std::size_t first) {
        for (sorted_ = 0; sorted_ < count_ && sorted_ < first; ++sorted_) {
            std::size_t least = sorted_;
            for (std::size_t i = sorted_ + 1; i < count_; ++i)
                least = comes_before(items_[i], items_[least]) ? i : least;
            std::swap(items_[sorted_], items_[least]);
            prefetch(items_[sorted_].newest);
        }
    }
    void sort_all() {
        tell_apart();
        sort_from(0);
    }
    /// Puts the items from a place on in order. @pre those before it come before them
    void sort_from(std::size_t begin) {
        const auto from = items_.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto end = items_.begin() + static_cast<std::ptrdiff_t>(count_);
        if (counts_to_sort && begin == 0 && count_ > few)
            sort_by_counting();
        else
            std::sort(from, end, [&](const item& a, const item& b) { return comes_before(a, b); });
        sorted_ = count_;
    }
    /// Puts each key where as many come before: no two are equal. More comparisons than sorting takes, but
    /// several at a time, and none that the processor has to guess.
    void sort_by_counting() {
        // Descending order is the ascending one of the complements.
        const std::uint64_t turned = way_ == direction::forward ? 0 : ~std::uint64_t{0};
        std::array<std::uint64_t, leaf::slots> heads;
        heads.fill((std::numeric_limits<std::uint64_t>::max)());
        for (std::size_t i = 0; i < count_; ++i) heads[i] = items_[i].head ^ turned;
        const std::array<item, leaf::slots> unsorted = items_;
        for (std::size_t i = 0; i < count_; ++i) {
            std::uint64_t less = 0;
            for (const std::uint64_t each : heads) less += each < heads[i] ? 1 : 0;
            items_[less] = unsorted[i];
        }
    }

    static constexpr bool counts_to_sort = Shape::counts_to_sort && mark::is_exact;
    static constexpr std::size_t few = 16;     // sorted faster than all are compared
    static constexpr std::size_t nearest = 3;  // of a seek: found faster than all are sorted
    static constexpr std::size_t ahead = 8;    // entries: what memory takes to answer

    const tree* tree_;
    direction way_;
    const version* version_ = nullptr;  ///< null where it is not valid
    const leaf* leaf_ = nullptr;
    const leaf* next_ = nullptr;
    std::optional<beginning> shared_;  ///< what the items' heads are behind, if not of whole keys
    std::size_t at_ = 0;
    std::size_t count_ = 0;
    std::size_t sorted_ = 0;               ///< items in order: the first ones
    std::array<item, leaf::slots> items_;  ///< the keys of the leaf, those that come first in front
};

}  // namespace lsm::detail
