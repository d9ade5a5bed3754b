// expect: lsm: the format lacks name, version or extension
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct lacking : lsm::block_format {
    void name() = delete;
};

tree_with_storage<lsm::basic_storage<lacking, lsm::directory<>>> tree{"never"};
