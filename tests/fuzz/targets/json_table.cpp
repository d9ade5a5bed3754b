// SPDX-License-Identifier: BSL-1.0
// decoder: codec/json
// decoder: codec/json.hpp
// decoder: storage/format/json.hpp
// decoder: storage/format/paged.hpp
#include <fuzz/tables.hpp>

#include <lsm/storage/format/json.hpp>

/// An input is an index or a block, behind its checksum.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_part<lsm::json_format>(fuzz::view(data, size));
    return 0;
}

void fuzz::make_seeds(const seed_sink& take) {
    make_parts(lsm::json_format{.block_bytes = 60}, take);
}
