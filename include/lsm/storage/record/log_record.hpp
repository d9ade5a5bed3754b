// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lsm {

/// A segment of the log: what its first page says. Written once, and on the device before the root
/// names the segment; only the marks behind it change. docs/file_format.md, "Log".
struct log_segment_header {
    std::uint64_t number = 0;  ///< its place in the log
    std::uint64_t seed =
        0;  ///< of its checksums: a random number, another one in each use of a file
    std::uint64_t bytes = 0;  ///< the whole segment
    std::uint64_t boot = 0;   ///< which start of the machine it was begun in

    bool operator==(const log_segment_header&) const = default;
};

/// One commit, as it is read from the log.
struct log_group {
    sequence_number first = no_sequence;  ///< of its first operation
    std::uint32_t count = 0;              ///< of operations
    byte_view operations;                 ///< for `log_operations`
};

/// An operation of a group.
struct log_operation {
    std::uint64_t tree = 0;
    payload_kind kind = payload_kind::value;
    byte_view key;
    byte_view value;
};

namespace detail {

inline constexpr std::string_view log_magic = "lsm log\n";
inline constexpr std::uint32_t log_version = 2;
inline constexpr std::size_t log_header_bytes = 56;
inline constexpr std::uint64_t log_mark_begin = 512;  // two marks, a sector each, written in turn
inline constexpr std::uint64_t log_groups_begin = 4096;  // no group shares a page with the header
inline constexpr std::size_t group_header_bytes = 24;
inline constexpr std::size_t group_fixed_bytes = group_header_bytes + 12;  // with first and count
inline constexpr std::size_t group_alignment = 8;
inline constexpr std::size_t end_mark_bytes = 8;

/// The segment's seed and the place tell a group from the bytes that an earlier use of the file left, and
/// from a group that a value holds: no user knows the seed.
[[nodiscard]] inline std::uint64_t group_seed(std::uint64_t seed, std::uint64_t offset) noexcept {
    return seed + offset;
}
[[nodiscard]] inline std::uint32_t group_tag(std::uint64_t seed) noexcept {
    return static_cast<std::uint32_t>(seed >> 32) | 1U;
}

/// The first group of a log has this for its predecessor's sum.
[[nodiscard]] inline std::uint64_t log_origin(std::uint64_t seed) noexcept {
    return group_seed(seed, 1) | 1U;
}
/// Stands behind the last group, until the next group overwrites it. @param sum of the last group, or the
/// segment's `log_origin` where there is no group
[[nodiscard]] inline std::uint64_t end_mark(std::uint64_t sum) noexcept {
    return ~sum;
}

inline void append_varint(byte_buffer& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::byte>(value | 0x80));
    out.push_back(static_cast<std::byte>(value));
}

}  // namespace detail

[[nodiscard]] inline byte_buffer write_log_header(const log_segment_header& header) {
    byte_buffer out;
    append(out, as_bytes(detail::log_magic));
    append_number(out, detail::log_version);
    append_number(out, std::uint32_t{0});
    for (const std::uint64_t field : {header.number, header.seed, header.bytes, header.boot})
        append_number(out, field);
    append_number(out, checksum(out));
    return out;
}

/// @throws error `corruption` or `incompatible`, naming @p where
[[nodiscard]] inline log_segment_header read_log_header(byte_view segment,
                                                        const std::string& where) {
    constexpr std::size_t sum_at = detail::log_header_bytes - sizeof(std::uint64_t);
    if (segment.size() < detail::log_groups_begin ||
        as_text(segment.first(detail::log_magic.size())) != detail::log_magic ||
        checksum(segment.first(sum_at)) !=
            from_little_endian<std::uint64_t>(segment.data() + sum_at))
        throw error(errc::corruption,
                    where + ": the first page of this part of the log is damaged: restore the "
                            "tree's folder from a backup");
    const std::byte* at = segment.data() + detail::log_magic.size();
    if (const auto version = from_little_endian<std::uint32_t>(at); version != detail::log_version)
        throw error(errc::incompatible,
                    where + ": the log has format version " + std::to_string(version) +
                        ", this library reads version " + std::to_string(detail::log_version));
    log_segment_header header;
    at += 8;
    for (std::uint64_t* field : {&header.number, &header.seed, &header.bytes, &header.boot}) {
        *field = from_little_endian<std::uint64_t>(at);
        at += sizeof *field;
    }
    return header;
}

