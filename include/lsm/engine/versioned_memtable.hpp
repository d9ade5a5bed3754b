// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/memtable/memtable.hpp>

#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace lsm::engine {

/// A memtable with the lock that it asks for, and the numbers of the one commit that failed in it
/// half-way, if any. Such a commit is absent for every reader, and the memtable takes no write after
/// it.
template <class Memtable>
class versioned_memtable {
public:
    /// Whether readers and writers exclude each other.
    static constexpr bool is_exclusive = Memtable::sharing == memtable_sharing::exclusive;

    Memtable table;
    sequence_number last = no_sequence;  ///< set when it is frozen: nothing in it is newer

    template <class Policy>
    explicit versioned_memtable(const Policy& policy) : table(policy) {}

    /// What a reader holds while it looks something up or moves a cursor.
    [[nodiscard]] auto reading() const {
        if constexpr (is_exclusive)
            return std::shared_lock(mutex_);
        else
            return no_lock();
    }
    /// What the writer holds during an insert.
    [[nodiscard]] auto writing() const {
        if constexpr (is_exclusive)
            return std::unique_lock(mutex_);
        else
            return no_lock();
    }

    /// Hides [first, last] from every reader for good. @pre readers read at older numbers still
    void abort(sequence_number first_number, sequence_number last_number) noexcept {
        aborted_first_.store(first_number, std::memory_order_relaxed);
        aborted_last_.store(last_number, std::memory_order_relaxed);
    }
    /// Whether a commit failed here, so that the next write needs a fresh memtable.
    [[nodiscard]] bool has_aborted() const noexcept {
        return aborted_last_.load(std::memory_order_relaxed) != no_sequence;
    }
    /// Whether a reader at @p at sees a version with this number.
    [[nodiscard]] bool shows(sequence_number version, sequence_number at) const noexcept {
        return version <= at && !(aborted_first_.load(std::memory_order_relaxed) <= version &&
                                  version <= aborted_last_.load(std::memory_order_relaxed));
    }

private:
    struct no_lock {
        ~no_lock() {}  // not trivial, so that holding it is no unused variable
    };
    struct no_mutex {};

    mutable std::conditional_t<is_exclusive, std::shared_mutex, no_mutex> mutex_;
    std::atomic<sequence_number> aborted_first_ =
        no_sequence;                                           // no number is between the two while
    std::atomic<sequence_number> aborted_last_ = no_sequence;  // there is no such commit
};

}  // namespace lsm::engine
