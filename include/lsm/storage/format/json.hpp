// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/codec/json.hpp>
#include <lsm/fwd.hpp>
#include <lsm/storage/format/paged.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lsm {

/// The encoding of `json_format`: tables as indented JSON, one entry a line, which every JSON tool and
/// every editor opens. Links Boost.JSON. Choose them to look inside; they are larger and slower than
/// blocks. docs/file_format.md, "JSON tables".
///
/// Every entry brings the separator that stands before it, so that a block, which begins with one,
/// need not know whether it is the last. The index begins by ending the list of entries.
struct json_encoding {
    static constexpr std::string_view name = "json";
    static constexpr std::uint32_t version = 1;
    static constexpr std::string_view extension = "json";
    static constexpr std::size_t default_block_bytes = 16384;
    static constexpr std::string_view head =
        "{\n  \"format\": \"lsm table\", \"version\": 1,\n  \"entries\": [";

    static void begin_table(byte_buffer& out) { append(out, as_bytes(head)); }

    template <class Key, class Value>
    class block_writer;

    template <class Key, class Value>
    static columns<Key, Value> read_block(byte_view bytes) {
        std::string_view lines = as_text(bytes);
        if (lines.starts_with(',')) lines.remove_prefix(1);
        const boost::json::value list = parse_json("[" + std::string(lines) + "]");
        columns<Key, Value> block(list.get_array().size());
        for (const boost::json::value& entry : list.get_array()) read_entry(entry, block);
        return block;
    }

    template <class Key>
    static void write_index(byte_buffer& out, const table_index<Key>& index);
    template <class Key>
    static table_index<Key> read_index(byte_view bytes);

    /// The last line lets tools find the index without the root.
    static void end_table(byte_buffer& out, const extent& index) {
        append(out, as_bytes(",\n  \"index\": {" + members_of(index) + "}\n}\n"));
    }

private:
    template <class Key, class Value>
    static void read_entry(const boost::json::value& entry, columns<Key, Value>& block) {
        const bool erased = find_member(entry, "erased") != nullptr;
        expect_members(entry, 3);
        block.keys().push(member<Key>(entry, "key"));
        block.push_version(member<sequence_number>(entry, "sequence"),
                           erased ? payload_kind::tombstone : payload_kind::value);
        if (!erased) return block.values().push(member<Value>(entry, "value"));
        if (!member<bool>(entry, "erased")) throw decode_error("JSON: an entry is erased: false");
        block.values().push_nothing();
    }

    static std::string members_of(const extent& block) {
        return "\"offset\": " + std::to_string(block.offset) +
               ", \"bytes\": " + std::to_string(block.bytes) + ", \"checksum\": \"" +
               detail::hex_of(block.checksum) + '"';
    }
    static extent extent_in(const boost::json::value& object) {
        const auto sum =
            detail::bits_of_hex<std::uint64_t>(member<std::string>(object, "checksum"));
        if (!sum) throw decode_error("JSON: a checksum is not 16 hex digits");
        return {member<std::uint64_t>(object, "offset"), member<std::uint64_t>(object, "bytes"),
                *sum};
    }

    static const boost::json::value* find_member(const boost::json::value& whole,
                                                 std::string_view called) {
        const auto* object = whole.if_object();
        return object ? object->if_contains(called) : nullptr;
    }
    static const boost::json::value& member_value(const boost::json::value& whole,
                                                  std::string_view called) {
        const auto* found = find_member(whole, called);
        if (!found) throw decode_error("JSON: a member \"" + std::string(called) + "\" is missing");
        return *found;
    }
    template <class T>
    static T member(const boost::json::value& whole, std::string_view called) {
        return from_json_value<T>(member_value(whole, called));
    }
    static void expect_members(const boost::json::value& whole, std::size_t count) {
        const auto* object = whole.if_object();
        if (!object || object->size() != count)
            throw decode_error("JSON: expected an object of " + std::to_string(count) + " members");
    }
};

