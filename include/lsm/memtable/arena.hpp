// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/pages.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace lsm {

/// Memory for what lives as long as a memtable: handed out piece by piece, given back all at once. It
/// comes in chunks, each twice as large as the one before, up to a huge page, and those from the system.
/// Destroys nothing.
class arena {
public:
    explicit arena(bool huge_pages = true) noexcept : huge_pages_(huge_pages) {}
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;
    ~arena() {
        while (newest_) {
            chunk* const older = newest_->older;
            free_chunk(newest_, newest_->bytes);
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
    static constexpr std::size_t huge_page = detail::huge_page;

    struct chunk {
        chunk* older;
        std::size_t bytes;
    };

    /// How many bytes lie before the next multiple of a power of two.
    [[nodiscard]] std::size_t padding(std::size_t alignment) const noexcept {
        return (0 - reinterpret_cast<std::uintptr_t>(next_)) & (alignment - 1);
    }

    void add_chunk(std::size_t at_least) {
        std::size_t size = (std::max)(next_chunk_, at_least + sizeof(chunk));
        constexpr std::size_t multiple = detail::page_multiple;
        if (size >= huge_page) size = (size + multiple - 1) / multiple * multiple;
        void* const memory = new_chunk(size);
        if (huge_pages_ && size >= huge_page) detail::ask_for_huge_pages(memory, size);
        newest_ = ::new (memory) chunk{newest_, size};
        next_ = static_cast<std::byte*>(memory) + sizeof(chunk);
        end_ = static_cast<std::byte*>(memory) + size;
        next_chunk_ = (std::min)(2 * next_chunk_, huge_page);
    }

    static void* new_chunk(std::size_t size) {
        return size < huge_page ? ::operator new(size, std::align_val_t{cache_line})
                                : detail::take_pages(size);
    }
    static void free_chunk(void* memory, std::size_t size) noexcept {
        if (size < huge_page)
            ::operator delete(memory, std::align_val_t{cache_line});
        else
            detail::give_pages_back(memory, size);
    }

    bool huge_pages_;
    chunk* newest_ = nullptr;
    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t next_chunk_ = first_chunk;
    std::size_t used_ = 0;
};

}  // namespace lsm
