// expect: lsm: the medium lacks location
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct lacking : lsm::directory<> {
    using lsm::directory<>::directory;
    using location = void;
};

tree_with_storage<lsm::basic_storage<lsm::block_format, lacking>> tree{"never"};
