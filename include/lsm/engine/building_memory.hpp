// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace lsm::engine {

/// The sum of what tables under construction hold in memory, over all that write tables of a store. Any
/// thread may ask.
class building_memory {
public:
    /// What one table under construction holds. Belongs to one thread.
    class share {
    public:
        explicit share(std::shared_ptr<building_memory> of) noexcept : of_(std::move(of)) {}
        share(share&& other) noexcept
            : of_(std::move(other.of_)), bytes_(std::exchange(other.bytes_, 0)) {}
        share& operator=(share&&) = delete;
        ~share() { set(0); }

        void set(std::size_t bytes) noexcept {
            if (!of_) return;
            of_->bytes_.fetch_add(bytes - std::exchange(bytes_, bytes), std::memory_order_relaxed);
        }

    private:
        std::shared_ptr<building_memory> of_;  // null where it was moved from
        std::size_t bytes_ = 0;
    };

    [[nodiscard]] std::size_t bytes() const noexcept {
        return bytes_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::size_t> bytes_ = 0;
};

}  // namespace lsm::engine
