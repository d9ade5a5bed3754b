// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/recovery_report.hpp>
#include <lsm/core/statistics.hpp>
#include <lsm/engine/commit.hpp>
#include <lsm/engine/ingestion.hpp>
#include <lsm/engine/maintenance.hpp>
#include <lsm/engine/pins.hpp>
#include <lsm/engine/published.hpp>
#include <lsm/engine/read_cost.hpp>
#include <lsm/engine/read_state.hpp>
#include <lsm/engine/tree_state.hpp>
#include <lsm/engine/turns.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace lsm::engine {

/// A tree from its opening to its closing: its state, its writers and its maintenance, and what its
/// members ask of them. Snapshots share it with the tree.
template <class Key, class Value, class M, class S, class C>
class open_tree {
    using state_type = tree_state<Key, Value, M, S, C>;
    using maintenance_type = maintenance<state_type>;
    using request = write_request<Key, Value>;
    using readers_state = typename published<typename state_type::read_state_type>::guard;
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    using location = typename state_type::medium_type::location;
    using options_type = typename state_type::options_type;

    open_tree(const location& where, options_type settings) : state_(where, std::move(settings)) {
        if (state_.options.mode == open_mode::read_only) return;
        flush_recovered();
        maintenance_.catch_up_at_opening();
        maintenance_.start();
    }
    open_tree(const open_tree&) = delete;
    open_tree& operator=(const open_tree&) = delete;
    ~open_tree() { close_or_report(); }

    void write(std::span<operation<Key, Value>> steps, durability level) {
        state_.check_writable();
        if (steps.empty()) return;
        const bool has_log = state_.options.log.enabled;
        if (!has_log && level != durability::none)
            throw error(errc::invalid_argument,
                        "a tree without a log takes only writes of durability::none");
        request mine{steps, level};
        check_and_encode(mine, 0, has_log);
        writers_.share(mine, [&](std::span<request* const> all) noexcept {
            committer<state_type, maintenance_type>(state_, maintenance_).run(all);
        });
        if (mine.failure) std::rethrow_exception(mine.failure);
        maintenance_.after_write(mine.bytes);
    }
    /// Calls `each(add)`, which calls `add(key, value cell)` for each entry, in the order of their keys:
    /// all of them are one write, which goes to tables.
    template <class Each>
    void ingest(Each&& each) {
        state_.check_writable();
        std::uint64_t bytes = 0;
        writers_.alone([&] {
            state_.check_writable();
            maintenance_.wait_for_room();
            maintenance_.freeze();
            maintenance_.flush_all();
            try {
                ingestion<state_type> entries(state_);
                each([&](const key_view& key, const cell<Value>& value) {
                    entries.add(key, value);
                });
                entries.install();
                bytes = entries.bytes();
            } catch (...) {
                if (state_.store.root_unknown) state_.fail(std::current_exception());
                throw;
            }
        });
        maintenance_.after_ingestion(bytes);
    }
    [[nodiscard]] durability usual_durability() const noexcept {
        return state_.options.log.enabled ? state_.options.durability : durability::none;
    }

    /// Shows the value's cell to `f`, of the newest version. @returns whether there is one
    template <class F>
    bool find(const key_view& key, F&& f) const {
        [[maybe_unused]] const auto keeps = keep_versions();
        auto reads = state_.read();
        return find_in(reads, key, state_.store.last_sequence.load(std::memory_order_acquire), f);
    }
    /// The same at a number that is pinned.
    template <class F>
    bool find(const key_view& key, sequence_number at, F&& f) const {
        auto reads = state_.read();
        return find_in(reads, key, at, f);
    }
    /// The same of several keys: calls `f(number of the key, value cell)` for those that have a value.
    template <class F>
    void find_all(std::span<const key_view> keys, sequence_number at, F&& f) const {
        auto reads = state_.read();
        reads.spend(read_cost::of_group(reads->find_all(keys, at, reads, f)));
    }
    /// As `find`, for an `f` that may take its time: readers hold up nothing meanwhile.
    template <class F>
    bool visit(const key_view& key, F&& f) const {
        [[maybe_unused]] const auto keeps = keep_versions();
        held_value held;
        const bool found = find(key, held);
        if (found) f(*held.value);
        return found;
    }
    template <class F>
    bool visit(const key_view& key, sequence_number at, F&& f) const {
        held_value held;
        const bool found = find(key, at, held);
        if (found) f(*held.value);
        return found;
    }

