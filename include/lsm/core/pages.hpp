// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

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

namespace lsm::detail {

/// @file
/// Large pieces of memory from the system, not from the heap: there, smaller things settle between those
/// that went, and leave holes that none fits into. And a piece as large as a huge page may ask for
/// one, so that what is read from it misses the address translation less often.

inline constexpr std::size_t huge_page = std::size_t{2} << 20;
/// What the length of a piece is a multiple of, whatever the system's page.
inline constexpr std::size_t page_multiple = std::size_t{64} << 10;

#if defined(__linux__) && !defined(LSM_WATCHES_HEAP)

/// Where there are none, what would be a part of a page is better a piece of the heap.
inline constexpr bool has_pages = true;

/// Memory aligned to `huge_page`. @param bytes a multiple of `page_multiple`, at least a huge page
/// @throws std::bad_alloc
[[nodiscard]] inline void* take_pages(std::size_t bytes) {
    void* const mapped = ::mmap(nullptr, bytes + huge_page, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    // What lies before the piece and behind it goes back at once.
    auto* const begin = static_cast<std::byte*>(mapped);
    const std::size_t before = (0 - reinterpret_cast<std::uintptr_t>(begin)) & (huge_page - 1);
    if (before > 0) ::munmap(begin, before);
    ::munmap(begin + before + bytes, huge_page - before);
    return begin + before;
}
inline void give_pages_back(void* at, std::size_t bytes) noexcept {
    ::munmap(at, bytes);
}
/// Advice, as long as nothing was written to it: whether it is taken changes nothing but the time.
inline void ask_for_huge_pages(void* at, std::size_t bytes) noexcept {
    static_cast<void>(::madvise(at, bytes, MADV_HUGEPAGE));
}
/// The same afterwards: what was written is copied. Linux 6.1 knows it.
inline void make_huge_pages(void* at, std::size_t bytes) noexcept {
    constexpr int collapse = 25;  // MADV_COLLAPSE, which older headers lack
    static_cast<void>(::madvise(at, bytes, collapse));
}

#else

inline constexpr bool has_pages = false;

[[nodiscard]] inline void* take_pages(std::size_t bytes) {
    return ::operator new(bytes, std::align_val_t{huge_page});
}
inline void give_pages_back(void* at, std::size_t) noexcept {
    ::operator delete(at, std::align_val_t{huge_page});
}
inline void ask_for_huge_pages(void*, std::size_t) noexcept {}
inline void make_huge_pages(void*, std::size_t) noexcept {}

#endif

}  // namespace lsm::detail

#undef LSM_WATCHES_HEAP
