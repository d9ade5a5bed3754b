// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/engine/pins.hpp>
#include <lsm/scan_view.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm {

/// A tree as it was at one moment: everything read through it answers as of then, through later
/// writes, flushes and compactions. Cheap to take and to copy. While it lives, versions that it sees
/// are kept; it pins no files. It reads through its tree, which must still be open.
///
/// @tparam Tree the `basic_lsm_tree` it is of
template <class Tree>
class basic_snapshot {
    using key_type = typename Tree::key_type;
    using value_type = typename Tree::mapped_type;
    using key_view = typename Tree::key_view;
    using open_tree = typename Tree::open_tree;

public:
    basic_snapshot(const basic_snapshot&) = default;
    basic_snapshot(basic_snapshot&&) noexcept = default;
    // The old pin goes before the old tree, which may go with it.
    basic_snapshot& operator=(basic_snapshot other) noexcept {
        std::swap(tree_, other.tree_);
        std::swap(at_, other.at_);
        return *this;
    }
    ~basic_snapshot() = default;

    /// @name As the tree's own members, as of the moment that the snapshot was taken
    /// @throws error also `invalid_argument` once the tree is closed
    /// @{
    [[nodiscard]] std::optional<value_type> get(const key_view& key) const {
        std::optional<value_type> value;
        tree_->find(key, at_.at(), [&](const auto& seen, auto&&) {
            value.emplace(codec<value_type>::own(view_in<value_type>(seen)));
        });
        return value;
    }
    [[nodiscard]] bool contains(const key_view& key) const {
        return tree_->find(key, at_.at(), [](const auto&, auto&&) {});
    }
    template <std::ranges::input_range Keys>
    [[nodiscard]] std::vector<std::optional<value_type>> multi_get(Keys&& keys) const {
        // A view of a key that the range only makes on the way is valid until the next one.
        constexpr bool is_container =
            std::ranges::contiguous_range<Keys> ||
            (std::ranges::forward_range<Keys> && !std::ranges::view<std::remove_cvref_t<Keys>>);
        constexpr bool borrows = access_of<key_type> == access_kind::borrowed;
        constexpr std::size_t together = is_container || !borrows ? 32 : 1;
        std::vector<std::optional<value_type>> values;
        std::vector<key_view> group;
        group.reserve(together);
        const auto find_group = [&] {
            const std::size_t begin = values.size();
            values.resize(begin + group.size());
            tree_->find_all(group, at_.at(), [&](std::size_t i, const auto& seen) {
                values[begin + i].emplace(codec<value_type>::own(view_in<value_type>(seen)));
            });
            group.clear();
        };
        for (auto&& key : keys) {
            group.push_back(key);
            if (group.size() == together) find_group();
        }
        if (!group.empty()) find_group();
        return values;
    }
    template <class F>
    bool visit(const key_view& key, F&& f) const {
        return tree_->visit(key, at_.at(), [&](const auto& seen) { f(view_in<value_type>(seen)); });
    }
    [[nodiscard]] scan_view<key_type, value_type> scan(key_range<key_type> range = {}) const {
        auto from = tree_->source_of(range);
        return {std::move(from), at_, std::move(range), direction::forward};
    }
    [[nodiscard]] scan_view<key_type, value_type> scan(key_type lo, key_type hi) const {
        return scan(half_open(std::move(lo), std::move(hi)));
    }
    /// @}

    /// The newest operation that it sees.
    [[nodiscard]] sequence_number sequence() const noexcept { return at_.at(); }

private:
    friend Tree;

    basic_snapshot(std::shared_ptr<open_tree> of, engine::pin at)
        : tree_(std::move(of)), at_(std::move(at)) {}

    std::shared_ptr<open_tree> tree_;  // outlives the pin
    engine::pin at_;
};

}  // namespace lsm
