// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/b_tree/tree.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace lsm::detail {

/// A position among the versions of a leaf, which it has sorted for itself when it came there. Leaves
/// and versions do not move, so inserts change nothing of what it shows.
///
/// Where the leaf ends is read after its keys, so a split meanwhile hides none: a key below the end was
/// in its slot all the time. Should the new end be one that the cursor was on its way past, it goes on
/// into the leaf behind.
template <class Key, class Payload, class Shape>
class b_tree_cursor {
    using tree = b_tree<Key, Payload, Shape>;
    using leaf = typename tree::leaf;
    using mark = typename tree::mark;
    using version = typename tree::version;

public:
    b_tree_cursor(const tree& nodes, direction way) noexcept : tree_(&nodes), way_(way) {}

    void seek_first() {
        version_ = nullptr;
        if (way_ == direction::forward) {
            enter(to_first{});
            show_from(0);
        } else {
            enter(to_last{});
            show_before(count_);
        }
    }
    void seek(const typename mark::key_view& key) {
        version_ = nullptr;
        const mark sought = mark::of(key);
        enter(up_to<mark>{sought});
        const auto reached = [&](const item& each) {
            return way_ == direction::forward ? each.key < sought : !(sought < each.key);
        };
        const auto end = items_.begin() + static_cast<std::ptrdiff_t>(count_);
        const auto at = static_cast<std::size_t>(
            std::partition_point(items_.begin(), end, reached) - items_.begin());
        if (way_ == direction::forward)
            show_from(at);
        else
            show_before(at);
    }
    void next() {
        if (version_->older) {
            version_ = version_->older;
            return;
        }
        version_ = nullptr;
        if (way_ == direction::forward)
            show_from(at_ + 1);
        else
            show_before(at_);
    }
    [[nodiscard]] bool valid() const noexcept { return version_ != nullptr; }
    [[nodiscard]] const Key& key() const noexcept { return version_->key(); }
    [[nodiscard]] sequence_number sequence() const noexcept { return version_->sequence; }
    [[nodiscard]] const Payload& payload() const noexcept { return version_->payload; }

private:
    struct item {
        mark key;
        const version* newest;
    };

    /// To the last leaf that a search reaches.
    template <class Reaches>
    void enter(const Reaches& reaches) {
        read(*tree_->find(reaches));
        while (next_ && reaches(next_->low())) read(*next_);
        sort();
    }
    /// Shows the item at a place, or the first in the leaves behind it.
    void show_from(std::size_t at) {
        for (; at == count_ && next_; at = 0) {
            read(*next_);
            sort();
        }
        if (at != count_) show(at);
    }
    /// Shows the item before a place, or the last in the leaves before it.
    void show_before(std::size_t end) {
        for (; end == 0 && leaf_ != &tree_->first(); end = count_)
            enter(before<mark>{leaf_->low()});
        if (end != 0) show(end - 1);
    }
    void show(std::size_t at) noexcept {
        const bool forward = way_ == direction::forward;
        if (forward ? at + ahead < count_ : at >= ahead)
            prefetch(items_[forward ? at + ahead : at - ahead].newest);
        at_ = at;
        version_ = items_[at].newest;
    }

    void read(const leaf& from) {
        count_ = 0;
        from.for_each(
            [&](const mark& key, const version& newest) { items_[count_++] = {key, &newest}; });
        leaf_ = &from;
        next_ = from.next();
        if (next_) remove_from(next_->low());
    }
    /// What a split moved to the right is still in its slots.
    void remove_from(const mark& end) {
        const auto items_end = items_.begin() + static_cast<std::ptrdiff_t>(count_);
        const auto kept = std::remove_if(items_.begin(), items_end,
                                         [&](const item& each) { return !(each.key < end); });
        count_ = static_cast<std::size_t>(kept - items_.begin());
    }
    void sort() {
        if constexpr (mark::is_exact && compares_in_registers) {
            if (count_ > few) return sort_by_counting();
        }
        std::sort(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(count_),
                  [](const item& a, const item& b) { return a.key < b.key; });
    }
    /// Puts each key where as many are less: no two are equal. More comparisons than sorting takes, but
    /// several at a time, and none that the processor has to guess.
    void sort_by_counting() {
        std::array<std::uint64_t, leaf::slots> heads;
        heads.fill((std::numeric_limits<std::uint64_t>::max)());
        for (std::size_t i = 0; i < count_; ++i) heads[i] = items_[i].key.head();
        const std::array<item, leaf::slots> unsorted = items_;
        for (std::size_t i = 0; i < count_; ++i) {
            std::uint64_t less = 0;
            for (const std::uint64_t each : heads) less += each < heads[i] ? 1 : 0;
            items_[less] = unsorted[i];
        }
    }

#if defined(__AVX2__)
    static constexpr bool compares_in_registers = true;
#else
    static constexpr bool compares_in_registers = false;
#endif
    static constexpr std::size_t few = 16;   // sorted faster than all are compared
    static constexpr std::size_t ahead = 8;  // entries: what memory takes to answer

    const tree* tree_;
    direction way_;
    const version* version_ = nullptr;  ///< null where it is not valid
    const leaf* leaf_ = nullptr;
    const leaf* next_ = nullptr;
    std::size_t at_ = 0;
    std::size_t count_ = 0;
    std::array<item, leaf::slots> items_;
};

}  // namespace lsm::detail
