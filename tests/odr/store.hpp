// SPDX-License-Identifier: BSL-1.0
#pragma once

//! [declared]
#include <lsm/lsm.hpp>

#include <cstdint>
#include <string>

using store = lsm::lsm_tree<std::uint64_t, std::string>;

extern template class lsm::basic_lsm_tree<std::uint64_t, std::string, lsm::b_tree_memtable,
                                          lsm::block_storage<>, lsm::leveled_compaction>;
//! [declared]
