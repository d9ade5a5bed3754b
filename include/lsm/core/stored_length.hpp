// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace lsm::detail {

/// A length or a count as stored bytes have it, in 32 bits: cut off, it would make bytes that decode to
/// something else. @throws error `invalid_argument` if it needs more. @param what names it in the message
[[nodiscard]] inline std::uint32_t stored_length(std::uint64_t number, const char* what) {
    constexpr std::uint64_t most = (std::numeric_limits<std::uint32_t>::max)();
    if (number > most)
        throw error(errc::invalid_argument, std::string(what) + ": expected at most " +
                                                std::to_string(most) + ", got " +
                                                std::to_string(number) + ": store less in one");
    return static_cast<std::uint32_t>(number);
}

}  // namespace lsm::detail
