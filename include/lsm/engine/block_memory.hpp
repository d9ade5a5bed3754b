// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/pages.hpp>
#include <lsm/engine/process.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <new>
#include <utility>

namespace lsm::engine {

/// Memory for cached blocks, in huge pages: who looks up a key in a large cache would else wait for the
/// translation of addresses, too.
///
/// A huge page has 32 spans, a span has pieces of one size; sizes are a sixteenth apart, since blocks are
/// nearly alike. A span whose last piece has come back serves any size, and a page whose last span is free
/// goes back to the system. The first pages become huge when all their spans were used, so that a small
/// tree takes what it fills. What is smaller or larger than blocks usually are comes from the heap. Any
/// thread may use it.
///
/// Source: Bonwick, "The slab allocator", USENIX 1994.
class block_memory final : public std::pmr::memory_resource {
public:
    /// @param in_huge_pages false where the cache is not much larger than one
    explicit block_memory(bool in_huge_pages) noexcept
        : in_huge_pages_(in_huge_pages && lsm::detail::has_pages) {}
    block_memory(const block_memory&) = delete;
    block_memory& operator=(const block_memory&) = delete;
    /// @pre all pieces have come back, and so have the pages
    ~block_memory() override = default;

    /// How many bytes of pages it holds. O(1).
    [[nodiscard]] std::size_t bytes() const noexcept { return pages_ * page_bytes; }
    /// How many of these are in no piece that was asked for. O(1).
    [[nodiscard]] std::size_t idle_bytes() const noexcept {
        const std::size_t pages = bytes(), pieces = asked_for_;  // which may have come in between
        return pages > pieces ? pages - pieces : 0;
    }

private:
    /// Stands in a list: of those that are free, or of those of its size that have room.
    struct span {
        span* before = nullptr;
        span* after = nullptr;
        void* returned = nullptr;    // pieces, each of which holds the address of the next one
        std::byte* fresh = nullptr;  // from here on no piece was handed out yet
        std::size_t piece = 0;
        std::size_t used = 0;
    };

    static constexpr std::size_t page_bytes = lsm::detail::huge_page;
    static constexpr std::size_t span_bytes = std::size_t{64} << 10;
    static constexpr std::size_t spans = page_bytes / span_bytes;
    static constexpr std::size_t small_pages = 4;  // until they are full
    static constexpr std::size_t cache_line = 64;
    static constexpr std::size_t least = 257, most = span_bytes / 4;
    static constexpr std::size_t sizes_a_doubling = 16;
    static constexpr std::size_t first_width = std::bit_width(least - 1);
    static constexpr std::size_t sizes =
        sizes_a_doubling * (std::bit_width(most - 1) - first_width + 1);

