// expect: lsm: the key type has no codec
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

class secret {
    int* inside_;

public:
    explicit secret(int*);
    bool operator<(const secret&) const;
};

lsm::lsm_tree<secret, int> tree{"never"};
