// SPDX-License-Identifier: BSL-1.0
#include "lsm.hpp"

/// @file
/// Our assemblies. Another one is another line, here or, so that both compile at once, in another
/// file of this folder.

namespace bench {

const registration skip_list{
    assembly<lsm::skip_list_memtable, lsm::block_storage<>, lsm::full_merge_compaction>::as("lsm")};

}  // namespace bench
