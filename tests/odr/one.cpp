// SPDX-License-Identifier: BSL-1.0
#include "poison.hpp"

#include <lsm/lsm.hpp>

using tree = lsm::lsm_tree<std::uint64_t, std::string>;

std::string read(const tree& t, std::uint64_t key);  // in two.cpp

int main() {
    tree t{"numbers"};
    t.put(1, "one");
    return read(t, 1) == "one" ? 0 : 1;
}
