// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace lsm {

/// Puts and erases that take effect together: all of them or none. Later steps win over earlier
/// ones of the same key.
template <class Key, class Value>
class basic_write_batch {
public:
    /// The key has this value from then on.
    void put(Key key, Value value) {
        steps_.push_back({std::move(key), payload<Value>(std::move(value))});
    }
    /// The key has no value from then on, whether it had one or not.
    void erase(Key key) { steps_.push_back({std::move(key), payload<Value>::tombstone()}); }

    void clear() noexcept { steps_.clear(); }
    [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return steps_.size(); }

    /// The steps, for whoever carries them out.
    [[nodiscard]] std::span<operation<Key, Value>> steps() noexcept { return steps_; }

private:
    std::vector<operation<Key, Value>> steps_;
};

}  // namespace lsm
