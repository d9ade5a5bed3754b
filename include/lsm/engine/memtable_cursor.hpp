// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/engine/cursor.hpp>
#include <lsm/engine/versioned_memtable.hpp>

#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace lsm::engine {

/// A memtable's cursor as a source of windows, one version each. Versions newer than it reads at,
/// and those of a write that failed half-way, are passed over.
template <class Key, class Value, class Memtable>
class memtable_cursor final : public cursor<Key, Value> {
    using source = versioned_memtable<Memtable>;

public:
    memtable_cursor(std::shared_ptr<const source> from, direction way, sequence_number at)
        : from_(std::move(from)), at_(at), position_(from_->table.cursor(way)) {}

    void seek_first() override {
        const auto lock = from_->reading();
        position_.seek_first();
        settle();
    }
    void seek(const typename cursor<Key, Value>::key_view& key) override {
        const auto lock = from_->reading();
        position_.seek(key);
        settle();
    }
    void next() override {
        const auto lock = from_->reading();
        position_.next();
        settle();
    }

private:
    using position = decltype(std::declval<const Memtable&>().cursor(direction::forward));

    void settle() {
        while (position_.valid() && !from_->shows(position_.sequence(), at_)) position_.next();
        if (!position_.valid()) return this->end();
        const payload<Value>& content = position_.payload();
        key_.emplace(cell_of<Key>(position_.key()));
        const sequence_number sequence = position_.sequence();
        const payload_kind kind = content.kind();
        value_.emplace(kind == payload_kind::value ? cell_of<Value>(content.value())
                                                   : cell<Value>());
        this->show({{&*key_, 1}, sequence_column(sequence), kind_column(kind), {&*value_, 1}});
    }

    std::shared_ptr<const source> from_;
    sequence_number at_;
    position position_;
    std::optional<cell<Key>> key_;
    std::optional<cell<Value>> value_;
};

}  // namespace lsm::engine
