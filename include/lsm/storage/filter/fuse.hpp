// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/storage/filter/filter.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace lsm {

/// A binary fuse filter: the fingerprints in three slots, xored, are the key's. Denser than a Bloom
/// filter, and ten times slower to build: for the tables that are seldom written anew.
///
/// | fingerprint | bits a key, of a million keys | false positives |
/// | --- | --- | --- |
/// | 1 byte | 9.0 | 0.39 % |
/// | 2 bytes | 18 | 0.0015 % |
///
/// Source: Graf, Lemire, "Binary fuse filters: fast and smaller than xor filters", 2022.
struct fuse_filter {
    static constexpr std::string_view name = "fuse";

    std::size_t fingerprint_bytes = 1;  ///< 1 or 2

    /// Expected O(n). It takes about 50 bytes of memory a key meanwhile.
    [[nodiscard]] byte_buffer build(std::vector<std::uint64_t> hashes, const table_plan&) const;
    [[nodiscard]] static bool is_filter(byte_view bytes) noexcept {
        if (bytes.empty()) return true;
        if (bytes.size() < header_bytes) return false;
        const shape is = shape::read(bytes);
        return is.segment_bits <= max_segment_bits && is.segments > 0 &&
               is.segments <= most_segments(is.segment_bits) && (is.width == 1 || is.width == 2) &&
               bytes.size() == header_bytes + is.width * is.slots();
    }
    [[nodiscard]] static bool may_contain(byte_view bytes, std::uint64_t hash) noexcept {
        if (bytes.empty()) return true;
        const shape is = shape::read(bytes);
        const std::uint64_t mixed = mix(hash, is.seed);
        std::uint64_t sum = fingerprint_of(mixed);
        for (const std::size_t slot : is.slots_of(mixed)) sum ^= fingerprint_at(bytes, is, slot);
        return (sum & mask_of(is.width)) == 0;
    }
    static void expect(byte_view bytes, std::uint64_t hash) noexcept {
        if (bytes.empty()) return;
        const shape is = shape::read(bytes);
        for (const std::size_t slot : is.slots_of(mix(hash, is.seed)))
            detail::prefetch(bytes.data() + header_bytes + is.width * slot);
    }

private:
    static constexpr std::size_t header_bytes = 16;
    static constexpr std::uint8_t max_segment_bits = 18;
    static constexpr int max_tries = 64;  // of a hundred or so, one fails

    /// How the slots are cut: a key has one in each of three segments in a row.
    struct shape {
        std::uint64_t seed;
        std::uint32_t segments;  // where a key's first slot may lie; two more follow
        std::uint8_t segment_bits;
        std::uint8_t width;

        [[nodiscard]] std::size_t slots() const noexcept {
            return (std::size_t{segments} + 2) << segment_bits;
        }
        [[nodiscard]] std::array<std::size_t, 3> slots_of(std::uint64_t mixed) const noexcept {
            const std::size_t within = (std::size_t{1} << segment_bits) - 1;
            const std::size_t first = first_slot(mixed);
            return {first, (first + within + 1) ^ ((mixed >> 18) & within),
                    (first + 2 * (within + 1)) ^ (mixed & within)};
        }
        [[nodiscard]] std::size_t first_slot(std::uint64_t mixed) const noexcept {
            const std::uint64_t firsts = std::uint64_t{segments} << segment_bits;
            return static_cast<std::size_t>(((mixed >> 32) * firsts) >> 32);
        }
        void write(byte_buffer& to) const {
            append_number(to, seed);
            append_number(to, segments);
            to.push_back(std::byte{segment_bits});
            to.push_back(std::byte{width});
            to.resize(header_bytes);
        }
        static shape read(byte_view from) noexcept {
            return {from_little_endian<std::uint64_t>(from.data()),
                    from_little_endian<std::uint32_t>(from.data() + 8),
                    std::to_integer<std::uint8_t>(from[12]),
                    std::to_integer<std::uint8_t>(from[13])};
        }
    };
    /// A key's place in the order in which slots can be filled: nobody after it needs this one.
    struct assignment {
        std::uint64_t mixed;
        std::uint8_t which;  // of its three slots
    };

    static std::uint64_t mix(std::uint64_t hash, std::uint64_t seed) noexcept {
        hash += seed;  // the finalizer of MurmurHash3
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdU;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53U;
        return hash ^ (hash >> 33);
    }
    static std::uint64_t fingerprint_of(std::uint64_t mixed) noexcept {
        return mixed ^ (mixed >> 32);
    }
    static std::uint64_t mask_of(std::uint8_t width) noexcept { return width == 1 ? 0xff : 0xffff; }
    static std::uint64_t fingerprint_at(byte_view filter, const shape& is,
                                        std::size_t slot) noexcept {
        const std::byte* const at = filter.data() + header_bytes + is.width * slot;
        return is.width == 1 ? std::to_integer<std::uint64_t>(*at)
                             : from_little_endian<std::uint16_t>(at);
    }
    /// So that 32 bits of a hash choose the first slot.
    static constexpr std::uint32_t most_segments(std::uint8_t segment_bits) noexcept {
        return (std::uint32_t{1} << (31 - segment_bits)) * 2 - 1;
    }
    static shape shape_for(std::size_t keys, std::size_t width) noexcept;
    static void sort_by_slot(std::vector<std::uint64_t>& mixed, const shape& is);
    static std::vector<assignment> peel(const std::vector<std::uint64_t>& mixed, const shape& is);
    static byte_buffer fill(const std::vector<assignment>& order, const shape& is);
};

