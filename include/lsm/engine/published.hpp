// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/engine/epochs.hpp>
#include <lsm/engine/read_guard.hpp>

#include <atomic>
#include <memory>

namespace lsm::engine {

/// An immutable object that is replaced as a whole, and found without waiting.
///
/// @tparam T derives from `reclaimable`
template <class T>
class published {
public:
    /// What a reader holds while it reads. Belongs to one thread.
    class guard : public read_guard {
    public:
        [[nodiscard]] explicit operator bool() const noexcept { return found_ != nullptr; }
        [[nodiscard]] const T* operator->() const noexcept { return found_; }
        [[nodiscard]] const T& operator*() const noexcept { return *found_; }
        /// The object for longer than the guard lives: by a count, which all who do this share.
        /// @pre the reader has not stood aside
        [[nodiscard]] std::shared_ptr<const T> share() const noexcept {
            return reclaimable::share(*found_);
        }

    private:
        friend published;
        explicit guard(const published& of) noexcept
            : read_guard(*of.when_), found_(of.current_.load(std::memory_order_seq_cst)) {
            hold_aside(found_);
        }

        const T* found_;
    };

    /// @param when decides when what was replaced goes; it outlives this
    explicit published(epochs& when) noexcept : when_(&when) {}
    published(const published&) = delete;
    published& operator=(const published&) = delete;
    /// @pre nobody reads
    ~published() { replace(nullptr); }

    /// Whether anything is. Any thread.
    [[nodiscard]] explicit operator bool() const noexcept {
        return current_.load(std::memory_order_acquire) != nullptr;
    }
    /// What is published now; the guard is false if that is nothing. Any thread, O(1).
    [[nodiscard]] guard read() const noexcept { return guard(*this); }
    /// The same, by a count; null if that is nothing.
    [[nodiscard]] std::shared_ptr<const T> share() const noexcept {
        const guard now = read();
        return now ? now.share() : nullptr;
    }
    /// Publishes @p next, or nothing any more. Readers that are at what was published may go on. One
    /// thread at a time.
    void replace(const std::shared_ptr<const T>& next) noexcept {
        if (next) reclaimable::publish(next);
        if (const T* const last = current_.exchange(next.get(), std::memory_order_seq_cst))
            when_->retire(*last);
        when_->collect();
    }

private:
    epochs* when_;
    std::atomic<const T*> current_ = nullptr;
};

}  // namespace lsm::engine
