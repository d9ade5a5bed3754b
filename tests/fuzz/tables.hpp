// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fuzz/fuzz.hpp>

#include <lsm/codec/column.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/storage/format/table_index.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the targets of tables share: the decoders behind the checksums, and tables to begin with.
namespace fuzz {

template <class T>
void touch_cell(const lsm::cell<T>& each) {
    lsm::byte_buffer bytes;
    lsm::encode<T>(bytes, lsm::view_in<T>(each));
    touch(bytes);
}

/// Decodes a block, and uses all of what it shows.
template <class Format, class Key, class Value>
void read_block(lsm::byte_view bytes) {
    try {
        const typename Format::template block<Key, Value> block(
            lsm::byte_buffer(bytes.begin(), bytes.end()));
        const auto window = block.window();
        for (std::size_t i = 0; i < window.size(); ++i) {
            touch_cell<Key>(window.keys[i]);
            if (window.kinds[i] == lsm::payload_kind::value) touch_cell<Value>(window.values[i]);
            if (i == 0) continue;
            const auto order = lsm::compare(lsm::view_in<Key>(window.keys[i - 1]),
                                            lsm::view_in<Key>(window.keys[i]));
            require(order < 0 || (order == 0 && window.sequences[i - 1] > window.sequences[i]),
                    "the entries of a block are in order");
        }
    } catch (const lsm::decode_error&) {
    }
}

/// Decodes an index, looks for its keys, and writes it once more.
template <class Format, class Key, class Value>
void read_index(lsm::byte_view bytes) {
    try {
        const lsm::table_index<Key> index = Format::template read_index<Key, Value>(bytes);
        require(index.first_keys.size() == index.blocks.size(), "one first key a block");
        for (const Key& key : index.first_keys) {
            const auto found =
                index.candidate(index.view(key), lsm::hash_of<Key>(index.view(key), 0));
            require(!found || *found < index.blocks.size(), "a block that may hold a key exists");
        }
        lsm::byte_buffer once, twice;
        lsm::write_binary_index(once, index);
        lsm::byte_reader in(once);
        lsm::write_binary_index(twice, lsm::read_binary_index<Key>(in));
        in.expect_end();
        require(once == twice, "an index that is read can be written and read");
    } catch (const lsm::decode_error&) {
    }
}

/// A key, and its values, newest first; where there is none it is a tombstone.
template <class Key, class Value>
using versions_of = std::pair<Key, std::vector<std::optional<Value>>>;

/// The bytes of a table, and where its index is.
struct made_table {
    lsm::byte_buffer bytes;
    lsm::extent index;
};

template <class Key, class Value, class Format>
made_table make_table(const Format& format, const std::vector<versions_of<Key, Value>>& entries) {
    auto builder = format.template build<Key, Value>({.id = 1});
    for (const auto& [key, versions] : entries) {
        lsm::sequence_number sequence = 10 + versions.size();
        for (const std::optional<Value>& value : versions)
            builder.add(lsm::codec<Key>::as_view(key), --sequence,
                        value ? lsm::payload_kind::value : lsm::payload_kind::tombstone,
                        value ? lsm::cell_of<Value>(*value) : lsm::cell<Value>());
    }
    made_table made;
    made.index = builder.finish();
    made.bytes = builder.take();
    return made;
}

/// Gives a table's index and blocks, each with @p kind in front of it.
template <class Format, class Key, class Value>
void take_parts(const seed_sink& take, const std::string& name, std::uint8_t kind,
                const made_table& table) {
    const auto part = [&](const std::string& called, bool block, const lsm::extent& where) {
        lsm::byte_buffer bytes{static_cast<std::byte>(kind | (block ? 1 : 0))};
        lsm::append(bytes, lsm::byte_view(table.bytes).subspan(where.offset, where.bytes));
        take(name + "_" + called, bytes);
    };
    part("index", false, table.index);
    const auto index = Format::template read_index<Key, Value>(
        lsm::byte_view(table.bytes).subspan(table.index.offset, table.index.bytes));
    for (std::size_t i = 0; i < index.blocks.size(); ++i)
        part("block_" + std::to_string(i), true, index.blocks[i]);
}

/// One input of a format: the first byte says which types, and whether it is an index or a block.
template <class Format>
void read_part(lsm::byte_view input) {
    if (input.empty()) return;
    const auto kind = std::to_integer<unsigned>(input[0]) % 6;
    const lsm::byte_view bytes = input.subspan(1);
    switch (kind) {
    case 0: return read_index<Format, std::uint64_t, std::uint64_t>(bytes);
    case 1: return read_block<Format, std::uint64_t, std::uint64_t>(bytes);
    case 2: return read_index<Format, std::string, std::string>(bytes);
    case 3: return read_block<Format, std::string, std::string>(bytes);
    case 4: return read_index<Format, double, bool>(bytes);  // keys that may have no order
    default: return read_block<Format, double, bool>(bytes);
    }
}

template <class Format>
void make_parts(const Format& format, const seed_sink& take) {
    take_parts<Format, std::uint64_t, std::uint64_t>(
        take, "numbers", 0,
        make_table<std::uint64_t, std::uint64_t>(
            format, {{1, {10}}, {2, {std::nullopt, 20}}, {~std::uint64_t{0}, {30}}}));
    take_parts<Format, std::string, std::string>(
        take, "strings", 2,
        make_table<std::string, std::string>(
            format, {{"", {"empty"}}, {"b", {std::nullopt, "\xff\n\"", ""}}, {"bb", {"2"}}}));
    take_parts<Format, double, bool>(
        take, "doubles", 4,
        make_table<double, bool>(format,
                                 {{-1.5, {true}}, {0.0, {false, std::nullopt}}, {1e300, {true}}}));
}

}  // namespace fuzz
