// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>

#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>

namespace lsm {

/// Zstandard frames: the dense choice. Blocks of 16 KiB and more give it something to find. Each
/// thread that uses it keeps a context. Links libzstd.
///
/// Source: RFC 8878
struct zstd_compression {
    static constexpr std::string_view name = "zstd";
    static constexpr std::uint8_t id = 2;

    int level = 3;  ///< from -7, fast, to 22, dense

    [[nodiscard]] byte_buffer compress(byte_view bytes) const {
        thread_local const std::unique_ptr<ZSTD_CCtx, release> context(ZSTD_createCCtx());
        if (!context) throw std::bad_alloc();
        byte_buffer to(ZSTD_compressBound(bytes.size()));
        const std::size_t written = ZSTD_compressCCtx(context.get(), to.data(), to.size(),
                                                      bytes.data(), bytes.size(), level);
        to.resize(ZSTD_isError(written) ? 0 : written);
        return to;
    }
    [[nodiscard]] static bool decompress(byte_view bytes, std::span<std::byte> to) {
        thread_local const std::unique_ptr<ZSTD_DCtx, release> context(ZSTD_createDCtx());
        if (!context) throw std::bad_alloc();
        return ZSTD_decompressDCtx(context.get(), to.data(), to.size(), bytes.data(),
                                   bytes.size()) == to.size();
    }

private:
    struct release {
        void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
        void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
    };
};

}  // namespace lsm
