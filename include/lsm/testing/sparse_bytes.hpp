// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/checksum.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace lsm::testing {

/// A file's bytes, in pages that copies share until one of them is written to. A page that was never
/// written is zeros, and takes no memory. So thousands of versions of a disk cost about what differs.
class sparse_bytes {
public:
    static constexpr std::size_t page_bytes = 4096;  ///< what a mapping keeps or loses as one

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// Makes it so long at least, with zeros.
    void extend(std::uint64_t size) {
        if (size <= size_) return;
        pages_.resize(static_cast<std::size_t>((size + page_bytes - 1) / page_bytes));
        size_ = size;
    }
    /// Overwrites, and extends where there is not enough.
    void write(std::uint64_t offset, byte_view bytes) {
        if (bytes.empty()) return;
        extend(offset + bytes.size());
        for_each_part(
            offset, bytes.size(),
            [&](std::size_t which, std::size_t in_page, std::size_t at, std::size_t count) {
                auto& old = pages_[which];
                const auto fresh = std::make_shared<page>(old ? *old : page{});
                std::ranges::copy(bytes.subspan(at, count), fresh->begin() + offset_in(in_page));
                old = fresh;
            });
    }
    /// Reads up to as many bytes as there is room for. @returns how many; less only at the end
    std::size_t read(std::uint64_t offset, std::span<std::byte> to) const {
        if (offset >= size_) return 0;
        const auto bytes =
            static_cast<std::size_t>((std::min<std::uint64_t>)(to.size(), size_ - offset));
        for_each_part(
            offset, bytes,
            [&](std::size_t which, std::size_t in_page, std::size_t at, std::size_t count) {
                const auto part = to.subspan(at, count);
                if (pages_[which])
                    std::copy_n(pages_[which]->begin() + offset_in(in_page), count, part.begin());
                else
                    std::ranges::fill(part, std::byte{0});
            });
        return bytes;
    }
    /// Equal bytes give equal hashes.
    [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const {
        static constexpr page zeros{};
        seed = checksum(to_little_endian(size_), seed);
        for (const auto& each : pages_) seed = checksum(each ? *each : zeros, seed);
        return seed;
    }

private:
    using page = std::array<std::byte, page_bytes>;

    static std::ptrdiff_t offset_in(std::size_t page) { return static_cast<std::ptrdiff_t>(page); }

    /// Calls `f(page, offset in it, offset in the range, bytes)` for each page of a range.
    template <class F>
    static void for_each_part(std::uint64_t offset, std::size_t bytes, F f) {
        for (std::size_t at = 0; at < bytes;) {
            const std::uint64_t place = offset + at;
            const auto in_page = static_cast<std::size_t>(place % page_bytes);
            const std::size_t count = (std::min)(bytes - at, page_bytes - in_page);
            f(static_cast<std::size_t>(place / page_bytes), in_page, at, count);
            at += count;
        }
    }

    std::vector<std::shared_ptr<const page>> pages_;
    std::uint64_t size_ = 0;
};

}  // namespace lsm::testing
