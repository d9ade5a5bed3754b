// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/config.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/memtable/footprint.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace lsm {

/// The versions of one key, newest first, each at an address of its own: what a cursor shows of a
/// version stays where it is, whatever is added. For memtables with one user at a time.
template <class Payload>
class version_chain {
public:
    /// One version. It never changes.
    struct version {
        sequence_number sequence;
        std::size_t bytes;  ///< about the memory that the version takes
        Payload payload;
        std::unique_ptr<version> older;

        version(sequence_number number, Payload&& content)
            : sequence(number), bytes(sizeof(version) + heap_bytes(content)),
              payload(std::move(content)) {}
    };

    version_chain() = default;
    version_chain(version_chain&&) noexcept = default;
    version_chain& operator=(version_chain&& other) noexcept {
        std::swap(newest_, other.newest_);
        std::swap(pruned_at_, other.pruned_at_);
        return *this;
    }
    ~version_chain() { clear(std::move(newest_)); }

    /// The newest version, null while there is none.
    [[nodiscard]] const version* newest() const noexcept { return newest_.get(); }

    /// The newest version that is not newer than @p at, null if there is none.
    [[nodiscard]] const version* at(sequence_number at) const noexcept {
        const version* here = newest_.get();
        while (here && here->sequence > at) here = here->older.get();
        return here;
    }

    /// Puts @p added on top and forgets the versions that one not above @p floor hides. O(1) while
    /// the floor stands still, so that a hot key costs no more while a reader holds the floor down.
    /// @pre `added` is newer than `newest()`
    /// @returns about how much memory was given back
    std::size_t push(std::unique_ptr<version> added, sequence_number floor) noexcept {
        LSM_ASSERT(!newest_ || newest_->sequence < added->sequence);
        added->older = std::move(newest_);
        newest_ = std::move(added);
        if (floor == pruned_at_ && newest_->sequence > floor) return 0;  // nothing new to forget
        pruned_at_ = floor;
        version* here = newest_.get();
        while (here && here->sequence > floor) here = here->older.get();
        return here ? clear(std::move(here->older)) : 0;
    }

private:
    /// Frees a chain from its newest end, so that a long one needs no deep stack.
    static std::size_t clear(std::unique_ptr<version> chain) noexcept {
        std::size_t freed = 0;
        while (chain) {
            freed += chain->bytes;
            chain = std::unique_ptr<version>(std::move(chain->older));
        }
        return freed;
    }

    std::unique_ptr<version> newest_;
    sequence_number pruned_at_ = max_sequence;  // the floor of the last look for hidden versions
};

}  // namespace lsm
