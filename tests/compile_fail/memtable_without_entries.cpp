// expect: lsm: the memtable lacks entries\(\) const or bytes\(\) const
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

template <class Key, class Payload>
struct lacking : complete_memtable<Key, Payload> {
    using complete_memtable<Key, Payload>::complete_memtable;
    void entries() const = delete;
};

struct policy : limits {
    template <class Key, class Payload>
    using memtable = lacking<Key, Payload>;
};

tree_with_memtable<policy> tree{"never"};
