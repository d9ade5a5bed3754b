// SPDX-License-Identifier: BSL-1.0
// decoder: engine/log_replay.hpp
// decoder: storage/record/log_record.hpp
#include <fuzz/mutate.hpp>
#include <fuzz/repair.hpp>

#include <lsm/engine/log_replay.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

/// An input is a segment of the log.
namespace {

using namespace lsm;

/// Reads one segment as if it were the whole of a log.
struct one_segment {
    byte_view bytes_of_it;

    struct reader {
        byte_view all;
        [[nodiscard]] std::uint64_t bytes() const { return all.size(); }
        void read(std::uint64_t offset, std::span<std::byte> to) const {
            std::ranges::copy(all.subspan(offset, to.size()), to.begin());
        }
    };
    [[nodiscard]] reader open_log_segment(std::uint64_t) const { return {bytes_of_it}; }
    [[nodiscard]] static std::string boot_id() { return "boot"; }
    [[nodiscard]] static std::string describe() { return "here"; }
};

void read_operations(const log_group& group) {
    try {
        log_operations steps(group);
        std::uint64_t count = 0;
        while (const auto step = steps.next()) {
            fuzz::touch(step->key);
            fuzz::touch(step->value);
            ++count;
        }
        fuzz::require(count == group.count, "a group has as many operations as it says");
    } catch (const decode_error&) {
    }
}

void read_groups(byte_view segment, const log_segment_header& header) {
    (void)read_log_mark(segment, header.seed);
    log_groups groups(segment, header.seed, lsm::detail::log_origin(header.seed));
    std::uint64_t before = groups.offset();
    while (const auto group = groups.next()) {
        fuzz::require(groups.offset() > before && groups.offset() <= segment.size(),
                      "groups follow one another within the segment");
        before = groups.offset();
        read_operations(*group);
    }
    (void)groups.has_end_mark();
    (void)groups.is_blank();
    fuzz::require(groups.cut_end() <= segment.size(), "a cut group ends within the segment");
    const std::uint64_t later = groups.end_of_later_groups();
    fuzz::require(later >= groups.offset() && later <= segment.size(),
                  "later groups end within the segment");
}

void replay(byte_view segment, const log_segment_header& header, crash_kind crash) {
    const one_segment medium{segment};
    engine::log_replay<one_segment> from(medium, crash);
    sequence_number last = no_sequence;
    try {
        (void)from.run(
            {{header.number, header.seed, segment.size(), lsm::detail::log_origin(header.seed)}},
            [&](const log_group& group) {
                fuzz::require(group.first > last, "numbers ascend from group to group");
                fuzz::require(group.count - 1 <= max_sequence - group.first, "numbers do not wrap");
                last = group.first + group.count - 1;
                return true;
            });
        fuzz::require(from.report().bytes_dropped <= segment.size(),
                      "no more dropped than there is");
    } catch (const error&) {
    }
}

byte_buffer segment_of(std::uint64_t bytes, std::uint64_t boot, bool marked,
                       const std::vector<std::vector<std::string>>& groups) {
    const log_segment_header header{7, 3, bytes, boot};
    byte_buffer segment(bytes);
    fuzz::put(segment, 0, write_log_header(header));
    std::uint64_t at = lsm::detail::log_groups_begin, sum = lsm::detail::log_origin(3);
    sequence_number first = 1;
    for (const auto& keys : groups) {
        byte_buffer group;
        begin_group(group);
        for (const std::string& key : keys) {
            append_operation(group, 0, key < "m" ? payload_kind::value : payload_kind::tombstone);
            append_length(group, key.size());
            append(group, as_bytes(key));
            if (key < "m") append_length(group, 3), append(group, as_bytes("abc"));
        }
        sum = seal_group(group, first, static_cast<std::uint32_t>(keys.size()), 3, at, sum);
        fuzz::put(segment, at, group);
        at += padded_group(group.size());
        first += keys.size();
        if (marked) fuzz::put(segment, 512, write_log_mark(3, at));
    }
    byte_buffer mark;
    append_number(mark, lsm::detail::end_mark(sum));
    fuzz::put(segment, at, mark);
    return segment;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const byte_view segment = fuzz::view(data, size);
    try {
        const log_segment_header header = read_log_header(segment, "here");
        read_groups(segment, header);
        replay(segment, header, crash_kind::detect);
        replay(segment, header, crash_kind::power_loss);
    } catch (const error&) {
    }
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max, unsigned seed) {
    return fuzz::mutate(data, size, max, seed, [&](byte_buffer& segment, auto& random) {
        constexpr std::size_t begin = lsm::detail::log_groups_begin;
        if (fuzz::one_in(8, random))
            fuzz::mutate_part(segment, 0, lsm::detail::log_header_bytes, segment.size());
        else if (fuzz::one_in(8, random))
            fuzz::mutate_part(segment, 512, 528, segment.size());
        else
            fuzz::mutate_part(segment, begin, segment.size(), max);
        if (fuzz::one_in(32, random)) return;
        fuzz::repair_log_header(segment, fuzz::one_in(2, random));
        fuzz::repair_groups(segment, [&] { return fuzz::one_in(16, random); });
        fuzz::repair_log_header(segment, false);
    });
}

void fuzz::make_seeds(const seed_sink& take) {
    const std::uint64_t here = checksum(as_bytes("boot"));
    take("no_groups", segment_of(4096, here, false, {}));
    take("one_group", segment_of(4160, here, false, {{"a"}}));
    take("three_groups", segment_of(4352, here, true, {{"a"}, {"b", "x", "c"}, {"z"}}));
    take("other_boot", segment_of(4352, 1, false, {{"a"}, {"b", "x", "c"}, {"z"}}));
    byte_buffer broken = segment_of(4352, here, false, {{"a"}, {"b", "x", "c"}, {"z"}});
    broken[lsm::detail::log_groups_begin + 30] ^= std::byte{1};
    take("whole_groups_behind_a_break", broken);
    byte_buffer late = segment_of(4352, here, false, {{"a", "b", "c"}});
    put_number(late, lsm::detail::log_groups_begin + 24, max_sequence - 1);
    repair_groups(late, [] { return false; });
    take("numbers_that_wrap", late);
}
