// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/engine/clock_ring.hpp>
#include <lsm/engine/process.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace lsm::engine {

/// A table's file, which `open_files` may have open. Any thread may use it.
class kept_file final : public clock_member {
public:
    /// The open file, null if it is not kept open. Records a use. A file that is closed meanwhile stays open
    /// as long as the pointer is held. O(1).
    [[nodiscard]] std::shared_ptr<const void> use() const noexcept {
        const std::scoped_lock lock(mutex_);
        if (opened_) touch();
        return opened_;
    }
    /// The same, without a use.
    [[nodiscard]] std::shared_ptr<const void> peek() const noexcept {
        const std::scoped_lock lock(mutex_);
        return opened_;
    }

private:
    friend class open_files;

    std::shared_ptr<const void> set(std::shared_ptr<const void> next) const noexcept {
        const std::scoped_lock lock(mutex_);
        return std::exchange(opened_, std::move(next));
    }

    mutable std::mutex mutex_;
    mutable std::shared_ptr<const void> opened_;
    mutable bool is_kept_ = false;  // guarded by `open_files`
};

/// Which tables' files stay open: a cache of descriptors. Where as many are open as may be, the file that is
/// read next takes the place of one that was not used of late (`engine/clock_ring.hpp`).
///
/// Where the process runs short of descriptors, a quarter of the files are closed, and fewer are kept open
/// from then on. After each 64 evictions one more may be, up to the number of the options. Any thread may
/// use it.
class open_files {
public:
    /// @param most how many
    explicit open_files(std::size_t most) noexcept : most_(most), limit_(most) {}
    open_files(const open_files&) = delete;
    open_files& operator=(const open_files&) = delete;
    /// @pre no file is kept open
    ~open_files() = default;

    /// Keeps an opened file, if there is room. O(1).
    void keep(const kept_file& file, std::shared_ptr<const void> opened) noexcept {
        const std::scoped_lock lock(mutex_);
        if (count_ < limit_) add(file, std::move(opened));
    }
    /// Keeps a file that was opened to be read, in the place of another one if need be. O(1).
    void keep_instead(const kept_file& file, std::shared_ptr<const void> opened) noexcept {
        std::shared_ptr<const void> closed;  // when the lock is free
        const std::scoped_lock lock(mutex_);
        if (file.is_kept_ || limit_ == 0) return;
        if (count_ >= limit_) {
            closed = evict();
            if (++evictions_ % evictions_a_place == 0) limit_ = (std::min)(limit_ + 1, most_);
        }
        add(file, std::move(opened));
    }
    /// Closes a file, if it is kept open. O(1). In a child that inherited it, it does nothing: a thread of the
    /// parent may hold the lock for ever.
    void forget(const kept_file& file) noexcept {
        if (this_process::id() != owner_) return;
        std::shared_ptr<const void> closed;
        const std::scoped_lock lock(mutex_);
        if (file.is_kept_) closed = remove(file);
    }
    /// Closes a quarter of the files that are kept open, and keeps fewer from now on: the process is short of
    /// descriptors. O(files). @returns whether there were any
    bool close_some() noexcept {
        std::size_t left = 0;
        {
            const std::scoped_lock lock(mutex_);
            left = (count_ + 3) / 4;
            limit_ = (std::min)(limit_, (std::max)(count_ - left, std::size_t{1}));
        }
        const bool any = left > 0;
        for (; left > 0; --left) {
            std::shared_ptr<const void> closed;
            const std::scoped_lock lock(mutex_);
            closed = evict();
        }
        return any;
    }
    /// How many are kept open. O(1).
    [[nodiscard]] std::size_t size() const noexcept {
        const std::scoped_lock lock(mutex_);
        return count_;
    }

private:
    static constexpr std::size_t evictions_a_place = 64;

    void add(const kept_file& file, std::shared_ptr<const void> opened) noexcept {
        file.is_kept_ = true;
        ring_.add(file);
        ++count_;
        static_cast<void>(file.set(std::move(opened)));
    }
    std::shared_ptr<const void> evict() noexcept {
        const auto* const next = static_cast<const kept_file*>(ring_.next());
        return next ? remove(*next) : nullptr;
    }
    std::shared_ptr<const void> remove(const kept_file& file) noexcept {
        file.is_kept_ = false;
        ring_.remove(file);
        --count_;
        return file.set(nullptr);
    }

    const std::size_t most_;
    const pid_t owner_ = this_process::id();
    mutable std::mutex mutex_;  // guards what follows
    std::size_t limit_;
    std::size_t count_ = 0;
    std::size_t evictions_ = 0;
    clock_ring ring_;
};

}  // namespace lsm::engine
