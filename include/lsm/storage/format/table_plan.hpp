// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace lsm {

/// What is known of a table before its first entry comes.
struct table_plan {
    std::uint64_t id = 0;    ///< its number, which the table repeats inside
    std::size_t level = 0;   ///< where it goes
    bool is_oldest = false;  ///< nothing that is older lies under it
    std::uint64_t filter_seed =
        0;  ///< of the hashes in its filter: `hash_of<Key>(key, filter_seed)`
};

/// A setting that may differ from level to level: `10` for all of them, or `{16, 14, 10}`, of which the
/// last is for all further levels, too.
class per_level {
public:
    static constexpr std::size_t max_levels = 8;

    constexpr per_level(double all)  // NOLINT(google-explicit-constructor)
        : per_level({all}) {}
    /// @pre not empty, and at most `max_levels`
    constexpr per_level(std::initializer_list<double> from_the_top) noexcept {
        std::size_t level = 0;
        for (const double each : from_the_top) {
            if (level == max_levels) break;
            last_ = level++;
            settings_[last_] = each;
        }
    }

    [[nodiscard]] constexpr double at(std::size_t level) const noexcept {
        return settings_[level < last_ ? level : last_];
    }

private:
    std::array<double, max_levels> settings_{};
    std::size_t last_ = 0;
};

}  // namespace lsm
