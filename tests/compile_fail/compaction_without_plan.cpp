// expect: lsm: the compaction policy lacks plan\(const compaction_view&\) const
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct idle {};

tree_with_compaction<idle> tree{"never"};
