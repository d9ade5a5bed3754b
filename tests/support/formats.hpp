// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/lsm.hpp>
#include <lsm/storage/format/json.hpp>
#include <lsm/storage/format/serialization.hpp>

#include <tuple>

namespace support {

/// Every format that tables can have.
using formats =
    std::tuple<lsm::block_format, lsm::json_format, lsm::serialization_format<lsm::binary_archive>,
               lsm::serialization_format<lsm::text_archive>,
               lsm::serialization_format<lsm::xml_archive>>;

}  // namespace support
