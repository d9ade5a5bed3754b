// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/window.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Pieces of several windows whose entries alternate, merged into columns of its own: two by two,
/// without a branch that depends on what a key is, which a processor would guess wrong every other time.
/// It copies cells, so what they refer to is somebody else's.
template <class Key, class Value>
class braid {
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    using window_type = window_of<Key, Value>;

    /// Whether an entry costs less to copy than to be handed out in a part of its own.
    static constexpr bool pays = sizeof(cell<Key>) + sizeof(cell<Value>) <= 48;

    /// The entries of all pieces by key; where keys are equal, those of an earlier piece first. Numbers that
    /// a reader at @p at sees anyway need not be told apart. Valid until the next call. It takes memory for
    /// the most entries that it was given at a time. @pre there are pieces. @throws std::bad_alloc
    window_type merge(std::span<const window_type> pieces, sequence_number at) {
        make_room(pieces);
        const bool tells_versions = std::ranges::any_of(pieces, [&](const window_type& each) {
            return !each.sequences.are_seen_at(at) || !each.kinds.are_values();
        });
        take(pieces, tells_versions);
        columns* to = &one_;
        for (columns* other = &other_; strands_.size() > 1; std::swap(to, other))
            tells_versions ? merge_pairs<true>(*to) : merge_pairs<false>(*to);
        return window_over(strands_.front(), tells_versions);
    }

private:
    /// Entries in order, as plain columns.
    struct strand {
        const cell<Key>* keys;
        const cell<Value>* values;
        const sequence_number* sequences;  // little-endian, as a column has them
        const std::byte* kinds;
        std::size_t size;
    };
    struct columns {
        columns() = default;
        explicit columns(std::size_t entries)
            : keys(std::make_unique_for_overwrite<cell<Key>[]>(entries)),
              values(std::make_unique_for_overwrite<cell<Value>[]>(entries)),
              sequences(std::make_unique_for_overwrite<sequence_number[]>(entries)),
              kinds(std::make_unique_for_overwrite<std::byte[]>(entries)) {}

        std::unique_ptr<cell<Key>[]> keys;
        std::unique_ptr<cell<Value>[]> values;
        std::unique_ptr<sequence_number[]> sequences;
        std::unique_ptr<std::byte[]> kinds;
    };

    /// The columns of a merge, in registers.
    struct places {
        cell<Key>* keys;
        cell<Value>* values;
        sequence_number* sequences;
        std::byte* kinds;
    };

    void make_room(std::span<const window_type> pieces) {
        std::size_t entries = 0;
        for (const window_type& each : pieces) entries += each.size();
        if (entries <= room_) return;
        room_ = 0;  // in case that there is no memory
        const std::size_t room = std::bit_ceil(entries);
        one_ = columns(room);
        other_ = columns(room);
        room_ = room;
    }
    void take(std::span<const window_type> pieces, bool tells_versions) {
        std::size_t begin = 0;
        strands_.clear();
        newest_ = no_sequence;
        for (const window_type& each : pieces) {
            sequence_number* const sequences = other_.sequences.get() + begin;
            std::byte* const kinds = other_.kinds.get() + begin;
            begin += each.size();
            if (tells_versions) {
                each.sequences.copy(each.size(), sequences);
                each.kinds.copy(each.size(), kinds);
            }
            newest_ = (std::max)(newest_, each.sequences.newest());
            strands_.push_back(
                {each.keys.data(), each.values.data(), sequences, kinds, each.size()});
        }
    }
    /// Merges each two neighbours among the strands.
    template <bool TellsVersions>
    void merge_pairs(columns& to) {
        std::size_t pairs = 0, begin = 0;
        for (std::size_t i = 0; i < strands_.size(); i += 2) {
            const strand none{};
            const strand& second = i + 1 < strands_.size() ? strands_[i + 1] : none;
            const std::size_t count = strands_[i].size + second.size;
            merge_two<TellsVersions>(strands_[i], second, to, begin);
            strands_[pairs++] = {to.keys.get() + begin, to.values.get() + begin,
                                 to.sequences.get() + begin, to.kinds.get() + begin, count};
            begin += count;
        }
        strands_.resize(pairs);
    }
    template <bool TellsVersions>
    static void merge_two(const strand& a, const strand& b, columns& into, std::size_t out) {
        const places to{into.keys.get(), into.values.get(), into.sequences.get(), into.kinds.get()};
        std::size_t i = 0, j = 0;
        for (std::size_t sure = 0; (sure = (std::min)(a.size - i, b.size - j)) > 0;)
            for (; sure > 0; --sure, ++out) {
                const std::size_t from_b = opaque(is_before(b.keys[j], a.keys[i]));
                to.keys[out] = *pick(a.keys + i, b.keys + j, from_b);
                to.values[out] = *pick(a.values + i, b.values + j, from_b);
                if constexpr (TellsVersions) {
                    to.sequences[out] = *pick(a.sequences + i, b.sequences + j, from_b);
                    to.kinds[out] = *pick(a.kinds + i, b.kinds + j, from_b);
                }
                i += 1 - from_b;
                j += from_b;
            }
        append<TellsVersions>(a, i, to, out);
        append<TellsVersions>(b, j, to, out + a.size - i);
    }
    template <bool TellsVersions>
    static void append(const strand& from, std::size_t begin, const places& to, std::size_t out) {
        const std::size_t count = from.size - begin;
        std::copy_n(from.keys + begin, count, to.keys + out);
        std::copy_n(from.values + begin, count, to.values + out);
        if constexpr (TellsVersions) {
            std::copy_n(from.sequences + begin, count, to.sequences + out);
            std::copy_n(from.kinds + begin, count, to.kinds + out);
        }
    }
    static bool is_before(const cell<Key>& a, const cell<Key>& b) {
        return compare<key_view>(view_in<Key>(a), view_in<Key>(b)) < 0;
    }
    /// 0 or 1. The compiler cannot tell which, and so makes no branch of it.
    static std::size_t opaque(bool value) noexcept {
        std::size_t number = value ? 1 : 0;
        asm("" : "+r"(number));
        return number;
    }
    /// @p a for 0, @p b for 1
    template <class T>
    static const T* pick(const T* a, const T* b, std::size_t which) noexcept {
        const auto at_a = reinterpret_cast<std::uintptr_t>(a);
        const auto at_b = reinterpret_cast<std::uintptr_t>(b);
        return reinterpret_cast<const T*>(at_a ^ ((at_a ^ at_b) & (0 - which)));
    }
    window_type window_over(const strand& all, bool tells_versions) const noexcept {
        const std::span keys(all.keys, all.size);
        const std::span values(all.values, all.size);
        if (!tells_versions)
            return {keys, sequence_column(newest_), kind_column(payload_kind::value), values};
        const auto* const numbers = reinterpret_cast<const std::byte*>(all.sequences);
        return {keys, sequence_column(0, newest_, sizeof(sequence_number), numbers),
                kind_column(all.kinds), values};
    }

    std::size_t room_ = 0;  // entries that each of the columns has room for
    columns one_;
    columns other_;
    std::vector<strand> strands_;
    sequence_number newest_ = no_sequence;
};

}  // namespace lsm::engine
