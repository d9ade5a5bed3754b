// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/basic_lsm_tree.hpp>
#include <lsm/compaction/full_merge.hpp>
#include <lsm/compaction/leveled.hpp>
#include <lsm/filter_view.hpp>
#include <lsm/fwd.hpp>
#include <lsm/memtable/b_tree.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/storage/basic_storage.hpp>
#include <lsm/storage/format/block.hpp>
#include <lsm/storage/medium/directory.hpp>
#include <lsm/storage/medium/memory.hpp>

/// @file
/// The tree, and the policies of its fast assembly and of trees in memory. Nothing to link. Every
/// other policy has a header of its own, named for it: `<lsm/memtable/ordered_map.hpp>`; the two
/// memtables over Boost.Container would add a third to the time that this header takes to compile.
