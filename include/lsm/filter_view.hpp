// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <range/v3/range_fwd.hpp>

#include <concepts>
#include <iterator>
#include <memory>
#include <ranges>
#include <utility>

namespace lsm {

namespace detail {

/// What the standard library or range-v3 takes for a view.
template <class T>
concept input_view = std::ranges::input_range<T> && std::movable<T> &&
                     (std::ranges::view<T> || std::derived_from<T, ranges::view_base>);

template <class Predicate, class View>
concept chooses_from = requires(Predicate& keeps, std::ranges::iterator_t<View> at) {
    { keeps(*at) } -> std::convertible_to<bool>;
};

}  // namespace detail

/// The elements of a view for which a predicate holds; a view to the standard library and to
/// range-v3. `views::filter` makes it.
///
/// The libraries' filters look for the next match when they are incremented, this one when it is
/// asked for it: `scan() | lsm::views::filter(f) | take(n)` loads no block after the n-th match's.
///
/// Single-pass: an iterator's copies move together. Copies of the view, and its iterators, share the
/// view that is filtered and the predicate, and keep them alive. Iterating throws what those two throw.
template <detail::input_view View, detail::chooses_from<View> Predicate>
class filter_view : public std::ranges::view_base, public ranges::view_base {
public:
    class iterator;

    /// An empty range.
    filter_view() = default;
    filter_view(View base, Predicate keeps)
        : plan_(std::make_shared<plan>(plan{std::move(base), std::move(keeps)})) {}

    /// Begins the view that is filtered, and looks for nothing yet.
    [[nodiscard]] iterator begin() const { return plan_ ? iterator(plan_) : iterator(); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    struct plan {
        View base;
        Predicate keeps;
    };

    std::shared_ptr<plan> plan_;
};

/// A position among the matches. Copies share it.
template <detail::input_view View, detail::chooses_from<View> Predicate>
class filter_view<View, Predicate>::iterator {
public:
    using iterator_concept = std::input_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = std::ranges::range_value_t<View>;
    using reference = std::ranges::range_reference_t<View>;
    using difference_type = std::ranges::range_difference_t<View>;
    using pointer = void;

    iterator() = default;

    [[nodiscard]] reference operator*() const {
        settle();
        return *shared_->at;
    }
    iterator& operator++() {
        settle();
        shared_->is = place::left;
        return *this;
    }
    void operator++(int) { ++*this; }

    /// Whether there is no match any more.
    [[nodiscard]] friend bool operator==(const iterator& at, std::default_sentinel_t) {
        at.settle();
        return !at.shared_ || at.shared_->at == at.shared_->end;
    }

private:
    friend class filter_view;

    /// What the place where the filtered view's iterator stands is to the filter.
    enum class place { unseen, shown, left };

    struct shared {
        std::shared_ptr<plan> of;
        std::ranges::iterator_t<View> at;
        std::ranges::sentinel_t<View> end;
        place is = place::unseen;
    };

    explicit iterator(std::shared_ptr<plan> of)
        : shared_(std::make_shared<shared>(
              shared{of, std::ranges::begin(of->base), std::ranges::end(of->base)})) {}

    /// Moves to where the iterator says. If something throws, the next call goes on from there.
    void settle() const {
        if (!shared_ || shared_->is == place::shown) return;
        auto& [of, at, end, is] = *shared_;
        if (is == place::left) ++at;
        is = place::unseen;
        while (at != end && !of->keeps(*at)) ++at;
        is = place::shown;
    }

    std::shared_ptr<shared> shared_;
};

namespace views {

/// Behind a view and a `|`, it filters the view.
template <class Predicate>
struct filter_closure {
    Predicate keeps;

    template <detail::input_view View>
    [[nodiscard]] friend auto operator|(View base, filter_closure by) {
        return filter_view(std::move(base), std::move(by.keeps));
    }
};

/// Keeps those for which @p keeps holds: `scan() | lsm::views::filter(f)` is a `filter_view`.
template <class Predicate>
[[nodiscard]] filter_closure<Predicate> filter(Predicate keeps) {
    return {std::move(keeps)};
}

}  // namespace views

}  // namespace lsm

/// @cond
// Iterators keep what they read alive, so they may outlive the view.
template <class V, class P>
inline constexpr bool std::ranges::enable_borrowed_range<lsm::filter_view<V, P>> = true;
template <class V, class P>
inline constexpr bool ranges::enable_borrowed_range<lsm::filter_view<V, P>> = true;
/// @endcond
