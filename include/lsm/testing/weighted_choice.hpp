// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <random>

namespace lsm::testing::detail {

/// One thing that a random test does, and how often against the others.
template <class Actor>
struct weighted_choice {
    std::size_t weight;
    void (Actor::*does)();
};

/// Draws one of them.
template <class Actor, std::size_t N, class Random>
[[nodiscard]] auto draw(const std::array<weighted_choice<Actor>, N>& from, Random& random) {
    std::size_t sum = 0;
    for (const auto& each : from) sum += each.weight;
    auto left = std::uniform_int_distribution<std::size_t>(0, sum - 1)(random);
    std::size_t at = 0;
    while (left >= from[at].weight) left -= from[at++].weight;
    return from[at].does;
}

}  // namespace lsm::testing::detail
