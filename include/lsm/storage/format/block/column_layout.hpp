// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/stored_length.hpp>
#include <lsm/core/window.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lsm::detail {

/// @file
/// How the keys or the values of a block lie in bytes. The type chooses:
///
/// | layout | for | reading |
/// | --- | --- | --- |
/// | in place | numbers and the like, `stored_in_place` | the bytes are the column |
/// | swapped | the same on a big-endian machine: the same bytes | one after another, by their codec |
/// | text | `std::string` | views into the bytes; a prefix that all share is put back |
/// | sequential | all others | one after another, by their codec |
///
/// Each has a `writer`, with `add(view)`, `add_nothing()` (a tombstone's value), `bytes()` and
/// `finish(out)`, after which it begins anew, and `read(in, count, kinds)`, which takes all that `in`
/// has. docs/file_format.md, "Block tables".

/// The objects' own bytes, side by side: as many for a tombstone's value, which are zero.
template <class T>
struct in_place_layout {
    class writer {
    public:
        void add(const T& object) { objects_.push_back(object); }
        void add_nothing() {
            std::memset(static_cast<void*>(&objects_.emplace_back()), 0, sizeof(T));
        }
        [[nodiscard]] std::size_t bytes() const noexcept { return objects_.size() * sizeof(T); }
        void finish(byte_buffer& out) {
            append(out, std::as_bytes(std::span<const T>(objects_)));
            objects_.clear();
        }

    private:
        std::vector<T> objects_;
    };

    /// @pre the bytes lie as a `T` must
    static column<T> read(byte_reader& in, std::size_t count, kind_column) {
        const byte_view bytes = in.take(in.left());
        if (bytes.size() / sizeof(T) != count || bytes.size() % sizeof(T) != 0)
            in.fail("a column is not as long as its block has entries");
        return column<T>(std::span(reinterpret_cast<const T*>(bytes.data()), count));
    }
};

/// The bytes of `in_place_layout`, for machines that have numbers in another order.
template <class T>
struct swapped_layout {
    class writer {
    public:
        void add(const T& object) { encode<T>(bytes_, object); }
        void add_nothing() { bytes_.resize(bytes_.size() + sizeof(T)); }
        [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }
        void finish(byte_buffer& out) {
            append(out, bytes_);
            bytes_.clear();
        }

    private:
        byte_buffer bytes_;
    };

    static column<T> read(byte_reader& in, std::size_t count, kind_column) {
        if (in.left() / sizeof(T) != count || in.left() % sizeof(T) != 0)
            in.fail("a column is not as long as its block has entries");
        column<T> objects(count);
        for (std::size_t i = 0; i < count; ++i) objects.read_from(in);
        return objects;
    }
};

/// The prefix that all texts share, once; the lengths of what is left of each, as wide as the longest
/// needs; and all that, concatenated.
struct text_layout {
    static constexpr std::size_t max_prefix =
        255;  ///< so that damage cannot make a block grow more

    class writer {
    public:
        void add(std::string_view text) {
            const std::uint32_t length = stored_length(text.size(), "a text");
            prefix_ = lengths_.empty() ? (std::min)(text.size(), max_prefix)
                                       : common_length(as_text(texts_), text, prefix_);
            lengths_.push_back(length);
            append(texts_, as_bytes(text));
            longest_ = (std::max)(longest_, text.size());
        }
        void add_nothing() { add({}); }
        [[nodiscard]] std::size_t bytes() const noexcept { return texts_.size() + lengths_.size(); }
        void finish(byte_buffer& out) {
            // Who puts a prefix back has the texts twice: it is for columns that it makes much smaller.
            if (prefix_ * lengths_.size() < texts_.size() / 8) prefix_ = 0;
            const auto width = width_of(longest_ - prefix_);
            append_number(out, static_cast<std::uint8_t>(prefix_));
            append_number(out, width);
            append(out, byte_view(texts_).first(prefix_));
            for (const std::uint32_t length : lengths_)
                append(out, byte_view(to_little_endian<std::uint32_t>(
                                          length - static_cast<std::uint32_t>(prefix_)))
                                .first(width));
            std::size_t at = 0;
            for (const std::uint32_t length : lengths_) {
                append(out, byte_view(texts_).subspan(at + prefix_, length - prefix_));
                at += length;
            }
            *this = {};
        }

    private:
        static std::size_t common_length(std::string_view a, std::string_view b,
                                         std::size_t at_most) {
            const std::size_t end = (std::min)({at_most, a.size(), b.size()});
            std::size_t same = 0;
            while (same < end && a[same] == b[same]) ++same;
            return same;
        }
        static std::uint8_t width_of(std::size_t length) noexcept {
            return length <= 0xff ? 1 : length <= 0xffff ? 2 : 4;
        }

        byte_buffer texts_;  // the first one's prefix is everybody's
        std::vector<std::uint32_t> lengths_;
        std::size_t prefix_ = 0;
        std::size_t longest_ = 0;
    };

    static column<std::string> read(byte_reader& in, std::size_t count, kind_column) {
        const std::size_t prefix_bytes = in.number<std::uint8_t>();
        const std::size_t width = in.number<std::uint8_t>();
        if (width != 1 && width != 2 && width != 4) in.fail("lengths of an unknown width");
        const byte_view prefix = in.take(prefix_bytes);
        const byte_view lengths = in.take(count * width);
        column<std::string> texts(count);
        byte_buffer whole;  // the texts with their prefix, where they have one
        if (prefix_bytes > 0) whole.reserve(in.left() + count * prefix_bytes);
        for (std::size_t i = 0; i < count; ++i) {
            byte_view text = in.take(length_at(lengths, i, width));
            if (prefix_bytes > 0) {
                const std::size_t begin = whole.size();
                append(whole, prefix);
                append(whole, text);
                text = byte_view(whole).subspan(begin);
            }
            texts.push_cell(as_text(text));
        }
        texts.keep(std::move(whole));
        return texts;
    }

private:
    static std::size_t length_at(byte_view lengths, std::size_t i, std::size_t width) noexcept {
        switch (width) {
        case 1: return std::to_integer<std::size_t>(lengths[i]);
        case 2: return from_little_endian<std::uint16_t>(&lengths[2 * i]);
        default: return from_little_endian<std::uint32_t>(&lengths[4 * i]);
        }
    }
};

/// One object after another, in the bytes of its codec; nothing for a tombstone's value.
template <class T>
struct sequential_layout {
    class writer {
    public:
        void add(const std::remove_cvref_t<view_of<T>>& object) { encode<T>(bytes_, object); }
        void add_nothing() {}
        [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }
        void finish(byte_buffer& out) {
            append(out, bytes_);
            bytes_.clear();
        }

    private:
        byte_buffer bytes_;
    };

    static column<T> read(byte_reader& in, std::size_t count, kind_column kinds) {
        column<T> objects(count);
        for (std::size_t i = 0; i < count; ++i) {
            if (kinds[i] == payload_kind::value)
                objects.read_from(in);
            else
                objects.push_nothing();
        }
        return objects;
    }
};

template <has_codec T>
using layout_of = std::conditional_t<
    stored_in_place<T>,
    std::conditional_t<std::endian::native == std::endian::little, in_place_layout<T>,
                       swapped_layout<T>>,
    std::conditional_t<std::same_as<T, std::string>, text_layout, sequential_layout<T>>>;

}  // namespace lsm::detail
