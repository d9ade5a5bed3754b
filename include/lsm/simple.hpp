// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/basic_lsm_tree.hpp>
#include <lsm/compaction/full_merge.hpp>
#include <lsm/fwd.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/storage/basic_storage.hpp>
#include <lsm/storage/format/json.hpp>
#include <lsm/storage/medium/directory.hpp>

/// @file
/// The tutorial's assembly, `lsm::simple_lsm_tree`. Links Boost.JSON.
