// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/testing/compaction_model.hpp>
#include <lsm/testing/law.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

namespace lsm::testing {

/// The laws of a compaction policy, on random histories of flushes, with and without pins,
/// requests and readers that wait: the same view gives the same plan, every job is valid, also when it ends
/// beside others that were in flight, and planning again and again reaches nothing to do. @throws law_broken
template <compaction_policy Policy>
void check_compaction(const Policy& policy, std::uint64_t seed, std::size_t histories = 50) {
    for (std::size_t history = 0; history < histories; ++history) {
        std::mt19937_64 random(seed + history);
        const auto below = [&](std::uint64_t limit) { return random() % limit; };
        compaction_model model(500);
        sequence_number written = no_sequence;
        for (std::size_t flush = 0; flush < 40; ++flush) {
            const std::uint64_t a = below(100), step = 1 + below(4);
            const std::uint64_t b = below(2) == 0 ? below(100) : a + below(8);
            for (std::uint64_t key = (std::min)(a, b); key <= (std::max)(a, b); key += step) {
                below(3) == 0 ? model.erase(key) : model.put(key);
                ++written;
            }
            model.flush();
            model.view().oldest_pin = below(3) == 0 ? below(written) : max_sequence;
            model.view().requested = below(8) == 0;
            model.view().for_readers = below(8) == 0;
            for (std::size_t turn = below(8); turn > 0; --turn) {
                const bool begun = model.in_flight() < 3 && model.begin(policy);
                if (!begun && model.in_flight() > 0) model.end(below(model.in_flight()));
            }
            if (below(2) == 0) continue;  // flushes come while jobs are in flight
            while (model.in_flight() > 0) model.end(below(model.in_flight()));
            model.settle(policy);
        }
    }
}

}  // namespace lsm::testing
