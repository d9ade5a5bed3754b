// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/bytes.hpp>
#include <lsm/codec/trait.hpp>
#include <lsm/core/entry.hpp>

#include <cstddef>
#include <type_traits>

namespace lsm {

/// About how much memory an object holds outside itself: nothing where it is trivially copyable,
/// else as much as its bytes would take. What a memtable counts against its `max_bytes`.
template <has_codec T>
[[nodiscard]] std::size_t heap_bytes(const T& object) {
    if constexpr (std::is_trivially_copyable_v<T>)
        return 0;
    else
        return static_cast<std::size_t>(encoded_bytes<T>(codec<T>::as_view(object)));
}

/// The same of a payload: of its value, where it has one.
template <has_codec Value>
[[nodiscard]] std::size_t heap_bytes(const payload<Value>& object) {
    return object.kind() == payload_kind::value ? heap_bytes(object.value()) : 0;
}

}  // namespace lsm
