// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace lsm {

/// What is known of a table before its first entry comes.
struct table_plan {
    std::uint64_t id = 0;    ///< its number, which the table repeats inside
    std::size_t level = 0;   ///< where it goes
    bool is_oldest = false;  ///< nothing that is older lies under it
};

}  // namespace lsm
