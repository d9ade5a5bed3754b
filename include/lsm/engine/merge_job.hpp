// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/engine/merge_cursor.hpp>
#include <lsm/engine/retain_cursor.hpp>
#include <lsm/engine/table_writer.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace lsm::engine {

/// One unit of maintenance, a flush or a merge, a slice at a time: sorted sources go in, tables come
/// out. It changes nothing that is live.
///
/// @tparam Format what it writes
template <class Key, class Value, class Format, class Medium>
class merge_job {
    using key_view = std::remove_cvref_t<view_of<Key>>;
    using sources = merge_cursor<Key, Value>;
    using may_hold_older = job_function<bool, const key_view&>;
    using writer = table_writer<Key, Value, Format, Medium>;

public:
    using target = typename writer::target;

    merge_job(sources from, std::vector<sequence_number> pins, may_hold_older older, target to)
        : from_(std::move(from), std::move(pins), std::move(older), to.is_oldest),
          to_(std::move(to)) {}

    /// Works through about @p entries entries. @returns whether there is more to do. @throws error
    bool step(std::size_t entries) {
        const bool more = from_.step(
            entries, [&](const key_view& key, sequence_number sequence, payload_kind kind,
                         const cell<Value>& value) { to_.add(key, sequence, kind, value); });
        if (!more) to_.finish();
        return more;
    }

    /// The tables, by key, once `step` has returned false. They go with the job unless they are handed
    /// over: then they are live.
    [[nodiscard]] const run<Key, Value>& outputs() const noexcept { return to_.outputs(); }
    void hand_over() noexcept { to_.hand_over(); }

private:
    retain_cursor<Key, Value, may_hold_older> from_;
    writer to_;
};

}  // namespace lsm::engine
