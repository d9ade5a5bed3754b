// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/window.hpp>

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace lsm::engine {

/// A movable position in the sorted entries of one source, a window at a time; one virtual call a
/// window.
///
/// A cursor that has moved may be *pending*: it knows a bound of the keys that come next without
/// having read them. It is read by `load` only when those keys are needed, so that whoever merges
/// several sources, and stops early, reads no block in vain.
template <class Key, class Value>
class cursor {
public:
    using key_view = std::remove_cvref_t<view_of<Key>>;
    using window_type = window_of<Key, Value>;

    cursor() = default;
    cursor(const cursor&) = delete;
    cursor& operator=(const cursor&) = delete;
    virtual ~cursor() = default;

    /// To the first key in the cursor's direction.
    virtual void seek_first() = 0;
    /// To the first key that is not before @p key in the cursor's direction.
    virtual void seek(const key_view& key) = 0;
    /// Past the current window. What it showed is no longer valid.
    virtual void next() = 0;
    /// Makes a pending cursor show its window, which may turn out empty: then call `next`.
    virtual void load() {}

    /// Whether it is past its last entry.
    [[nodiscard]] bool at_end() const noexcept { return state_ == state::at_end; }
    /// Whether it has to be loaded before it shows anything.
    [[nodiscard]] bool pending() const noexcept { return state_ == state::pending; }
    /// What it shows. @pre neither at its end nor pending
    [[nodiscard]] const window_type& shown() const noexcept {
        LSM_ASSERT(state_ == state::shown);
        return window_;
    }
    /// No key to come is before this one in the cursor's direction. @pre pending
    [[nodiscard]] cell<Key> bound() const {
        LSM_ASSERT(state_ == state::pending);
        return cell_of<Key>(*bound_);
    }

protected:
    void show(const window_type& entries) noexcept {
        window_ = entries;
        state_ = state::shown;
    }
    void wait_at(const Key& bound) noexcept {
        bound_ = &bound;
        state_ = state::pending;
    }
    void end() noexcept { state_ = state::at_end; }

private:
    enum class state : std::uint8_t { at_end, pending, shown };

    window_type window_;
    const Key* bound_ = nullptr;
    state state_ = state::at_end;
};

/// Ends a cursor, and leaves its memory.
struct cursor_end {
    template <class Cursor>
    void operator()(Cursor* ended) const noexcept {
        std::destroy_at(ended);
    }
};
/// A cursor in memory that goes as a whole: all that a scan needs lies together.
template <class Key, class Value>
using cursor_pointer = std::unique_ptr<cursor<Key, Value>, cursor_end>;

/// Makes a cursor in memory that outlives it. One that is not made after all wastes some.
template <class Cursor, class... Args>
[[nodiscard]] std::unique_ptr<Cursor, cursor_end> make_cursor(std::pmr::memory_resource& memory,
                                                              Args&&... args) {
    void* const at = memory.allocate(sizeof(Cursor), alignof(Cursor));
    return std::unique_ptr<Cursor, cursor_end>(new (at) Cursor(std::forward<Args>(args)...));
}

}  // namespace lsm::engine
