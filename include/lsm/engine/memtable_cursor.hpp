// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/engine/cursor.hpp>
#include <lsm/engine/entry_batch.hpp>
#include <lsm/engine/versioned_memtable.hpp>
#include <lsm/memtable/memtable.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace lsm::engine {

/// A memtable's cursor as a source of windows: of one version each, or of a few that become many where
/// the memtable's entries stay in place. Versions newer than it reads at, and those of a write that
/// failed half-way, are passed over.
template <class Key, class Value, class Memtable>
class memtable_cursor final : public cursor<Key, Value> {
    using source = versioned_memtable<Memtable>;

public:
    memtable_cursor(std::shared_ptr<const source> from, direction way, sequence_number at)
        : from_(std::move(from)), way_(way), at_(at), position_(from_->table.cursor(way)) {}

    void seek_first() override {
        const auto lock = from_->reading();
        position_.seek_first();
        collect();
    }
    void seek(const typename cursor<Key, Value>::key_view& key) override {
        const auto lock = from_->reading();
        position_.seek(key);
        collect();
    }
    void next() override {
        const auto lock = from_->reading();
        if (position_.valid()) position_.next();
        collect();
    }

private:
    using position = decltype(std::declval<const Memtable&>().cursor(direction::forward));

    /// Shows the next versions, and leaves the position at the last of them.
    void collect() {
        batch_.clear();
        batch_.reserve(limit_);
        while (position_.valid()) {
            if (from_->shows(position_.sequence(), at_)) add();
            if (batch_.size() == limit_) break;
            position_.next();
        }
        if (batch_.empty()) return this->end();
        if (way_ == direction::backward) batch_.turn_round();
        this->show(batch_.window());
        if constexpr (memtable_entries_stay<Memtable>) limit_ = (std::min)(2 * limit_, most);
    }
    void add() {
        const payload<Value>& content = position_.payload();
        const bool is_value = content.kind() == payload_kind::value;
        batch_.add(cell_of<Key>(position_.key()), position_.sequence(), content.kind(),
                   is_value ? cell_of<Value>(content.value()) : cell<Value>());
    }

    static constexpr std::size_t most = memtable_entries_stay<Memtable> ? 64 : 1;
    static constexpr std::size_t first = memtable_entries_stay<Memtable> ? 2 : 1;

    std::shared_ptr<const source> from_;
    direction way_;
    sequence_number at_;
    position position_;
    entry_batch<Key, Value> batch_{first};
    std::size_t limit_ = first;  // a scan that stops early has not looked at many in vain
};

}  // namespace lsm::engine
