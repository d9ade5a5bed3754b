// expect: no matching (member )?function for call to .*scan
// SPDX-License-Identifier: BSL-1.0
#include <lsm/lsm.hpp>

#include <string>
#include <utility>

int main() {
    const lsm::lsm_tree<std::pair<lsm::descending<std::string>, int>, int> tree{"folder"};
    (void)tree.scan(lsm::prefix("a"));
}
