// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace lsm::testing {

/// A model of a concept does not keep one of its laws; the message is the law. Thrown by the checks
/// in this folder, which need no test framework: call them from a test of any.
class law_broken : public std::logic_error {
public:
    explicit law_broken(std::string_view law)
        : std::logic_error("law broken: " + std::string(law)) {}
};

/// @throws law_broken naming the @p law, unless it @p holds
inline void require(bool holds, std::string_view law) {
    if (!holds) throw law_broken(law);
}

}  // namespace lsm::testing
