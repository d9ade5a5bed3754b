// SPDX-License-Identifier: BSL-1.0
#pragma once

// The trees that many tests use. A program that links test_trees has them from there, where each is
// compiled once; without test_trees every file compiles what it uses.

#include <support/trees.hpp>

#include <string>

extern template class lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                          lsm::block_storage<lsm::memory_medium>,
                                          lsm::full_merge_compaction>;
extern template class lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                          lsm::block_storage<lsm::directory<>>,
                                          lsm::full_merge_compaction>;
extern template class lsm::basic_lsm_tree<std::string, int, lsm::skip_list_memtable,
                                          lsm::block_storage<lsm::memory_medium>,
                                          lsm::full_merge_compaction>;
extern template class lsm::basic_lsm_tree<double, int, lsm::skip_list_memtable,
                                          lsm::block_storage<lsm::memory_medium>,
                                          lsm::full_merge_compaction>;
extern template class lsm::basic_snapshot<support::memory_tree<int, std::string>>;
extern template class lsm::basic_snapshot<support::disk_tree<int, std::string>>;
extern template class lsm::basic_snapshot<support::memory_tree<std::string, int>>;
extern template class lsm::basic_snapshot<support::memory_tree<double, int>>;
