// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/run_cursor.hpp>
#include <lsm/engine/table.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// A callable that a job owns. `std::function` would do, but its header is a twentieth of what ours
/// cost to compile.
template <class Result, class... Arguments>
class job_function {
public:
    template <class F>
    job_function(F f)  // NOLINT(google-explicit-constructor)
        : state_(std::make_shared<const F>(std::move(f))),
          call_([](const void* state, Arguments... arguments) -> Result {
              return (*static_cast<const F*>(state))(arguments...);
          }) {}

    Result operator()(Arguments... arguments) const { return call_(state_.get(), arguments...); }

private:
    std::shared_ptr<const void> state_;
    Result (*call_)(const void* state, Arguments... arguments);
};

/// Turns a sorted stream of entries into tables, which are on the medium and durable when it is
/// finished. It takes them away again unless they are handed over.
///
/// @tparam Format what it writes
template <class Key, class Value, class Format, class Medium>
class table_writer {
    using key_view = std::remove_cvref_t<view_of<Key>>;
    using builder =
        decltype(std::declval<const Format&>().template build<Key, Value>(table_plan{}));
    using writer = decltype(std::declval<Medium&>().create(table_name{}));

public:
    /// Where and how it writes.
    struct target {
        table_resources<Medium> tables;
        Format format;
        job_function<std::uint64_t> next_id;
        std::size_t level;
        bool is_oldest;  ///< whether no table is older than what comes out
        std::uint64_t max_table_bytes;
        std::vector<Key> borders;  ///< ascending: no table has keys on both sides of one
    };

    explicit table_writer(target to) : to_(std::move(to)) {}
    table_writer(const table_writer&) = delete;
    table_writer& operator=(const table_writer&) = delete;
    ~table_writer() {
        for (const auto& made : outputs_) made->retire();
    }

    /// Adds an entry. @pre it comes after the last one. @throws error
    void add(const key_view& key, sequence_number sequence, payload_kind kind,
             const cell<Value>& value) {
        const bool is_full = open_ && open_->build.bytes() >= to_.max_table_bytes;
        if (passes_border(key) || (is_full && !continues(key))) finish();
        if (!open_) begin_table();
        open_->build.add(key, sequence, kind, value);
        open_->added.count(key, kind);
        if (open_->build.bytes() >= to_.max_table_bytes)
            open_->last_key.emplace(codec<Key>::own(key));
        if (open_->build.bytes() - written_ >= write_bytes) flush();
    }
    /// Ends the last table. @throws error
    void finish() {
        if (!open_) return;
        const extent index = open_->build.finish();
        flush();
        open_->write.commit();
        const table_record record{open_->name.id,  std::string(Format::name),
                                  Format::version, open_->name.extension,
                                  written_,        index};
        const added_entries added = std::move(open_->added);
        open_.reset();
        outputs_.push_back(open_again(record, added));
    }
    /// The tables, by key, once it is finished.
    [[nodiscard]] const run<Key, Value>& outputs() const noexcept { return outputs_; }
    /// Says that the tables are live: they stay.
    void hand_over() noexcept { outputs_.clear(); }

private:
    /// What was added to a table.
    struct added_entries {
        std::uint64_t entries = 0;
        std::uint64_t tombstones = 0;
        std::optional<Key> first_key;

        void count(const key_view& key, payload_kind kind) {
            if (!first_key) first_key.emplace(codec<Key>::own(key));
            ++entries;
            tombstones += kind == payload_kind::tombstone ? 1 : 0;
        }
    };
    /// A table under construction.
    struct open_table {
        table_name name;
        builder build;
        writer write;
        std::optional<Key> last_key;  // once it is full
        building_memory::share memory;
        added_entries added;
    };

