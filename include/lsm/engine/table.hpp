// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/process.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace lsm::engine {

/// A decoded block, kept alive by whoever holds it.
template <class Key, class Value>
struct loaded_block {
    std::shared_ptr<const void> keeps;
    window_of<Key, Value> window;
};

/// One live table: its index resident, its blocks fetched on demand through the cache. This is what
/// all formats on all media look like to the engine. Any thread may read.
template <class Key, class Value>
class table {
public:
    using key_view = std::remove_cvref_t<view_of<Key>>;

    table(table_record record, table_index<Key> index)
        : record_(std::move(record)), index_(std::move(index)) {}
    table(const table&) = delete;
    table& operator=(const table&) = delete;
    virtual ~table() = default;

    [[nodiscard]] const table_record& record() const noexcept { return record_; }
    [[nodiscard]] const table_index<Key>& index() const noexcept { return index_; }
    /// @pre the table is not empty; empty tables are never made live
    [[nodiscard]] view_of<Key> first_key() const { return index_.view(index_.first_keys.front()); }
    [[nodiscard]] view_of<Key> last_key() const { return index_.view(*index_.last_key); }

    /// Fetches a block, verifies it, and keeps it in the cache. @throws error
    [[nodiscard]] virtual loaded_block<Key, Value> load(std::size_t block) const = 0;

    /// Calls `f(sequence, kind, value cell)` for the versions of @p key that are not newer than
    /// @p at, newest first, until it returns false. @returns false if `f` did
    template <class F>
    bool find(const key_view& key, sequence_number at, F&& f) const {
        const auto candidate = index_.candidate(key);
        if (!candidate) return true;
        const loaded_block<Key, Value> block = load(*candidate);
        const auto& window = block.window;
        const auto first = std::partition_point(
            window.keys.begin(), window.keys.end(),
            [&](const cell<Key>& each) { return compare<key_view>(view_in<Key>(each), key) < 0; });
        for (auto i = static_cast<std::size_t>(first - window.keys.begin()); i < window.size();
             ++i) {
            if (compare<key_view>(view_in<Key>(window.keys[i]), key) != 0) return true;
            if (window.sequences[i] > at) continue;
            if (!f(window.sequences[i], window.kinds[i], window.values[i])) return false;
        }
        return true;
    }

    /// Says that no version names the table any more: its file goes with the last reader.
    void retire() const noexcept { retired_.store(true, std::memory_order_relaxed); }

protected:
    [[nodiscard]] bool retired() const noexcept { return retired_.load(std::memory_order_relaxed); }

private:
    table_record record_;
    table_index<Key> index_;
    mutable std::atomic<bool> retired_ = false;
};

/// Reads an extent of a table of @p size bytes and checks it.
/// @throws error `corruption` naming @p where, or `io`
template <class Reader>
[[nodiscard]] byte_buffer fetch(const Reader& reader, std::uint64_t size, const extent& from,
                                const std::string& where) {
    const auto damaged = [&](const std::string& what) {
        return error(errc::corruption, where + ": " + std::to_string(from.bytes) +
                                           " bytes at offset " + std::to_string(from.offset) +
                                           " are damaged: " + what);
    };
    if (from.offset > size || from.bytes > size - from.offset)
        throw damaged("the table has only " + std::to_string(size) + " bytes");
    byte_buffer bytes(from.bytes);
    reader.read(from.offset, bytes);
    const std::uint64_t found = checksum(bytes);
    if (found != from.checksum)
        throw damaged("expected checksum " + std::to_string(from.checksum) + ", got " +
                      std::to_string(found));
    return bytes;
}

/// A table of one format on one medium.
template <class Key, class Value, class Format, class Medium>
class stored_table final : public table<Key, Value> {
    using base = table<Key, Value>;
    using block = typename Format::template block<Key, Value>;
    using reader = decltype(std::declval<const Medium&>().open(table_name{}));

public:
    /// Opens what the root calls @p record. @throws error
    [[nodiscard]] static std::shared_ptr<base> open(std::shared_ptr<Medium> medium,
                                                    std::shared_ptr<block_cache> cache,
                                                    const table_record& record) {
        const std::string where = medium->describe() + "/" + name_of(record).file_name();
        reader opened = medium->open(name_of(record));
        if (opened.bytes() != record.bytes)
            throw error(errc::corruption, where + ": expected " + std::to_string(record.bytes) +
                                              " bytes, got " + std::to_string(opened.bytes()));
        const byte_buffer resident = fetch(opened, record.bytes, record.index, where);
        try {
            table_index<Key> index = Format::template read_index<Key, Value>(resident);
            if (index.properties.id != record.id)
                throw decode_error("it calls itself table " + std::to_string(index.properties.id));
            if (index.blocks.empty()) throw decode_error("it is empty");
            return std::make_shared<stored_table>(std::move(medium), std::move(cache),
                                                  std::move(opened), record, std::move(index));
        } catch (const decode_error& failure) {
            throw error(errc::corruption, where + ": its index does not decode: " + failure.what());
        }
    }

    stored_table(std::shared_ptr<Medium> medium, std::shared_ptr<block_cache> cache, reader opened,
                 const table_record& record, table_index<Key> index)
        : base(record, std::move(index)), medium_(std::move(medium)), cache_(std::move(cache)),
          reader_(std::move(opened)) {}

    ~stored_table() override {
        if (forks::count() != owner_) return;  // the file, and the cache's lock, are the parent's
        cache_->erase(this->record().id);
        if (!this->retired()) return;
        try {
            medium_->remove(name_of(this->record()));
        } catch (...) {  // it stays as an orphan, which the next opening removes
        }
    }

    [[nodiscard]] loaded_block<Key, Value> load(std::size_t which) const override {
        const block_cache::key place{this->record().id, which};
        if (auto held = cache_->find(place)) {
            const auto& found = *static_cast<const block*>(held.get());
            return {std::move(held), found.window()};
        }
        const std::string where = medium_->describe() + "/" + name_of(this->record()).file_name();
        byte_buffer bytes =
            fetch(reader_, this->record().bytes, this->index().blocks[which], where);
        cache_->count_fetch();
        try {
            const auto made = std::make_shared<const block>(std::move(bytes));
            check_fits(which, made->window());
            cache_->insert(place, made, made->bytes());
            return {made, made->window()};
        } catch (const decode_error& failure) {
            throw error(errc::corruption, where + ": block " + std::to_string(which) +
                                              " does not decode: " + failure.what());
        }
    }

private:
    /// A block has the keys that the index says: else what merges tables, by the index's keys, would
    /// take entries out of their order. @throws decode_error
    void check_fits(std::size_t which, const window_of<Key, Value>& entries) const {
        const table_index<Key>& index = this->index();
        const auto is = [&](const cell<Key>& key, const Key& other) {
            return compare<typename base::key_view>(view_in<Key>(key), index.view(other));
        };
        if (entries.empty() || is(entries.keys[0], index.first_keys[which]) != 0)
            throw decode_error("it does not begin with the key that the index says");
        const cell<Key>& last = entries.keys.back();
        const bool is_last = which + 1 == index.blocks.size();
        if (is_last ? is(last, *index.last_key) != 0 : is(last, index.first_keys[which + 1]) >= 0)
            throw decode_error("it does not end before the key that the index says");
    }
    static table_name name_of(const table_record& record) { return {record.id, record.extension}; }

    const unsigned owner_ = forks::count();
    std::shared_ptr<Medium> medium_;
    std::shared_ptr<block_cache> cache_;
    reader reader_;
};

}  // namespace lsm::engine
