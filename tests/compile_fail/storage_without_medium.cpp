// expect: lsm: the storage policy lacks medium
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct hollow {
    using format_type = lsm::block_format;
    lsm::block_format format;
};

tree_with_storage<hollow> tree{"never"};
