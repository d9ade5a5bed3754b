// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/fwd.hpp>
#include <lsm/storage/format/table_plan.hpp>

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

/// A policy for the tables under which nothing older lies, the bulk of a tree that is seldom written
/// anew, and another one for all above them (a table that is only moved stays as it is): `compression_by_age<lz4_compression, zstd_compression>`.
template <compression_policy Younger, compression_policy Oldest>
struct compression_by_age {
    Younger younger = {};
    Oldest oldest = {};
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

template <class... Policies>
struct compressions {
    /// Calls `f.template operator()<Policy>()` for each, until one returns true.
    template <class F>
    static bool any(F&& f) {
        return (f.template operator()<Policies>() || ...);
    }
    /// Whether stored ids and names tell one policy from another.
    static consteval bool tell_themselves_apart() {
        const std::uint8_t ids[] = {Policies::id...};
        const std::string_view names[] = {Policies::name...};
        for (std::size_t i = 0; i < sizeof...(Policies); ++i) {
            if ((ids[i] == no_compression::id) != (names[i] == no_compression::name)) return false;
            for (std::size_t j = 0; j < i; ++j)
                if ((ids[i] == ids[j]) != (names[i] == names[j])) return false;
        }
        return true;
    }
};

/// The policies that a format's choice of compression is made of, and which one a table gets.
template <class Compression>
struct compression_choice {
    template <class... Others>
    using with = compressions<Compression, Others...>;

    /// Calls `f(policy)` with the one for a table.
    template <class F>
    static auto choose(const Compression& policy, const table_plan&, F&& f) {
        return f(policy);
    }
};
template <class Younger, class Oldest>
struct compression_choice<compression_by_age<Younger, Oldest>> {
    template <class... Others>
    using with = compressions<Younger, Oldest, Others...>;

    template <class F>
    static auto choose(const compression_by_age<Younger, Oldest>& policies, const table_plan& plan,
                       F&& f) {
        return plan.is_oldest ? f(policies.oldest) : f(policies.younger);
    }
};

}  // namespace detail

}  // namespace lsm
