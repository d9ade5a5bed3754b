// SPDX-License-Identifier: BSL-1.0
#pragma once

/// @file
/// The library's version and its only macros.

#define LSM_VERSION_MAJOR 0
#define LSM_VERSION_MINOR 1
#define LSM_VERSION_PATCH 0

static_assert(sizeof(void*) == 8,
              "lsm: files are mapped and sizes counted in 64 bits: compile for a 64-bit machine");

/// Checks a precondition: misuse of the library, never the state of the world. Define it before
/// including any header of the library to send misuse elsewhere than to `assert`.
#ifndef LSM_ASSERT
#include <cassert>
#define LSM_ASSERT(condition) assert(condition)
#endif
