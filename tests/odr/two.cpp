// SPDX-License-Identifier: BSL-1.0
#include "poison.hpp"

#include <lsm/lsm.hpp>

using tree = lsm::lsm_tree<std::uint64_t, std::string>;

std::string read(const tree& t, std::uint64_t key);

std::string read(const tree& t, std::uint64_t key) {
    return t.get(key).value_or("nothing");
}
