// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/codec/hash.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/block_memory.hpp>
#include <lsm/engine/block_search.hpp>
#include <lsm/engine/read_guard.hpp>
#include <lsm/engine/table_file.hpp>
#include <lsm/storage/compression/compression.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <memory_resource>
#include <string>
#include <type_traits>
#include <utility>

namespace lsm::engine {

/// What becomes of a block that had to be fetched.
enum class cache_use : bool {
    keep,    ///< the next reader finds it in the cache
    pass_by  ///< the cache keeps what it has: a compaction reads each block once, and its table goes
};

/// A decoded block: what it shows is valid as long as it lives.
template <class Key, class Value>
class block : public cached_block {
public:
    block(const window_of<Key, Value>& entries, std::size_t bytes) noexcept
        : cached_block(bytes), window_(entries) {}

    [[nodiscard]] const window_of<Key, Value>& window() const noexcept { return window_; }

private:
    window_of<Key, Value> window_;
};

/// A key that is looked up, and its hash for filters.
template <class Key>
struct sought_key {
    using view_type = std::remove_cvref_t<view_of<Key>>;

    sought_key(const view_type& key, std::uint64_t filter_seed)
        : view(key), hash(hash_of<Key>(key, filter_seed)) {}

    const view_type& view;
    std::uint64_t hash;
};

/// One live table: its index resident, its blocks fetched on demand through the cache. This is what
/// all formats on all media look like to the engine. Any thread may read.
template <class Key, class Value>
class table {
public:
    using key_view = std::remove_cvref_t<view_of<Key>>;

    using block_type = block<Key, Value>;
    using block_pointer = std::shared_ptr<const block_type>;

    table(table_record record, table_index<Key> index, std::shared_ptr<block_cache> cache)
        : record_(std::move(record)), index_(std::move(index)), cache_(std::move(cache)),
          homes_(std::make_unique<cached_block::home[]>(index_.blocks.size())) {
        index_.make_search();
    }
    table(const table&) = delete;
    table& operator=(const table&) = delete;
    virtual ~table() {
        for (std::size_t i = 0; i < index_.blocks.size(); ++i) cache_->forget(homes_[i]);
    }

    [[nodiscard]] const table_record& record() const noexcept { return record_; }
    [[nodiscard]] const table_index<Key>& index() const noexcept { return index_; }
    /// About the memory that the index takes, filter included: as stored, and what makes it fast.
    [[nodiscard]] std::size_t index_bytes() const noexcept {
        constexpr std::size_t each_block = sizeof(Key) + sizeof(cached_block::home);
        return record_.index.bytes + each_block * index_.blocks.size() + index_.search.bytes();
    }
    /// @pre the table is not empty; empty tables are never made live
    [[nodiscard]] view_of<Key> first_key() const { return index_.view(index_.first_keys.front()); }
    [[nodiscard]] view_of<Key> last_key() const { return index_.view(*index_.last_key); }

    /// A block, from the cache, or fetched and verified. @throws error
    [[nodiscard]] block_pointer load(std::size_t which, cache_use into) const {
        {
            const auto since = cache_->when().enter();
            if (const auto* const there = homes_[which].load(std::memory_order_seq_cst))
                return reclaimable::share(static_cast<const block_type&>(*there));
        }
        return into == cache_use::keep ? fetch_and_keep(which) : fetch_block(which);
    }

    /// Whether the cache has it now.
    [[nodiscard]] bool is_resident(std::size_t which) const noexcept {
        return homes_[which].load(std::memory_order_relaxed) != nullptr;
    }

    /// How many blocks the cache has now. O(blocks).
    [[nodiscard]] std::size_t resident_blocks() const noexcept {
        std::size_t count = 0;
        for (std::size_t i = 0; i < index_.blocks.size(); ++i) count += is_resident(i) ? 1 : 0;
        return count;
    }

    /// @name What a lookup is about to wait for
    /// Each asks for what the next one looks at, so that a group of lookups waits but once for each.
    /// @{
    void expect_home(std::size_t which) const noexcept { lsm::detail::prefetch(&homes_[which]); }
    void expect_block(std::size_t which) const noexcept {
        lsm::detail::prefetch(homes_[which].load(std::memory_order_relaxed));
    }
    /// Asks the medium for blocks that follow each other, where the first is not in memory.
    void expect_fetch(std::size_t first, std::size_t count = 1) const {
        if (!is_resident(first)) expect_blocks(first, count);
    }
    /// Asks for all of a block that the cache has, for a scan that will come to it.
    void expect_entries(std::size_t which) const noexcept {
        const auto since = cache_->when().enter();
        if (const auto* const there = homes_[which].load(std::memory_order_seq_cst)) {
            const auto& window = static_cast<const block_type&>(*there).window();
            lsm::detail::prefetch_all(window.keys);
            lsm::detail::prefetch_all(window.values);
        }
    }
    /// @pre the caller has entered the cache's epochs
    void expect_keys(std::size_t which, const key_view& key) const {
        if (const auto* const there = homes_[which].load(std::memory_order_seq_cst))
            block_search<Key, Value>(index_, which, static_cast<const block_type&>(*there).window(),
                                     key, lookup_manner::in_group);
    }
    /// @}

