// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>

#include <lz4.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace lsm {

/// LZ4's block format: the fast choice, for data that is read and written often. Links liblz4.
///
/// Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
struct lz4_compression {
    static constexpr std::string_view name = "lz4";
    static constexpr std::uint8_t id = 1;

    int acceleration = 1;  ///< more is faster, and finds less

    [[nodiscard]] byte_buffer compress(byte_view bytes) const {
        if (bytes.size() > LZ4_MAX_INPUT_SIZE) return {};
        const int size = static_cast<int>(bytes.size());
        byte_buffer to(static_cast<std::size_t>(LZ4_compressBound(size)));
        const int written = LZ4_compress_fast(chars(bytes.data()), chars(to.data()), size,
                                              static_cast<int>(to.size()), acceleration);
        to.resize(static_cast<std::size_t>(written));
        return to;
    }
    [[nodiscard]] static bool decompress(byte_view bytes, std::span<std::byte> to) {
        if (bytes.size() > LZ4_MAX_INPUT_SIZE || to.size() > LZ4_MAX_INPUT_SIZE) return false;
        const int size = static_cast<int>(to.size());
        return LZ4_decompress_safe(chars(bytes.data()), chars(to.data()),
                                   static_cast<int>(bytes.size()), size) == size;
    }

private:
    static const char* chars(const std::byte* bytes) {
        return reinterpret_cast<const char*>(bytes);
    }
    static char* chars(std::byte* bytes) { return reinterpret_cast<char*>(bytes); }
};

}  // namespace lsm