    /// What stands at the beginning of a page, at the cost of its first span.
    struct page {
        std::array<span, spans> all;
        std::size_t used = 0;  // spans
        bool is_huge = false;
    };
    static constexpr std::size_t header_bytes =
        (sizeof(page) + cache_line - 1) / cache_line * cache_line;
    static_assert(header_bytes + most <= span_bytes);

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
    static void* take_from_heap(std::size_t bytes, std::size_t alignment) {
        return is_usual(alignment) ? ::operator new(bytes)
                                   : ::operator new(bytes, std::align_val_t{alignment});
    }
    static void give_to_heap(void* piece, std::size_t alignment) noexcept {
        if (is_usual(alignment))
            ::operator delete(piece);
        else
            ::operator delete(piece, std::align_val_t{alignment});
    }
    static constexpr bool is_usual(std::size_t alignment) noexcept {
        return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
    }
    [[nodiscard]] bool is_owner() const noexcept { return this_process::id() == owner_; }

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        // In a child, a thread of the parent may hold the lock for ever.
        if (!is_for_pages(bytes, alignment) || !is_owner()) return take_from_heap(bytes, alignment);
        const piece_size size = size_for(bytes);
        std::unique_lock lock(mutex_);
        span*& with_room = with_room_[size.number];
        while (!with_room && !free_) add_page(lock);
        if (!with_room) begin_span(size);
        span& from = *with_room;
        void* const piece = from.returned ? std::exchange(from.returned, next_of(from.returned))
                                          : std::exchange(from.fresh, from.fresh + from.piece);
        ++from.used;
        asked_for_ += bytes;
        if (!has_room(from)) take_out(from, with_room);
        page& of = page_of(piece);
        const bool is_full_now = of.used == spans && !std::exchange(of.is_huge, true);
        lock.unlock();
        if (is_full_now) lsm::detail::make_huge_pages(&of, page_bytes);
        return piece;
    }
    void do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) override {
        if (!is_for_pages(bytes, alignment)) return give_to_heap(piece, alignment);
        if (!is_owner()) return;  // it stays where it is
        page& of = page_of(piece);
        span& in = span_of(piece);
        {
            const std::scoped_lock lock(mutex_);
            asked_for_ -= bytes;
            span*& with_room = with_room_[size_for(bytes).number];
            const bool had_room = has_room(in);
            ::new (piece) void*(std::exchange(in.returned, piece));
            if (!had_room) put_in(in, with_room);
            if (--in.used > 0) return;
            take_out(in, with_room);
            put_in(in, free_);
            if (--of.used > 0) return;
            for (span& each : of.all) take_out(each, free_);
            --pages_;
        }
        lsm::detail::give_pages_back(&of, page_bytes);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    /// Gives a free span to a size. @pre there is one
    void begin_span(const piece_size& size) noexcept {
        span& begun = *free_;
        page& of = page_of(&begun);
        take_out(begun, free_);
        begun.returned = nullptr;
        begun.fresh = begin_of(begun);
        begun.piece = size.bytes;
        put_in(begun, with_room_[size.number]);
        ++of.used;
    }
    /// The system clears a huge page when it is written to, which takes long: others need not wait for
    /// it. They may add one as well.
    void add_page(std::unique_lock<std::mutex>& lock) {
        const bool is_huge = pages_ >= small_pages;
        lock.unlock();
        void* const memory = lsm::detail::take_pages(page_bytes);
        if (is_huge) lsm::detail::ask_for_huge_pages(memory, page_bytes);
        auto* const added = ::new (memory) page;
        added->is_huge = is_huge;
        lock.lock();
        ++pages_;
        for (std::size_t i = spans; i-- > 0;)
            put_in(added->all[i], free_);  // the first comes first
    }

    static page& page_of(void* inside) noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(inside);
        return *reinterpret_cast<page*>(at / page_bytes * page_bytes);
    }
    static span& span_of(void* piece) noexcept {
        return page_of(piece)
            .all[reinterpret_cast<std::uintptr_t>(piece) % page_bytes / span_bytes];
    }
    static std::byte* begin_of(span& of) noexcept {
        page& in = page_of(&of);
        const auto number = static_cast<std::size_t>(&of - in.all.data());
        return reinterpret_cast<std::byte*>(&in) +
               (number == 0 ? header_bytes : number * span_bytes);
    }
    static void* next_of(void* returned) noexcept { return *static_cast<void**>(returned); }
    [[nodiscard]] static bool has_room(const span& in) noexcept {
        // Of a span that a piece was taken from: what is fresh may begin where the next span does.
        const auto at = reinterpret_cast<std::uintptr_t>(in.fresh - 1);
        return in.returned || at % span_bytes + 1 + in.piece <= span_bytes;
    }
    static void take_out(span& gone, span*& first) noexcept {
        (gone.before ? gone.before->after : first) = gone.after;
        if (gone.after) gone.after->before = gone.before;
        gone.before = gone.after = nullptr;
    }
    static void put_in(span& added, span*& first) noexcept {
        added.after = first;
        if (first) first->before = &added;
        first = &added;
    }

    const bool in_huge_pages_;
    const pid_t owner_ = this_process::id();
    std::mutex mutex_;                      // guards what follows, and the pages
    std::array<span*, sizes> with_room_{};  // of each size, those that are not full
    span* free_ = nullptr;                  // of no size
    std::atomic<std::size_t> pages_ = 0;
    std::atomic<std::size_t> asked_for_ = 0;  // bytes in pieces
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
