// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>
#include <lsm/fwd.hpp>
#include <lsm/storage/compression/compression.hpp>
#include <lsm/storage/filter/bloom.hpp>
#include <lsm/storage/filter/fuse.hpp>
#include <lsm/storage/format/block/column_layout.hpp>
#include <lsm/storage/format/block/compressed_block.hpp>
#include <lsm/storage/format/block/header.hpp>
#include <lsm/storage/format/paged.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lsm {

/// The encoding of `block_format`, binary tables of ours which need nothing to link: checksummed
/// blocks of columns, where numbers and strings are read in place, and a filter beside the index, so
/// that a key which is not there costs no block. Choose them for speed and size.
/// docs/file_format.md, "Block tables".
///
/// @tparam Filter         which filter new tables get: `bloom_filter`, `fuse_filter`, `no_filter`, or
///                        two of them `by_age`
/// @tparam Compression    how new blocks are made fewer bytes: `no_compression`, `lz4_compression`,
///                        `zstd_compression`, or two of them `by_age`
/// @tparam AlsoCompressed further policies by which existing blocks may be compressed
template <class Filter, class Compression, class... AlsoCompressed>
struct block_encoding
    : detail::binary_frame<block_encoding<Filter, Compression, AlsoCompressed...>> {
    using filter_policy = Filter;
    using compression_policy = Compression;

    static constexpr std::string_view name = "block";
    static constexpr std::uint32_t version = 1;
    static constexpr std::string_view extension = "lsm";
    static constexpr std::size_t default_block_bytes = 4096;
    static constexpr std::string_view magic = "lsm block table\n";

    template <class Key, class Value>
    class block_writer;

    /// @pre the bytes lie at a multiple of 8
    template <class Key, class Value>
    static columns<Key, Value> read_block(byte_view bytes);

    template <class Key>
    static void write_index(byte_buffer& out, const table_index<Key>& index) {
        write_binary_index(out, index);
        index.filter.write(out);
        if (!index.properties.compression.empty())
            byte_writer(out).text(index.properties.compression);
    }
    template <class Key>
    static table_index<Key> read_index(byte_view bytes) {
        byte_reader in(bytes);
        auto index = read_binary_index<Key>(in);
        index.filter = table_filter::read(in, filters{});
        if (in.left() > 0) index.properties.compression = known_compression(in.text());
        in.expect_end();
        return index;
    }

    /// Compresses the block that begins at @p begin and ends with @p out.
    /// @returns by what, or nothing if that does not make it smaller
    static std::string_view compress(byte_buffer& out, std::size_t begin, const Compression& how,
                                     const table_plan& plan) {
        return detail::choice_of<Compression>::choose(how, plan, [&](const auto& policy) {
            return detail::compress_block(out, begin, policy) ? policy.name : std::string_view();
        });
    }
    /// The inverse. @throws decode_error
    static byte_buffer decompress(byte_buffer block) {
        return detail::decompress_block<compressions>(std::move(block));
    }

private:
    /// All filters that a table may have to be of use.
    using filters = typename detail::choice_of<Filter>::template with<bloom_filter, fuse_filter>;
    /// All that a block may be compressed by.
    using compressions = typename detail::choice_of<Compression>::template with<AlsoCompressed...>;
    static_assert(detail::tell_themselves_apart(compressions{}),
                  "lsm: two compression policies have one id or one name, or one has the id 0");

    /// @throws unknown_compression
    static std::string known_compression(std::string_view called) {
        const bool is_known =
            compressions::any([&]<class Policy>() { return Policy::name == called; });
        if (!is_known) throw unknown_compression(called);
        return std::string(called);
    }
};