/// A mark: up to where the segment is on the device, as are all segments before it. Two are kept, of which
/// one may be cut short.
[[nodiscard]] inline std::array<std::byte, 16> write_log_mark(std::uint64_t seed,
                                                              std::uint64_t offset) noexcept {
    std::array<std::byte, 16> out;
    std::ranges::copy(to_little_endian(offset), out.begin());
    std::ranges::copy(to_little_endian(checksum(byte_view(out).first(8), seed)), out.begin() + 8);
    return out;
}
/// The farther one of the segment's marks that are whole; 0 if there is none.
[[nodiscard]] inline std::uint64_t read_log_mark(byte_view segment, std::uint64_t seed) noexcept {
    std::uint64_t mark = 0;
    for (const std::uint64_t at : {detail::log_mark_begin, 2 * detail::log_mark_begin}) {
        const byte_view slot = segment.subspan(at, 2 * sizeof(std::uint64_t));
        if (from_little_endian<std::uint64_t>(slot.data() + 8) != checksum(slot.first(8), seed))
            continue;
        mark = (std::max)(mark, from_little_endian<std::uint64_t>(slot.data()));
    }
    return mark;
}

/// @name Making a group: `begin_group`, one `append_operation` for each, `seal_group`
/// @{
inline void begin_group(byte_buffer& out) {
    constexpr std::size_t usual_bytes = 128;  // most groups take no more, and memory once
    out.reserve(usual_bytes);
    out.assign(detail::group_fixed_bytes, std::byte{});
}

/// Begins an operation. Its key follows, then its value if it has one, each after its length.
inline void append_operation(byte_buffer& out, std::uint64_t tree, payload_kind kind) {
    detail::append_varint(out, tree);
    out.push_back(static_cast<std::byte>(kind));
}
inline void append_length(byte_buffer& out, std::uint64_t bytes) {
    detail::append_varint(out, bytes);
}

/// Fills in what is known last. @returns the group's sum, the next one's @p previous
inline std::uint64_t seal_group(byte_buffer& group, sequence_number first, std::uint32_t count,
                                std::uint64_t seed, std::uint64_t offset,
                                std::uint64_t previous) noexcept {
    const auto put = [&](std::size_t at, auto value) {
        std::ranges::copy(to_little_endian(value), group.begin() + static_cast<std::ptrdiff_t>(at));
    };
    const auto length = static_cast<std::uint32_t>(group.size() - detail::group_header_bytes);
    put(8, previous);
    put(16, length);
    put(20, detail::group_tag(seed));
    put(24, first);
    put(32, count);
    const std::uint64_t sum =
        checksum(byte_view(group).subspan(8), detail::group_seed(seed, offset));
    put(0, sum);
    return sum;
}

/// How much of a segment a group of @p bytes takes.
[[nodiscard]] constexpr std::uint64_t padded_group(std::uint64_t bytes) noexcept {
    return (bytes + detail::group_alignment - 1) / detail::group_alignment *
           detail::group_alignment;
}
/// @}

/// The groups of one segment, in order, each checked before it is shown. Not a byte is believed
/// before its checksum was.
class log_groups {
public:
    /// @param segment  all of it
    /// @param seed     as its header says
    /// @param previous the sum of the last group in the segments before; `log_origin` in the first one
    log_groups(byte_view segment, std::uint64_t seed, std::uint64_t previous) noexcept
        : segment_(segment), seed_(seed), previous_(previous) {}

    /// The next group, or nothing where no whole group follows.
    [[nodiscard]] std::optional<log_group> next() noexcept {
        const std::optional<found> here = group_at(offset_);
        if (!here || here->previous != previous_) return std::nullopt;
        previous_ = here->sum;
        offset_ = here->end;
        return here->group;
    }

    /// Where the last group that was shown ends.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
    /// The sum of the last group that was shown.
    [[nodiscard]] std::uint64_t last_sum() const noexcept { return previous_; }
    [[nodiscard]] bool is_empty() const noexcept { return offset_ == detail::log_groups_begin; }