    /// What a scan of the range reads, for as long as it is held.
    [[nodiscard]] std::shared_ptr<const readable<Key, Value>>
    source_of(const key_range<Key>& range) const {
        for (const auto* end : {&range.lower, &range.upper})
            if (*end && !has_order<Key>(codec<Key>::as_view((*end)->key)))
                throw error(errc::invalid_argument,
                            "a scan's end has no place in the order: it is, or holds, a NaN");
        const auto reads = state_.read();
        reads.spend(read_cost::of_seek(reads->tables->runs().size()));
        return reads.share();
    }
    /// The tree as it is now, kept readable.
    [[nodiscard]] pin pin_now() const {
        state_.check_open();
        return {*state_.store.pins, state_.store.last_sequence};
    }

    /// Without a log only tables reach the device, so all goes to tables.
    void sync() {
        state_.check_writable();
        if (!state_.options.log.enabled) return flush();
        try {
            state_.store.log.sync();
        } catch (...) {
            state_.fail(std::current_exception());
            throw;
        }
    }
    void flush() {
        if (state_.has_failed()) return resume();
        state_.check_writable();
        writers_.alone([&] { maintenance_.freeze(); });
        maintenance_.flush_all();
        maintenance_.after_flush();
        if (state_.has_no_tables()) end_idle_log();
    }
    void compact() {
        flush();
        maintenance_.compact();
        end_idle_log();
    }
    void settle() {
        state_.check_writable();
        maintenance_.settle();
    }
    bool maintain() {
        state_.check_writable();
        return maintenance_.step();
    }
    void resume() {
        state_.check_open();
        writers_.alone([&] {
            maintenance_.forget_failures();
            if (!state_.has_failed()) return;
            state_.verify_root();
            maintenance_.flush_everything([&] { state_.end_log(false); });
            state_.forgive();
        });
    }
    [[nodiscard]] statistics stats() { return state_.collect_statistics(); }
    [[nodiscard]] const recovery_report& recovered() const noexcept { return state_.recovered; }
    [[nodiscard]] std::exception_ptr background_error() const {
        return state_.failure().original();
    }

    void close() {
        state_.check_owner();
        const std::scoped_lock one(closing_);
        if (!state_.is_open()) return;
        if (state_.options.mode != open_mode::read_only) {
            maintenance_.stop();
            if (state_.has_failed()) resume();
            writers_.alone([&] {
                maintenance_.flush_and_catch_up([&] {
                    state_.end_log(true);
                    state_.release();
                });
            });
        } else {
            state_.release();
        }
        state_.store.readers->drain();  // they hold the lock
    }
    /// For destructors: the tree is closed afterwards, come what may.
    void close_or_report() noexcept {
        if (!state_.is_owner()) return;  // the threads, the lock and the log are the parent's
        try {
            close();
        } catch (...) {
            state_.report(std::current_exception());
            maintenance_.stop();
            state_.release();
            state_.store.readers->drain();
        }
    }

private:
    /// A value that was found, kept alive.
    struct held_value {
        std::optional<cell<Value>> value;
        std::shared_ptr<const void> keeps;

        void operator()(const cell<Value>& found, auto&& keep) {
            value.emplace(found);
            keeps = keep();
        }
    };

    template <class F>
    static bool find_in(readers_state& reads, const key_view& key, sequence_number at, F& f) {
        if (!has_order<Key>(key)) return false;  // a NaN was never put
        const auto [found, runs_asked] = reads->find(key, at, reads, f);
        reads.spend(read_cost::of_get(runs_asked));
        return found;
    }

    /// What a lookup holds so that an exclusive memtable does not forget what it found. The others
    /// forget nothing.
    [[nodiscard]] auto keep_versions() const {
        if constexpr (state_type::memtable_type::is_exclusive)
            return pin_now();
        else
            return nullptr;
    }
    /// Gives back the space of a log that holds nothing but what is in tables. Not after each flush: a tree
    /// that is written to would reserve that space again at once.
    void end_idle_log() {
        writers_.alone([&] {
            state_.check_writable();
            if (!state_.is_flushed() || state_.store.log.bytes() == 0) return;
            try {
                state_.end_log(false);
            } catch (...) {
                if (state_.store.root_unknown) state_.fail(std::current_exception());
                throw;
            }
        });
    }
    /// What came from the log goes to tables at once. Where that fails, it stays readable.
    void flush_recovered() {
        try {
            if (state_.store.root.log.empty()) return;
            maintenance_.flush_everything([&] {
                // Of a log without operations that count, no flush lets go; another must not follow it.
                if (!state_.store.root.log.empty()) state_.end_log(false);
            });
        } catch (...) {
            state_.fail(std::current_exception());
            state_.report(std::current_exception());
        }
    }

    mutable state_type state_;
    maintenance_type maintenance_{state_};
    turns<request> writers_;
    std::mutex closing_;
};

}  // namespace lsm::engine
