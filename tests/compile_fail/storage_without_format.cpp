// expect: lsm: the storage policy lacks format_type
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct hollow {
    using medium = lsm::memory_medium;
};

tree_with_storage<hollow> tree{lsm::memory_disk()};
