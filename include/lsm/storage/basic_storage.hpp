// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/storage/storage.hpp>

namespace lsm {

/// The storage slot: what a table's bytes are, times where they live.
///
/// @tparam Format     the format that new tables are written in; its settings are `format`
/// @tparam Medium     where tables and root live
/// @tparam AlsoReads  further formats that existing tables may have; compactions rewrite them
template <class Format, class Medium, class... AlsoReads>
struct basic_storage {
    using format_type = Format;
    using medium = Medium;

    Format format = {};

    /// Calls `f.template operator()<F>()` for each format that can be read, until one returns true.
    template <class F>
    static bool any_format(F&& f) {
        return (f.template operator()<Format>() || ... || f.template operator()<AlsoReads>());
    }
};

}  // namespace lsm
