// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/recovery_report.hpp>
#include <lsm/storage/record/log_record.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lsm::engine {

/// The log as it is read when a tree is opened: every group of the segments that the root names, in
/// commit order.
///
/// Where the groups end, something may follow that is none. What that means:
/// - Before the last segment's end: damage. A segment is wholly on the device before another begins.
/// - Before the segment's mark: damage. So much was on the device.
/// - With whole groups behind it, on a machine that has not been started since: damage. A process
///   that ends cuts at most its last group short.
/// - Else it is what the crash cut off. It is dropped, and reported.
template <class Medium>
class log_replay {
public:
    log_replay(const Medium& medium, crash_kind crash) : medium_(&medium), crash_(crash) {}

    /// Calls `f(group)` for each group. @returns the last number of each segment
    /// @throws error `corruption`, `incompatible`, `io`; and what `f` throws
    template <class F>
    std::vector<sequence_number> run(const std::vector<log_segment_record>& segments, F&& f) {
        std::vector<sequence_number> lasts;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            const std::string where = medium_->describe() + "/" + log_file_name(segments[i].number);
            const byte_buffer bytes = load(segments[i], where);
            const log_segment_header header = read_header(bytes, segments[i], where);
            if (i > 0) check_follows(header, where);
            log_groups groups(bytes, header);
            read_groups(groups, where, f);
            end_ = groups.offset();
            sum_ = groups.last_sum();
            lasts.push_back(last_);
            check_end(groups, bytes, header, i + 1 == segments.size(), where);
        }
        return lasts;
    }

    /// What was replayed and dropped.
    [[nodiscard]] const recovery_report& report() const noexcept { return report_; }

private:
    [[nodiscard]] byte_buffer load(const log_segment_record& record,
                                   const std::string& where) const {
        const auto reader = medium_->open_log_segment(record.number);
        if (const std::uint64_t found = reader.bytes(); found != record.bytes)
            throw error(errc::corruption, where + ": expected " + std::to_string(record.bytes) +
                                              " bytes, got " + std::to_string(found) +
                                              ": restore the file");
        byte_buffer bytes(record.bytes);
        reader.read(0, bytes);
        return bytes;
    }
    static log_segment_header read_header(byte_view bytes, const log_segment_record& record,
                                          const std::string& where) {
        const log_segment_header header = read_log_header(bytes, where);
        if (header.number != record.number || header.epoch != record.epoch ||
            header.bytes != record.bytes)
            throw error(errc::corruption,
                        where + ": expected part " + std::to_string(record.number) + " of epoch " +
                            std::to_string(record.epoch) + ", got part " +
                            std::to_string(header.number) + " of epoch " +
                            std::to_string(header.epoch) + ": files were exchanged");
        return header;
    }
    void check_follows(const log_segment_header& header, const std::string& where) const {
        if (header.previous_end != end_ || header.previous_sum != sum_)
            throw error(errc::corruption, where + ": the part before it ends at byte " +
                                              std::to_string(end_) + ", expected " +
                                              std::to_string(header.previous_end) +
                                              " and another checksum");
    }
    template <class F>
    void read_groups(log_groups& groups, const std::string& where, F& f) {
        while (const std::optional<log_group> group = groups.next()) {
            if (group->first <= last_ || group->count == 0)
                throw error(errc::corruption, where + ": commits out of order at byte " +
                                                  std::to_string(groups.offset()));
            last_ = group->first + group->count - 1;
            if (last_ < group->first || last_ > last_number)
                throw error(errc::corruption, where + ": no commit has number " +
                                                  std::to_string(group->first) + ", as at byte " +
                                                  std::to_string(groups.offset()));
            if (!f(*group)) continue;
            ++report_.groups;
            report_.operations += group->count;
        }
    }
    /// Whatever follows the last whole group is nothing, a crash's remains, or damage.
    void check_end(const log_groups& groups, byte_view bytes, const log_segment_header& header,
                   bool is_last, const std::string& where) {
        const std::uint64_t end = groups.offset();
        const std::uint64_t mark = read_log_mark(bytes, header.epoch);
        const auto damaged = [&](const std::string& why) {
            return error(errc::corruption, where + ": the log is damaged at byte " +
                                               std::to_string(end) + ": " + why +
                                               ": restore the tree's folder from a backup");
        };
        if (mark > end) throw damaged("it was on the device up to byte " + std::to_string(mark));
        if (!is_last) return;  // the next segment says where this one ends
        const std::uint64_t later = groups.end_of_later_groups();
        if (!groups.is_cut() && later == end) return;
        if (!lost_power(header) && later > end)
            throw damaged("whole commits follow, up to byte " + std::to_string(later));
        report_.bytes_dropped = (std::max)(later, groups.cut_end()) - end;
        report_.possibly_acknowledged = lost_power(header);
        report_.reason = where + ": a commit at byte " + std::to_string(end) +
                         (lost_power(header) ? " was not on the device when power was lost"
                                             : " was not finished when the process ended");
    }
    [[nodiscard]] bool lost_power(const log_segment_header& header) const {
        const std::string id = medium_->boot_id();
        return crash_ == crash_kind::power_loss || id.empty() ||
               checksum(as_bytes(id)) != header.boot;
    }

    const Medium* medium_;
    crash_kind crash_;
    recovery_report report_;
    sequence_number last_ = no_sequence;  // of the last group
    std::uint64_t end_ = 0;               // of the groups of the last segment
    std::uint64_t sum_ = 0;               // of its last group
};

}  // namespace lsm::engine
