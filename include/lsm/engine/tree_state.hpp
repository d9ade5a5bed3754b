// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/recovery_report.hpp>
#include <lsm/core/statistics.hpp>
#include <lsm/engine/failure.hpp>
#include <lsm/engine/process.hpp>
#include <lsm/engine/published.hpp>
#include <lsm/engine/read_state.hpp>
#include <lsm/engine/recovery.hpp>
#include <lsm/engine/store.hpp>
#include <lsm/engine/table_ids.hpp>
#include <lsm/engine/version.hpp>
#include <lsm/engine/version_edit.hpp>
#include <lsm/storage/record/root_record.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Everything that a tree is at one moment, and the two ways in which it changes: `publish` for what
/// is in memory, `install` for what is durable. Who changes it, and when, is the business of
/// `commit` and `maintenance`.
template <class Key, class Value, class MemTablePolicy, class StoragePolicy, class CompactionPolicy>
struct tree_state {
    using key_type = Key;
    using mapped_type = Value;
    using format_type = typename StoragePolicy::format_type;
    using medium_type = typename StoragePolicy::medium;
    using memtable = typename MemTablePolicy::template memtable<Key, payload<Value>>;
    using memtable_type = versioned_memtable<memtable>;
    using read_state_type = read_state<Key, Value, memtable>;
    using version_type = version<Key, Value>;
    using options_type = tree_options<MemTablePolicy, StoragePolicy, CompactionPolicy>;

    const options_type options;
    engine::store<medium_type> store;
    published<read_state_type> current{
        *store.readers};                    ///< what the next reader pins; nothing once closed
    std::shared_ptr<memtable_type> active;  ///< takes the writes; the writer's whose turn it is
    std::uint64_t editions =
        1;            ///< how often memtables or tables have changed; guarded by `changes`
    statistics done;  ///< only its counters of work done; guarded by `changes`
    recovery_report recovered;

    /// Opens the medium and recovers. What came from the log is in the active memtable. @throws error
    tree_state(const typename medium_type::location& location, options_type settings)
        : options(std::move(settings)), store(location, options) {
        recovery<Key, Value, StoragePolicy> from(store.for_tables(), options);
        auto [root, tables] = from.run();
        const auto replayed = fresh_memtable();
        const sequence_number last = from.replay(
            root,
            [&](Key&& key, sequence_number number, payload<Value>&& content,
                sequence_number floor) {
                replayed->table.insert(std::move(key), number, std::move(content), floor);
            },
            store.log);
        from.remove_orphans();
        recovered = from.report();
        store.filter_seed = root.trees.front().filter_seed;
        store.next_table_id = root.next_table_id;
        store.next_log_segment = root.next_log_segment;
        store.last_sequence = (std::max)(root.last_sequence, last);
        store.root = std::move(root);
        publish(replayed, {}, std::make_shared<const version_type>(std::move(tables)));
    }

    /// How many memtables wait for their flush.
    [[nodiscard]] std::size_t frozen() const {
        const auto now = current.read();
        return now ? now->frozen.size() : 0;
    }
    /// The last number in the memtables that wait for their flush.
    [[nodiscard]] sequence_number newest_frozen() const {
        const auto now = current.read();
        return now && !now->frozen.empty() ? now->frozen.front()->last : no_sequence;
    }
    /// Whether no memtable with numbers up to @p last waits for its flush any more.
    [[nodiscard]] bool is_flushed_to(sequence_number last) const {
        const auto now = current.read();
        return !now || now->frozen.empty() || now->frozen.back()->last > last;
    }
    /// Whether no entry is in memory only. The writer's whose turn it is.
    [[nodiscard]] bool is_flushed() const { return frozen() == 0 && active->table.entries() == 0; }
    [[nodiscard]] bool has_no_tables() const { return read()->tables->runs().empty(); }
    [[nodiscard]] std::shared_ptr<memtable_type> fresh_memtable() const {
        return std::make_shared<memtable_type>(options.memtable);
    }

