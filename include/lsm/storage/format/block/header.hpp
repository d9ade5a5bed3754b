// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/bytes.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/stored_length.hpp>

#include <cstddef>
#include <cstdint>

namespace lsm::detail {

/// What stands in front of a block's columns. Its lengths and its count are stored in 32 bits.
struct block_header {
    std::uint64_t count = 0;
    std::uint8_t sequence_width = 0;
    bool has_kinds = false;
    std::uint8_t compression = 0;  ///< the policy's id; 0: the columns lie as they are
    sequence_number base = 0;
    std::uint64_t key_bytes = 0;
    std::uint64_t value_bytes = 0;

    static constexpr std::size_t bytes = 24;
    static constexpr std::size_t compression_offset = 6;

    /// How long the columns behind it are, with the zeros between them, before compression.
    [[nodiscard]] std::uint64_t columns_bytes() const noexcept {
        const auto padded = [](std::uint64_t size) { return (size + 7) / 8 * 8; };
        const std::uint64_t numbers = std::uint64_t{sequence_width} * count;
        const std::uint64_t before = padded(key_bytes) + padded(value_bytes);
        return before + (has_kinds ? padded(numbers) + count : numbers);
    }

    /// @throws error `invalid_argument` if a length or the count needs more than 32 bits
    void write(byte_buffer& out) const {
        append_number(out, stored_length(count, "a block's entries"));
        append_number(out, sequence_width);
        append_number(out, static_cast<std::uint8_t>(has_kinds));
        append_number(out, compression);
        append_number(out, std::uint8_t{0});
        append_number(out, base);
        append_number(out, stored_length(key_bytes, "the bytes of a block's keys"));
        append_number(out, stored_length(value_bytes, "the bytes of a block's values"));
    }
    static block_header read(byte_reader& in) {
        block_header header;
        header.count = in.number<std::uint32_t>();
        header.sequence_width = in.number<std::uint8_t>();
        header.has_kinds = in.number<bool>();
        header.compression = in.number<std::uint8_t>();
        if (in.number<std::uint8_t>() != 0) in.fail("what should be zero is not");
        header.base = in.number<std::uint64_t>();
        header.key_bytes = in.number<std::uint32_t>();
        header.value_bytes = in.number<std::uint32_t>();
        return header;
    }
};

/// Columns begin at multiples of 8 from the block's start, behind zeros.
inline void pad_column(byte_buffer& out, std::size_t begin) {
    out.resize(out.size() + (begin - out.size()) % 8);
}
[[nodiscard]] inline byte_view take_column(byte_reader& in, std::size_t bytes) {
    static_cast<void>(in.take((0 - in.position()) % 8));
    return in.take(bytes);
}

}  // namespace lsm::detail
