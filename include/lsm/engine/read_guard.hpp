// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/engine/epochs.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace lsm::engine {

/// A lookup on its way: it has entered the epochs, and may stand aside while it waits for a device. Belongs to
/// one thread.
class read_guard {
public:
    /// Enters. The caller keeps alive what all else is found through.
    explicit read_guard(epochs& when) noexcept : since_(when.enter()) {}

    /// Calls `f` outside of the epochs, so that the lookup holds up nothing meanwhile. The found object is
    /// held by a count from the first call on, until the guard goes. Pointers to other published
    /// objects, such as blocks, are void afterwards. If `f` throws, the lookup has ended.
    /// @returns what `f` does
    template <class F>
    auto aside(F&& f) {
        if (!counted_) counted_.reset(&since_.count_aside());
        if (found_ && !held_) held_ = reclaimable::share(*found_);
        since_.leave();
        if constexpr (std::is_void_v<decltype(f())>) {
            f();
            since_.enter_again();
        } else {
            auto made = f();
            since_.enter_again();
            return made;
        }
    }
    /// See `epochs::guard::spend`.
    void spend(std::uint64_t amount) const noexcept { since_.spend(amount); }

protected:
    /// Holds @p found by a count before the lookup stands aside. @pre it was found since the guard entered
    void hold_aside(const reclaimable* found) noexcept { found_ = found; }

private:
    epochs::guard since_;
    struct count_one_less {
        void operator()(std::atomic<std::size_t>* of) const noexcept {
            of->fetch_sub(1, std::memory_order_seq_cst);
        }
    };
    const reclaimable* found_ = nullptr;
    /// From the first time aside until what is held has gone, so that closing waits for the lookup.
    std::unique_ptr<std::atomic<std::size_t>, count_one_less> counted_;
    std::shared_ptr<const reclaimable> held_;
};

}  // namespace lsm::engine
