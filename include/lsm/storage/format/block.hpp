// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>
#include <lsm/fwd.hpp>
#include <lsm/storage/format/paged.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lsm {

/// The encoding of `block_format`, binary tables of ours which need nothing to link: checksummed
/// blocks of rows, strings read in place. Choose them for speed and size. docs/file_format.md,
/// "Block tables".
struct block_encoding : detail::binary_frame<block_encoding> {
    static constexpr std::string_view name = "block";
    static constexpr std::uint32_t version = 1;
    static constexpr std::string_view extension = "lsm";
    static constexpr std::size_t default_block_bytes = 4096;
    static constexpr std::string_view magic = "lsm block table\n";

    template <class Key, class Value>
    class block_writer;

    template <class Key, class Value>
    static columns<Key, Value> read_block(byte_view bytes) {
        byte_reader in(bytes);
        const std::size_t count = in.begin_sequence();
        columns<Key, Value> block(count);
        for (std::size_t i = 0; i < count; ++i) {
            block.keys().read_from(in);
            const auto sequence = in.number<sequence_number>();
            const auto kind = in.number<std::uint8_t>();
            if (!is_payload_kind(kind)) in.fail("unknown payload kind");
            block.push_version(sequence, static_cast<payload_kind>(kind));
            if (static_cast<payload_kind>(kind) == payload_kind::value)
                block.values().read_from(in);
            else
                block.values().push_nothing();
        }
        in.expect_end();
        return block;
    }
};

/// A block under construction: the entries, with room for their count in front.
template <class Key, class Value>
class block_encoding::block_writer {
public:
    void add(const std::remove_cvref_t<view_of<Key>>& key, sequence_number sequence,
             payload_kind kind, const cell<Value>& value) {
        byte_writer out(entries_);
        codec<Key>::write(out, key);
        out.number(sequence);
        out.number(static_cast<std::uint8_t>(kind));
        if (kind == payload_kind::value) codec<Value>::write(out, view_in<Value>(value));
        ++count_;
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return entries_.size(); }
    void finish(byte_buffer& out) {
        append_number(out, count_);
        append(out, entries_);
        entries_.clear();
        count_ = 0;
    }

private:
    byte_buffer entries_;
    std::uint32_t count_ = 0;
};

}  // namespace lsm
