// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/order.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/engine/block_search.hpp>
#include <lsm/engine/cursor.hpp>
#include <lsm/engine/read_ahead.hpp>
#include <lsm/engine/table.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace lsm::engine {

/// Tables whose key ranges are disjoint, in key order.
template <class Key, class Value>
using run = std::vector<std::shared_ptr<const table<Key, Value>>>;

/// A run as one source: its tables' blocks one after another, each loaded only when it is needed. The
/// run outlives the cursor, which copies nothing of it.
///
/// Blocks of one key come newest version first in both directions: backward, those blocks are gone through forward.
template <class Key, class Value>
class run_cursor final : public cursor<Key, Value> {
    using base = cursor<Key, Value>;
    using key_view = typename base::key_view;

public:
    run_cursor(const run<Key, Value>& tables, direction way, cache_use cache = cache_use::keep)
        : tables_(tables), way_(way), cache_(cache) {}
    run_cursor(run<Key, Value>&&, direction, cache_use = cache_use::keep) = delete;

    void seek_first() override {
        sought_.reset();
        ahead_.restart();
        if (way_ == direction::forward)
            stand_at(0, 0);
        else if (tables_.empty())
            this->end();
        else
            stand_at_end(tables_.size() - 1);
    }

    void seek(const key_view& key) override {
        sought_.emplace(codec<Key>::own(key));
        ahead_.restart();
        if (way_ == direction::forward)
            seek_forward(key);
        else
            seek_backward(key);
    }

    void next() override {
        if (way_ == direction::forward) {
            stand_at(table_, block_ + 1);
        } else {
            next_backward();
        }
    }

    void load() override {
        ahead_.before_load(*tables_[table_], block_, way_);
        loaded_ = tables_[table_]->load(block_, cache_);
        auto window = loaded_->window();
        if (sought_) {  // only the first block can hold keys before the sought one
            const std::size_t place = place_of_sought(window);
            window = way_ == direction::forward ? window.part(place, window.size())
                                                : window.part(0, place);
            sought_.reset();
            expect_first_value(window);
        } else {
            expect_next();
        }
        this->show(window);
    }

private:
    /// The keys of other sources are looked at before the first value is.
    void expect_first_value(const window_of<Key, Value>& window) const noexcept {
        if (!window.empty())
            lsm::detail::prefetch(
                &window.values[way_ == direction::forward ? 0 : window.size() - 1]);
    }
    /// A scan that has come to a second block comes to the next one, too.
    void expect_next() const {
        if (!has_behind(1)) return;
        tables_[table_]->expect_entries(behind(1));
        if (has_behind(2)) tables_[table_]->expect_block(behind(2));
    }
    /// The block that comes so many steps behind this one in its table, in the direction.
    [[nodiscard]] bool has_behind(std::size_t steps) const {
        return way_ == direction::forward ? block_ + steps < blocks_of(table_) : block_ >= steps;
    }
    [[nodiscard]] std::size_t behind(std::size_t steps) const noexcept {
        return way_ == direction::forward ? block_ + steps : block_ - steps;
    }
    /// The first table that does not end before the key; in it, the last block that begins at or
    /// before the key.
    void seek_forward(const key_view& key) {
        const auto at = std::partition_point(tables_.begin(), tables_.end(), [&](const auto& each) {
            return compare<key_view>(each->last_key(), key) < 0;
        });
        if (at == tables_.end()) return leave();
        const auto block = (*at)->index().block_for(key);
        stand_at(static_cast<std::size_t>(at - tables_.begin()), block.value_or(0));
        if (block) tables_[table_]->expect_fetch(block_);  // it does not begin behind the key
    }
    /// The last table that begins at or before the key; in it, the last block that does.
    void seek_backward(const key_view& key) {
        const auto after =
            std::partition_point(tables_.begin(), tables_.end(), [&](const auto& each) {
                return compare<key_view>(each->first_key(), key) <= 0;
            });
        if (after == tables_.begin()) return leave();
        const auto table = static_cast<std::size_t>(after - tables_.begin()) - 1;
        stand_at_first_of(table, tables_[table]->index().blocks_until(key) - 1);
        tables_[table_]->expect_fetch(block_);
    }
    void next_backward() {
        const table_index<Key>& index = tables_[table_]->index();
        if (block_ != index.last_of(block_)) return stand_at(table_, block_ + 1);
        const std::size_t first = index.first_of(block_);
        if (first > 0) return stand_at_first_of(table_, first - 1);
        if (table_ > 0) return stand_at_end(table_ - 1);
        leave();
    }
    /// Backward: where the blocks begin that have the key which this one begins with.
    void stand_at_first_of(std::size_t table, std::size_t block) {
        stand_at(table, tables_[table]->index().first_of(block));
    }
    void stand_at_end(std::size_t table) { stand_at_first_of(table, blocks_of(table) - 1); }

    void stand_at(std::size_t table, std::size_t block) {
        if (table < tables_.size() && block == blocks_of(table)) {
            ++table;
            block = 0;
        }
        loaded_.reset();
        if (table >= tables_.size()) return leave();
        if (table != table_) ahead_.enter_table();
        table_ = table;
        block_ = block;
        tables_[table]->expect_block(block);
        this->wait_at(bound_here());
    }
    void leave() {
        loaded_.reset();
        this->end();
    }
    /// Forward: the block's first key. Backward: the first key of the block after it, or the
    /// table's last key: the index knows no block's last one.
    [[nodiscard]] const Key& bound_here() const {
        const table_index<Key>& index = tables_[table_]->index();
        if (way_ == direction::forward) return index.first_keys[block_];
        return block_ + 1 < index.blocks.size() ? index.first_keys[block_ + 1] : *index.last_key;
    }
    [[nodiscard]] std::size_t blocks_of(std::size_t table) const {
        return tables_[table]->index().blocks.size();
    }
    /// Forward: the first index whose key is not below the sought one. Backward: the first whose key is
    /// above it.
    [[nodiscard]] std::size_t place_of_sought(const window_of<Key, Value>& window) const {
        const view_of<Key> key = codec<Key>::as_view(*sought_);
        const block_search<Key, Value> search(tables_[table_]->index(), block_, window, key,
                                              lookup_manner::alone);
        const auto order = [&](std::size_t i) {
            return compare<key_view>(view_in<Key>(window.keys[i]), key);
        };
        return way_ == direction::forward
                   ? search.first_not([&](std::size_t i) { return order(i) < 0; })
                   : search.first_not([&](std::size_t i) { return order(i) <= 0; });
    }

    std::span<const std::shared_ptr<const table<Key, Value>>> tables_;
    direction way_;
    cache_use cache_;
    std::size_t table_ = 0;
    std::size_t block_ = 0;
    std::optional<Key> sought_;
    read_ahead ahead_;
    typename table<Key, Value>::block_pointer loaded_;
};

}  // namespace lsm::engine
