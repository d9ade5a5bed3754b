// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/recovery_report.hpp>
#include <lsm/core/statistics.hpp>
#include <lsm/engine/open_tree.hpp>
#include <lsm/engine/policy_check.hpp>
#include <lsm/engine/process.hpp>
#include <lsm/fwd.hpp>
#include <lsm/scan_view.hpp>
#include <lsm/snapshot.hpp>
#include <lsm/write_batch.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <ranges>
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
/// Durability: every write enters a log before it returns, and waits for what its `durability` says;
/// the default survives the end of the process. What comes back after a crash is what some prefix of
/// the writes left, and no less than was promised.
///
/// Threads: any may call any member at any time, but move, assign and destroy. Reads never wait for
/// writes, flushes or compactions, unless the memtable is `exclusive`: then they wait for inserts. A
/// view's iterator belongs to one thread.
///
/// Errors: `lsm::error`, with the file and what to do. A write that throws has not happened; where the
/// log failed, a crash may bring it back, whole. After a failure of the medium the tree is read-only:
/// see `resume`. A compaction that fails changes nothing, and the tree still takes writes where space was short or a
/// table could not be read: `statistics` tells of the pause, and names the table.
///
/// @tparam Key, Value       types with an `lsm::codec`; the value need not be default-constructible
/// @tparam MemTablePolicy   how recent writes stay sorted: docs/concepts.md, "Memtables"
/// @tparam StoragePolicy    what tables are, and where: docs/concepts.md, "Storage"
/// @tparam CompactionPolicy which tables are merged when: docs/concepts.md, "Compaction"
template <class Key, class Value, class MemTablePolicy, class StoragePolicy, class CompactionPolicy>
class basic_lsm_tree
    : engine::checked<Key, Value, MemTablePolicy, StoragePolicy, CompactionPolicy> {
    using open_tree =
        engine::open_tree<Key, Value, MemTablePolicy, StoragePolicy, CompactionPolicy>;
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

    /// @name Writing
    /// A write waits for what its durability says, the options' where it says nothing. A stronger
    /// write carries all before it.
    /// @throws error `invalid_argument` for keys and values that are refused; `io` where the log needs
    /// space and there is none, or when too many memtables wait for a flush that fails; `read_only`
    /// after a failure
    /// @{

    /// The key has this value from now on. Amortised: an insert into the memtable, and its share of
    /// flushes and compactions, whose errors go to the listener.
    void put(Key key, Value value);
    void put(Key key, Value value, durability level);
    /// The key has no value from now on, whether it had one or not.
    void erase(Key key);
    void erase(Key key, durability level);
    /// All of the batch's steps, or none. The batch's keys and values are moved from.
    void write(write_batch batch);
    void write(write_batch batch, durability level);
    /// All entries of a range that is sorted by key, each key once, as one write: it goes straight to
    /// tables, without log and memtable, several times as fast as batches. All of it, and all before
    /// it, is on the device when it returns; where it throws, also because the range does, nothing of
    /// it is in the tree. Flushes first. Other writers wait until it returns, so the range must only
    /// read the tree, and not wait for one who writes; readers do not wait. O(n).
    /// @param entries of `key, value` pairs, read once
    template <std::ranges::input_range Entries>
    void ingest(Entries&& entries);
    /// Returns when all writes that have returned are on the device. A tree without a log flushes for that.
    void sync();
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
    /// The values of several keys, as of one moment, in the keys' order. Lookups wait for memory side by
    /// side, up to 32 at a time; strings only where the range is a container or contiguous, so that
    /// they stay where they are.
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
    /// Flushes, and lets the policy compact all that is there when it is called. Throws `corruption` where a table
    /// was left out because it could not be read.
    void compact();
    /// Returns when no flush and no compaction is due, nor under way: what the writes so far have put off is
    /// done. What is in memory may stay there. Waits longer while others write.
    void settle();
    /// Does one bounded slice of the maintenance that is due, where no thread does.
    /// @returns whether there was any
    bool maintain();
    /// After a failure made the tree read-only: checks the root, writes what is in memory to tables
    /// anew, and takes writes again. Throws, and changes nothing, while the cause persists. Compactions try again at
    /// once, also those of tables that could not be read.
    void resume();
    /// Ends background work at its next slice, flushes, runs due compactions that are small, ends the use of the
    /// tree, and waits for the lookups that are under way: then it may be opened again. Views, and what `visit` shows, stay valid, and may
    /// keep the lock while they live. A second call does nothing. Not to be called by what a lookup calls of
    /// a key's or value's own: it would wait for itself.
    void close();
    /// @}

    /// What it holds and has done.
    [[nodiscard]] statistics stats() const;
    /// What opening it found that an orderly close does not leave.
    [[nodiscard]] recovery_report recovered() const;
    /// The failure that made the tree read-only; null while there is none.
    [[nodiscard]] std::exception_ptr background_error() const;

private:
    std::shared_ptr<open_tree> tree_;
};

