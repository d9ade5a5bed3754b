// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/storage/filter/filter.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lsm {

/// A split-block Bloom filter: a key sets one bit in each of the eight words of one block of 32 bytes,
/// so that a lookup costs one cache miss.
///
/// | bits a key | false positives |
/// | --- | --- |
/// | 8 | 3.3 % |
/// | 10 | 1.2 % |
/// | 16 | 0.13 % |
///
/// Source: Putze, Sanders, Singler, "Cache-, hash- and space-efficient Bloom filters", 2009.
struct bloom_filter {
    static constexpr std::string_view name = "bloom";

    per_level bits_per_key = 10;

    /// O(n). Blocks are filled in the order of their addresses, a part that fits the second-level
    /// cache at a time.
    [[nodiscard]] byte_buffer build(std::vector<std::uint64_t> hashes,
                                    const table_plan& plan) const;
    [[nodiscard]] static bool is_filter(byte_view bytes) noexcept {
        return !bytes.empty() && bytes.size() % block_bytes == 0 &&
               bytes.size() / block_bytes <= max_blocks;
    }
    [[nodiscard]] static bool may_contain(byte_view bytes, std::uint64_t hash) noexcept {
        const std::byte* const block =
            bytes.data() + block_bytes * block_of(hash, bytes.size() / block_bytes);
        std::uint32_t missing = 0;
        for (std::size_t i = 0; i < words; ++i)
            missing |= bit_in(hash, i) & ~from_little_endian<std::uint32_t>(block + 4 * i);
        return missing == 0;
    }
    static void expect(byte_view bytes, std::uint64_t hash) noexcept {
        detail::prefetch(bytes.data() + block_bytes * block_of(hash, bytes.size() / block_bytes));
    }

private:
    static constexpr std::size_t words = 8;
    static constexpr std::size_t block_bytes = 4 * words;
    static constexpr std::size_t max_blocks = std::size_t{1} << 32;
    static constexpr std::size_t blocks_a_part = 8192;  // 256 KiB

    /// The upper half of the hash chooses the block, the lower half the bits.
    static std::size_t block_of(std::uint64_t hash, std::size_t blocks) noexcept {
        return static_cast<std::size_t>(((hash >> 32) * blocks) >> 32);
    }
    static std::uint32_t bit_in(std::uint64_t hash, std::size_t word) noexcept {
        // Odd numbers without structure; any others would do as well.
        constexpr std::array<std::uint32_t, words> salts = {0xd837115fU, 0xea8ff5f9U, 0x26f4c85U,
                                                            0x50a74cffU, 0x73e1d037U, 0x8f8de0e9U,
                                                            0x3eb459c9U, 0xf11fc8dfU};
        return std::uint32_t{1} << ((static_cast<std::uint32_t>(hash) * salts[word]) >> 27);
    }
    static void set(byte_buffer& filter, std::size_t blocks, std::uint64_t hash) noexcept {
        std::byte* const block = filter.data() + block_bytes * block_of(hash, blocks);
        for (std::size_t i = 0; i < words; ++i) {
            const auto with = from_little_endian<std::uint32_t>(block + 4 * i) | bit_in(hash, i);
            std::ranges::copy(to_little_endian(with), block + 4 * i);
        }
    }
};

inline byte_buffer bloom_filter::build(std::vector<std::uint64_t> hashes,
                                       const table_plan& plan) const {
    const double bits = bits_per_key.at(plan.level) * static_cast<double>(hashes.size());
    const auto blocks = std::clamp<std::size_t>(
        static_cast<std::size_t>(bits / (8 * block_bytes) + 1), 1, max_blocks);
    if (blocks > blocks_a_part)
        detail::sort_by_part(hashes, blocks / blocks_a_part + 1, [&](std::uint64_t hash) {
            return block_of(hash, blocks) / blocks_a_part;
        });
    byte_buffer filter(blocks * block_bytes);
    for (const std::uint64_t hash : hashes) set(filter, blocks, hash);
    return filter;
}

}  // namespace lsm