/// The paper's sizes for three slots a key.
inline fuse_filter::shape fuse_filter::shape_for(std::size_t keys, std::size_t width) noexcept {
    const double n = static_cast<double>((std::max)(keys, std::size_t{2}));
    const auto bits = static_cast<std::uint8_t>(
        std::clamp(std::floor(std::log(n) / std::log(3.33) + 2.25), 2.0, double{max_segment_bits}));
    const double slots = n * (std::max)(1.125, 0.875 + 0.25 * std::log(1e6) / std::log(n));
    const auto all = static_cast<std::uint64_t>(slots / static_cast<double>(1U << bits)) + 1;
    const auto firsts = std::clamp<std::uint64_t>(all, 3, most_segments(bits)) - 2;
    return {0, static_cast<std::uint32_t>(firsts), bits, static_cast<std::uint8_t>(width)};
}

inline byte_buffer fuse_filter::build(std::vector<std::uint64_t> hashes, const table_plan&) const {
    shape is = shape_for(hashes.size(), fingerprint_bytes);
    std::vector<std::uint64_t> mixed(hashes.size());
    for (int tried = 0; tried < max_tries; ++tried) {
        is.seed = 0x9e3779b97f4a7c15U * static_cast<std::uint64_t>(tried);
        std::ranges::transform(hashes, mixed.begin(),
                               [&](auto each) { return mix(each, is.seed); });
        sort_by_slot(mixed, is);
        const std::vector<assignment> order = peel(mixed, is);
        if (order.size() == hashes.size()) return fill(order, is);
        if (tried > 0) continue;
        std::ranges::sort(hashes);  // two keys of one hash are never told apart
        hashes.erase(std::ranges::unique(hashes).begin(), hashes.end());
        mixed.resize(hashes.size());
    }
    return {};  // a filter that lets all pass
}

/// Brings the keys about into the order of their slots: else each waits for memory.
inline void fuse_filter::sort_by_slot(std::vector<std::uint64_t>& mixed, const shape& is) {
    constexpr std::size_t slots_a_part = 4096;
    if (is.slots() <= 4 * slots_a_part) return;
    detail::sort_by_part(mixed, is.slots() / slots_a_part + 1,
                         [&](std::uint64_t each) { return is.first_slot(each) / slots_a_part; });
}

/// Takes away one key after the other that has a slot for itself. @returns them in that order; fewer
/// than all where no such key is left
inline std::vector<fuse_filter::assignment>
fuse_filter::peel(const std::vector<std::uint64_t>& mixed, const shape& is) {
    std::vector<std::uint64_t> sums(is.slots());  // of the keys that have this slot, xored
    std::vector<std::uint32_t> seen(is.slots());  // four for each, and which slot of theirs, xored
    const auto toggle = [&](std::size_t slot, std::uint64_t key, std::uint32_t which) {
        sums[slot] ^= key;
        seen[slot] ^= which;
    };
    for (const std::uint64_t key : mixed) {
        const auto slots = is.slots_of(key);
        for (std::uint32_t which = 0; which < 3; ++which) {
            seen[slots[which]] += 4;
            toggle(slots[which], key, which);
        }
    }
    std::vector<std::size_t> alone;
    for (std::size_t slot = 0; slot < seen.size(); ++slot)
        if (seen[slot] / 4 == 1) alone.push_back(slot);
    std::vector<assignment> order;
    order.reserve(mixed.size());
    while (!alone.empty()) {
        const std::size_t slot = alone.back();
        alone.pop_back();
        if (seen[slot] / 4 != 1) continue;  // its key has gone by another slot
        const std::uint64_t key = sums[slot];
        order.push_back({key, static_cast<std::uint8_t>(seen[slot] % 4)});
        const auto slots = is.slots_of(key);
        for (std::uint32_t which = 0; which < 3; ++which) {
            seen[slots[which]] -= 4;
            toggle(slots[which], key, which);
            if (seen[slots[which]] / 4 == 1) alone.push_back(slots[which]);
        }
    }
    return order;
}

/// Gives each key its fingerprint, the last one that was taken away first: its own slot is free.
inline byte_buffer fuse_filter::fill(const std::vector<assignment>& order, const shape& is) {
    byte_buffer filter;
    filter.reserve(header_bytes + is.width * is.slots());
    is.write(filter);
    filter.resize(header_bytes + is.width * is.slots());
    for (auto each = order.rbegin(); each != order.rend(); ++each) {
        const auto slots = is.slots_of(each->mixed);
        std::uint64_t sum = fingerprint_of(each->mixed);
        for (const std::size_t slot : slots) sum ^= fingerprint_at(filter, is, slot);
        std::byte* const own = filter.data() + header_bytes + is.width * slots[each->which];
        std::ranges::copy(byte_view(to_little_endian(sum)).first(is.width), own);
    }
    return filter;
}

}  // namespace lsm
