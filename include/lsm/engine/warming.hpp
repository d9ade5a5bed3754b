// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/engine/run_cursor.hpp>
#include <lsm/engine/table.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Blocks of a table that follow each other.
template <class Key, class Value>
struct blocks_of {
    std::shared_ptr<const table<Key, Value>> in;
    std::size_t first = 0;
    std::size_t last = 0;  ///< is not among them

    /// Brings them into the cache, as long as `goes_on()` says so. A hint: a block that cannot be read is
    /// left to whoever asks for it, and hears what is wrong.
    template <class GoesOn>
    void bring_in(GoesOn&& goes_on) const noexcept {
        try {
            for (std::size_t i = first; i < last && goes_on(); ++i)
                static_cast<void>(in->load(i, cache_use::keep));
        } catch (...) {  // also where memory is short
        }
    }
};

/// Tables that were written and that nobody has read, as long as they live: what a moment without other
/// work brings into the cache, where there is room. Needs a lock around it.
template <class Key, class Value>
class unread_tables {
public:
    [[nodiscard]] bool empty() const noexcept { return tables_.empty(); }

    void add(const run<Key, Value>& written) noexcept {
        try {
            if (tables_.size() >= sweep_at_) {  // seldom: each table is looked at twice, about
                std::erase_if(tables_, [](const auto& each) { return each.in.expired(); });
                sweep_at_ = 2 * tables_.size() + least_sweep;
            }
            for (const auto& each : written) tables_.push_back({each});
        } catch (...) {  // no memory for what is only a hint
        }
    }
    /// Takes some blocks off. @returns none if there are none any more
    [[nodiscard]] blocks_of<Key, Value> take(std::size_t count) noexcept {
        for (; !tables_.empty(); tables_.pop_back()) {
            auto in = tables_.back().in.lock();
            if (!in) continue;
            const std::size_t first = tables_.back().begin;
            const std::size_t all = in->index().blocks.size();
            const std::size_t last = tables_.back().begin = (std::min)(first + count, all);
            if (first < last) return {std::move(in), first, last};
        }
        return {};
    }

private:
    struct unread {
        std::weak_ptr<const table<Key, Value>> in;
        std::size_t begin = 0;
    };
    static constexpr std::size_t least_sweep = 16;

    std::vector<unread> tables_;
    std::size_t sweep_at_ = least_sweep;  // expired ones go when there are so many
};

}  // namespace lsm::engine