    /// Calls `f(kind, value cell, keep)` for the versions of a key that are not newer than
    /// @p at, newest first, until it returns false; `keep()` is what the cell lives by, a shared
    /// pointer. A block that has to be fetched is fetched while @p reads stands aside.
    /// @returns false if `f` did. @pre @p reads has entered the cache's epochs, and keeps the table
    template <class F>
    bool find(const sought_key<Key>& key, sequence_number at, read_guard& reads, F&& f) const {
        const auto candidate = index_.candidate(key.view, key.hash);
        return !candidate || find_from(*candidate, key.view, at, lookup_manner::alone, reads, f);
    }
    /// The same from the block that the index names.
    template <class F>
    bool find_from(std::size_t which, const key_view& key, sequence_number at, lookup_manner how,
                   read_guard& reads, F&& f) const {
        if (index_.has_long_keys) return find_in_blocks(which, key, at, how, reads, f);
        return find_in_block(which, key, at, how, reads, f);
    }

    /// Whether a block of it could not be read: its bytes are not what was written, or the device fails there.
    [[nodiscard]] bool is_damaged() const noexcept {
        return damaged_.load(std::memory_order_relaxed);
    }
    /// Forgets it, before the blocks are tried again.
    void forget_damage() const noexcept { damaged_.store(false, std::memory_order_relaxed); }
    /// Says that no version names the table any more: its file goes with the last reader.
    void retire() const noexcept { retired_.store(true, std::memory_order_relaxed); }

protected:
    [[nodiscard]] bool retired() const noexcept { return retired_.load(std::memory_order_relaxed); }
    [[nodiscard]] block_cache& cache() const noexcept { return *cache_; }

    /// Reads a block from the medium and verifies it. @throws error
    [[nodiscard]] virtual block_pointer read_block(std::size_t which) const = 0;
    /// Tells the medium that blocks that follow each other will be read soon.
    virtual void expect_blocks(std::size_t first, std::size_t count) const = 0;

private:
    // Inlined where the index names one block, which is the usual lookup: g++ would share one copy of the two.
    template <class F>
    [[gnu::always_inline]] bool find_in_block(std::size_t which, const key_view& key,
                                              sequence_number at, lookup_manner how,
                                              read_guard& reads, F& f) const {
        block_pointer fetched;
        const block_type* seen = resident(which);
        if (!seen) {
            fetched = reads.aside([&] { return fetch_and_keep(which); });
            seen = fetched.get();
        }
        const auto keep = [&] { return fetched ? fetched : reclaimable::share(*seen); };
        const window_of<Key, Value>& window = seen->window();
        const block_search<Key, Value> search(index_, which, window, key, how);
        return find_in(window, search, key, at, [&](payload_kind kind, const cell<Value>& value) {
            return f(kind, value, keep);
        });
    }
    /// In the blocks of a key that may have several. The numbers in them descend, so those whose versions are all too
    /// new are passed over by bisection. O(log blocks of the key) fetches to the first version.
    template <class F>
    [[gnu::noinline]] bool find_in_blocks(std::size_t first, const key_view& key,
                                          sequence_number at, lookup_manner how, read_guard& reads,
                                          F& f) const {
        const std::size_t last = index_.continues(first, key) ? index_.last_of(first) : first;
        std::size_t which = first + parted(last - first, [&](std::size_t i) {
                                const block_pointer held = reads.aside(
                                    [&] { return load(first + i + 1, cache_use::keep); });
                                return held->window().sequences[0] > at;
                            });
        while (find_in_block(which, key, at, how, reads, f))
            if (which++ == last) return true;
        return false;
    }
    [[nodiscard]] const block_type* resident(std::size_t which) const noexcept {
        const auto* const there = homes_[which].load(std::memory_order_seq_cst);
        if (there) there->touch();
        return static_cast<const block_type*>(there);
    }
    /// The same, and remembers damage. @throws error
    [[nodiscard]] block_pointer fetch_block(std::size_t which) const {
        try {
            return read_block(which);
        } catch (const error& failure) {
            if (failure.which() == errc::corruption || failure.system_errno() == EIO)
                damaged_.store(true, std::memory_order_relaxed);
            throw;
        }
    }
    [[nodiscard]] block_pointer fetch_and_keep(std::size_t which) const {
        return std::static_pointer_cast<const block_type>(
            cache_->keep(fetch_block(which), homes_[which]));
    }
    template <class F>
    static bool find_in(const window_of<Key, Value>& window, const block_search<Key, Value>& search,
                        const key_view& key, sequence_number at, F&& f) {
        std::size_t i = search.first_not([&](std::size_t each) {
            return compare<key_view>(view_in<Key>(window.keys[each]), key) < 0;
        });
        const bool all_seen = window.sequences.are_seen_at(at);
        for (; i < window.size(); ++i) {
            if (compare<key_view>(view_in<Key>(window.keys[i]), key) != 0) return true;
            if (!all_seen && window.sequences[i] > at) continue;
            if (!f(window.kinds[i], window.values[i])) return false;
        }
        return true;
    }

private:
    table_record record_;
    table_index<Key> index_;
    std::shared_ptr<block_cache> cache_;
    std::unique_ptr<cached_block::home[]> homes_;  // of each block
    mutable std::atomic<bool> retired_ = false;
    mutable std::atomic<bool> damaged_ = false;
};

/// A table of one format on one medium.
template <class Key, class Value, class Format, class Medium>
class stored_table final : public table<Key, Value> {
    using base = table<Key, Value>;
    using block_pointer = typename base::block_pointer;
    using decoded = typename Format::template block<Key, Value>;

public:
    /// Opens what the root calls @p record. @throws error
    [[nodiscard]] static std::shared_ptr<base> open(const table_resources<Medium>& from,
                                                    const table_record& record) {
        auto file = std::make_unique<table_file<Medium>>(from.medium, from.files, record);
        const byte_buffer resident = file->read(record.index);
        try {
            table_index<Key> index = Format::template read_index<Key, Value>(resident);
            if (index.properties.id != record.id)
                throw decode_error("it calls itself table " + std::to_string(index.properties.id));
            if (index.blocks.empty()) throw decode_error("it is empty");
            return std::make_shared<stored_table>(record, std::move(index), from.cache,
                                                  std::move(file));
        } catch (const unknown_compression& failure) {
            throw error(errc::incompatible, file->where() + ": " + failure.what());
        } catch (const decode_error& failure) {
            throw error(errc::corruption,
                        file->where() + ": its index does not decode: " + failure.what());
        }
    }

