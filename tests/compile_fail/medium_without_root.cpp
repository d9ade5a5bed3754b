// expect: lsm: the medium lacks load_root, replace_root or describe
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct lacking : lsm::directory<> {
    using lsm::directory<>::directory;
    void load_root() const = delete;
};

tree_with_storage<lsm::basic_storage<lsm::block_format, lacking>> tree{"never"};