// ------------------------------------------------------------------------------ implementation

template <class Key, class Value, class M, class S, class C>
basic_lsm_tree<Key, Value, M, S, C>::basic_lsm_tree(const location& where, options settings)
    : tree_(engine::make_owned<open_tree>(where, std::move(settings))) {}

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
    put(std::move(key), std::move(value), tree_->usual_durability());
}
template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::put(Key key, Value value, durability level) {
    operation<Key, Value> step{std::move(key), payload<Value>(std::move(value))};
    tree_->write({&step, 1}, level);
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::erase(Key key) {
    erase(std::move(key), tree_->usual_durability());
}
template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::erase(Key key, durability level) {
    operation<Key, Value> step{std::move(key), payload<Value>::tombstone()};
    tree_->write({&step, 1}, level);
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::write(write_batch batch) {
    tree_->write(batch.steps(), tree_->usual_durability());
}
template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::write(write_batch batch, durability level) {
    tree_->write(batch.steps(), level);
}

template <class Key, class Value, class M, class S, class C>
template <std::ranges::input_range Entries>
void basic_lsm_tree<Key, Value, M, S, C>::ingest(Entries&& entries) {
    tree_->ingest([&](auto&& add) {
        for (auto&& [key, value] : entries) {
            const key_view& sought = key;
            const std::remove_cvref_t<view_of<Value>>& shown = value;
            if constexpr (access_of<Value> == access_kind::decoded)
                add(sought, &shown);
            else
                add(sought, shown);
        }
    });
}

template <class Key, class Value, class M, class S, class C>
void basic_lsm_tree<Key, Value, M, S, C>::sync() {
    tree_->sync();
}

template <class Key, class Value, class M, class S, class C>
std::optional<Value> basic_lsm_tree<Key, Value, M, S, C>::get(const key_view& key) const {
    std::optional<Value> value;
    tree_->find(key, [&](const cell<Value>& seen, auto&&) {
        value.emplace(codec<Value>::own(view_in<Value>(seen)));
    });
    return value;
}

template <class Key, class Value, class M, class S, class C>
bool basic_lsm_tree<Key, Value, M, S, C>::contains(const key_view& key) const {
    return tree_->find(key, [](const cell<Value>&, auto&&) {});
}

template <class Key, class Value, class M, class S, class C>
template <class F>
bool basic_lsm_tree<Key, Value, M, S, C>::visit(const key_view& key, F&& f) const {
    return tree_->visit(key, [&](const cell<Value>& seen) { f(view_in<Value>(seen)); });
}

template <class Key, class Value, class M, class S, class C>
template <std::ranges::input_range Keys>
std::vector<std::optional<Value>>
basic_lsm_tree<Key, Value, M, S, C>::multi_get(Keys&& keys) const {
    return snapshot().multi_get(std::forward<Keys>(keys));
}

template <class Key, class Value, class M, class S, class C>
auto basic_lsm_tree<Key, Value, M, S, C>::scan(key_range<Key> range) const -> scan_type {
    engine::pin at = tree_->pin_now();
    auto from = tree_->source_of(range);
    return {std::move(from), std::move(at), std::move(range), direction::forward};
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
void basic_lsm_tree<Key, Value, M, S, C>::settle() {
    tree_->settle();
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
void basic_lsm_tree<Key, Value, M, S, C>::resume() {
    tree_->resume();
}

template <class Key, class Value, class M, class S, class C>
statistics basic_lsm_tree<Key, Value, M, S, C>::stats() const {
    return tree_->stats();
}

template <class Key, class Value, class M, class S, class C>
recovery_report basic_lsm_tree<Key, Value, M, S, C>::recovered() const {
    return tree_->recovered();
}

template <class Key, class Value, class M, class S, class C>
std::exception_ptr basic_lsm_tree<Key, Value, M, S, C>::background_error() const {
    return tree_->background_error();
}

}  // namespace lsm
