// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>

namespace lsm::testing {

/// What goes wrong.
enum class fault_kind {
    io_error,        ///< any call: EIO, nothing done; a sync's bytes wait for the next sync
    no_space,        ///< what takes space, and syncs: ENOSPC, nothing done
    short_write,     ///< a write does half, then EIO
    interrupted,     ///< any call: EINTR, which a file system retries, so it is only counted
    too_many_files,  ///< what opens or creates: EMFILE
    sync_loses,      ///< a file's sync: EIO, and later ones succeed without writing what it should
    flipped_bit      ///< a read succeeds, with one bit changed
};

/// Which calls a fault counts, of those that its kind can strike.
enum class fault_calls { all, mutating, reading };

/// One thing that goes wrong, once or from then on.
struct fault {
    fault_kind kind = fault_kind::io_error;
    std::uint64_t at = 1;  ///< which of the calls that it can strike, counted from 1
    bool for_ever = false;
    fault_calls calls = fault_calls::all;
    std::uint64_t bit = 0;  ///< which one flips, modulo those that are read
};

namespace detail {

/// What a call does, as far as faults care.
enum class touch { open, list, read, make, write, store, rename, remove, sync, sync_names };

/// Counts calls, and says which of them fail.
class fault_injector {
public:
    fault_injector() = default;
    explicit fault_injector(const fault& of) : fault_(of) {}

    /// @returns what happens to the call, if anything does
    [[nodiscard]] std::optional<fault> strike(touch what) {
        if (!fault_ || !can_strike(*fault_, what)) return std::nullopt;
        ++counted_;
        if (fault_->for_ever ? counted_ < fault_->at : counted_ != fault_->at) return std::nullopt;
        ++strikes_;
        if (fault_->kind == fault_kind::interrupted) return std::nullopt;
        return fault_;
    }
    [[nodiscard]] std::uint64_t strikes() const noexcept { return strikes_; }

private:
    [[nodiscard]] static bool can_strike(const fault& of, touch what) {
        const bool reads = what == touch::open || what == touch::list || what == touch::read;
        if (of.calls == fault_calls::mutating && reads) return false;
        if (of.calls == fault_calls::reading && !reads) return false;
        switch (of.kind) {
        case fault_kind::io_error:
        case fault_kind::interrupted: return true;
        case fault_kind::no_space: return !reads && what != touch::remove && what != touch::store;
        case fault_kind::short_write: return what == touch::write || what == touch::store;
        case fault_kind::too_many_files:
            return what == touch::open || what == touch::list || what == touch::make;
        case fault_kind::sync_loses: return what == touch::sync;
        case fault_kind::flipped_bit: return what == touch::read;
        }
        return false;
    }

    std::optional<fault> fault_;
    std::uint64_t counted_ = 0, strikes_ = 0;
};

/// The errno of a failure.
[[nodiscard]] inline int number_of(const fault& failure) {
    if (failure.kind == fault_kind::no_space) return ENOSPC;
    return failure.kind == fault_kind::too_many_files ? EMFILE : EIO;
}

}  // namespace detail

}  // namespace lsm::testing
