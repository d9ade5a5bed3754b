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

/// Whether so many bytes may stand for so many columns: else a damaged block could ask for all memory,
/// for the columns themselves, or for entries that take no bytes in them.
[[nodiscard]] inline bool is_plausible(const block_header& header, std::size_t compressed) {
    return header.columns_bytes() / 1024 <= compressed && header.count / 8 <= compressed;
}

/// Compresses the columns of the block that begins at @p begin and ends with @p out.
/// @returns false, with nothing changed, if that saves less than an eighth
template <class Policy>
bool compress_block(byte_buffer& out, std::size_t begin, const Policy& policy) {
    const std::size_t columns_begin = begin + block_header::bytes;
    const byte_view columns = byte_view(out).subspan(columns_begin);
    const byte_buffer fewer = policy.compress(columns);
    if (fewer.empty() || fewer.size() > columns.size() - columns.size() / 8) return false;
    byte_reader in(byte_view(out).subspan(begin));
    if (!is_plausible(block_header::read(in), fewer.size())) return false;
    out[begin + block_header::compression_offset] = std::byte{Policy::id};
    std::ranges::copy(fewer, out.begin() + static_cast<std::ptrdiff_t>(columns_begin));
    out.resize(columns_begin + fewer.size());
    return true;
}

/// The block as it was before, or as it is if it was not compressed.
/// @tparam Policies the `compressions` that it may be compressed by
/// @throws decode_error
template <class Policies>
[[nodiscard]] byte_buffer decompress_block(byte_buffer block) {
    byte_reader in(block);
    const auto header = block_header::read(in);
    if (header.compression == no_compression::id) return block;
    const byte_view fewer = in.take(in.left());
    if (!is_plausible(header, fewer.size())) in.fail("a compressed block claims to be too large");
    byte_buffer whole(block_header::bytes + static_cast<std::size_t>(header.columns_bytes()));
    std::copy_n(block.begin(), block_header::bytes, whole.begin());
    whole[block_header::compression_offset] = std::byte{no_compression::id};
    const std::span<std::byte> columns = std::span(whole).subspan(block_header::bytes);
    const bool is_whole = Policies::any([&]<class Policy>() {
        return Policy::id == header.compression && Policy::decompress(fewer, columns);
    });
    if (!is_whole) in.fail("does not decompress by policy " + std::to_string(header.compression));
    return whole;
}

}  // namespace lsm::detail
