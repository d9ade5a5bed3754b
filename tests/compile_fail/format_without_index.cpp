// expect: lsm: the format lacks static read_index<Key, Value>\(byte_view\)
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct lacking : lsm::block_format {
    void read_index() = delete;
};

tree_with_storage<lsm::basic_storage<lacking, lsm::directory<>>> tree{"never"};
