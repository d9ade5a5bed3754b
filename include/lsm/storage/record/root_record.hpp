// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/core/error.hpp>
#include <lsm/storage/format/table_index.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lsm {

/// A live table, as the root knows it.
struct table_record {
    std::uint64_t id = 0;
    std::string format;         ///< its format's name
    std::uint32_t version = 0;  ///< its format's version
    std::string extension;
    std::uint64_t bytes = 0;  ///< of the whole table
    extent index;             ///< the resident part
};

/// Runs newest first; a run's tables by their keys.
using run_record = std::vector<table_record>;
using level_record = std::vector<run_record>;

/// One tree of a store.
struct tree_record {
    std::uint64_t id = 0;
    std::string name;
    std::string key_shape;
    std::string value_shape;
    std::vector<level_record> levels;
    std::vector<std::byte> compaction_memory;  ///< the compaction policy's own
    sequence_number flushed = no_sequence;     ///< operations up to this one are in the tables
    std::uint64_t filter_seed = 0;             ///< of the hashes in the tables' filters
};

/// A live segment of the log, as the root knows it.
struct log_segment_record {
    std::uint64_t number = 0;
    std::uint64_t seed = 0;   ///< of its checksums; also in its header
    std::uint64_t bytes = 0;  ///< of the whole segment
    std::uint64_t previous_sum =
        0;  ///< of the last group before it; said of the first segment only
};

/// The root: the one durable record of what is live. Replaced as a whole by each version edit.
struct root_record {
    std::uint64_t generation = 0;     ///< counts the replacements
    bool clean = false;               ///< written by an orderly close, nothing was begun since
    std::uint64_t next_table_id = 0;  ///< never given to a table yet
    sequence_number last_sequence = no_sequence;
    std::vector<log_segment_record> log;  ///< in commit order
    std::uint64_t next_log_segment = 0;   ///< never given to a segment yet
    std::vector<tree_record> trees;
};

namespace detail {
inline constexpr std::string_view root_magic = "lsm root";
inline constexpr std::uint32_t root_version = 2;
}  // namespace detail

// The two are templates so that the record's codec is compiled where there is a tree, not in every
// file that includes this.

/// Magic, version, length, the record by its codec, checksum: docs/file_format.md, "Root".
template <std::same_as<root_record> Root>
[[nodiscard]] byte_buffer write_root(const Root& root) {
    byte_buffer record;
    encode<Root>(record, root);
    byte_buffer out;
    append(out, as_bytes(detail::root_magic));
    append_number(out, detail::root_version);
    append_number(out, static_cast<std::uint64_t>(record.size()));
    append(out, record);
    append_number(out, checksum(out));
    return out;
}

/// @throws error `corruption` or `incompatible`, naming @p where
template <std::same_as<root_record> Root = root_record>
[[nodiscard]] Root read_root(byte_view bytes, const std::string& where) {
    const auto damaged = [&](const std::string& what) -> error {
        return {errc::corruption, where + ": the root is damaged: " + what};
    };
    constexpr std::size_t sum_bytes = sizeof(std::uint64_t);
    try {
        byte_reader in(bytes);
        if (as_text(in.take(detail::root_magic.size())) != detail::root_magic)
            throw damaged("it does not begin with \"lsm root\"");
        const auto version = in.number<std::uint32_t>();
        const auto length = in.number<std::uint64_t>();
        const byte_view record = in.take(length);
        const auto expected = in.number<std::uint64_t>();
        const std::uint64_t found = checksum(bytes.first(bytes.size() - sum_bytes));
        if (expected != found)
            throw damaged("expected checksum " + std::to_string(expected) + ", got " +
                          std::to_string(found));
        if (version != detail::root_version)
            throw error(errc::incompatible,
                        where + ": the root has format version " + std::to_string(version) +
                            ", this library reads version " + std::to_string(detail::root_version));
        return decode<Root>(record);
    } catch (const decode_error& failure) {
        throw damaged(failure.what());
    }
}

}  // namespace lsm
