// SPDX-License-Identifier: BSL-1.0
#include <support/compiled_trees.hpp>

#include <string>

template class lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                   lsm::block_storage<lsm::directory<>>,
                                   lsm::full_merge_compaction>;
template class lsm::basic_snapshot<support::disk_tree<int, std::string>>;
