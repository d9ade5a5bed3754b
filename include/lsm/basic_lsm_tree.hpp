// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/statistics.hpp>
#include <lsm/engine/commit.hpp>
#include <lsm/engine/maintenance.hpp>
#include <lsm/engine/policy_check.hpp>
#include <lsm/engine/tree_state.hpp>
#include <lsm/fwd.hpp>
#include <lsm/scan_view.hpp>
#include <lsm/snapshot.hpp>
#include <lsm/write_batch.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm {

/// A persistent, sorted map of typed keys to typed values: a log-structured merge-tree, assembled
/// from a memtable, a storage and a compaction policy.
///
/// Writes go to a memtable; a full one is frozen and flushed to a table; tables are merged as the
/// compaction policy says. Reads see the newest version of a key wherever it is. Keys order by their
/// own `<=>` or `<`, which must be total: a key that is, or holds, a NaN is refused.
///
/// Durability: what was flushed survives; what is only in the memtable is flushed by `close` and by
/// the destructor, and lost in a crash before that.
///
/// Threads: one at a time may use a tree, its snapshots and its views. Different trees are
/// independent.
///
/// Errors: `lsm::error`, with the file and what to do. A write that throws has not happened.
///
/// @tparam Key, Value       types with an `lsm::codec`; the value need not be default-constructible
/// @tparam MemTablePolicy   how recent writes stay sorted: docs/concepts.md, "Memtables"
/// @tparam StoragePolicy    what tables are, and where: docs/concepts.md, "Storage"
/// @tparam CompactionPolicy which tables are merged when: docs/concepts.md, "Compaction"
template <class Key, class Value, class MemTablePolicy, class StoragePolicy, class CompactionPolicy>
class basic_lsm_tree
    : engine::checked<Key, Value, MemTablePolicy, StoragePolicy, CompactionPolicy> {
    class internals;
    friend class basic_snapshot<basic_lsm_tree>;

public:
    using key_type = Key;
    using mapped_type = Value;
    using key_view =
        std::remove_cvref_t<view_of<Key>>;  ///< what lookups take: a `std::string_view`…
    using options = tree_options<MemTablePolicy, StoragePolicy, CompactionPolicy>;
    using location = typename StoragePolicy::medium::location;  ///< a path, or a `memory_disk`
    using write_batch = basic_write_batch<Key, Value>;
    using snapshot_type = basic_snapshot<basic_lsm_tree>;
    using scan_type = scan_view<Key, Value>;

    /// Opens the tree at @p where, or creates it: see `open_mode`.
    /// @throws error `locked`, `incompatible`, `corruption`, `io`, `invalid_argument`
    explicit basic_lsm_tree(const location& where, options settings = {});
    basic_lsm_tree(basic_lsm_tree&&) noexcept = default;
    basic_lsm_tree& operator=(basic_lsm_tree&& other) noexcept;
    /// As `close`; what that would throw goes to the listener.
    ~basic_lsm_tree();

    /// @name Writing. A write that throws has not happened, unless it says otherwise.
    /// @throws error `invalid_argument` for keys and values that are refused; `io` when too many
    /// memtables wait for a flush that fails
    /// @{

    /// The key has this value from now on. Amortised: an insert into the memtable, and its share of
    /// flushes and compactions, whose errors go to the listener.
    void put(Key key, Value value);
    /// The key has no value from now on, whether it had one or not.
    void erase(Key key);
    /// All of the batch's steps, or none. The batch's keys and values are moved from.
    void write(write_batch batch);
    /// @}

    /// @name Reading. To look for a string literal allocates nothing but what a value or a block needs.
    /// @throws error `corruption` or `io` where a table has to be read
    /// @{

    /// The key's value, if it has one.
    [[nodiscard]] std::optional<Value> get(const key_view& key) const;
    /// Whether the key has a value.
    [[nodiscard]] bool contains(const key_view& key) const;
    /// Calls `f(value)` with the value in place, if the key has one. `f` may use the tree, also write
    /// to it; what it is shown stays as it is until it returns. @returns whether there was a value
    template <class F>
    bool visit(const key_view& key, F&& f) const;
    /// The values of several keys, as of one moment, in the keys' order.
    template <std::ranges::input_range Keys>
    [[nodiscard]] std::vector<std::optional<Value>> multi_get(Keys&& keys) const;
    /// A lazy view of the entries in a key range, as they are now: `scan(closed(lo, hi))`,
    /// `scan(prefix("a"))`, `scan().reversed()`. Reads nothing yet.
    [[nodiscard]] scan_type scan(key_range<Key> range = {}) const;
    /// The same of [lo, hi).
    [[nodiscard]] scan_type scan(Key lo, Key hi) const;
    /// The tree as it is now, to be read later.
    [[nodiscard]] snapshot_type snapshot() const;
    /// @}

    /// @name Maintenance
    /// @throws error; what was asked for may then be done in part, and nothing is lost
    /// @{

    /// Writes what is in memory to tables. Returns when it is durable.
    void flush();
    /// Flushes, and lets the policy compact everything.
    void compact();
    /// Does one bounded slice of the maintenance that is due. @returns whether there was any
    bool maintain();
    /// Flushes, and ends the use of the tree. Views stay valid, and keep the lock while they live.
    /// A second call does nothing.
    void close();
    /// @}

    /// What it holds and has done.
    [[nodiscard]] statistics stats() const;

private:
    std::shared_ptr<internals> tree_;
};

