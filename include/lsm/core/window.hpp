// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/entry.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lsm {

/// Which way a cursor moves through the keys. Versions of one key come newest first either way.
enum class direction : bool { forward, backward };

/// The sequence numbers of consecutive entries: how far each is above a base, in as many bytes as the
/// farthest needs; no bytes at all where they are equal. Owns nothing.
class sequence_column {
public:
    sequence_column() = default;
    /// The same number for all.
    explicit sequence_column(sequence_number all) noexcept : base_(all), newest_(all) {}
    /// @param newest none is greater
    /// @param width  bytes a number, 0, 1, 2, 4 or 8; @p above holds so many for each entry, the least
    /// significant first
    sequence_column(sequence_number base, sequence_number newest, std::uint8_t width,
                    const std::byte* above) noexcept
        : above_(above), base_(base), newest_(newest), width_(width) {}

    [[nodiscard]] sequence_number operator[](std::size_t i) const noexcept {
        switch (width_) {
        case 0: return base_;
        case 1: return number_at<std::uint8_t>(i);
        case 2: return number_at<std::uint16_t>(i);
        case 4: return number_at<std::uint32_t>(i);
        default: return number_at<std::uint64_t>(i);
        }
    }
    /// Writes the first @p count numbers, as a column of eight bytes a number above 0 has them.
    void copy(std::size_t count, sequence_number* to) const noexcept {
        const auto each = [&](auto number) {
            for (std::size_t i = 0; i < count; ++i)
                to[i] = std::bit_cast<sequence_number>(to_little_endian(number(i)));
        };
        switch (width_) {
        case 0: return each([&](std::size_t) { return base_; });
        case 1: return each([&](std::size_t i) { return number_at<std::uint8_t>(i); });
        case 2: return each([&](std::size_t i) { return number_at<std::uint16_t>(i); });
        case 4: return each([&](std::size_t i) { return number_at<std::uint32_t>(i); });
        default: return each([&](std::size_t i) { return number_at<std::uint64_t>(i); });
        }
    }
    /// No number is greater.
    [[nodiscard]] sequence_number newest() const noexcept { return newest_; }
    /// Whether whoever reads at @p at sees all of them, for sure.
    [[nodiscard]] bool are_seen_at(sequence_number at) const noexcept { return newest_ <= at; }
    /// The numbers of the entries from @p first on.
    [[nodiscard]] sequence_column from(std::size_t first) const noexcept {
        return {base_, newest_, width_, width_ == 0 ? above_ : above_ + width_ * first};
    }

private:
    template <class Above>
    [[nodiscard]] sequence_number number_at(std::size_t i) const noexcept {
        return base_ + from_little_endian<Above>(above_ + sizeof(Above) * i);
    }

    const std::byte* above_ = nullptr;
    sequence_number base_ = no_sequence;
    sequence_number newest_ = no_sequence;
    std::uint8_t width_ = 0;
};

/// What consecutive entries are, a byte each; no bytes at all where they are the same. Owns nothing.
class kind_column {
public:
    kind_column() = default;
    /// The same kind for all.
    explicit kind_column(payload_kind all) noexcept : all_(all) {}
    /// @param each a `payload_kind` for each entry
    explicit kind_column(const std::byte* each) noexcept : each_(each) {}

    [[nodiscard]] payload_kind operator[](std::size_t i) const noexcept {
        return each_ ? static_cast<payload_kind>(each_[i]) : all_;
    }
    /// Whether all of them are values, for sure.
    [[nodiscard]] bool are_values() const noexcept { return !each_ && all_ == payload_kind::value; }
    /// Writes the first @p count kinds, as a column of a byte each has them.
    void copy(std::size_t count, std::byte* to) const noexcept {
        if (each_)
            std::copy_n(each_, count, to);
        else
            std::fill_n(to, count, static_cast<std::byte>(all_));
    }
    /// The kinds of the entries from @p first on.
    [[nodiscard]] kind_column from(std::size_t first) const noexcept {
        return each_ ? kind_column(each_ + first) : *this;
    }

private:
    const std::byte* each_ = nullptr;
    payload_kind all_ = payload_kind::value;
};

/// Consecutive entries, as columns: what a cursor shows at a time.
///
/// Entries are ordered by key ascending, then sequence number descending, whichever way the cursor
/// moves; a cursor that moves backward is read from the window's end, key by key. A window owns
/// nothing. It is valid until the cursor that showed it moves.
///
/// @tparam KeyCell, ValueCell what stands for a key and for a value in a column: `lsm::cell<T>`
template <class KeyCell, class ValueCell>
struct window {
    std::span<const KeyCell> keys;
    sequence_column sequences;
    kind_column kinds;
    std::span<const ValueCell> values;  ///< a tombstone's cell says nothing

    [[nodiscard]] std::size_t size() const noexcept { return keys.size(); }
    [[nodiscard]] bool empty() const noexcept { return keys.empty(); }

    /// The entries [first, last) of this window.
    [[nodiscard]] window part(std::size_t first, std::size_t last) const noexcept {
        const std::size_t count = last - first;
        return {keys.subspan(first, count), sequences.from(first), kinds.from(first),
                values.subspan(first, count)};
    }
};

}  // namespace lsm
