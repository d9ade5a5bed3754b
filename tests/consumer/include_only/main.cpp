// SPDX-License-Identifier: BSL-1.0
// Built by the compiler alone, with include paths and no library to link.
#include <lsm/lsm.hpp>

#include <string>

int main() {
    lsm::lsm_tree<std::string, int> tree{"stock"};
    tree.put("apple", 3);
    tree.flush();
    return tree.get("apple") == 3 ? 0 : 1;
}
