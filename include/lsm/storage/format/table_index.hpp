// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/order.hpp>
#include <lsm/storage/filter/filter.hpp>
#include <lsm/storage/format/first_key_search.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm {

/// Where bytes lie in a table, and what they must add up to.
struct extent {
    std::uint64_t offset = 0;    ///< bytes from the start of the table
    std::uint64_t bytes = 0;     ///< how many
    std::uint64_t checksum = 0;  ///< `lsm::checksum` of them

    bool operator==(const extent&) const = default;
};

/// What a table says of itself, whatever its keys are.
struct table_properties {
    std::uint64_t id = 0;          ///< as in its file's name
    std::uint64_t entries = 0;     ///< values and tombstones, all versions
    std::uint64_t tombstones = 0;  ///< how many of them are tombstones
    sequence_number min_sequence = lsm::max_sequence;
    sequence_number max_sequence = no_sequence;
    std::string key_shape;
    std::string value_shape;
    std::string compression;  ///< by which policy some of its blocks are compressed; empty: by none

    bool operator==(const table_properties&) const = default;
};

/// The resident part of a table that is cut into blocks: what it is, where each block lies, and
/// each block's first key. The versions of a key are in one block, or in several blocks that have no
/// other key.
template <has_codec Key>
struct table_index {
    table_properties properties;
    std::vector<extent> blocks;
    std::vector<Key> first_keys;  ///< one a block, ascending; equal ones where a key has several
    std::optional<Key> last_key;  ///< the greatest key of the table; none in an empty table
    table_filter filter;          ///< of the keys' hashes
    detail::first_key_search<Key> search;  ///< of the first keys
    bool has_long_keys = false;            ///< whether some key has several blocks

    using key_view = std::remove_cvref_t<view_of<Key>>;

    /// Says that the keys are complete, which makes the members below fast.
    void make_search() {
        search = detail::first_key_search<Key>(first_keys);
        for (std::size_t i = 1; i < first_keys.size(); ++i)
            has_long_keys = has_long_keys || is_same(first_keys[i], view(first_keys[i - 1]));
    }

    /// The block that may hold @p key, if any; of several, that of its newest versions. O(log blocks).
    /// @param hash `hash_of<Key>(key, filter_seed)`
    [[nodiscard]] std::optional<std::size_t> candidate(const key_view& key,
                                                       std::uint64_t hash) const {
        if (!last_key || compare(view(*last_key), key) < 0) return std::nullopt;
        if (!filter.may_contain(hash)) return std::nullopt;
        return block_for(key);
    }
    /// The same without the filter: the first block that may hold keys from @p key on, if not all are.
    [[nodiscard, gnu::always_inline]] std::optional<std::size_t>
    block_for(const key_view& key) const {
        const std::size_t after = blocks_until(key);
        if (after == 0) return std::nullopt;
        return has_long_keys ? first_for(key, after - 1) : after - 1;
    }

    /// How many blocks begin at or before @p key. O(log blocks).
    [[nodiscard]] std::size_t blocks_until(const key_view& key) const {
        return search.until(key, first_keys);
    }

    /// @name Keys with several blocks
    /// @{

    /// Whether the block behind @p block has more versions of @p key. @pre `block_for` named that block for
    /// it, or one from which this has led there
    [[nodiscard]] bool continues(std::size_t block, const key_view& key) const {
        return has_long_keys && block + 1 < first_keys.size() &&
               is_same(first_keys[block + 1], key);
    }
    /// The first and the last of the blocks that begin with the same key as @p block. O(log blocks).
    [[nodiscard]] std::size_t first_of(std::size_t block) const {
        if (!has_long_keys) return block;
        const auto& key = view(first_keys[block]);
        return parted(
            block, [&](std::size_t i) { return compare<key_view>(view(first_keys[i]), key) < 0; });
    }
    [[nodiscard]] std::size_t last_of(std::size_t block) const {
        return has_long_keys ? blocks_until(view(first_keys[block])) - 1 : block;
    }
    /// @}

    /// The view of one of the keys that it holds.
    [[nodiscard]] static view_of<Key> view(const Key& key) { return codec<Key>::as_view(key); }

private:
    // Out of line, since most tables have no such keys.
    [[nodiscard, gnu::noinline]] std::size_t first_for(const key_view& key,
                                                       std::size_t last) const {
        return is_same(first_keys[last], key) ? first_of(last) : last;
    }
    [[nodiscard]] static bool is_same(const Key& a, const key_view& b) {
        return compare<key_view>(view(a), b) == 0;
    }
};

/// Appends an index in the form that binary tables share: docs/file_format.md, "Index".
template <has_codec Key>
void write_binary_index(byte_buffer& bytes, const table_index<Key>& index) {
    byte_writer out(bytes);
    const table_properties& properties = index.properties;
    out.number(properties.id);
    out.number(properties.entries);
    out.number(properties.tombstones);
    out.number(properties.min_sequence);
    out.number(properties.max_sequence);
    out.text(properties.key_shape);
    out.text(properties.value_shape);
    out.begin_sequence(index.blocks.size());
    for (std::size_t i = 0; i < index.blocks.size(); ++i) {
        out.number(index.blocks[i].offset);
        out.number(index.blocks[i].bytes);
        out.number(index.blocks[i].checksum);
        codec<Key>::write(out, codec<Key>::as_view(index.first_keys[i]));
    }
    out.begin_optional(index.last_key.has_value());
    if (index.last_key) codec<Key>::write(out, codec<Key>::as_view(*index.last_key));
}

/// Reads the shapes of an index before its keys, which only the right types can.
/// @throws decode_error
template <has_codec Key>
[[nodiscard]] table_index<Key> read_binary_index(byte_reader& in) {
    table_index<Key> index;
    table_properties& properties = index.properties;
    properties.id = in.number<std::uint64_t>();
    properties.entries = in.number<std::uint64_t>();
    properties.tombstones = in.number<std::uint64_t>();
    properties.min_sequence = in.number<std::uint64_t>();
    properties.max_sequence = in.number<std::uint64_t>();
    properties.key_shape = in.text();
    properties.value_shape = in.text();
    const std::size_t count = in.begin_sequence();
    for (std::size_t i = 0; i < count; ++i) {
        const auto offset = in.number<std::uint64_t>();
        const auto size = in.number<std::uint64_t>();
        const auto sum = in.number<std::uint64_t>();
        index.blocks.push_back({offset, size, sum});
        index.first_keys.push_back(codec<Key>::template read<byte_reader>(in));
    }
    if (in.begin_optional()) index.last_key.emplace(codec<Key>::template read<byte_reader>(in));
    return index;
}

}  // namespace lsm
