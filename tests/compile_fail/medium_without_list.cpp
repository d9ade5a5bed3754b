// expect: lsm: the medium lacks one of create, open, remove, list
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct lacking : lsm::directory<> {
    using lsm::directory<>::directory;
    void list() const = delete;
};

tree_with_storage<lsm::basic_storage<lsm::block_format, lacking>> tree{"never"};
