// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/error.hpp>
#include <lsm/storage/record/log_record.hpp>
#include <lsm/storage/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lsm::engine {

/// Tells what a file that the root does not name is, when its name is one that a table or a segment of the log
/// could have. By its extension and its first bytes it is ours, or another program's: such a file is neither
/// removed nor a sign of damage.
template <class Storage>
class stray_files {
    using medium = typename Storage::medium;

public:
    explicit stray_files(const medium& on) noexcept : medium_(&on) {}

    /// Whether a table could begin like this, also one that a crash cut short. @throws error `io`
    [[nodiscard]] bool is_table(const table_name& name) const {
        return Storage::any_format([&]<class Format>() {
            if (name.extension != Format::extension) return false;
            if constexpr (format_knows_its_beginning<Format>)
                return begins([&] { return medium_->open(name); },
                              [](byte_view head) { return Format::is_beginning(head); });
            else
                return true;
        });
    }
    /// The same of a segment of the log.
    [[nodiscard]] bool is_log_segment(std::uint64_t number) const {
        return begins(
            [&] { return medium_->open_log_segment(number); },
            [](byte_view head) { return begin_alike(head, as_bytes(lsm::detail::log_magic)); });
    }
    /// Whether a segment of ours holds an operation that is newer than those up to @p flushed, which are in the
    /// root's tables: then a younger root named it, before it took groups. @throws error `io`
    [[nodiscard]] bool is_of_a_younger_root(std::uint64_t number, sequence_number flushed) const {
        using namespace lsm::detail;
        const auto reader = medium_->open_log_segment(number);
        byte_buffer bytes(reader.bytes());
        if (bytes.size() < log_groups_begin + group_fixed_bytes) return false;
        reader.read(0, bytes);
        try {
            const log_segment_header header = read_log_header(bytes, "");
            // The group says itself what stands before it, in a segment that may be gone.
            const auto before =
                from_little_endian<std::uint64_t>(bytes.data() + log_groups_begin + 8);
            const auto group = log_groups(bytes, header.seed, before).next();
            return group && group->first > flushed;
        } catch (const error&) {
            return false;  // it was never begun
        }
    }

private:
    template <class Open, class Test>
    static bool begins(Open open, Test test) {
        try {
            const auto reader = open();
            constexpr std::uint64_t most = 64;
            byte_buffer head((std::min)(reader.bytes(), most));
            reader.read(0, head);
            return are_zeros(head) || test(byte_view(head));
        } catch (const error& failure) {
            if (failure.which() != errc::corruption) throw;
            return false;  // a link, or no regular file
        }
    }

    const medium* medium_;
};

}  // namespace lsm::engine