/// A block under construction: lines of entries.
template <class Key, class Value>
class json_encoding::block_writer {
public:
    void add(const std::remove_cvref_t<view_of<Key>>& key, sequence_number sequence,
             payload_kind kind, const cell<Value>& value) {
        lines_ += first_ ? "\n    {\"key\": " : ",\n    {\"key\": ";
        first_ = false;
        json_writer key_out(lines_);
        codec<Key>::write(key_out, key);
        lines_ += ", \"sequence\": " + std::to_string(sequence);
        if (kind == payload_kind::tombstone) {
            lines_ += ", \"erased\": true}";
        } else {
            lines_ += ", \"value\": ";
            json_writer value_out(lines_);
            codec<Value>::write(value_out, view_in<Value>(value));
            lines_ += '}';
        }
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return lines_.size(); }
    void finish(byte_buffer& out) {
        append(out, as_bytes(lines_));
        lines_.clear();
    }

private:
    std::string lines_;
    bool first_ = true;  // of the table, not of the block
};

template <class Key>
void json_encoding::write_index(byte_buffer& out, const table_index<Key>& index) {
    std::string text = "\n  ],\n";
    const auto add = [&](std::string_view called, const std::string& json) {
        text.append("  \"").append(called).append("\": ").append(json).append(",\n");
    };
    const table_properties& properties = index.properties;
    add("id", std::to_string(properties.id));
    add("key_shape", to_json<std::string>(properties.key_shape));
    add("value_shape", to_json<std::string>(properties.value_shape));
    add("count", std::to_string(properties.entries));
    add("tombstones", std::to_string(properties.tombstones));
    add("min_sequence", std::to_string(properties.min_sequence));
    add("max_sequence", std::to_string(properties.max_sequence));
    if (index.last_key) {
        add("min_key", to_json<Key>(index.view(index.first_keys.front())));
        add("max_key", to_json<Key>(index.view(*index.last_key)));
    }
    text += "  \"blocks\": [";
    for (std::size_t i = 0; i < index.blocks.size(); ++i)
        text += (i == 0 ? "\n    {" : ",\n    {") + members_of(index.blocks[i]) +
                ", \"first_key\": " + to_json<Key>(index.view(index.first_keys[i])) + '}';
    text += "\n  ]";
    append(out, as_bytes(text));
}

/// Reads the shapes of an index before its keys, which only the right types can.
template <class Key>
table_index<Key> json_encoding::read_index(byte_view bytes) {
    const std::string begin = "{\"entries\": [";  // an index by itself is a table of no entries
    const boost::json::value table = parse_json(begin + std::string(as_text(bytes)) + "}");
    table_index<Key> index;
    table_properties& properties = index.properties;
    properties.id = member<std::uint64_t>(table, "id");
    properties.key_shape = member<std::string>(table, "key_shape");
    properties.value_shape = member<std::string>(table, "value_shape");
    properties.entries = member<std::uint64_t>(table, "count");
    properties.tombstones = member<std::uint64_t>(table, "tombstones");
    properties.min_sequence = member<sequence_number>(table, "min_sequence");
    properties.max_sequence = member<sequence_number>(table, "max_sequence");
    if (properties.key_shape != codec<Key>::shape())
        throw decode_error("the table's keys are " + properties.key_shape + ", not " +
                           codec<Key>::shape());
    const auto* blocks = member_value(table, "blocks").if_array();
    if (!blocks) throw decode_error("JSON: blocks are not an array");
    for (const boost::json::value& block : *blocks) {
        expect_members(block, 4);
        index.blocks.push_back(extent_in(block));
        index.first_keys.push_back(member<Key>(block, "first_key"));
    }
    if (!blocks->empty()) index.last_key.emplace(member<Key>(table, "max_key"));
    return index;
}

}  // namespace lsm
