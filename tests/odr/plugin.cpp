// SPDX-License-Identifier: BSL-1.0
#include "plugin.hpp"

#include <lsm/core/error.hpp>
#include <lsm/engine/process.hpp>

void throw_locked() {
    throw lsm::error(lsm::errc::locked, "by a plugin");
}

pid_t plugin_process() {
    return lsm::engine::this_process::id();
}
