// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fuzz/fuzz.hpp>

#include <lsm/storage/record/log_record.hpp>
#include <lsm/storage/record/root_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// Makes changed bytes pass their checksums, as one who forges files would: what lies behind them is
/// reached, which no change at random does. Needs nothing of the rest but its bytes.
namespace fuzz {

template <class T>
T number_at(const lsm::byte_buffer& bytes, std::size_t at) {
    return lsm::from_little_endian<T>(bytes.data() + at);
}

/// Overwrites what has room.
inline void put(lsm::byte_buffer& bytes, std::size_t at, lsm::byte_view what) {
    if (at > bytes.size() || what.size() > bytes.size() - at) return;
    std::ranges::copy(what, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}
template <class T>
void put_number(lsm::byte_buffer& bytes, std::size_t at, T value) {
    put(bytes, at, lsm::to_little_endian(value));
}

/// The length and the checksum of a root.
inline void repair_root(lsm::byte_buffer& root) {
    constexpr std::size_t length_at = 12, record_at = 20, sum_bytes = 8;
    if (root.size() < record_at + sum_bytes) root.resize(record_at + sum_bytes);
    put(root, 0, lsm::as_bytes(lsm::detail::root_magic));
    put_number(root, length_at, std::uint64_t{root.size() - record_at - sum_bytes});
    const std::size_t sum_at = root.size() - sum_bytes;
    put_number(root, sum_at, lsm::checksum(lsm::byte_view(root).first(sum_at)));
}

/// Where the header of a segment has what, besides the checksum at its end.
inline constexpr std::size_t log_seed_at = 24, log_bytes_at = 32, log_header_sum_at = 48;

/// The first page of a segment. Its marks too, if @p marks says so.
inline void repair_log_header(lsm::byte_buffer& segment, bool marks) {
    if (segment.size() < lsm::detail::log_groups_begin)
        segment.resize(lsm::detail::log_groups_begin);
    put(segment, 0, lsm::as_bytes(lsm::detail::log_magic));
    put_number(segment, 8, lsm::detail::log_version);
    put_number(segment, log_bytes_at, std::uint64_t{segment.size()});
    put_number(segment, log_header_sum_at,
               lsm::checksum(lsm::byte_view(segment).first(log_header_sum_at)));
    const auto seed = number_at<std::uint64_t>(segment, log_seed_at);
    for (const std::uint64_t at : {lsm::detail::log_mark_begin, 2 * lsm::detail::log_mark_begin})
        if (marks)
            put(segment, at, lsm::write_log_mark(seed, number_at<std::uint64_t>(segment, at)));
}

/// The chain of groups of a segment with a header: tags, sums, and a length where there is no room
/// for it. `skip()` says which group stays as it is.
template <class Skip>
void repair_groups(lsm::byte_buffer& segment, Skip skip) {
    using namespace lsm::detail;
    const auto seed = number_at<std::uint64_t>(segment, log_seed_at);
    std::uint64_t previous = log_origin(seed);
    for (std::uint64_t at = log_groups_begin; segment.size() - at >= group_fixed_bytes;) {
        const std::uint64_t most = segment.size() - at - group_header_bytes;
        std::uint64_t length = number_at<std::uint32_t>(segment, at + 16);
        if (length == 0) break;  // zeros: the end
        if (length < group_fixed_bytes - group_header_bytes || length > most) length = most;
        const auto begin = segment.begin() + static_cast<std::ptrdiff_t>(at);
        lsm::byte_buffer group(begin,
                               begin + static_cast<std::ptrdiff_t>(group_header_bytes + length));
        if (!skip()) {
            previous = lsm::seal_group(group, number_at<std::uint64_t>(group, 24),
                                       number_at<std::uint32_t>(group, 32), seed, at, previous);
            put(segment, at, group);
        }
        at += lsm::padded_group(group.size());
        if (at > segment.size()) break;
    }
}

}  // namespace fuzz
