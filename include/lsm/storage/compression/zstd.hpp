// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>

#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace lsm {

namespace detail {

/// The context that a call works with: its thread's own, which is made once; or, where the thread's
/// objects are gone already and one of static storage compresses, one for this call.
template <class Context, Context* (*Make)(), std::size_t (*Free)(Context*)>
class zstd_context {
public:
    /// @throws std::bad_alloc
    zstd_context() {
        thread_local const at_thread_end clean_up;
        if (!is_over_ && !of_thread_) of_thread_ = Make();
        used_ = is_over_ ? Make() : of_thread_;
        if (!used_) throw std::bad_alloc();
    }
    zstd_context(const zstd_context&) = delete;
    zstd_context& operator=(const zstd_context&) = delete;
    ~zstd_context() {
        if (used_ != of_thread_) Free(used_);
    }
    [[nodiscard]] Context* get() const noexcept { return used_; }

private:
    struct at_thread_end {
        ~at_thread_end() {
            Free(std::exchange(of_thread_, nullptr));
            is_over_ = true;
        }
    };

    // Without destructors, so that they are there to the very end.
    static inline thread_local Context* of_thread_ = nullptr;
    static inline thread_local bool is_over_ = false;
    Context* used_;
};
using zstd_compressor = zstd_context<ZSTD_CCtx, ZSTD_createCCtx, ZSTD_freeCCtx>;
using zstd_decompressor = zstd_context<ZSTD_DCtx, ZSTD_createDCtx, ZSTD_freeDCtx>;

}  // namespace detail

/// Zstandard frames: the dense choice. Blocks of 16 KiB and more give it something to find. Each
/// thread that uses it keeps a context. Links libzstd.
///
/// Source: RFC 8878
struct zstd_compression {
    static constexpr std::string_view name = "zstd";
    static constexpr std::uint8_t id = 2;

    int level = 3;  ///< from -7, fast, to 22, dense

    [[nodiscard]] byte_buffer compress(byte_view bytes) const {
        const detail::zstd_compressor context;
        byte_buffer to(ZSTD_compressBound(bytes.size()));
        const std::size_t written = ZSTD_compressCCtx(context.get(), to.data(), to.size(),
                                                      bytes.data(), bytes.size(), level);
        to.resize(ZSTD_isError(written) ? 0 : written);
        return to;
    }
    [[nodiscard]] static bool decompress(byte_view bytes, std::span<std::byte> to) {
        const detail::zstd_decompressor context;
        return ZSTD_decompressDCtx(context.get(), to.data(), to.size(), bytes.data(),
                                   bytes.size()) == to.size();
    }
};

}  // namespace lsm