namespace detail {

/// How many bytes hold the number, as a sequence column has them.
[[nodiscard]] inline std::uint8_t sequence_width(std::uint64_t number) noexcept {
    return number == 0            ? 0
           : number <= 0xff       ? 1
           : number <= 0xffff     ? 2
           : number <= 0xffffffff ? 4
                                  : 8;
}
[[nodiscard]] inline sequence_column read_sequences(byte_reader& in, const block_header& header) {
    const std::uint8_t width = header.sequence_width;
    if (width != 0 && width != 1 && width != 2 && width != 4 && width != 8)
        in.fail("sequence numbers of an unknown width");
    if (header.base > last_number) in.fail("a sequence number is too great");
    const byte_view above = take_column(in, std::size_t{width} * header.count);
    const sequence_column all(header.base, max_sequence, width, above.data());
    sequence_number newest = header.base;
    for (std::size_t i = 0; i < header.count; ++i) newest = (std::max)(newest, all[i]);
    return {header.base, newest, width, above.data()};
}
[[nodiscard]] inline kind_column read_kinds(byte_reader& in, const block_header& header) {
    if (!header.has_kinds) return kind_column(payload_kind::value);
    const byte_view kinds = take_column(in, header.count);
    for (const std::byte kind : kinds)
        if (!is_payload_kind(std::to_integer<std::uint8_t>(kind))) in.fail("unknown payload kind");
    return kind_column(kinds.data());
}

}  // namespace detail

template <class Filter, class Compression, class... AlsoCompressed>
template <class Key, class Value>
columns<Key, Value>
block_encoding<Filter, Compression, AlsoCompressed...>::read_block(byte_view bytes) {
    byte_reader in(bytes);
    const auto header = detail::block_header::read(in);
    if (header.compression != no_compression::id) in.fail("the block is compressed");
    // No two entries are the same, so each takes at least a byte.
    if (header.count > in.left()) in.fail("a block has more entries than bytes");
    byte_reader keys(detail::take_column(in, header.key_bytes));
    byte_reader values(detail::take_column(in, header.value_bytes));
    const sequence_column sequences = detail::read_sequences(in, header);
    const kind_column kinds = detail::read_kinds(in, header);
    in.expect_end();
    columns<Key, Value> block(
        detail::layout_of<Key>::read(keys, header.count, kind_column(payload_kind::value)),
        sequences, kinds, detail::layout_of<Value>::read(values, header.count, kinds));
    keys.expect_end();
    values.expect_end();
    return block;
}

/// A block under construction.
template <class Filter, class Compression, class... AlsoCompressed>
template <class Key, class Value>
class block_encoding<Filter, Compression, AlsoCompressed...>::block_writer {
public:
    void add(const std::remove_cvref_t<view_of<Key>>& key, sequence_number sequence,
             payload_kind kind, const cell<Value>& value) {
        keys_.add(key);
        if (kind == payload_kind::value)
            values_.add(view_in<Value>(value));
        else
            values_.add_nothing();
        sequences_.push_back(sequence);
        kinds_.push_back(static_cast<std::byte>(kind));
    }
    [[nodiscard]] std::size_t bytes() const noexcept {
        constexpr std::size_t entry = 4;  // about what a sequence number and a kind take
        return keys_.bytes() + values_.bytes() + entry * sequences_.size();
    }
    void finish(byte_buffer& out) {
        const auto [least, greatest] = std::ranges::minmax(sequences_);
        const auto value = static_cast<std::byte>(payload_kind::value);
        detail::block_header header;
        header.count = sequences_.size();
        header.sequence_width = detail::sequence_width(greatest - least);
        header.has_kinds = std::ranges::any_of(kinds_, [&](std::byte k) { return k != value; });
        header.base = least;
        const std::size_t begin = out.size();
        header.write(out);
        header.key_bytes = write_column(keys_, out, begin);
        header.value_bytes = write_column(values_, out, begin);
        detail::pad_column(out, begin);
        for (const sequence_number each : sequences_)
            append(out, byte_view(to_little_endian(each - least)).first(header.sequence_width));
        if (header.has_kinds) {
            detail::pad_column(out, begin);
            append(out, kinds_);
        }
        byte_buffer front;
        header.write(front);
        std::ranges::copy(front, out.begin() + static_cast<std::ptrdiff_t>(begin));
        sequences_.clear();
        kinds_.clear();
    }

private:
    static std::uint64_t write_column(auto& column, byte_buffer& out, std::size_t begin) {
        detail::pad_column(out, begin);
        const std::size_t before = out.size();
        column.finish(out);
        return out.size() - before;
    }

    typename detail::layout_of<Key>::writer keys_;
    typename detail::layout_of<Value>::writer values_;
    std::vector<sequence_number> sequences_;
    byte_buffer kinds_;
};

}  // namespace lsm
