// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/basic_lsm_tree.hpp>
#include <lsm/compaction/full_merge.hpp>
#include <lsm/fwd.hpp>
#include <lsm/memtable/flat_map.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/storage/basic_storage.hpp>
#include <lsm/storage/format/block.hpp>
#include <lsm/storage/medium/directory.hpp>
#include <lsm/storage/medium/memory.hpp>

/// @file
/// The tree, and every policy that links nothing.