    /// Makes this what the next reader pins. @pre `changes` is held, by the writer whose turn it is.
    /// Strong guarantee.
    void publish(std::shared_ptr<memtable_type> newest,
                 std::vector<std::shared_ptr<memtable_type>> frozen,
                 std::shared_ptr<const version_type> tables) {
        current.replace(std::make_shared<const read_state_type>(newest, std::move(frozen),
                                                                std::move(tables), store.medium,
                                                                store.pins, *store.readers));
        active = std::move(newest);
        ++editions;
        share_memory();
    }

    /// Makes the active memtable wait for its flush, if it holds anything. The writer's whose turn it
    /// is. Strong guarantee.
    void freeze() {
        const std::scoped_lock lock(store.changes);
        const auto now = current.share();
        if (!now || now->active->table.entries() == 0) return;
        auto frozen = now->frozen;
        frozen.insert(frozen.begin(), now->active);
        now->active->last = store.last_sequence.load();
        publish(fresh_memtable(), std::move(frozen), now->tables);
    }

    /// Makes an edit durable, then visible, and retires the tables that it removes. A flush also
    /// takes the oldest frozen memtable out, and the segments of the log that nothing else needs.
    /// @pre `changes` is held. @throws error; then nothing has changed, unless the outcome is
    /// unknown: then the tree takes no writes any more
    void install(const version_edit<Key, Value>& edit, bool is_flush, byte_buffer memory) {
        const auto before = current.share();
        auto frozen = before->frozen;
        sequence_number flushed = store.root.trees.front().flushed;
        if (is_flush) {
            flushed = frozen.back()->last;
            frozen.pop_back();
        }
        install(edit, std::move(frozen), flushed, [&](root_record& root) {
            if (!is_flush) root.trees.front().compaction_memory = std::move(memory);
        });
    }
    /// The same of tables that are newer than all there is: everything in them has the next number,
    /// which then is the last. @pre the memtables are empty; the writer's whose turn it is
    void install_newest(const version_edit<Key, Value>& edit, sequence_number number) {
        install(edit, {}, number, [&](root_record& root) { root.last_sequence = number; });
        store.last_sequence.store(number, std::memory_order_release);
    }

    /// Ends the log, when all that it holds is in tables. With @p clean, the root tells of all there
    /// is: an orderly close. @throws error
    void end_log(bool clean) {
        const std::scoped_lock one(store.preparing);
        const std::scoped_lock lock(store.changes);
        if (clean && store.root.clean) return;
        store.edit_root([&](root_record& root) {
            root.clean = clean;
            root.log.clear();
        });
        store.log.drop_all();
    }
    /// Compares the root on the medium with what it should be, after a failure. @throws error
    void verify_root() {
        const std::scoped_lock lock(store.changes);
        const std::optional<byte_buffer> stored = store.medium->load_root();
        if (store.root_unknown || !stored || *stored != write_root(store.root))
            throw error(errc::read_only,
                        store.where + "/root is not what this tree wrote: reopen the tree");
    }

