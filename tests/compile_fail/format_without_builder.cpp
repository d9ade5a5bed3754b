// expect: lsm: the format lacks build<Key, Value>\(plan\) const
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct lacking : lsm::block_format {
    void build() const = delete;
};

tree_with_storage<lsm::basic_storage<lacking, lsm::directory<>>> tree{"never"};
