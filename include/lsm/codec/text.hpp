// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/bytes.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lsm {

/// Strings of any bytes, UTF-8 or not. Readers see them as `std::string_view`.
template <>
struct codec<std::string> {
    static constexpr access_kind access = access_kind::borrowed;
    using view = std::string_view;
    static view as_view(const std::string& object) noexcept { return object; }
    static std::string own(view text) { return std::string(text); }
    static void write(auto& out, view text) { out.text(text); }
    template <class In>
    static std::string read(In& in) {
        return std::string(in.text());
    }
    template <class In>
    static view read_view(In& in) {
        return in.text();
    }
    static std::string shape() { return "text"; }
};

/// Bytes of any number.
template <>
struct codec<std::vector<std::byte>> : decoded_codec<std::vector<std::byte>> {
    static void write(auto& out, const std::vector<std::byte>& object) { out.bytes(object); }
    template <class In>
    static std::vector<std::byte> read(In& in) {
        const byte_view bytes = in.bytes();
        return {bytes.begin(), bytes.end()};
    }
    static std::string shape() { return "bytes"; }
};

/// Bytes of a number that the type says: digests, identifiers.
template <std::size_t N>
struct codec<std::array<std::byte, N>> : by_value_codec<std::array<std::byte, N>> {
    static constexpr bool in_place = true;
    static void write(auto& out, const std::array<std::byte, N>& object) { out.fixed(object); }
    template <class In>
    static std::array<std::byte, N> read(In& in) {
        std::array<std::byte, N> object;
        in.fixed(object);
        return object;
    }
    static std::string shape() { return "bytes<" + std::to_string(N) + ">"; }
};

}  // namespace lsm
