// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/compaction/compaction.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lsm::engine {

/// What a write meets before it goes on.
struct write_load {
    bool memtable_is_full = false;
    std::size_t frozen = 0;      ///< memtables that wait for their flush
    std::size_t max_frozen = 1;  ///< as many may wait
    compaction_pressure pressure = compaction_pressure::ok;
    bool compaction_in_sight = false;  ///< whether one is in flight, or may be due

    /// Whether only a flush makes room for another write.
    [[nodiscard]] bool memory_is_full() const noexcept {
        return memtable_is_full && frozen >= max_frozen;
    }
};

enum class admission {
    at_once,
    slowed,  ///< after a short sleep
    waits    ///< when the load has changed
};

/// Back-pressure where threads flush and compact: a write waits for a flush when memory is full, and for a
/// compaction when the policy says `stop`. It never waits for a compaction that will not come: where the policy
/// plans none, or compactions pause after a failure, the write is only slowed.
[[nodiscard]] inline admission admit(const write_load& load) noexcept {
    if (load.memory_is_full()) return admission::waits;
    if (load.pressure == compaction_pressure::ok) return admission::at_once;
    const bool stops = load.pressure == compaction_pressure::stop && load.compaction_in_sight;
    return stops ? admission::waits : admission::slowed;
}

/// How much of the due work a write does itself, where no thread does it: in proportion to the bytes that were
/// written, and more where the policy sees compactions lag behind. So a small write takes no longer than a slice
/// of work, however long a job is, and the work keeps up with the writes.
class work_share {
public:
    /// @param most what is saved up at most, from writes that found nothing to do: a slice
    explicit work_share(std::uint64_t most) noexcept : most_(most), earned_(most) {}

    /// So many bytes were written. Their own share may be more than a slice.
    /// @param next_cost of the slice that is next: small writes save up for one that costs more than usual
    void earn(std::uint64_t bytes, compaction_pressure pressure,
              std::uint64_t next_cost = 0) noexcept {
        const std::uint64_t times = pressure == compaction_pressure::ok     ? usual_ratio
                                    : pressure == compaction_pressure::slow ? slow_ratio
                                                                            : stop_ratio;
        const std::uint64_t more = (std::min)(bytes, limit / times) * times;
        earned_ = (std::min)(earned_ + more, (std::max)({most_, more, next_cost}));
    }
    /// So many bytes were worked through. What exceeds the share is made good by later writes.
    void spend(std::uint64_t bytes) noexcept { earned_ -= (std::min)(bytes, earned_); }
    /// Whether enough was earned for a slice of so many bytes.
    [[nodiscard]] bool pays_for(std::uint64_t bytes) const noexcept { return earned_ >= bytes; }

private:
    static constexpr std::uint64_t limit = std::uint64_t{1} << 60;
    static constexpr std::uint64_t usual_ratio = 16, slow_ratio = 32, stop_ratio = 128;

    std::uint64_t most_;
    std::uint64_t earned_;
};

}  // namespace lsm::engine
