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

// The address sanitizer sees what comes from the heap.
#if defined(__SANITIZE_ADDRESS__)
#define LSM_WATCHES_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LSM_WATCHES_HEAP 1
#endif
#endif

namespace lsm {

/// Memory for what lives as long as a memtable: handed out piece by piece, given back all at once. It
/// comes in chunks, each twice as large as the one before, up to 2 MiB; such a chunk asks for a huge
/// page, so that a search misses the address translation less often. Large chunks come from the system, not
/// from the heap: there, smaller things settle between those that went, and leave holes that none fits
/// into. Destroys nothing.
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
    static constexpr std::size_t huge_page = std::size_t{2} << 20;
    static constexpr std::size_t page_multiple = std::size_t{64}
                                                 << 10;  // whatever the system's page

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
        if (size >= huge_page) size = (size + page_multiple - 1) / page_multiple * page_multiple;
        void* const memory = new_chunk(size);
#if defined(__linux__)
        // Advice: whether it is taken changes nothing but the time.
        if (huge_pages_ && size >= huge_page)
            static_cast<void>(::madvise(memory, size, MADV_HUGEPAGE));
#endif
        newest_ = ::new (memory) chunk{newest_, size};
        next_ = static_cast<std::byte*>(memory) + sizeof(chunk);
        end_ = static_cast<std::byte*>(memory) + size;
        next_chunk_ = (std::min)(2 * next_chunk_, huge_page);
    }

#if defined(__linux__) && !defined(LSM_WATCHES_HEAP)
    static void* new_chunk(std::size_t size) {
        if (size < huge_page) return ::operator new(size, std::align_val_t{cache_line});
        void* const mapped = ::mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc();
        // What lies before the chunk and behind it goes back at once.
        auto* const begin = static_cast<std::byte*>(mapped);
        const std::size_t before = (0 - reinterpret_cast<std::uintptr_t>(begin)) & (huge_page - 1);
        if (before > 0) ::munmap(begin, before);
        ::munmap(begin + before + size, huge_page - before);
        return begin + before;
    }
    static void free_chunk(void* memory, std::size_t size) noexcept {
        if (size < huge_page)
            ::operator delete(memory, std::align_val_t{cache_line});
        else
            ::munmap(memory, size);
    }
#else
    static std::align_val_t alignment_of(std::size_t size) noexcept {
        return std::align_val_t{size < huge_page ? cache_line : huge_page};
    }
    static void* new_chunk(std::size_t size) { return ::operator new(size, alignment_of(size)); }
    static void free_chunk(void* memory, std::size_t size) noexcept {
        ::operator delete(memory, alignment_of(size));
    }
#endif

    bool huge_pages_;
    chunk* newest_ = nullptr;
    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t next_chunk_ = first_chunk;
    std::size_t used_ = 0;
};

}  // namespace lsm

#undef LSM_WATCHES_HEAP
