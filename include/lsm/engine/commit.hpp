// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/order.hpp>
#include <lsm/engine/failure.hpp>
#include <lsm/storage/record/log_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <utility>

namespace lsm::engine {

/// One write: what it does, and what became of it.
template <class Key, class Value>
struct write_request {
    std::span<operation<Key, Value>> steps;
    durability level;
    byte_buffer group = {};   ///< its steps for the log; empty without one
    std::uint64_t bytes = 0;  ///< of its keys and values
    std::exception_ptr failure = nullptr;
};

/// Refuses what has no place in the order, and what is too large.
/// @returns the key's bytes. @throws error `invalid_argument`
template <class Key>
std::uint64_t check_key(const std::remove_cvref_t<view_of<Key>>& key) {
    if (!has_order<Key>(key))
        throw error(errc::invalid_argument,
                    "a key has no place in the order: it is, or holds, a NaN");
    const std::uint64_t bytes = encoded_bytes<Key>(key);
    if (bytes > max_key_bytes)
        throw error(errc::invalid_argument, "a key of " + std::to_string(bytes) +
                                                " bytes: expected at most " +
                                                std::to_string(max_key_bytes));
    return bytes;
}
template <class Value>
std::uint64_t check_value(const std::remove_cvref_t<view_of<Value>>& value) {
    const std::uint64_t bytes = encoded_bytes<Value>(value);
    if (bytes > max_value_bytes)
        throw error(errc::invalid_argument, "a value of " + std::to_string(bytes) +
                                                " bytes: expected at most " +
                                                std::to_string(max_value_bytes));
    return bytes;
}

/// Checks every step, and encodes it for the log. Needs no turn. @throws error `invalid_argument`
template <class Key, class Value>
void check_and_encode(write_request<Key, Value>& request, std::uint64_t tree_id, bool for_log) {
    if (for_log) begin_group(request.group);
    for (const auto& step : request.steps) {
        const auto& key = codec<Key>::as_view(step.key);
        const std::uint64_t key_bytes = check_key<Key>(key);
        request.bytes += key_bytes;
        if (for_log) {
            append_operation(request.group, tree_id, step.content.kind());
            append_length(request.group, key_bytes);
            encode<Key>(request.group, key);
        }
        if (step.content.kind() != payload_kind::value) continue;
        const auto& value = codec<Value>::as_view(step.content.value());
        const std::uint64_t value_bytes = check_value<Value>(value);
        request.bytes += value_bytes;
        if (!for_log) continue;
        append_length(request.group, value_bytes);
        encode<Value>(request.group, value);
    }
    if (request.group.size() > max_batch_bytes)
        throw error(errc::invalid_argument, "a batch of " + std::to_string(request.group.size()) +
                                                " bytes: expected at most " +
                                                std::to_string(max_batch_bytes));
}

/// The write path, for the writer whose turn it is: room, insert, log, show.
///
/// Every write becomes visible as a whole, or not at all: its numbers are above what any reader reads
/// at until the log has it. The log cannot find the device full then, because the room was made
/// before. Where an insert fails, or the log, the numbers used so far are hidden for good, and the
/// memtable takes no further write.
template <class State, class Maintenance>
class committer {
    using Key = typename State::key_type;
    using Value = typename State::mapped_type;
    using request = write_request<Key, Value>;
    using requests = std::span<request* const>;

public:
    committer(State& state, Maintenance& maintenance) noexcept
        : state_(state), maintenance_(maintenance) {}

    /// Carries out all of them; failures are kept in them.
    void run(requests all) noexcept {
        while (!all.empty()) all = all.subspan(run_some(all));
    }

private:
    /// Carries out requests up to one that fails in the memtable. @returns how many are done
    std::size_t run_some(requests all) noexcept {
        try {
            make_room(all);
        } catch (...) {  // the others may fit, and hear of their own failures if they do not
            all.front()->failure = std::current_exception();
            if (state_.store.root_unknown || state_.store.log.is_broken())
                state_.fail(own_copy(all.front()->failure));
            return 1;
        }
        before_ = last_ = state_.store.last_sequence.load(std::memory_order_relaxed);
        std::size_t done = 0;
        bool whole = true;
        while (whole && done < all.size()) whole = insert(*all[done++]);
        show(all.first(whole ? done : done - 1));
        maintenance_.after_commit();
        return done;
    }

    /// @throws error
    void make_room(requests all) {
        state_.check_writable();
        maintenance_.wait_for_room();
        if (state_.active->has_aborted()) state_.freeze();
        active_ = state_.active.get();
        if (!state_.options.log.enabled) return;
        std::uint64_t bytes = 0;
        for (const request* each : all) bytes += padded_group(each->group.size());
        state_.store.make_room(bytes);
    }

    /// @returns whether the memtable has all of it
    bool insert(request& one) noexcept {
        const sequence_number first = last_ + 1;
        try {
            const auto lock = active_->writing();
            const sequence_number floor = what_may_be_forgotten();
            for (auto& step : one.steps) {
                active_->table.insert(std::move(step.key), last_ + 1, std::move(step.content),
                                      floor);
                ++last_;
            }
            if (!one.group.empty())
                state_.store.log.append(one.group, first,
                                        static_cast<std::uint32_t>(one.steps.size()));
        } catch (...) {
            one.failure = std::current_exception();
            if (last_ >= first) active_->abort(first, last_);
            return false;
        }
        return true;
    }
    /// The floor of an insert. Readers of an exclusive memtable pin what they read at before they look
    /// at it, and a cursor may stand on any version, so while there is a pin nothing is forgotten.
    /// Readers of any other memtable do not announce themselves at all.
    [[nodiscard]] sequence_number what_may_be_forgotten() const {
        if constexpr (State::memtable_type::is_exclusive)
            return state_.store.pins->size() == 0 ? before_ : no_sequence;
        else
            return no_sequence;
    }
    /// Makes what was inserted survive what it has to, and lets readers see it.
    void show(requests inserted) noexcept {
        auto level = durability::none;
        for (const request* each : inserted) level = (std::max)(level, each->level);
        try {
            state_.store.log.commit(level);
        } catch (...) {
            // Whether it will be there after a crash is not known, so nobody sees it now.
            state_.fail(std::current_exception());
            for (request* each : inserted) each->failure = own_copy(std::current_exception());
            active_->abort(before_ + 1, last_);
        }
        state_.store.last_sequence.store(last_, std::memory_order_release);
    }

    static std::exception_ptr own_copy(const std::exception_ptr& of) noexcept {
        try {
            failure(of).raise();
        } catch (...) {
            return std::current_exception();
        }
    }

    State& state_;
    Maintenance& maintenance_;
    typename State::memtable_type* active_ = nullptr;
    sequence_number before_ = no_sequence;
    sequence_number last_ = no_sequence;
};

}  // namespace lsm::engine
