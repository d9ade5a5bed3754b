// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm {

/// Bytes that somebody else owns.
using byte_view = std::span<const std::byte>;
/// Bytes of one's own.
using byte_buffer = std::vector<std::byte>;

/// Bytes do not decode. Thrown by decoders, which do not know the file that the bytes came from;
/// whoever fetched them rethrows as `lsm::error` with the file's name.
class decode_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A number of fixed width, as it is stored: everything arithmetic but `long double`.
template <class T>
concept plain_number = std::is_arithmetic_v<T> && !std::same_as<std::remove_cv_t<T>, long double>;

[[nodiscard]] inline byte_view as_bytes(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

[[nodiscard]] inline std::string_view as_text(byte_view bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Appends @p bytes to @p out. Strong guarantee.
inline void append(byte_buffer& out, byte_view bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Whether all bytes are 0, as in a file whose bytes a crash kept from the device.
[[nodiscard]] inline bool are_zeros(byte_view bytes) noexcept {
    return std::ranges::all_of(bytes, [](std::byte each) { return each == std::byte{}; });
}
/// Whether two texts are the same as far as both go.
[[nodiscard]] inline bool begin_alike(byte_view a, byte_view b) noexcept {
    const std::size_t both = (std::min)(a.size(), b.size());
    return std::ranges::equal(a.first(both), b.first(both));
}

/// The bytes of a number, least significant first, whatever the machine.
template <plain_number T>
[[nodiscard]] std::array<std::byte, sizeof(T)> to_little_endian(T value) noexcept {
    auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    if constexpr (std::endian::native == std::endian::big)
        for (std::size_t i = 0; i < sizeof(T) / 2; ++i)
            std::swap(bytes[i], bytes[sizeof(T) - 1 - i]);
    return bytes;
}

/// The inverse of `to_little_endian`.
template <plain_number T>
[[nodiscard]] T from_little_endian(const std::byte* from) noexcept {
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), from, sizeof(T));
    if constexpr (std::endian::native == std::endian::big)
        for (std::size_t i = 0; i < sizeof(T) / 2; ++i)
            std::swap(bytes[i], bytes[sizeof(T) - 1 - i]);
    return std::bit_cast<T>(bytes);
}

/// Appends a number, least significant byte first.
template <plain_number T>
void append_number(byte_buffer& out, T value) {
    append(out, to_little_endian(value));
}

}  // namespace lsm
