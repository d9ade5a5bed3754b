// SPDX-License-Identifier: BSL-1.0
// decoder: codec/bytes.hpp
// decoder: storage/format/block.hpp
// decoder: storage/format/paged.hpp
// decoder: storage/format/table_index.hpp
#include <fuzz/tables.hpp>

#include <lsm/storage/format/block.hpp>

/// An input is an index or a block, behind its checksum.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_part<lsm::block_format>(fuzz::view(data, size));
    return 0;
}

void fuzz::make_seeds(const seed_sink& take) {
    make_parts(lsm::block_format{.block_bytes = 24}, take);
}
