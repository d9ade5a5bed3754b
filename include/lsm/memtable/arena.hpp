// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace lsm {

/// Memory for what lives as long as a memtable: handed out piece by piece, given back all at once. It
/// comes in chunks, each twice as large as the one before, up to 2 MiB; such a chunk asks for a huge
/// page, so that a search misses the address translation less often. Destroys nothing.
class arena {
public:
    explicit arena(bool huge_pages = true) noexcept : huge_pages_(huge_pages) {}
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;
    ~arena() {
        while (newest_) {
            chunk* const older = newest_->older;
            ::operator delete(newest_, std::align_val_t{newest_->alignment});
            newest_ = older;
        }
    }

    /// @param alignment a power of two
    /// @throws std::bad_alloc
    [[nodiscard]] void* take(std::size_t bytes, std::size_t alignment) {
        std::size_t needed = padding(alignment) + bytes;
        if (!next_ || needed > static_cast<std::size_t>(end_ - next_)) {
            add_chunk(bytes + alignment);
            needed = padding(alignment) + bytes;
        }
        used_ += needed;
        next_ += needed;
        return next_ - bytes;
    }

    /// Makes an object that nobody destroys unless they do it by hand.
    template <class T, class... Args>
    [[nodiscard]] T* make(Args&&... args) {
        return ::new (take(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
    }

    /// How many bytes were taken.
    [[nodiscard]] std::size_t used() const noexcept { return used_; }

private:
    static constexpr std::size_t first_chunk = std::size_t{4} << 10;
    static constexpr std::size_t cache_line = 64;
    static constexpr std::size_t huge_page = std::size_t{2} << 20;

    struct chunk {
        chunk* older;
        std::size_t alignment;
    };

    /// How many bytes lie before the next multiple of a power of two.
    [[nodiscard]] std::size_t padding(std::size_t alignment) const noexcept {
        return (0 - reinterpret_cast<std::uintptr_t>(next_)) & (alignment - 1);
    }

    void add_chunk(std::size_t at_least) {
        const std::size_t size = (std::max)(next_chunk_, at_least + sizeof(chunk));
        const std::size_t alignment = size >= huge_page ? huge_page : cache_line;
        void* const memory = ::operator new(size, std::align_val_t{alignment});
#if defined(__linux__)
        // Advice: whether it is taken changes nothing but the time.
        if (huge_pages_ && size >= huge_page)
            static_cast<void>(::madvise(memory, size, MADV_HUGEPAGE));
#endif
        newest_ = ::new (memory) chunk{newest_, alignment};
        next_ = static_cast<std::byte*>(memory) + sizeof(chunk);
        end_ = static_cast<std::byte*>(memory) + size;
        next_chunk_ = (std::min)(2 * next_chunk_, huge_page);
    }

    bool huge_pages_;
    chunk* newest_ = nullptr;
    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t next_chunk_ = first_chunk;
    std::size_t used_ = 0;
};

}  // namespace lsm