    stored_table(const table_record& record, table_index<Key> index,
                 std::shared_ptr<block_cache> cache, std::unique_ptr<table_file<Medium>> file)
        : base(record, std::move(index), std::move(cache)), file_(std::move(file)) {}

    ~stored_table() override {
        if (!this->cache().is_owner()) return;  // the file is the parent's
        if (!this->retired()) return;
        try {
            file_->remove();
        } catch (...) {  // it stays as an orphan, which the next opening removes
        }
    }

protected:
    [[nodiscard]] block_pointer read_block(std::size_t which) const override {
        byte_buffer bytes = file_->read(this->index().blocks[which]);
        this->cache().count_fetch();
        try {
            const std::shared_ptr<block_memory>& memory = this->cache().memory();
            auto made = std::allocate_shared<const stored_block>(
                block_allocator<stored_block>(memory), std::move(bytes), memory.get());
            check_fits(which, made->window());
            return made;
        } catch (const decode_error& failure) {
            throw error(errc::corruption, file_->where() + ": block " + std::to_string(which) +
                                              " does not decode: " + failure.what());
        }
    }

    void expect_blocks(std::size_t first, std::size_t count) const override {
        const extent& begin = this->index().blocks[first];
        const extent& last = this->index().blocks[first + count - 1];
        if (last.offset < begin.offset) return;  // a damaged index, which reading tells of
        file_->expect(begin.offset, last.offset - begin.offset + last.bytes);
    }

private:
    /// What a block shows is made before it is a block.
    struct made_before {
        made_before(byte_buffer bytes, std::pmr::memory_resource* in)
            : from(make(std::move(bytes), in)) {}
        /// A format of somebody else's need not ask where memory comes from.
        static decoded make(byte_buffer bytes, std::pmr::memory_resource* in) {
            if constexpr (std::is_constructible_v<decoded, byte_buffer, std::pmr::memory_resource*>)
                return decoded(std::move(bytes), in);
            else
                return decoded(std::move(bytes));
        }
        const decoded from;
    };
    struct stored_block final : private made_before, public block<Key, Value> {
        stored_block(byte_buffer bytes, std::pmr::memory_resource* in)
            : made_before(std::move(bytes), in),
              block<Key, Value>(made_before::from.window(), made_before::from.bytes() +
                                                                sizeof(stored_block) -
                                                                sizeof(decoded)) {}
    };

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
        const Key& end = is_last ? *index.last_key : index.first_keys[which + 1];
        const bool continues_key = index.first_of(which) != index.last_of(which);
        const bool ends_right = continues_key ? is(last, index.first_keys[which]) == 0
                                : is_last     ? is(last, end) == 0
                                              : is(last, end) < 0;
        if (!ends_right) throw decode_error("it does not end where the index says");
    }

    std::unique_ptr<table_file<Medium>> file_;
};

}  // namespace lsm::engine
