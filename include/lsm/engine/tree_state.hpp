// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/statistics.hpp>
#include <lsm/engine/read_state.hpp>
#include <lsm/engine/recovery.hpp>
#include <lsm/engine/store.hpp>
#include <lsm/engine/version.hpp>
#include <lsm/storage/record/root_record.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
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

    options_type options;
    engine::store<medium_type> store;
    std::shared_ptr<const read_state_type>
        current;      ///< what the next reader pins; null once closed
    statistics done;  ///< only its counters of work done

    /// Opens the medium and recovers. @throws error
    tree_state(const typename medium_type::location& location, options_type settings)
        : options(std::move(settings)), store(location, options.mode, options.cache_bytes) {
        auto [root, tables] =
            recovery<Key, Value, StoragePolicy>(store.medium, store.cache, options.mode).run();
        store.next_table_id = root.next_table_id;
        store.last_sequence = root.last_sequence;
        store.root = std::move(root);
        publish(fresh_memtable(), {}, std::make_shared<const version_type>(std::move(tables)));
    }

    [[nodiscard]] std::shared_ptr<memtable_type> fresh_memtable() const {
        return std::make_shared<memtable_type>(options.memtable);
    }

    /// Makes this what the next reader pins. Strong guarantee.
    void publish(std::shared_ptr<memtable_type> active,
                 std::vector<std::shared_ptr<memtable_type>> frozen,
                 std::shared_ptr<const version_type> tables) {
        current = std::make_shared<const read_state_type>(std::move(active), std::move(frozen),
                                                          std::move(tables), store.medium);
    }

    /// Makes an edit durable, then visible, and retires the tables that it removes. A flush also
    /// takes the oldest frozen memtable out. @throws error; then nothing has changed, unless the
    /// outcome is unknown: then the tree takes no writes any more
    void install(const version_edit<Key, Value>& edit, bool is_flush, byte_buffer memory) {
        auto tables = std::make_shared<const version_type>(apply(*current->tables, edit));
        auto frozen = current->frozen;
        if (is_flush) frozen.pop_back();
        auto next = std::make_shared<const read_state_type>(current->active, std::move(frozen),
                                                            tables, store.medium);
        root_record root = store.root;
        root.clean = false;
        root.trees.front().levels = tables->records();
        if (!is_flush) root.trees.front().compaction_memory = std::move(memory);
        store.replace_root(std::move(root));
        const auto before = std::exchange(current, std::move(next));
        before->tables->for_each_table([&](std::size_t, std::size_t, const auto& each) {
            const bool removed =
                std::ranges::find(edit.removed, each->record().id) != edit.removed.end();
            const bool stays = std::ranges::find(edit.added, each) != edit.added.end();
            if (removed && !stays) each->retire();
        });
    }

    /// @throws error if the tree cannot be used, or not for writing
    void check_open() const {
        if (!current) throw error(errc::invalid_argument, store.where + ": the tree is closed");
    }
    void check_writable() const {
        check_open();
        if (options.mode == open_mode::read_only)
            throw error(errc::read_only, store.where + " was opened read-only");
        if (store.root_unknown)
            throw error(errc::read_only, store.where + ": an earlier write to the root failed");
    }

    /// Closes: only what readers still hold stays.
    void release() noexcept {
        current.reset();
        store.release();
    }

    /// Tells the listener of a failure that no caller waits for.
    void report(const std::exception_ptr& failure) const noexcept {
        if (options.listener) options.listener->on_error(failure);
    }

    [[nodiscard]] statistics collect_statistics() const {
        statistics all = done;
        all.memtable_entries = current->active->table.entries();
        all.memtable_bytes = current->active->table.bytes();
        all.frozen_memtables = current->frozen.size();
        current->tables->for_each_table([&](std::size_t level, std::size_t run, const auto& each) {
            all.tables.push_back(describe(level, run, *each));
        });
        std::ranges::reverse(all.tables);
        all.pins = store.pins->size();
        all.last_sequence = store.last_sequence;
        all.blocks_fetched = store.cache->fetched();
        all.cache_bytes = store.cache->bytes();
        return all;
    }
};

}  // namespace lsm::engine
