// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/event_listener.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/commit.hpp>
#include <lsm/engine/table_writer.hpp>
#include <lsm/engine/version.hpp>
#include <lsm/engine/version_edit.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace lsm::engine {

/// Entries that come in the order of their keys, on their way into tables without log and memtable. It
/// belongs to the writer whose turn it is, from its beginning to its end: all of it has the next
/// sequence number, which no reader reads at until it is live.
///
/// Its numbers are never forgotten while the tables are written: who pins meanwhile reads at older ones.
template <class State>
class ingestion {
    using Key = typename State::key_type;
    using Value = typename State::mapped_type;
    using writer =
        table_writer<Key, Value, typename State::format_type, typename State::medium_type>;
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    /// @pre no memtable holds anything. @throws error
    explicit ingestion(State& to)
        : state_(to), number_(to.store.last_sequence.load() + 1), tables_(target_in(to)) {
        const std::scoped_lock lock(to.store.changes);
        to.store.mark_unclean();
    }
    ingestion(const ingestion&) = delete;
    ingestion& operator=(const ingestion&) = delete;
    ~ingestion() {
        if (state_.store.root_unknown) tables_.hand_over();  // the root may name them by now
    }

    /// @throws error `invalid_argument` for keys and values that are refused, or out of order; `io`
    void add(const key_view& key, const cell<Value>& value) {
        check_key<Key>(key);
        check_value<Value>(view_in<Value>(value));
        if (last_key_ && compare<key_view>(codec<Key>::as_view(*last_key_), key) >= 0)
            throw error(
                errc::invalid_argument,
                "entry " + std::to_string(entries_) +
                    " of what is ingested does not come after the one before it: sort it by "
                    "key, each key once");
        tables_.add(key, number_, payload_kind::value, value);
        last_key_.emplace(codec<Key>::own(key));
        ++entries_;
    }
    /// Makes all of it durable and visible. @throws error; then nothing has changed, unless the outcome
    /// is unknown: then the tree takes no writes any more
    void install() {
        tables_.finish();
        if (tables_.outputs().empty()) return;
        version_edit<Key, Value> edit;
        edit.added = tables_.outputs();
        job_event event;
        for (const auto& made : edit.added) event.outputs.push_back(describe(0, 0, *made));
        {
            const std::scoped_lock lock(state_.store.changes);
            state_.install_newest(edit, number_);
            ++state_.done.flushes;
            for (const table_statistics& made : event.outputs)
                state_.done.bytes_flushed += made.bytes;
        }
        for (const table_statistics& made : event.outputs) bytes_ += made.bytes;
        tables_.hand_over();
        if (state_.options.listener) state_.options.listener->on_flush(event);
    }

    /// Of its tables, once they are installed.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    static constexpr std::uint64_t max_table_bytes = std::uint64_t{32} << 20;

    static typename writer::target target_in(State& state) {
        return {state.store.for_tables(),
                state.options.storage.format,
                [&store = state.store] { return store.next_table_id++; },
                0,
                state.current.share()->tables->levels().empty(),
                max_table_bytes,
                {}};
    }

    State& state_;
    sequence_number number_;
    writer tables_;
    std::optional<Key> last_key_;
    std::uint64_t entries_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace lsm::engine
