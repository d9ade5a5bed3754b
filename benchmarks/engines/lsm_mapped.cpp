// SPDX-License-Identifier: BSL-1.0
#include "lsm.hpp"

namespace bench {

/// `lsm_tree` with tables that are read through mappings.
const registration mapped{
    assembly<lsm::b_tree_memtable,
             lsm::block_storage<lsm::directory<lsm::posix_file_system, lsm::mapped_reads>>,
             lsm::leveled_compaction>::as<BENCH_SHAPE>("lsm-mapped")};

}  // namespace bench
