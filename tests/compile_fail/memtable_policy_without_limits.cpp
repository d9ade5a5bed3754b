// expect: lsm: the memtable policy lacks max_bytes or max_entries
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct limitless {
    template <class Key, class Payload>
    using memtable = complete_memtable<Key, Payload>;
};

tree_with_memtable<limitless> tree{"never"};
