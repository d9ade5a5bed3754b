// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/fwd.hpp>
#include <lsm/storage/by_age.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lsm {

/// What makes the bytes of a block fewer. A compression policy is a plain struct whose members are
/// its settings:
///
/// | member | meaning |
/// | --- | --- |
/// | `name` | in messages, and in each table that has a compressed block; no other policy has it |
/// | `id` | the same in each compressed block, from 1; yours from 128 |
/// | `compress(bytes) const -> byte_buffer` | the fewer bytes; none, or more, leaves the block as it is |
/// | `decompress(bytes, to) -> bool` | fills all of `to` from bytes that may be any; else false |
///
/// Blocks are compressed when a table is written, and decompressed once, when the cache fetches them.
/// Any thread may call.
template <class C>
concept compression_policy = requires(const C& policy, byte_view bytes, std::span<std::byte> to) {
    { C::name } -> std::convertible_to<std::string_view>;
    { C::id } -> std::convertible_to<std::uint8_t>;
    { policy.compress(bytes) } -> std::same_as<byte_buffer>;
    { C::decompress(bytes, to) } -> std::same_as<bool>;
};

/// Blocks lie as they are.
struct no_compression {
    static constexpr std::string_view name = "none";
    static constexpr std::uint8_t id = 0;
    static byte_buffer compress(byte_view) { return {}; }
    static bool decompress(byte_view, std::span<std::byte>) { return false; }
};

/// A table's blocks are compressed by a policy that the type of its storage does not name.
class unknown_compression : public decode_error {
public:
    explicit unknown_compression(std::string_view name)
        : decode_error("its blocks are compressed by '" + std::string(name) +
                       "': name that policy in the storage's format, as in "
                       "basic_block_format<bloom_filter, zstd_compression>") {}
};

namespace detail {

/// Whether stored ids and names tell one policy from another.
template <class... Policies>
consteval bool tell_themselves_apart(policy_list<Policies...>) {
    const std::uint8_t ids[] = {Policies::id...};
    const std::string_view names[] = {Policies::name...};
    for (std::size_t i = 0; i < sizeof...(Policies); ++i) {
        if ((ids[i] == no_compression::id) != (names[i] == no_compression::name)) return false;
        for (std::size_t j = 0; j < i; ++j)
            if ((ids[i] == ids[j]) != (names[i] == names[j])) return false;
    }
    return true;
}

}  // namespace detail

}  // namespace lsm
