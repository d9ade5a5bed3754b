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
/// commit order. Each group names the sum of the one before it, across segments, so the log ends where no
/// group follows.
///
/// At that end stands an end mark, and one at the beginning of each segment behind it. Otherwise:
/// - Before a mark of the same segment, or of a later one: damage. So much was on the device.
/// - With whole groups behind it, on a machine that has not been started since: damage. A process
///   that ends cuts at most its last group short.
/// - Zeros, on such a machine: damage. A group that is cut short leaves its sum.
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
        std::vector<segment_end> ends;
        std::uint64_t sum = 0;  // of the last group
        for (std::size_t i = 0; i < segments.size(); ++i) {
            const std::string where = medium_->describe() + "/" + log_file_name(segments[i].number);
            const byte_buffer bytes = load(segments[i], where);
            const log_segment_header header = read_header(bytes, segments[i], where);
            if (i == 0) sum = segments[i].previous_sum;
            log_groups groups(bytes, header.seed, sum);
            read_groups(groups, where, f);
            sum = groups.last_sum();
            lasts.push_back(last_);
            ends.push_back(end_of(groups, bytes, header, where));
        }
        check_ends(ends);
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
        if (header.number != record.number || header.seed != record.seed ||
            header.bytes != record.bytes)
            throw error(errc::corruption,
                        where + ": expected segment " + std::to_string(record.number) +
                            " with seed " + std::to_string(record.seed) + ", got segment " +
                            std::to_string(header.number) + " with seed " +
                            std::to_string(header.seed) + ": files were exchanged");
        return header;
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
    /// What stands in a segment where its groups end.
    struct segment_end {
        std::string where;
        std::uint64_t offset = 0;
        std::uint64_t mark = 0;
        std::uint64_t later = 0;  // where whole groups behind it end; `offset` if there are none
        std::uint64_t cut = 0;    // where a group that was begun would end
        bool is_empty = false;    // no group is in it
        bool has_mark = false;    // the end mark
        bool is_blank = false;    // zeros
        bool lost_power = false;

        [[nodiscard]] bool is_in_order() const noexcept { return has_mark && later == offset; }
        [[nodiscard]] error damaged(const std::string& why) const {
            return {errc::corruption, where + ": the log is damaged at byte " +
                                          std::to_string(offset) + ": " + why +
                                          ": restore the tree's folder from a backup"};
        }
    };
    [[nodiscard]] segment_end end_of(const log_groups& groups, byte_view bytes,
                                     const log_segment_header& header,
                                     const std::string& where) const {
        return {where,
                groups.offset(),
                read_log_mark(bytes, header.seed),
                groups.end_of_later_groups(),
                groups.cut_end(),
                groups.is_empty(),
                groups.has_end_mark(),
                groups.is_blank(),
                lost_power(header)};
    }
    /// Decides whether the log ends in order, was cut short, or is damaged.
    void check_ends(const std::vector<segment_end>& ends) {
        std::size_t last = 0;  // the segment in which the groups end
        for (std::size_t i = 0; i < ends.size(); ++i) {
            if (!ends[i].is_empty) last = i;
            if (ends[i].mark > ends[i].offset)
                throw ends[i].damaged("it was on the device up to byte " +
                                      std::to_string(ends[i].mark));
        }
        std::size_t cuts = 0;
        for (std::size_t i = last; i < ends.size(); ++i) {
            if (i > last && ends[i].mark != 0 && !ends[last].is_in_order())
                throw ends[last].damaged("all of it was on the device when " + ends[i].where +
                                         " was synced");
            if (!ends[i].is_in_order()) drop(ends[i], ++cuts == 1);
        }
    }
    void drop(const segment_end& at, bool is_first) {
        if (!at.lost_power && at.later > at.offset)
            throw at.damaged("whole commits follow, up to byte " + std::to_string(at.later));
        if (!at.lost_power && at.is_blank)
            throw at.damaged("zeros stand where a commit or the log's end mark has to be");
        if (!at.lost_power && !is_first)
            throw at.damaged("a process that ends cuts one commit short, not two");
        report_.bytes_dropped += (std::max)(at.later, at.cut) - at.offset;
        if (!is_first) return;
        report_.possibly_acknowledged = at.lost_power;
        report_.reason = at.where + ": a commit at byte " + std::to_string(at.offset) +
                         (at.lost_power ? " was not on the device when power was lost"
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
};

}  // namespace lsm::engine
