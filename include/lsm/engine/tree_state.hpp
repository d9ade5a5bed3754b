// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/statistics.hpp>
#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/pins.hpp>
#include <lsm/engine/read_state.hpp>
#include <lsm/engine/recovery.hpp>
#include <lsm/engine/version.hpp>
#include <lsm/storage/record/root_record.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace lsm::engine {

/// Everything that a tree is at one moment, and the two ways in which it changes: `publish` for what
/// is in memory, `install` for what is durable. Who changes it, and when, is the business of
/// `commit` and `maintenance`.
template <class Key, class Value, class MemTablePolicy, class StoragePolicy, class CompactionPolicy>
struct tree_state {
    using key_type = Key;
    using mapped_type = Value;
    using format_type = typename StoragePolicy::format_type;
    using memtable = typename MemTablePolicy::template memtable<Key, payload<Value>>;
    using memtable_type = versioned_memtable<memtable>;
    using read_state_type = read_state<Key, Value, memtable>;
    using version_type = version<Key, Value>;
    using medium_type = typename StoragePolicy::medium;
    using options_type = tree_options<MemTablePolicy, StoragePolicy, CompactionPolicy>;

    options_type options;
    std::shared_ptr<medium_type> medium;
    std::string where = medium->describe();  ///< for messages, also after closing
    std::shared_ptr<block_cache> cache;
    std::shared_ptr<pin_set> pins = std::make_shared<pin_set>();
    root_record root;
    std::shared_ptr<const read_state_type> current;  ///< what the next reader pins
    sequence_number last_sequence = no_sequence;     ///< of the last write that readers see
    std::uint64_t next_table_id = 0;
    bool closed = false;
    bool root_unknown = false;  ///< a root's replacement has an unknown outcome: no more writes
    statistics done;            ///< only its counters of work done

    /// Opens the medium and recovers. @throws error
    tree_state(const typename medium_type::location& location, options_type settings)
        : options(std::move(settings)),
          medium(std::make_shared<medium_type>(location, options.mode)),
          cache(std::make_shared<block_cache>(options.cache_bytes)) {
        auto [recovered, tables] =
            recovery<Key, Value, StoragePolicy>(medium, cache, options.mode).run();
        root = std::move(recovered);
        next_table_id = root.next_table_id;
        last_sequence = root.last_sequence;
        tables.for_each_table([&](std::size_t, std::size_t, const auto& each) {
            last_sequence = (std::max)(last_sequence, each->index().properties.max_sequence);
            next_table_id = (std::max)(next_table_id, each->record().id + 1);
        });
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
                                                          std::move(tables));
    }

    /// Makes an edit durable, then visible, and retires the tables that it removes. A flush also
    /// takes the oldest frozen memtable out. @throws error; then nothing has changed, unless the
    /// outcome is unknown: then the tree takes no writes any more
    void install(const version_edit<Key, Value>& edit, bool is_flush, byte_buffer memory) {
        auto tables = std::make_shared<const version_type>(apply(*current->tables, edit));
        auto frozen = current->frozen;
        if (is_flush) frozen.pop_back();
        auto next = std::make_shared<const read_state_type>(current->active, std::move(frozen), tables);
        root_record edited = root;
        edited.clean = false;
        edited.trees.front().levels = tables->records();
        if (!is_flush) edited.trees.front().compaction_memory = std::move(memory);
        replace_root(std::move(edited));
        const auto before = std::exchange(current, std::move(next));
        before->tables->for_each_table([&](std::size_t, std::size_t, const auto& each) {
            const bool removed = std::ranges::find(edit.removed, each->record().id) != edit.removed.end();
            const bool stays = std::ranges::find(edit.added, each) != edit.added.end();
            if (removed && !stays) each->retire();
        });
    }

    /// Replaces the root, with what every root says filled in. @throws error
    void replace_root(root_record next) {
        next.generation = root.generation + 1;
        next.next_table_id = next_table_id;
        next.last_sequence = last_sequence;
        if (medium->replace_root(write_root(next)) != replace_result::ok) {
            root_unknown = true;
            throw error(errc::io, where + "/root: cannot tell whether it was replaced: reopen the tree");
        }
        root = std::move(next);
    }

    /// Says that the root no longer tells all that may be on the medium. Before the first table.
    void mark_unclean() {
        if (!root.clean) return;
        root_record next = root;
        next.clean = false;
        replace_root(std::move(next));
    }

    /// @throws error if the tree cannot be used, or not for writing
    void check_open() const {
        if (closed) throw error(errc::invalid_argument, where + ": the tree is closed");
    }
    void check_writable() const {
        check_open();
        if (options.mode == open_mode::read_only)
            throw error(errc::read_only, where + " was opened read-only");
        if (root_unknown)
            throw error(errc::read_only,
                        where + ": an earlier write to the root failed");
    }

    /// Lets go of everything; only what readers still hold stays.
    void release() noexcept {
        closed = true;
        current.reset();
        cache.reset();
        medium.reset();
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
        all.pins = pins->size();
        all.last_sequence = last_sequence;
        all.blocks_fetched = cache->fetched();
        all.cache_bytes = cache->bytes();
        return all;
    }
};

}  // namespace lsm::engine
