// SPDX-License-Identifier: BSL-1.0
#include "lsm.hpp"

/// @file
/// Our assemblies. Another one is another file `lsm_*.cpp` of this folder. Each is compiled once for each
/// shape, as a program's own tree would be: how a compiler inlines depends on what else is in the file.

namespace bench {

/// What `lsm_tree` is made of.
const registration usual{
    assembly<lsm::b_tree_memtable, lsm::block_storage<>, lsm::leveled_compaction>::as<BENCH_SHAPE>(
        "lsm")};

}  // namespace bench
