// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/has_order.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/engine/epochs.hpp>
#include <lsm/engine/memtable_cursor.hpp>
#include <lsm/engine/merge_cursor.hpp>
#include <lsm/engine/pins.hpp>
#include <lsm/engine/read_cost.hpp>
#include <lsm/engine/read_guard.hpp>
#include <lsm/engine/run_cursor.hpp>
#include <lsm/engine/version.hpp>
#include <lsm/engine/versioned_memtable.hpp>
#include <lsm/engine/visible_cursor.hpp>

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

namespace lsm::engine {

/// What a scan reads from, whatever the tree's policies.
template <class Key, class Value>
class readable {
public:
    readable() = default;
    readable(const readable&) = delete;
    readable& operator=(const readable&) = delete;
    virtual ~readable() = default;

    /// A cursor over what a reader at @p at sees. Opening reads nothing. This object, @p range and
    /// @p memory outlive the cursor.
    [[nodiscard]] virtual visible_cursor<Key, Value>
    open(const key_range<Key>& range, direction way, sequence_number at,
         std::pmr::memory_resource& memory) const = 0;
    /// Counts what a cursor that it opened has lost to the number of runs.
    virtual void count_loss(const visible_cursor<Key, Value>& ended) const noexcept = 0;
};

/// How a lookup ended.
struct lookup_outcome {
    bool found = false;          ///< a value
    std::size_t runs_asked = 0;  ///< before that was known
};

/// What a reader pins: the active and the frozen memtables, and the tables, of one moment. Nothing
/// of it is replaced; only the active memtable goes on taking newer versions.
template <class Key, class Value, class Memtable>
class read_state final : public readable<Key, Value>, public reclaimable {
public:
    using memtable_type = versioned_memtable<Memtable>;
    using version_type = version<Key, Value>;
    using key_view = std::remove_cvref_t<view_of<Key>>;
    using sources = typename merge_cursor<Key, Value>::sources;

    std::shared_ptr<memtable_type> active;
    std::vector<std::shared_ptr<memtable_type>> frozen;  ///< newest first
    std::shared_ptr<const version_type> tables;
    std::shared_ptr<const void> medium;   ///< whose lock a view keeps, also one of memory alone
    std::shared_ptr<const pin_set> pins;  ///< that a view's own stands in
    epochs* readers;  ///< where they count what they lose; lives as long as any table does

    read_state(std::shared_ptr<memtable_type> newest,
               std::vector<std::shared_ptr<memtable_type>> waiting,
               std::shared_ptr<const version_type> stored, std::shared_ptr<const void> on,
               std::shared_ptr<const pin_set> pinned_in, epochs& read_by)
        : active(std::move(newest)), frozen(std::move(waiting)), tables(std::move(stored)),
          medium(std::move(on)), pins(std::move(pinned_in)), readers(&read_by) {}

    /// Shows the newest version of @p key that a reader at @p at sees: calls `f(value cell, keep)` if
    /// that is a value, under no lock; `keep()` is what the cell lives by, a shared pointer.
    /// Waits for no device inside the epochs of @p reads.
    /// @pre @p reads found this; where the memtables are exclusive, `at` is pinned
    template <class F>
    lookup_outcome find(const key_view& key, sequence_number at, read_guard& reads, F&& f) const {
        if (const payload<Value>* const content = find_in_memtables(key, at)) {
            if (content->kind() != payload_kind::value) return {false, 0};
            f(cell_of<Value>(content->value()), [&] { return reclaimable::share(*this); });
            return {true, 0};
        }
        if (tables->runs().empty()) return {false, 0};
        bool found = false;
        const std::size_t asked =
            tables->find({key, tables->filter_seed()}, at, reads,
                         [&](payload_kind kind, const cell<Value>& value, auto&& keep) {
                             found = kind == payload_kind::value;
                             if (found) f(value, keep);
                             return false;
                         });
        return {found, asked};
    }

    /// The same of several keys: calls `f(number of the key, value cell)` for each that has a value, in
    /// no order. Their waits for memory overlap, so groups of 16 to 32 are fastest. @returns how many
    /// lookups asked another run, over all runs but the first
    template <class F>
    std::size_t find_all(std::span<const key_view> keys, sequence_number at, read_guard& reads,
                         F&& f) const {
        std::vector<table_lookup<Key, Value>> open;
        open.reserve(keys.size());
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (!has_order<Key>(keys[i])) continue;  // a NaN was never put
            const payload<Value>* const content = find_in_memtables(keys[i], at);
            if (!content)
                open.emplace_back(sought_key<Key>(keys[i], tables->filter_seed()), i);
            else if (content->kind() == payload_kind::value)
                f(i, cell_of<Value>(content->value()));
        }
        return tables->find_all(
            open, at, reads,
            [&](const auto& one, payload_kind kind, const cell<Value>& value, auto&&) {
                if (kind == payload_kind::value) f(one.number(), value);
                return false;
            });
    }

    [[nodiscard]] visible_cursor<Key, Value>
    open(const key_range<Key>& range, direction way, sequence_number at,
         std::pmr::memory_resource& memory) const override {
        sources all(&memory);
        all.reserve(1 + frozen.size() + tables->runs().size());
        add_memtable(all, active, way, at);
        for (const auto& each : frozen) add_memtable(all, each, way, at);
        for (const run<Key, Value>* const each : tables->runs())
            all.emplace_back(make_cursor<run_cursor<Key, Value>>(memory, *each, way), way);
        return {std::move(all), range, way, at};
    }

    void count_loss(const visible_cursor<Key, Value>& ended) const noexcept override {
        if (ended.alternated() < long_scan || tables->runs().size() < 2) return;
        readers->enter().spend(read_cost::of_scan(ended.alternated()));
    }

    /// Adds a memtable's cursor to the sources of a merge, in the memory of these.
    static void add_memtable(sources& to, std::shared_ptr<const memtable_type> from, direction way,
                             sequence_number at) {
        {
            const auto lock = from->reading();
            if (from->table.entries() == 0) return;
        }
        std::pmr::memory_resource& memory = *to.get_allocator().resource();
        to.emplace_back(
            make_cursor<memtable_cursor<Key, Value, Memtable>>(memory, std::move(from), way, at),
            way);
    }

private:
    static constexpr std::uint64_t long_scan = 64;  // what others lose is in the price of a seek

    [[nodiscard]] const payload<Value>* find_in_memtables(const key_view& key,
                                                          sequence_number at) const {
        const payload<Value>* content = find_in(*active, key, at);
        for (auto each = frozen.begin(); !content && each != frozen.end(); ++each)
            content = find_in(**each, key, at);
        return content;
    }
    /// The version that decides the key for a reader at @p at, null if the memtable has none.
    static const payload<Value>* find_in(const memtable_type& in, const key_view& key,
                                         sequence_number at) {
        const payload<Value>* found = nullptr;
        const auto lock = in.reading();
        if (in.table.entries() == 0) return nullptr;
        in.table.find(key, at, [&](sequence_number number, const payload<Value>& content) {
            if (!in.shows(number, at)) return true;
            found = &content;
            return false;
        });
        return found;
    }
};

}  // namespace lsm::engine
