// SPDX-License-Identifier: BSL-1.0
#pragma once

/// @file
/// Every public name that can be declared without defining it, and the one home of default
/// arguments and aliases.

namespace lsm {

template <class T>
struct codec;
template <class T>
struct descending;
template <class Key>
struct key_range;
template <class Key, class Value>
class entry;
template <class Key, class Value>
class entry_view;
template <class Key, class Value>
class scan_view;
template <class Key, class Value>
class basic_write_batch;
template <class Tree>
class basic_snapshot;
class event_listener;
struct statistics;
class error;

// Memtables.
struct ordered_map_memtable;
struct flat_map_memtable;
struct skip_list_memtable;
struct b_tree_memtable;
struct append_memtable;

// Storage: formats and media.
class posix_file_system;
struct cached_reads;
struct mapped_reads;
template <class FileSystem = posix_file_system, class Reads = cached_reads>
class directory;
class memory_medium;
class memory_disk;
template <class Encoding>
struct paged_format;
template <class Filter, class Compression, class... AlsoCompressed>
struct block_encoding;
/// Filters that tell which keys a table does not hold.
struct bloom_filter;
struct fuse_filter;
struct no_filter;
/// Compressions of blocks: `<lsm/storage/compression/lz4.hpp>` links liblz4, `zstd.hpp` libzstd.
struct no_compression;
struct lz4_compression;
struct zstd_compression;
/// Either, one for the bulk of the data and one for what is younger.
template <class Younger, class Oldest>
struct by_age;
template <class Filter = bloom_filter, class Compression = no_compression, class... AlsoCompressed>
using basic_block_format = paged_format<block_encoding<Filter, Compression, AlsoCompressed...>>;
using block_format = basic_block_format<>;
struct json_encoding;
using json_format = paged_format<json_encoding>;
struct binary_archive;
struct text_archive;
struct xml_archive;
template <class Archive>
struct archive_encoding;
template <class Archive = binary_archive>
using serialization_format = paged_format<archive_encoding<Archive>>;
template <class Format, class Medium, class... AlsoReads>
struct basic_storage;

/// Checksummed binary tables of ours: `<lsm/lsm.hpp>`.
template <class Medium = directory<>>
using block_storage = basic_storage<block_format, Medium>;
/// Tables to read in an editor: `<lsm/storage/format/json.hpp>`, links Boost.JSON.
template <class Medium = directory<>>
using json_storage = basic_storage<json_format, Medium>;
/// Tables of Boost archives: `<lsm/storage/format/serialization.hpp>`, links Boost.Serialization.
template <class Archive = binary_archive, class Medium = directory<>>
using serialization_storage = basic_storage<serialization_format<Archive>, Medium>;

// Compaction.
struct full_merge_compaction;
struct leveled_compaction;
struct size_tiered_compaction;

template <class Key, class Value, class MemTablePolicy, class StoragePolicy, class CompactionPolicy>
class basic_lsm_tree;

/// The fast assembly. Nothing to link. `<lsm/lsm.hpp>`
template <class Key, class Value, class MemTablePolicy = b_tree_memtable,
          class StoragePolicy = block_storage<>, class CompactionPolicy = leveled_compaction>
using lsm_tree = basic_lsm_tree<Key, Value, MemTablePolicy, StoragePolicy, CompactionPolicy>;

/// The tutorial's assembly, whose tables a person can read. Links Boost.JSON. `<lsm/simple.hpp>`
template <class Key, class Value>
using simple_lsm_tree =
    basic_lsm_tree<Key, Value, ordered_map_memtable, json_storage<>, full_merge_compaction>;

}  // namespace lsm