// ------------------------------------------------------------------------------ implementation

/// The tree proper. Snapshots share it.
template <class Key, class Value, class M, class S, class C>
class basic_lsm_tree<Key, Value, M, S, C>::internals {
    using state_type = engine::tree_state<Key, Value, M, S, C>;
    using read_state_type = typename state_type::read_state_type;

public:
    internals(const location& where, options settings) : state_(where, std::move(settings)) {}
    internals(const internals&) = delete;
    internals& operator=(const internals&) = delete;
    ~internals() { close_or_report(); }

    void write(std::span<operation<Key, Value>> steps) {
        state_.check_writable();
        if (steps.empty()) return;
        if (state_.current->active->has_aborted()) maintenance_.freeze();
        if (state_.current->frozen.size() >= state_.options.max_frozen_memtables)
            maintenance_.flush_all();
        engine::commit<state_type, Key, Value>(state_, steps);
        if (maintenance_.is_full()) maintain_after_write();
    }

    /// Shows the value's cell to `f`. @returns whether there is one
    template <class F>
    bool find(const key_view& key, sequence_number at, F&& f) const {
        if (!has_order(key)) return false;  // a NaN was never put
        return state_.current->find(key, at, std::forward<F>(f));
    }

    std::optional<Value> get(const key_view& key, sequence_number at) const {
        state_.check_open();
        std::optional<Value> value;
        find(key, at, [&](const cell<Value>& seen) {
            value.emplace(codec<Value>::own(view_in<Value>(seen)));
        });
        return value;
    }

    template <class F>
    bool visit(const key_view& key, sequence_number at, F&& f) const {
        state_.check_open();
        if (!has_order(key)) return false;
        const std::shared_ptr<const read_state_type> reads = state_.current;
        const engine::pin keeps(state_.store.pins, at);  // f may overwrite what it is shown
        return reads->find(key, at, [&](const cell<Value>& seen) { f(view_in<Value>(seen)); });
    }

    scan_type scan(key_range<Key> range, engine::pin at) const {
        state_.check_open();
        for (const auto* end : {&range.lower, &range.upper})
            if (*end && !has_order<key_view>(codec<Key>::as_view((*end)->key)))
                throw error(errc::invalid_argument,
                            "a scan's end has no place in the order: it is, or holds, a NaN");
        return {state_.current, std::move(at), std::move(range), direction::forward};
    }

    [[nodiscard]] sequence_number now() const {
        state_.check_open();
        return state_.store.last_sequence;
    }
    [[nodiscard]] engine::pin pin_now() const { return {state_.store.pins, now()}; }

    void flush() {
        state_.check_writable();
        maintenance_.freeze();
        maintenance_.flush_all();
    }
    void compact() {
        flush();
        maintenance_.compact();
    }
    bool maintain() {
        state_.check_writable();
        return maintenance_.step();
    }
    [[nodiscard]] statistics stats() const {
        state_.check_open();
        return state_.collect_statistics();
    }

