// SPDX-License-Identifier: BSL-1.0
#pragma once

// Macros named min and max, as a well-known platform header defines them. Our headers must not
// trip over them; a standard library's own headers may, so those come first.

#include <bits/stdc++.h>

#define min(...) lsm_wrote_min_without_parentheses
#define max(...) lsm_wrote_max_without_parentheses
