// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/bytes.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/storage/compression/compression.hpp>
#include <lsm/storage/format/block/header.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace lsm::detail {

/// @file
/// A compressed block is the header of the block, which says by what, and the compressed columns. How
/// many bytes those were follows from the header.

/// More than so many times smaller is no block: else a damaged one could ask for all memory.
inline constexpr std::uint64_t max_compression_ratio = 1024;

/// Compresses the columns of the block that begins at @p begin and ends with @p out.
/// @returns false, with nothing changed, if that saves less than an eighth
template <class Policy>
bool compress_block(byte_buffer& out, std::size_t begin, const Policy& policy) {
    const std::size_t columns_begin = begin + block_header::bytes;
    const byte_view columns = byte_view(out).subspan(columns_begin);
    const byte_buffer fewer = policy.compress(columns);
    if (fewer.empty() || fewer.size() > columns.size() - columns.size() / 8 ||
        columns.size() / fewer.size() >= max_compression_ratio)
        return false;
    out[begin + block_header::compression_offset] = std::byte{Policy::id};
    std::ranges::copy(fewer, out.begin() + static_cast<std::ptrdiff_t>(columns_begin));
    out.resize(columns_begin + fewer.size());
    return true;
}

/// The block as it was before, or as it is if it was not compressed.
/// @param any calls a callable for each policy that it may be, until one returns true
/// @throws decode_error
template <class AnyPolicy>
[[nodiscard]] byte_buffer decompress_block(byte_buffer block, const AnyPolicy& any) {
    byte_reader in(block);
    const auto header = block_header::read(in);
    if (header.compression == no_compression::id) return block;
    const byte_view fewer = in.take(in.left());
    if (header.columns_bytes() / max_compression_ratio > fewer.size())
        in.fail("a compressed block claims to be too large");
    byte_buffer whole(block_header::bytes + static_cast<std::size_t>(header.columns_bytes()));
    std::copy_n(block.begin(), block_header::bytes, whole.begin());
    whole[block_header::compression_offset] = std::byte{no_compression::id};
    const std::span<std::byte> columns = std::span(whole).subspan(block_header::bytes);
    const bool is_whole = any([&]<class Policy>() {
        return Policy::id == header.compression && Policy::decompress(fewer, columns);
    });
    if (!is_whole) in.fail("does not decompress by policy " + std::to_string(header.compression));
    return whole;
}

}  // namespace lsm::detail
