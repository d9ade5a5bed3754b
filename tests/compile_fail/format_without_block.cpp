// expect: lsm: the format lacks block<Key, Value>
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct lacking : lsm::block_format {
    template <class Key, class Value>
    struct block {};
};

tree_with_storage<lsm::basic_storage<lacking, lsm::directory<>>> tree{"never"};