    void close() {
        if (!state_.current) return;
        if (state_.options.mode != open_mode::read_only) {
            maintenance_.cancel();
            flush();
            state_.store.mark_clean(true);
        }
        state_.release();
    }
    /// For destructors: the tree is closed afterwards, come what may.
    void close_or_report() noexcept {
        try {
            close();
        } catch (...) {
            state_.report(std::current_exception());
            maintenance_.cancel();
            state_.release();
        }
    }

private:
    /// The write itself has succeeded, so its caller hears nothing of what fails here.
    void maintain_after_write() noexcept {
        try {
            maintenance_.freeze();
            maintenance_.run_all();
        } catch (...) {
            state_.report(std::current_exception());
        }
    }
    state_type state_;
    engine::maintenance<state_type> maintenance_{state_};
};

template <class Key, class Value, class M, class S, class C>
basic_lsm_tree<Key, Value, M, S, C>::basic_lsm_tree(const location& where, options settings)
    : tree_(std::make_shared<internals>(where, std::move(settings))) {}

template <class Key, class Value, class M, class S, class C>
basic_lsm_tree<Key, Value, M, S, C>::~basic_lsm_tree() {
    if (tree_) tree_->close_or_report();
}

template <class Key, class Value, class M, class S, class C>
auto basic_lsm_tree<Key, Value, M, S, C>::operator=(basic_lsm_tree&& other) noexcept
    -> basic_lsm_tree& {
    basic_lsm_tree taken(std::move(other));
    std::swap(tree_, taken.tree_);
    return *this;
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::put(Key key, Value value) {
    operation<Key, Value> step{std::move(key), payload<Value>(std::move(value))};
    tree_->write({&step, 1});
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::erase(Key key) {
    operation<Key, Value> step{std::move(key), payload<Value>::tombstone()};
    tree_->write({&step, 1});
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::write(write_batch batch) {
    tree_->write(batch.steps());
}

template <class Key, class Value, class M, class S, class C>
std::optional<Value> basic_lsm_tree<Key, Value, M, S, C>::get(const key_view& key) const {
    return tree_->get(key, tree_->now());
}

template <class Key, class Value, class M, class S, class C>
bool basic_lsm_tree<Key, Value, M, S, C>::contains(const key_view& key) const {
    return tree_->find(key, tree_->now(), [](const cell<Value>&) {});
}

template <class Key, class Value, class M, class S, class C>
template <class F>
bool basic_lsm_tree<Key, Value, M, S, C>::visit(const key_view& key, F&& f) const {
    return tree_->visit(key, tree_->now(), std::forward<F>(f));
}

template <class Key, class Value, class M, class S, class C>
template <std::ranges::input_range Keys>
std::vector<std::optional<Value>>
basic_lsm_tree<Key, Value, M, S, C>::multi_get(Keys&& keys) const {
    const sequence_number at = tree_->now();
    std::vector<std::optional<Value>> values;
    for (const auto& key : keys) values.push_back(tree_->get(key, at));
    return values;
}

template <class Key, class Value, class M, class S, class C>
auto basic_lsm_tree<Key, Value, M, S, C>::scan(key_range<Key> range) const -> scan_type {
    return tree_->scan(std::move(range), tree_->pin_now());
}

template <class Key, class Value, class M, class S, class C>
auto basic_lsm_tree<Key, Value, M, S, C>::scan(Key lo, Key hi) const -> scan_type {
    return scan(half_open(std::move(lo), std::move(hi)));
}

template <class Key, class Value, class M, class S, class C>
auto basic_lsm_tree<Key, Value, M, S, C>::snapshot() const -> snapshot_type {
    return {tree_, tree_->pin_now()};
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::flush() {
    tree_->flush();
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::compact() {
    tree_->compact();
}

template <class Key, class Value, class M, class S, class C>
bool basic_lsm_tree<Key, Value, M, S, C>::maintain() {
    return tree_->maintain();
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::close() {
    tree_->close();
}

template <class Key, class Value, class M, class S, class C>
statistics basic_lsm_tree<Key, Value, M, S, C>::stats() const {
    return tree_->stats();
}

}  // namespace lsm
