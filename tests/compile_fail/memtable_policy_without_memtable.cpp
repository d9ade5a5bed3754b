// expect: lsm: the memtable policy lacks template <class Key, class Payload> class memtable
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct hollow : limits {};

tree_with_memtable<hollow> tree{"never"};
