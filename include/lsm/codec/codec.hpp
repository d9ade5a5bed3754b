// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/aggregate.hpp>
#include <lsm/codec/bytes.hpp>
#include <lsm/codec/descending.hpp>
#include <lsm/codec/described.hpp>
#include <lsm/codec/has_order.hpp>
#include <lsm/codec/hash.hpp>
#include <lsm/codec/number.hpp>
#include <lsm/codec/optional.hpp>
#include <lsm/codec/sequence.hpp>
#include <lsm/codec/serialize.hpp>
#include <lsm/codec/text.hpp>
#include <lsm/codec/trait.hpp>
#include <lsm/codec/tuple.hpp>

/// @file
/// Every codec family at once. The families are always included together, so that including a
/// header never changes how a type is stored.
