// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/order.hpp>
#include <lsm/storage/compression/compression.hpp>
#include <lsm/storage/filter/filter.hpp>
#include <lsm/storage/storage.hpp>
#include <lsm/testing/codec_laws.hpp>
#include <lsm/testing/law.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing {

/// An entry as a format is given it.
template <class Key, class Value>
struct stored_entry {
    Key key;
    sequence_number sequence;
    std::optional<Value> value;  ///< none: a tombstone
};

namespace detail {

/// A table in memory: all its bytes, and its index once more, as the format reads it.
template <class Key, class Value>
struct built_table {
    byte_buffer bytes;
    extent resident;
    table_index<Key> index;
};

template <class Format, class Key, class Value>
built_table<Key, Value> build_table(const Format& format, std::uint64_t id,
                                    const std::vector<stored_entry<Key, Value>>& entries) {
    auto builder = format.template build<Key, Value>({.id = id});
    built_table<Key, Value> table;
    for (const auto& each : entries) {
        builder.add(codec<Key>::as_view(each.key), each.sequence,
                    each.value ? payload_kind::value : payload_kind::tombstone,
                    each.value ? cell_of<Value>(*each.value) : cell<Value>());
        append(table.bytes, builder.take());
    }
    require(builder.entries() == entries.size(), "format: a builder counts its entries");
    table.resident = builder.finish();
    const extent& resident = table.resident;
    append(table.bytes, builder.take());
    require(resident.offset + resident.bytes <= table.bytes.size(),
            "format: the resident part lies in the table");
    const byte_view part = byte_view(table.bytes).subspan(resident.offset, resident.bytes);
    require(checksum(part) == resident.checksum, "format: the resident part's checksum is right");
    table.index = Format::template read_index<Key, Value>(part);
    return table;
}

template <class Format, class Key, class Value>
void check_block(const built_table<Key, Value>& table, std::size_t which,
                 const std::vector<stored_entry<Key, Value>>& entries, std::size_t& at) {
    const extent& where = table.index.blocks[which];
    require(where.offset + where.bytes <= table.bytes.size(), "format: a block lies in its table");
    const byte_view bytes = byte_view(table.bytes).subspan(where.offset, where.bytes);
    require(checksum(bytes) == where.checksum, "format: a block's checksum is right");
    const typename Format::template block<Key, Value> block(
        byte_buffer(bytes.begin(), bytes.end()));
    const auto window = block.window();
    require(!window.empty(), "format: no block is empty");
    require(equal(table.index.first_keys[which], codec<Key>::own(view_in<Key>(window.keys[0]))),
            "format: the index knows each block's first key");
    const auto& firsts = table.index.first_keys;
    const bool continues = which > 0 && equal(firsts[which - 1], firsts[which]);
    require(at == 0 || continues || compare(entries[at - 1].key, entries[at].key) < 0,
            "format: a key with several blocks begins one");
    require(!continues || equal(firsts[which], codec<Key>::own(view_in<Key>(window.keys.back()))),
            "format: a key with several blocks shares none");
    for (std::size_t i = 0; i < window.size(); ++i, ++at) {
        require(at < entries.size(), "format: a table holds no entry that was not added");
        const auto& expected = entries[at];
        require(equal(codec<Key>::own(view_in<Key>(window.keys[i])), expected.key) &&
                    window.sequences[i] == expected.sequence &&
                    (window.kinds[i] == payload_kind::value) == expected.value.has_value(),
                "format: blocks give back keys, sequence numbers and kinds, in order");
        if (expected.value)
            require(equal(codec<Value>::own(view_in<Value>(window.values[i])), *expected.value),
                    "format: blocks give back the values");
    }
}

/// Whether damaged bytes are refused, or decode to something; nothing else may happen.
template <class Read>
bool refuses_or_reads(Read read) {
    try {
        read();
    } catch (const decode_error&) {
    } catch (...) {
        return false;
    }
    return true;
}

/// Cuts bytes at every length and flips every bit, and has each result read.
template <class Read>
void damage_everywhere(byte_view intact, Read reads) {
    for (std::size_t at = 0; at < intact.size(); ++at) {
        require(reads({intact.begin(), intact.begin() + static_cast<std::ptrdiff_t>(at)}),
                "format: what is cut off gives a decode_error");
        for (int bit = 0; bit < 8; ++bit) {
            byte_buffer damaged(intact.begin(), intact.end());
            damaged[at] ^= static_cast<std::byte>(1 << bit);
            require(reads(std::move(damaged)), "format: what is damaged gives a decode_error");
        }
    }
}

}  // namespace detail

/// The laws of a table format, on entries of yours: by key, then newest first.
/// @throws law_broken
template <class Format, class Key, class Value>
void check_format(const Format& format, const std::vector<stored_entry<Key, Value>>& entries) {
    static_assert(table_format<Format, Key, Value>, "lsm: this is no table format");
    const auto table = detail::build_table(format, 7, entries);
    const table_properties& says = table.index.properties;
    require(says.id == 7, "format: a table knows its number");
    require(says.key_shape == codec<Key>::shape() && says.value_shape == codec<Value>::shape(),
            "format: a table knows its shapes");
    require(says.entries == entries.size(), "format: a table knows how many entries it has");
    const auto tombstones = std::ranges::count_if(entries, [](const auto& e) { return !e.value; });
    require(says.tombstones == static_cast<std::uint64_t>(tombstones),
            "format: a table knows how many tombstones it has");
    require(table.index.blocks.empty() == entries.empty(), "format: an empty table has no blocks");
    if (entries.empty()) return;
    require(detail::equal(*table.index.last_key, entries.back().key),
            "format: a table knows its last key");
    std::size_t at = 0;
    for (std::size_t block = 0; block < table.index.blocks.size(); ++block)
        detail::check_block<Format>(table, block, entries, at);
    require(at == entries.size(), "format: a table holds every entry that was added");
}

