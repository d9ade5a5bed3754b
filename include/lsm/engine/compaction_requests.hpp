// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>

#include <cstddef>
#include <cstdint>

namespace lsm::engine {

/// The calls that ask for a compaction of all tables, and which of them are served.
///
/// One *round* is in hand at a time: it compacts what was in tables when it was asked for. A call that comes
/// during a round begins the next round, or joins it: so later writes never lengthen a round, and no call ends
/// before its own. A round that no call waits for any more is given up. Needs a lock around it.
class compaction_requests {
public:
    /// The round that serves a call.
    using ticket = std::uint64_t;

    /// Asks for a compaction of all up to @p last. Each ticket is given back once, to `withdraw`.
    [[nodiscard]] ticket request(sequence_number last) noexcept {
        if (in_hand_.calls == 0 && next_.calls == 0) {
            in_hand_ = {1, last};
            return round_;
        }
        ++next_.calls;
        next_.last = last;
        return round_ + 1;
    }
    /// The call waits no longer, served or not.
    void withdraw(ticket of) noexcept {
        if (is_served(of)) return;
        round& mine = of == round_ ? in_hand_ : next_;
        if (--mine.calls == 0 && of == round_) serve();
    }
    /// The round in hand is done, and the next one is in hand.
    void serve() noexcept {
        ++round_;
        in_hand_ = next_;
        next_ = {};
    }

    /// Whether a round is in hand.
    [[nodiscard]] bool any() const noexcept { return in_hand_.calls > 0; }
    [[nodiscard]] bool is_served(ticket of) const noexcept { return of < round_; }
    /// Up to where the round in hand compacts.
    [[nodiscard]] sequence_number last() const noexcept { return in_hand_.last; }

private:
    struct round {
        std::size_t calls = 0;
        sequence_number last = no_sequence;
    };

    ticket round_ = 1;  // the number of the one in hand
    round in_hand_, next_;
};

}  // namespace lsm::engine
