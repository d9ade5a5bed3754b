// expect: lsm: the key type has no order
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct point {
    int x, y;
};

lsm::lsm_tree<point, int> tree{"never"};
