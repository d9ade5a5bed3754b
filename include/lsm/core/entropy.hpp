// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>

#include <cerrno>
#include <cstdint>

#include <unistd.h>

namespace lsm::detail {

/// A number that nobody can guess, from the system. `std::random_device` would do, but its header
/// costs a tenth of ours. @throws error `io`
[[nodiscard]] inline std::uint64_t unguessable_number() {
    std::uint64_t number = 0;
    if (::getentropy(&number, sizeof number) != 0)
        throw error(errc::io, "the system gives no random bytes", errno);
    return number;
}

/// One that the whole process uses, for what is never stored.
[[nodiscard]] inline std::uint64_t process_seed() {
    static const std::uint64_t seed = unguessable_number();
    return seed;
}

}  // namespace lsm::detail
