// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/core/floating.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lsm {

/// The writing visitor that hashes. Equal objects hash equal: -0.0 as 0.0. The seed keeps whoever
/// chooses the keys from choosing the collisions.
class hasher {
public:
    explicit hasher(std::uint64_t seed = 0) : state_(seed) {}

    template <plain_number T>
    void number(T value) {
        if constexpr (std::is_floating_point_v<T>) {
            mix(detail::bits_with_one_zero(value));
        } else {
            mix(static_cast<std::uint64_t>(value));
        }
    }
    void text(std::string_view value) { bytes(as_bytes(value)); }
    void bytes(byte_view value) { state_ = checksum(value, state_); }
    void fixed(byte_view value) { bytes(value); }
    void begin_record() {}
    void field(std::string_view) {}
    void end_record() {}
    void begin_sequence(std::size_t count) { mix(count); }
    void item() {}
    void end_sequence() {}
    void begin_optional(bool present) { mix(present ? 1 : 0); }
    void end_optional() {}

    [[nodiscard]] std::uint64_t value() const noexcept { return state_; }

private:
    /// The finalizer of MurmurHash3 over state and input: every input bit reaches every state bit.
    void mix(std::uint64_t input) noexcept {
        std::uint64_t h = state_ ^ (input + 0x9e3779b97f4a7c15U);
        h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdU;
        h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53U;
        state_ = h ^ (h >> 33);
    }

    std::uint64_t state_;
};

/// The hash of an object's view. A type whose `==` calls more objects equal than have equal parts
/// (strings without regard to case) gives its codec a `hash(view, seed)` of its own.
template <has_codec T>
[[nodiscard]] std::uint64_t hash_of(const std::remove_cvref_t<view_of<T>>& object,
                                    std::uint64_t seed = 0) {
    if constexpr (requires {
                      { codec<T>::hash(object, seed) } -> std::same_as<std::uint64_t>;
                  }) {
        return codec<T>::hash(object, seed);
    } else {
        hasher out(seed);
        codec<T>::write(out, object);
        return out.value();
    }
}

}  // namespace lsm
