// expect: lsm: the value type has no codec
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

class secret {
    int* inside_;

public:
    explicit secret(int*);
};

lsm::lsm_tree<int, secret> tree{"never"};