    /// Versions of one key stay in one table.
    [[nodiscard]] bool continues(const key_view& key) const {
        return compare<key_view>(codec<Key>::as_view(*open_->last_key), key) == 0;
    }
    /// Whether this is the first key at or after a border.
    [[nodiscard]] bool passes_border(const key_view& key) {
        const std::size_t before = border_;
        while (border_ < to_.borders.size() &&
               compare<key_view>(codec<Key>::as_view(to_.borders[border_]), key) <= 0)
            ++border_;
        return border_ != before;
    }
    void begin_table() {
        const table_name name{to_.next_id(), std::string(Format::extension)};
        const table_plan plan{name.id, to_.level, to_.is_oldest, to_.tables.filter_seed};
        open_.emplace(open_table{name,
                                 to_.format.template build<Key, Value>(plan),
                                 to_.tables.medium->create(name),
                                 std::nullopt,
                                 building_memory::share(to_.tables.building),
                                 {}});
        written_ = 0;
    }
    void flush() {
        const byte_buffer bytes = open_->build.take();
        written_ += bytes.size();
        open_->write.append(bytes);
        if constexpr (requires { open_->build.memory_bytes(); })
            open_->memory.set(open_->build.memory_bytes());
    }
    /// Reads back what was written, so that a table which does not open, or which does not hold what was
    /// added, never becomes live. @throws error
    [[nodiscard]] std::shared_ptr<table<Key, Value>> open_again(const table_record& record,
                                                                const added_entries& added) {
        outputs_.reserve(outputs_.size() + 1);
        try {
            auto made = stored_table<Key, Value, Format, Medium>::open(to_.tables, record);
            check_index(*made, added);
            if constexpr (!requires { Format::checks_blocks; }) check_blocks(*made, added);
            return made;
        } catch (...) {
            to_.tables.medium->remove({record.id, record.extension});
            throw;
        }
    }
    static void check_index(const table<Key, Value>& made, const added_entries& added) {
        const table_properties& is = made.index().properties;
        if (is.entries != added.entries || is.tombstones != added.tombstones)
            refuse(made, "its index tells of " + std::to_string(is.entries) + " entries and " +
                             std::to_string(is.tombstones) + " tombstones, of which " +
                             std::to_string(added.entries) + " and " +
                             std::to_string(added.tombstones) + " were written");
        if (compare<key_view>(made.first_key(), codec<Key>::as_view(*added.first_key)) != 0)
            refuse(made, "its index gives another first key than was written");
    }
    /// For formats that do not look at their blocks themselves.
    static void check_blocks(const table<Key, Value>& made, const added_entries& added) {
        std::uint64_t entries = 0, tombstones = 0;
        for (std::size_t i = 0; i < made.index().blocks.size(); ++i) {
            const auto loaded = made.load(i, cache_use::pass_by);
            const window_of<Key, Value>& all = loaded->window();
            entries += all.size();
            for (std::size_t n = 0; n < all.size(); ++n) {
                tombstones += all.kinds[n] == payload_kind::tombstone ? 1 : 0;
                if (n > 0 &&
                    compare<key_view>(view_in<Key>(all.keys[n - 1]), view_in<Key>(all.keys[n])) > 0)
                    refuse(made, "the keys of block " + std::to_string(i) + " do not ascend");
            }
        }
        if (entries != added.entries || tombstones != added.tombstones)
            refuse(made, "its blocks hold other entries than were written");
    }
    [[noreturn]] static void refuse(const table<Key, Value>& made, const std::string& why) {
        throw error(errc::invalid_argument,
                    "table " + std::to_string(made.record().id) + " of format " +
                        std::string(Format::name) +
                        " does not hold what was written to it: " + why +
                        ". Mend lsm::codec or serialize() of the key type " + codec<Key>::shape() +
                        ", or the format. Nothing is lost: the entries are where they were");
    }

    static constexpr std::uint64_t write_bytes = std::uint64_t{1} << 20;  // per write to the medium

    target to_;
    std::optional<open_table> open_;
    std::uint64_t written_ = 0;  // bytes of the open table that are with the medium
    std::size_t border_ = 0;     // the first that no key has passed
    run<Key, Value> outputs_;
};

}  // namespace lsm::engine
