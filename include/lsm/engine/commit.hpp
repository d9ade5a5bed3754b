// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/order.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace lsm::engine {

/// Refuses what has no place in the order, and what is too large. @throws error `invalid_argument`
template <class Key>
void check_key(const std::remove_cvref_t<view_of<Key>>& key) {
    if (!has_order(key))
        throw error(errc::invalid_argument,
                    "a key has no place in the order: it is, or holds, a NaN");
    if (const std::uint64_t bytes = encoded_bytes<Key>(key); bytes > max_key_bytes)
        throw error(errc::invalid_argument, "a key of " + std::to_string(bytes) +
                                                " bytes: expected at most " +
                                                std::to_string(max_key_bytes));
}

template <class Key, class Value>
void check_operation(const operation<Key, Value>& step) {
    check_key<Key>(codec<Key>::as_view(step.key));
    if (step.content.kind() != payload_kind::value) return;
    const auto& value = step.content.value();
    if (const auto bytes = encoded_bytes<Value>(codec<Value>::as_view(value));
        bytes > max_value_bytes)
        throw error(errc::invalid_argument, "a value of " + std::to_string(bytes) +
                                                " bytes: expected at most " +
                                                std::to_string(max_value_bytes));
}

/// The write path: check, insert, show. All of the steps become visible, or none: their numbers are
/// above what any reader reads at until the last one is in; if one fails, the numbers used so far are
/// hidden for good, and the memtable takes no further write.
/// @pre the active memtable has not aborted. @throws error, or what a user's type throws
template <class State, class Key, class Value>
void commit(State& state, std::span<operation<Key, Value>> steps) {
    for (const auto& step : steps) check_operation(step);
    auto& active = *state.current->active;
    const sequence_number before = state.store.last_sequence;
    const sequence_number floor = state.store.pins->oldest(before);
    sequence_number number = before;
    try {
        for (auto& step : steps) {
            ++number;
            active.table.insert(std::move(step.key), number, std::move(step.content), floor);
        }
    } catch (...) {
        if (number > before + 1) {  // the steps before the one that failed are in
            active.aborted_first = before + 1;
            active.aborted_last = number - 1;
            state.store.last_sequence = number - 1;
        }
        throw;
    }
    state.store.last_sequence = number;
}

}  // namespace lsm::engine
