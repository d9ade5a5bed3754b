// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/config.hpp>
#include <lsm/memtable/arena.hpp>
#include <lsm/memtable/b_tree/inner.hpp>
#include <lsm/memtable/b_tree/leaf.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lsm::detail {

/// @name How far right a search goes: whether it reaches a separator or a leaf's lower bound
/// @{
template <class Mark>
struct up_to {
    const Mark& key;
    bool operator()(const Mark& bound) const { return !(key < bound); }
};
template <class Mark>
struct before {
    const Mark& key;
    bool operator()(const Mark& bound) const { return bound < key; }
};
struct to_first {
    bool operator()(const auto&) const noexcept { return false; }
};
struct to_last {
    bool operator()(const auto&) const noexcept { return true; }
};
/// @}

/// The nodes of a B+tree that one thread changes while any number read it. Nodes that were replaced are
/// freed with the tree: about one inner node for eight splits of leaves.
template <class Key, class Payload, class Shape>
class b_tree {
public:
    using leaf = b_tree_leaf<Key, Payload, Shape>;
    using mark = typename leaf::mark;
    using version = typename leaf::version;

private:
    using inner = b_tree_inner<mark, Shape>;
    using branch = typename inner::branch;

public:
    explicit b_tree(arena& in) : memory_(in), first_(in.make<leaf>(mark())) {
        const branch only{mark(), first_};
        root_.store(make_inner(1, std::span(&only, 1)), std::memory_order_relaxed);
    }
    b_tree(const b_tree&) = delete;
    b_tree& operator=(const b_tree&) = delete;
    ~b_tree() {
        if constexpr (version::needs_destruction)
            for (const leaf* here = first_; here; here = here->next())
                here->for_each_live([](const version& newest) { version::destroy(&newest); });
    }

    [[nodiscard]] const leaf& first() const noexcept { return *first_; }

    /// The last leaf that a search reaches.
    template <class Reaches>
    [[nodiscard]] const leaf* find(const Reaches& reaches) const {
        const leaf* here = descend(reaches);
        for (const leaf* next = here->next(); next && reaches(next->low()); next = here->next())
            here = next;
        return here;
    }
    /// The newest version of a key, null if there is none.
    [[nodiscard]] const version* find(const mark& key, std::uint8_t fingerprint) const {
        for (const leaf* here = descend(up_to<mark>{key});; here = here->next()) {
            if (here->ends_before(key)) continue;
            const version* const found = here->find(key, fingerprint);
            if (found || !here->ends_before(key)) return found;
        }
    }

    /// @name For the writer
    /// @{

    /// The way down to a leaf: of each inner node, from height 1 up, which child.
    struct path {
        struct step {
            inner* node;
            std::size_t child;
        };
        static constexpr std::size_t max_height = 16;

        std::array<step, max_height> steps;
        leaf* home;
    };
    [[nodiscard]] path path_to(const mark& key) const {
        path way;
        way.home = descend(up_to<mark>{key}, [&](inner& node, std::size_t child) {
            way.steps[node.height() - 1] = {&node, child};
        });
        return way;
    }

    /// Splits the full leaf at the end of a path. @returns the leaf that a new key belongs to
    /// @throws what comparing and allocating throw; readers see no difference then
    [[nodiscard]] leaf& split(const path& way, const mark& added) {
        const typename leaf::half made = way.home->split(memory_, added);
        leaf& home = added < made.right->low() ? *way.home : *made.right;
        grow(way, 1, way.home, {made.right->low(), made.right}, [&]() noexcept {
            way.home->hand_over(made);
            Shape::between_stores();
        });
        return home;
    }

    /// @}

private:
    template <class Reaches, class Passed>
    leaf* descend(const Reaches& reaches, Passed passed) const {
        for (inner* node = root_.load(std::memory_order_acquire);;) {
            const std::size_t at = node->choose(reaches);
            passed(*node, at);
            void* const child = node->child(at);
            if (node->height() == 1) return static_cast<leaf*>(child);
            node = static_cast<inner*>(child);
        }
    }
    template <class Reaches>
    leaf* descend(const Reaches& reaches) const {
        return descend(reaches, [](const inner&, std::size_t) {});
    }

    inner* make_inner(std::size_t height, std::span<const branch> sorted) {
        return memory_.make<inner>(height, sorted);
    }

    /// At a height of a path: @p left takes the place of the child, of which it is a copy or itself, and
    /// @p right comes beside it. Everything that may throw happens before anything is shown, and then
    /// @p link comes first, by which the leaf on the left knows of the new one: who found that through its
    /// parent, and turns back, must not find its keys on the left once more.
    template <class Link>
    void grow(const path& way, std::size_t height, void* left, const branch& right,
              const Link& link) {
        const typename path::step& at = way.steps[height - 1];
        if (!at.node->is_full()) {
            link();
            at.node->append(right);  // first: who goes too far left still gets right
            Shape::between_stores();
            at.node->replace(at.child, left);
            return;
        }
        std::array<branch, inner::capacity + 1> all;
        const std::span<branch> branches = sorted_with(*at.node, at.child, left, right, all);
        if (branches.size() <= inner::max_sorted) {
            inner* const copy = make_inner(height, branches);
            link();
            put_back(way, height, copy);
            return;
        }
        const std::size_t half = branches.size() / 2;
        inner* const lower = make_inner(height, branches.first(half));
        inner* const upper = make_inner(height, branches.subspan(half));
        const branch beside{branches[half].separator, upper};
        if (at.node != root()) return grow(way, height + 1, lower, beside, link);
        LSM_ASSERT(height < path::max_height);
        const std::array<branch, 2> both{branch{mark(), lower}, beside};
        inner* const above = make_inner(height + 1, both);
        link();
        root_.store(above, std::memory_order_release);
    }
    /// Puts a copy of a path's node in its place.
    void put_back(const path& way, std::size_t height, inner* copy) noexcept {
        if (way.steps[height - 1].node == root())
            root_.store(copy, std::memory_order_release);
        else
            way.steps[height].node->replace(way.steps[height].child, copy);
    }
    /// A full node's branches in order, with one more beside a child that is replaced.
    static std::span<branch> sorted_with(const inner& node, std::size_t child, void* left,
                                         const branch& right,
                                         std::array<branch, inner::capacity + 1>& to) {
        void* const replaced = node.child(child);
        node.copy_sorted(to.begin());
        auto at = to.begin();
        while (at->child != replaced) ++at;
        at->child = left;
        std::move_backward(at + 1, to.end() - 1, to.end());
        *(at + 1) = right;
        return to;
    }
    [[nodiscard]] inner* root() const noexcept { return root_.load(std::memory_order_relaxed); }

    arena& memory_;
    leaf* first_;
    std::atomic<inner*> root_;
};

}  // namespace lsm::detail