/// Whatever the bytes of a block or an index, decoding them gives an object or a `decode_error`:
/// every bit of every byte is flipped, and the bytes are cut at every length.
/// @throws law_broken
template <class Format, class Key, class Value>
void check_format_damage(const Format& format,
                         const std::vector<stored_entry<Key, Value>>& entries) {
    const auto table = detail::build_table(format, 7, entries);
    const auto try_block = [](byte_buffer bytes) {
        return detail::refuses_or_reads([&] {
            const typename Format::template block<Key, Value> block(std::move(bytes));
            (void)block.window();
        });
    };
    const auto try_index = [](const byte_buffer& bytes) {
        return detail::refuses_or_reads(
            [&] { (void)Format::template read_index<Key, Value>(bytes); });
    };
    for (const extent& where : table.index.blocks)
        detail::damage_everywhere(byte_view(table.bytes).subspan(where.offset, where.bytes),
                                  try_block);
    detail::damage_everywhere(
        byte_view(table.bytes).subspan(table.resident.offset, table.resident.bytes), try_index);
}

/// The laws of a filter policy, on hashes of yours: what it builds is a filter, and may contain each of
/// them. @throws law_broken
template <filter_policy Filter>
void check_filter(const Filter& policy, const std::vector<std::uint64_t>& hashes) {
    const byte_buffer built = policy.build(hashes, table_plan{});
    require(Filter::is_filter(built), "filter: what was built is a filter");
    for (const std::uint64_t hash : hashes)
        require(Filter::may_contain(built, hash), "filter: it may contain what went in");
}

/// The laws of a compression policy, on bytes of yours: what is compressed comes back, into as many
/// bytes as it was and no others; damaged bytes do no harm. @throws law_broken
template <compression_policy Compression>
void check_compression(const Compression& policy, byte_view bytes) {
    static_assert(Compression::id != no_compression::id, "lsm: 0 is no compression's id");
    byte_buffer compressed = policy.compress(bytes);
    if (compressed.empty()) return;
    byte_buffer back(bytes.size());
    require(Compression::decompress(compressed, back) && std::ranges::equal(back, bytes),
            "compression: what was compressed comes back");
    byte_buffer more(bytes.size() + 1);
    require(!Compression::decompress(compressed, more), "compression: it fills all it is given");
    require(bytes.empty() || !Compression::decompress(compressed, std::span(back).subspan(1)),
            "compression: it writes no more than it is given room for");
    detail::damage_everywhere(compressed, [&](const byte_buffer& damaged) {
        (void)Compression::decompress(damaged, back);
        return true;
    });
}

/// The laws of a medium: what is committed is there, once and whole; what is not, is not; the root is
/// replaced whole; one owner at a time. @p where is fresh, and is left with one table.
/// @throws law_broken
template <class Medium>
void check_medium(const typename Medium::location& where) {
    static_assert(storage_medium<Medium>, "lsm: this is no medium");
    const table_name kept{1, "kept"}, dropped{2, "dropped"};
    const std::string text = "some bytes, then more";
    {
        Medium medium(where, open_mode::open_or_create);
        require(!medium.load_root(), "medium: a fresh medium has no root");
        require(medium.list().empty(), "medium: a fresh medium has no tables");
        auto writer = medium.create(kept);
        writer.append(as_bytes(text.substr(0, 10)));
        writer.append(as_bytes(text.substr(10)));
        writer.commit();
        {
            auto never = medium.create(dropped);
            never.append(as_bytes(text));
        }
        require(medium.list() == std::vector{kept}, "medium: only committed tables are listed");
        require(medium.replace_root(as_bytes("first")) == replace_result::ok &&
                    medium.replace_root(as_bytes("second root")) == replace_result::ok,
                "medium: a root can be replaced");
        bool refused = false;
        try {
            Medium second(where, open_mode::open);
        } catch (const error& e) {
            refused = e.which() == errc::locked;
        }
        require(refused, "medium: a second owner finds it locked");
    }
    Medium medium(where, open_mode::open);
    const auto reader = medium.open(kept);
    byte_buffer read(text.size());
    reader.read(0, read);
    require(reader.bytes() == text.size() && as_text(read) == text,
            "medium: a table reads as written");
    byte_buffer root = medium.load_root().value_or(byte_buffer());
    require(as_text(root) == "second root", "medium: the root is the last one");
    bool short_read_fails = false;
    try {
        reader.read(1, read);
    } catch (const error& e) {
        short_read_fails = e.which() == errc::corruption;
    }
    require(short_read_fails, "medium: reading past a table's end is corruption");
    bool missing_fails = false;
    try {
        (void)medium.open(dropped);
    } catch (const error& e) {
        missing_fails = e.which() == errc::corruption;
    }
    require(missing_fails, "medium: a table that is not there is corruption");
}

}  // namespace lsm::testing
