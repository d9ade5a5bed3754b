// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/engine/pins.hpp>
#include <lsm/engine/read_state.hpp>
#include <lsm/scan_entry.hpp>

#include <range/v3/range_fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <ranges>
#include <type_traits>
#include <utility>

namespace lsm {

/// A lazy range over the entries of a key range, as they were when it was made; a view to the
/// standard library and to range-v3. Making it reads nothing; each `begin` begins anew.
///
///     for (auto [key, value] : tree.scan(lsm::prefix("user:"))) …
///     auto first = tree.scan() | ranges::views::take(10) | ranges::to<std::vector>();
///
/// Its value type owns; a part of an element, as `key()`, is a view. What a `transform` or range-v3's `keys` and
/// `values` hand on is such a view: to keep it, name a type that owns: `| ranges::to<std::vector<std::string>>()`.
///
/// It owns what it reads: it outlives its tree, and keeps the tree's lock while it lives. Writing to
/// the tree while iterating is right, and not seen.
///
/// Single-pass: an iterator's copies move together. It reads on when it is asked for the next
/// entry, not when it is incremented, so `take(n)` loads no block after the n-th entry's. What it
/// shows is valid until then. @throws error from iterating, where stored bytes are damaged or cannot
/// be read: a scan never just ends early; and `locked` from `begin` in a forked child.
template <class Key, class Value>
class scan_view : public std::ranges::view_base, public ranges::view_base {
    using readable = engine::readable<Key, Value>;

public:
    class iterator;

    /// An empty range.
    scan_view() = default;
    /// Used by the tree and its snapshots.
    scan_view(std::shared_ptr<const readable> from, engine::pin at, key_range<Key> range,
              direction way)
        : plan_(std::make_shared<const plan>(
              plan{std::move(from), std::move(at), std::move(range), way})) {}

    /// Opens a cursor before the first entry.
    [[nodiscard]] iterator begin() const;
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    /// The same entries, last key first.
    [[nodiscard]] scan_view reversed() const {
        if (!plan_) return {};
        const bool forward = plan_->way == direction::forward;
        return {plan_->from, plan_->at, plan_->range,
                forward ? direction::backward : direction::forward};
    }

private:
    struct plan {
        std::shared_ptr<const readable> from;  // outlives the pin
        engine::pin at;
        key_range<Key> range;
        direction way;
    };

    std::shared_ptr<const plan> plan_;
};

/// A position in a scan. Copies share one cursor.
template <class Key, class Value>
class scan_view<Key, Value>::iterator {
    using cursor = engine::visible_cursor<Key, Value>;

public:
    using iterator_concept = std::input_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = entry<Key, Value>;
    using reference = entry_view<Key, Value>;
    using difference_type = std::ptrdiff_t;
    using pointer = void;

    iterator() = default;

    /// @throws error
    [[nodiscard]] reference operator*() const {
        settle();
        return {shared_->at.key(), shared_->at.value()};
    }
    iterator& operator++() {
        settle();
        shared_->settled = false;
        return *this;
    }
    void operator++(int) { ++*this; }

    /// Whether the scan is over. @throws error
    [[nodiscard]] friend bool operator==(const iterator& at, std::default_sentinel_t) {
        at.settle();
        return !at.shared_ || at.shared_->ended;
    }

private:
    friend class scan_view;

    /// For the sources' cursors: what is left of a kilobyte, of which C libraries keep some for each
    /// thread. Those of one run find their place there, and mostly of two; more take more memory.
    static constexpr std::size_t room_bytes = 896 - (std::min)(sizeof(cursor), std::size_t{592});

    struct shared {
        explicit shared(std::shared_ptr<const plan> what)
            : keeps(std::move(what)),
              at(keeps->from->open(keeps->range, keeps->way, keeps->at.at(), memory)) {}
        shared(const shared&) = delete;
        shared& operator=(const shared&) = delete;
        ~shared() { keeps->from->count_loss(at); }

        std::shared_ptr<const plan> keeps;
        alignas(std::max_align_t) std::byte room[room_bytes];
        std::pmr::monotonic_buffer_resource memory{room, room_bytes};
        cursor at;
        bool settled = false;  ///< whether the cursor stands where the iterator says
        bool ended = false;
    };

    explicit iterator(std::shared_ptr<const plan> of) {
        if (!of->at.is_owned())
            throw error(errc::locked,
                        "a scan belongs to the process that made it, not to its child: "
                        "let the child open the tree itself");
        shared_ = std::make_shared<shared>(std::move(of));
    }

    void settle() const {
        if (!shared_ || shared_->settled) return;
        shared_->ended = !shared_->at.next();
        shared_->settled = true;
    }

    std::shared_ptr<shared> shared_;
};

template <class Key, class Value>
auto scan_view<Key, Value>::begin() const -> iterator {
    return plan_ ? iterator(plan_) : iterator();
}

}  // namespace lsm

/// @cond
// Iterators keep what they read alive, so they may outlive the view.
template <class K, class V>
inline constexpr bool std::ranges::enable_borrowed_range<lsm::scan_view<K, V>> = true;
template <class K, class V>
inline constexpr bool ranges::enable_borrowed_range<lsm::scan_view<K, V>> = true;
/// @endcond
