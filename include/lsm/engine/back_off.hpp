// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace lsm::engine {

/// When work that failed is tried again: after a wait that doubles with each failure in a row. Time is a number
/// that the caller counts, so that a tree without threads can count its calls.
class back_off {
public:
    back_off(std::uint64_t first, std::uint64_t longest) noexcept
        : first_(first), longest_(longest) {}

    void fail(std::uint64_t now) noexcept {
        wait_ = wait_ == 0 ? first_ : (std::min)(2 * wait_, longest_);
        until_ = now + wait_;
    }
    /// The work succeeded, or the caller wants it tried at once.
    void reset() noexcept { wait_ = until_ = 0; }

    /// Whether the last attempt failed.
    [[nodiscard]] bool is_waiting() const noexcept { return wait_ > 0; }
    [[nodiscard]] bool may_try(std::uint64_t now) const noexcept { return now >= until_; }

private:
    std::uint64_t first_, longest_;
    std::uint64_t wait_ = 0;
    std::uint64_t until_ = 0;
};

}  // namespace lsm::engine
