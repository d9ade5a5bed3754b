// SPDX-License-Identifier: BSL-1.0
#include <lsm/simple.hpp>

#include <string>

int main() {
    lsm::simple_lsm_tree<std::string, int> tree{"stock"};
    tree.put("apple", 3);
    tree.flush();
    return tree.get("apple") == 3 ? 0 : 1;
}
