// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>

namespace lsm::engine {

/// A memtable, and the numbers of the one batch that failed in it half-way, if any. Such a batch is
/// absent for every reader, and the memtable takes no write after it.
template <class Memtable>
struct versioned_memtable {
    Memtable table;
    sequence_number aborted_first = no_sequence;  ///< no number is between the two while there is
    sequence_number aborted_last = no_sequence;   ///< no such batch

    template <class Policy>
    explicit versioned_memtable(const Policy& policy) : table(policy) {}

    /// Whether a reader at @p at sees a version with this number.
    [[nodiscard]] bool shows(sequence_number version, sequence_number at) const noexcept {
        return version <= at && !(aborted_first <= version && version <= aborted_last);
    }
    /// Whether a batch failed here, so that the next write needs a fresh memtable.
    [[nodiscard]] bool has_aborted() const noexcept { return aborted_last != no_sequence; }
};

}  // namespace lsm::engine