    /// Whether the end mark stands where the groups end: no group was begun there.
    [[nodiscard]] bool has_end_mark() const noexcept {
        const std::uint64_t last = is_empty() ? detail::log_origin(seed_) : previous_;
        return word_at_end() == detail::end_mark(last);
    }
    /// Whether there are zeros instead. A commit that is cut short leaves none: it overwrites the end mark.
    [[nodiscard]] bool is_blank() const noexcept { return word_at_end() == 0; }
    /// Where the group that was begun would end, as far as it says; behind the place of the end mark where
    /// it says nothing.
    [[nodiscard]] std::uint64_t cut_end() const noexcept {
        const std::uint64_t left = segment_.size() - offset_;
        if (left < detail::group_header_bytes) return segment_.size();
        const std::byte* at = segment_.data() + offset_;
        const bool is_begun =
            from_little_endian<std::uint32_t>(at + 20) == detail::group_tag(seed_) ||
            from_little_endian<std::uint64_t>(at + 8) == previous_;
        if (!is_begun) return offset_ + detail::end_mark_bytes;
        const std::uint64_t length = from_little_endian<std::uint32_t>(at + 16);
        return offset_ + (std::min)(left, detail::group_header_bytes + length);
    }
    /// The end of the last whole group behind the end: what a break in the middle leaves. Takes at
    /// most a few passes over the segment, whatever its bytes. @returns `offset()` if there is none
    [[nodiscard]] std::uint64_t end_of_later_groups() const noexcept {
        std::uint64_t last = offset_;
        std::uint64_t budget = 8 * std::uint64_t{segment_.size()};
        std::uint64_t at = offset_;
        while (at < segment_.size()) {
            const auto here = group_at(at, &budget);
            if (here) last = here->end;
            at = here ? here->end : at + detail::group_alignment;
        }
        return last;
    }

private:
    [[nodiscard]] std::uint64_t word_at_end() const noexcept {
        if (segment_.size() - offset_ < detail::end_mark_bytes) return 0;
        return from_little_endian<std::uint64_t>(segment_.data() + offset_);
    }
    struct found {
        log_group group;
        std::uint64_t sum;
        std::uint64_t previous;
        std::uint64_t end;
    };

    /// @param budget bytes that may still be checked; where they are used up, a plausible group counts
    /// as one
    [[nodiscard]] std::optional<found> group_at(std::uint64_t offset,
                                                std::uint64_t* budget = nullptr) const noexcept {
        const std::uint64_t left = segment_.size() - offset;
        if (left < detail::group_fixed_bytes) return std::nullopt;
        const std::byte* at = segment_.data() + offset;
        const std::uint64_t length = from_little_endian<std::uint32_t>(at + 16);
        if (from_little_endian<std::uint32_t>(at + 20) != detail::group_tag(seed_) ||
            length < detail::group_fixed_bytes - detail::group_header_bytes ||
            length > left - detail::group_header_bytes)
            return std::nullopt;
        const std::uint64_t bytes = detail::group_header_bytes + length;
        const auto sum = from_little_endian<std::uint64_t>(at);
        const bool check = !budget || *budget >= bytes;
        if (budget) *budget -= check ? bytes : 0;
        if (check && sum != checksum(segment_.subspan(offset + 8, bytes - 8),
                                     detail::group_seed(seed_, offset)))
            return std::nullopt;
        return found{{from_little_endian<std::uint64_t>(at + 24),
                      from_little_endian<std::uint32_t>(at + 32),
                      segment_.subspan(offset + detail::group_fixed_bytes,
                                       bytes - detail::group_fixed_bytes)},
                     sum,
                     from_little_endian<std::uint64_t>(at + 8),
                     (std::min)(offset + padded_group(bytes), std::uint64_t{segment_.size()})};
    }

    byte_view segment_;
    std::uint64_t seed_;
    std::uint64_t previous_;
    std::uint64_t offset_ = detail::log_groups_begin;
};

/// The operations of a group.
class log_operations {
public:
    explicit log_operations(const log_group& group) noexcept
        : left_(group.operations), count_(group.count) {}

    /// The next one, or nothing after the last. @throws decode_error
    [[nodiscard]] std::optional<log_operation> next() {
        if (count_ == 0) {
            if (!left_.empty()) throw decode_error("bytes behind a group's last operation");
            return std::nullopt;
        }
        --count_;
        log_operation step;
        step.tree = varint();
        const auto kind = static_cast<std::uint8_t>(take(1)[0]);
        if (!is_payload_kind(kind)) throw decode_error("an operation of an unknown kind");
        step.kind = static_cast<payload_kind>(kind);
        step.key = take(varint());
        if (step.kind == payload_kind::value) step.value = take(varint());
        return step;
    }

private:
    byte_view take(std::uint64_t count) {
        if (count > left_.size()) throw decode_error("a group ends within an operation");
        const byte_view taken = left_.first(count);
        left_ = left_.subspan(count);
        return taken;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<std::uint64_t>(take(1)[0]);
            value |= (byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        throw decode_error("a number of more than ten bytes");
    }

    byte_view left_;
    std::uint32_t count_;
};

}  // namespace lsm
