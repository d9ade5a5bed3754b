// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/config.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lsm::detail {

/// An inner node: children, and of each the separator that none of its keys is less than. The first
/// child's is never looked at. The children are sorted up to a count, and never moved; a few that came
/// later stand behind them in no order. A node that is full is replaced by a sorted copy, or two. The
/// old one stays for readers who are in it: they come out at a leaf that is too far left, if at all, and
/// go right from there.
///
/// One thread changes it, any number read it meanwhile: `count` is stored last, and a child may be
/// replaced by a copy of itself at any time.
template <class Mark, class Shape>
class b_tree_inner {
public:
    /// A child with its separator. @see child_at
    struct branch {
        Mark separator;
        void* child;
    };

    static constexpr std::size_t max_sorted = Shape::inner_sorted;
    static constexpr std::size_t capacity = max_sorted + Shape::inner_appended;

    /// @param height 1: the children are leaves
    b_tree_inner(std::size_t height, std::span<const branch> sorted) noexcept
        : height_(static_cast<std::uint32_t>(height)),
          sorted_(static_cast<std::uint32_t>(sorted.size())), count_(sorted_) {
        LSM_ASSERT(!sorted.empty() && sorted.size() <= max_sorted);
        for (std::size_t at = 0; at < sorted.size(); ++at) set(at, sorted[at]);
    }

    [[nodiscard]] std::size_t height() const noexcept { return height_; }

    /// The child to look into. @param reaches `reaches(mark)` says whether a search goes to the right of
    /// a separator, and holds up to some place in the order
    template <class Reaches>
    [[nodiscard]] std::size_t choose(const Reaches& reaches) const {
        const std::size_t count = count_.load(std::memory_order_acquire);
        std::size_t chosen = 0;
        for (std::size_t left = sorted_ - 1; left > 0;) {  // no branch on where the key is
            const std::size_t half = (left + 1) / 2;
            chosen += reaches(separators_[chosen + half]) ? half : 0;
            left -= half;
        }
        std::size_t best = chosen;
        for (std::size_t at = sorted_; at < count; ++at)
            if ((best == 0 || separators_[best] < separators_[at]) && reaches(separators_[at]))
                best = at;
        return best;
    }
    [[nodiscard]] void* child(std::size_t at) const noexcept {
        return children_[at].load(std::memory_order_acquire);
    }

    /// @name For the writer
    /// @{

    [[nodiscard]] bool is_full() const noexcept { return count() == capacity; }
    /// @pre not full
    void append(const branch& added) noexcept {
        LSM_ASSERT(!is_full());
        const std::size_t at = count();
        set(at, added);
        count_.store(static_cast<std::uint32_t>(at + 1), std::memory_order_release);
    }
    /// Puts a copy of a child in its place.
    void replace(std::size_t at, void* child) noexcept {
        children_[at].store(child, std::memory_order_release);
    }
    /// Writes all branches, sorted, to @p to. @throws what comparing throws
    template <class Out>
    void copy_sorted(Out to) const {
        std::array<branch, capacity> all;
        for (std::size_t at = 0; at < count(); ++at)
            all[at] = {separators_[at], children_[at].load(std::memory_order_relaxed)};
        const auto less = [](const branch& a, const branch& b) {
            return a.separator < b.separator;
        };
        const auto appended = all.begin() + sorted_;
        const auto end = all.begin() + static_cast<std::ptrdiff_t>(count());
        std::sort(appended, end, less);
        *to++ = all.front();  // whose separator is nothing to compare
        std::merge(all.begin() + 1, appended, appended, end, to, less);
    }
    [[nodiscard]] std::size_t count() const noexcept {
        return count_.load(std::memory_order_relaxed);
    }

    /// @}

private:
    void set(std::size_t at, const branch& to) noexcept {
        separators_[at] = to.separator;
        children_[at].store(to.child, std::memory_order_relaxed);
    }

    std::uint32_t height_;
    std::uint32_t sorted_;
    std::atomic<std::uint32_t> count_;
    std::array<Mark, capacity> separators_;
    std::array<std::atomic<void*>, capacity> children_;
};

}  // namespace lsm::detail
