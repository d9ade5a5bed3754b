// SPDX-License-Identifier: BSL-1.0
// decoder: codec/bytes.hpp
// decoder: storage/compression
// decoder: storage/filter
// decoder: storage/format/block
// decoder: storage/format/block.hpp
// decoder: storage/format/paged.hpp
// decoder: storage/format/table_index.hpp
#include <fuzz/tables.hpp>

#include <lsm/storage/compression/lz4.hpp>
#include <lsm/storage/compression/zstd.hpp>
#include <lsm/storage/format/block.hpp>

namespace {

/// Reads all that block tables may be.
using format =
    lsm::basic_block_format<lsm::bloom_filter, lsm::lz4_compression, lsm::zstd_compression>;

/// A table of two blocks that can be compressed.
template <class Format>
void make_compressed(const fuzz::seed_sink& take) {
    const std::string text(200, 'x');
    fuzz::take_parts<Format, std::string, std::string>(
        take, std::string(Format::compression_policy::name), 2,
        fuzz::make_table<std::string, std::string>(
            Format{.block_bytes = 100}, {{"a", {text}}, {"b", {std::nullopt, text, "b"}}}));
}

}  // namespace

/// An input is an index or a block, behind its checksum.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_part<format>(fuzz::view(data, size));
    return 0;
}

void fuzz::make_seeds(const seed_sink& take) {
    make_parts(lsm::block_format{.block_bytes = 24}, take);
    make_compressed<format>(take);
    make_compressed<lsm::basic_block_format<lsm::bloom_filter, lsm::zstd_compression>>(take);
    using dense = lsm::basic_block_format<lsm::fuse_filter>;
    fuzz::take_parts<dense, std::uint64_t, std::uint64_t>(
        take, "fuse", 0, make_table<std::uint64_t, std::uint64_t>(dense{}, {{1, {10}}, {2, {20}}}));
}
