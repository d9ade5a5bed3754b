// SPDX-License-Identifier: BSL-1.0
//! [compiled]
#include "store.hpp"

template class lsm::basic_lsm_tree<std::uint64_t, std::string, lsm::b_tree_memtable,
                                   lsm::block_storage<>, lsm::leveled_compaction>;
//! [compiled]
