// SPDX-License-Identifier: BSL-1.0
#include "lsm.hpp"

/// @file
/// Our assemblies. Another one is another line, here or, so that both compile at once, in another
/// file of this folder.

namespace bench {

/// What `lsm_tree` is made of.
const registration usual{
    assembly<lsm::b_tree_memtable, lsm::block_storage<>, lsm::leveled_compaction>::as("lsm")};

}  // namespace bench