    /// What a reader reads: it holds the guard meanwhile. @throws error if the tree cannot be used
    [[nodiscard]] auto read() const {
        check_owner();
        auto seen = current.read();
        if (!seen) throw_closed();
        return seen;
    }
    /// @throws error `locked` in a child of the process that opened the tree
    void check_owner() const {
        if (!is_owner())
            throw error(errc::locked, store.where + " belongs to the process that opened it, not "
                                                    "to its child: let the child open it itself");
    }
    [[nodiscard]] bool is_owner() const noexcept { return this_process::id() == owner_; }
    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(current); }
    /// @throws error if the tree cannot be used
    void check_open() const {
        check_owner();
        if (!is_open()) throw_closed();
    }
    /// @throws error if the tree cannot be written to
    void check_writable() const {
        check_open();
        if (options.mode == open_mode::read_only)
            throw error(errc::read_only, store.where + " was opened read-only");
        store.check_root();
        if (!failed_.load(std::memory_order_acquire)) return;
        throw error(errc::read_only, store.where +
                                         " takes no writes, because one failed: call "
                                         "resume(). The failure: " +
                                         failure().text());
    }

    /// Remembers a failure after which no write is safe, until `forgive`. The first one stays. Threads that
    /// wait for a change see the failure. @pre `changes` is not held
    void fail(const std::exception_ptr& why) noexcept {
        const std::scoped_lock lock(store.changes, failure_mutex_);
        if (!failure_) failure_ = engine::failure(why);
        failed_.store(true, std::memory_order_release);
    }
    void forgive() noexcept {
        const std::scoped_lock lock(store.changes, failure_mutex_);
        failure_ = {};
        failed_.store(false, std::memory_order_release);
    }
    [[nodiscard]] bool has_failed() const noexcept {
        return failed_.load(std::memory_order_acquire);
    }
    [[nodiscard]] engine::failure failure() const {
        const std::scoped_lock lock(failure_mutex_);
        return failure_;
    }

    /// Closes: only what readers still hold stays.
    void release() noexcept {
        const std::scoped_lock lock(store.changes);
        current.replace(nullptr);
        active.reset();
        store.release();
    }

    /// Tells the listener of a failure that no caller waits for.
    void report(const std::exception_ptr& why) const noexcept {
        if (options.listener) options.listener->on_error(why);
    }

    /// O(tables), of which nothing is done under a lock.
    [[nodiscard]] statistics collect_statistics() {
        check_owner();  // before a lock that a thread of the parent may have held
        statistics all;
        std::shared_ptr<const version_type> tables;
        {
            const std::scoped_lock lock(store.changes);
            const auto now = read();
            all = done;
            {
                const auto reading = now->active->reading();
                all.memtable_entries = now->active->table.entries();
                all.memtable_bytes = now->active->table.bytes();
            }
            all.frozen_memtables = now->frozen.size();
            all.pins = store.pins->size();
            all.last_sequence = store.last_sequence;
            all.log_bytes = store.log.bytes();
            all.blocks_fetched = store.cache->fetched();
            all.index_bytes = now->tables->index_bytes();
            all.cache_bytes = store.cache->bytes();
            all.building_bytes = store.building->bytes();
            std::size_t taken = all.memtable_bytes + all.index_bytes + all.cache_bytes;
            for (const auto& each : now->frozen) taken += each->table.bytes();
            const std::size_t within = (std::min)(taken, options.memory_bytes);
            all.beyond_memory_bytes = taken - within + all.building_bytes;
            tables = now->tables;
        }
        tables->for_each_table([&](std::size_t level, std::size_t run, const auto& each) {
            all.tables.push_back(describe(level, run, *each));
        });
        std::ranges::reverse(all.tables);
        return all;
    }

private:
    template <class Edit>
    void install(const version_edit<Key, Value>& edit,
                 std::vector<std::shared_ptr<memtable_type>> frozen, sequence_number flushed,
                 Edit&& edit_further) {
        const auto before = current.share();
        auto tables = std::make_shared<const version_type>(apply(*before->tables, edit));
        auto next = std::make_shared<const read_state_type>(
            before->active, std::move(frozen), tables, store.medium, store.pins, *store.readers);
        const table_ids gone = edit.gone();
        store.edit_root([&](root_record& root) {
            root.clean = false;
            root.log = store.log.needed(flushed);
            tree_record& mine = root.trees.front();
            mine.levels = tables->records();
            mine.flushed = flushed;
            edit_further(root);
        });
        store.log.drop_all_but_needed(flushed);
        before->tables->for_each_of(
            gone, [](std::size_t, std::size_t, const auto& each) { each->retire(); });
        current.replace(std::move(next));
        ++editions;
        share_memory();
    }
    /// Leaves the cache what the memtables and indexes do not take of the budget. @pre `changes` is held
    void share_memory() const noexcept {
        const auto now = current.read();
        const std::size_t all = options.memory_bytes;
        std::size_t left = all;
        const auto take = [&](std::size_t bytes) { left -= (std::min)(left, bytes); };
        take(options.memtable.max_bytes);
        for (const auto& each : now->frozen) take(each->table.bytes());
        take(now->tables->index_bytes());
        store.cache->set_budget((std::max)(left, all / least_cache_share));
    }

    [[noreturn]] void throw_closed() const {
        throw error(errc::invalid_argument, store.where + ": the tree is closed");
    }

    static constexpr std::size_t least_cache_share = 8;

    const pid_t owner_ = this_process::id();
    mutable std::mutex failure_mutex_;
    engine::failure failure_;
    std::atomic<bool> failed_ = false;
};

}  // namespace lsm::engine
