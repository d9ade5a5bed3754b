// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/pages.hpp>
#include <lsm/engine/process.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

namespace lsm::engine {

/// Memory for cached blocks, in huge pages: who looks up a key in a large cache would else wait for the
/// address translation as often as for the data.
///
/// A page holds pieces of one size; sizes are a sixteenth apart, since blocks are nearly alike. A page
/// goes back to the system when its last piece has come back. What is smaller or larger than blocks
/// usually are comes from the heap. Any thread may use it.
///
/// Source: Bonwick, "The slab allocator", USENIX 1994.
class block_memory final : public std::pmr::memory_resource {
public:
    /// @param in_huge_pages false where the cache is not much larger than one
    explicit block_memory(bool in_huge_pages) noexcept
        : in_huge_pages_(in_huge_pages && !lsm::detail::watches_heap) {}
    block_memory(const block_memory&) = delete;
    block_memory& operator=(const block_memory&) = delete;
    /// @pre all pieces have come back
    ~block_memory() override {
        if (!is_owner()) return;
        for (page* each : with_room_)
            while (each) lsm::detail::give_pages_back(std::exchange(each, each->after), page_bytes);
    }

    /// How many bytes of pages it holds.
    [[nodiscard]] std::size_t bytes() const {
        const std::scoped_lock lock(mutex_);
        return pages_ * page_bytes;
    }

private:
    /// What stands at the beginning of a huge page.
    struct page {
        page* before = nullptr;  // of those of its size that have room
        page* after = nullptr;
        void* returned = nullptr;  // pieces, each of which holds the address of the next one
        std::byte* fresh;          // behind this no piece was handed out yet
        std::size_t piece;
        std::size_t used = 0;
        bool is_huge;
    };

    static constexpr std::size_t page_bytes = lsm::detail::huge_page;
    // Until they are full: a small tree takes what it fills.
    static constexpr std::size_t small_pages = 4;
    static constexpr std::size_t cache_line = 64;
    static constexpr std::size_t least = 257, most = std::size_t{64} << 10;
    static constexpr std::size_t sizes_a_doubling = 16;
    static constexpr std::size_t first_width = std::bit_width(least - 1);
    static constexpr std::size_t sizes =
        sizes_a_doubling * (std::bit_width(most - 1) - first_width + 1);

    struct piece_size {
        std::size_t number, bytes;
    };
    static piece_size size_for(std::size_t bytes) noexcept {
        const auto width = static_cast<std::size_t>(std::bit_width(bytes - 1));
        const std::size_t half = std::size_t{1} << (width - 1);
        const std::size_t step = (std::max)(half / sizes_a_doubling, cache_line);
        const std::size_t steps = (bytes - half + step - 1) / step;
        return {(width - first_width) * sizes_a_doubling + steps - 1, half + steps * step};
    }
    [[nodiscard]] bool is_for_pages(std::size_t bytes, std::size_t alignment) const noexcept {
        return in_huge_pages_ && least <= bytes && bytes <= most && alignment <= cache_line;
    }
    static std::pmr::memory_resource& heap() noexcept { return *std::pmr::new_delete_resource(); }
    [[nodiscard]] bool is_owner() const noexcept { return forks::count() == owner_; }

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (!is_for_pages(bytes, alignment)) return heap().allocate(bytes, alignment);
        const piece_size size = size_for(bytes);
        const std::scoped_lock lock(mutex_);
        page*& first = with_room_[size.number];
        if (!first) first = new_page(size.bytes);
        page& from = *first;
        void* const piece = from.returned ? std::exchange(from.returned, next_of(from.returned))
                                          : std::exchange(from.fresh, from.fresh + from.piece);
        ++from.used;
        if (!has_room(from)) {
            take_out(from, first);
            if (!std::exchange(from.is_huge, true)) lsm::detail::make_huge_pages(&from, page_bytes);
        }
        return piece;
    }
    void do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) override {
        if (!is_for_pages(bytes, alignment)) return heap().deallocate(piece, bytes, alignment);
        if (!is_owner()) return;  // a thread of the parent may hold the lock for ever
        page& of = page_of(piece);
        page* gone = nullptr;
        {
            const std::scoped_lock lock(mutex_);
            page*& first = with_room_[size_for(bytes).number];
            const bool had_room = has_room(of);
            ::new (piece) void*(std::exchange(of.returned, piece));
            --of.used;
            if (!had_room) put_in(of, first);
            if (of.used == 0 &&
                (of.before || of.after)) {  // one stays: the next piece may come soon
                take_out(of, first);
                gone = &of;
                --pages_;
            }
        }
        if (gone) lsm::detail::give_pages_back(gone, page_bytes);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    [[nodiscard]] page* new_page(std::size_t piece) {
        void* const memory = lsm::detail::take_pages(page_bytes);
        const bool is_huge = pages_++ >= small_pages;
        if (is_huge) lsm::detail::ask_for_huge_pages(memory, page_bytes);
        auto* const made = ::new (memory) page;
        made->is_huge = is_huge;
        made->fresh = static_cast<std::byte*>(memory) + 2 * cache_line;
        made->piece = piece;
        return made;
    }
    static page& page_of(void* piece) noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(piece);
        return *reinterpret_cast<page*>(at / page_bytes * page_bytes);
    }
    static void* next_of(void* returned) noexcept { return *static_cast<void**>(returned); }
    [[nodiscard]] static bool has_room(const page& in) noexcept {
        const std::byte* const end = reinterpret_cast<const std::byte*>(&in) + page_bytes;
        return in.returned || in.fresh + in.piece <= end;
    }
    static void take_out(page& gone, page*& first) noexcept {
        (gone.before ? gone.before->after : first) = gone.after;
        if (gone.after) gone.after->before = gone.before;
        gone.before = gone.after = nullptr;
    }
    static void put_in(page& added, page*& first) noexcept {
        added.after = first;
        if (first) first->before = &added;
        first = &added;
    }

    const bool in_huge_pages_;
    const unsigned owner_ = forks::count();
    mutable std::mutex mutex_;              // guards what follows, and the pages
    std::array<page*, sizes> with_room_{};  // for each size, those that are not full
    std::size_t pages_ = 0;
};

/// For `std::allocate_shared`: what it makes keeps the memory that it lies in.
template <class T>
class block_allocator {
public:
    using value_type = T;

    explicit block_allocator(std::shared_ptr<block_memory> from) noexcept
        : from_(std::move(from)) {}
    template <class U>
    block_allocator(
        const block_allocator<U>& other) noexcept  // NOLINT(google-explicit-constructor)
        : from_(other.from()) {}

    [[nodiscard]] T* allocate(std::size_t count) {
        return static_cast<T*>(from_->allocate(count * sizeof(T), alignof(T)));
    }
    void deallocate(T* at, std::size_t count) noexcept {
        from_->deallocate(at, count * sizeof(T), alignof(T));
    }
    [[nodiscard]] const std::shared_ptr<block_memory>& from() const noexcept { return from_; }
    template <class U>
    friend bool operator==(const block_allocator& a, const block_allocator<U>& b) noexcept {
        return a.from() == b.from();
    }

private:
    std::shared_ptr<block_memory> from_;
};

}  // namespace lsm::engine
