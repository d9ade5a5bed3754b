// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

// What plugin.cpp, a module that hides its symbols, shows to the program that loads it.
extern "C" {
[[gnu::visibility("default")]] void throw_locked();  // an `lsm::error`
[[gnu::visibility("default")]] pid_t plugin_process();
}
