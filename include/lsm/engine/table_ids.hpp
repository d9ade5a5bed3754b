// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Tables by their ids: whether one is among them takes a search, not a look at each.
class table_ids {
public:
    table_ids() = default;
    explicit table_ids(std::vector<std::uint64_t> ids) : sorted_(std::move(ids)) {
        std::ranges::sort(sorted_);
    }

    [[nodiscard]] bool contains(std::uint64_t id) const {
        return std::ranges::binary_search(sorted_, id);
    }
    [[nodiscard]] bool empty() const noexcept { return sorted_.empty(); }

    void insert(const table_ids& ids) {
        sorted_.insert(sorted_.end(), ids.sorted_.begin(), ids.sorted_.end());
        std::ranges::sort(sorted_);
    }
    void erase(const table_ids& ids) noexcept {
        std::erase_if(sorted_, [&](std::uint64_t id) { return ids.contains(id); });
    }

private:
    std::vector<std::uint64_t> sorted_;
};

}  // namespace lsm::engine
