// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fuzz/repair.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

/// Inputs that say how to change bytes which the target made itself.
namespace fuzz {

/// The bytes of an input, one after another; zeros behind its end.
class script {
public:
    explicit script(lsm::byte_view bytes) : left_(bytes) {}

    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }
    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const auto first = std::to_integer<std::uint8_t>(left_[0]);
        left_ = left_.subspan(1);
        return first;
    }
    /// A number up to @p most, which is less than 65536.
    std::size_t up_to(std::size_t most) {
        const std::size_t low = byte();
        return (low | std::size_t{byte()} << 8) % (most + 1);
    }
    lsm::byte_view bytes(std::size_t count) {
        const lsm::byte_view taken = left_.first((std::min)(count, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }

private:
    lsm::byte_view left_;
};

/// A number that decoders find hard.
inline std::uint64_t hard_number(std::uint8_t which) {
    constexpr std::uint64_t most = (std::numeric_limits<std::uint64_t>::max)();
    constexpr std::uint64_t numbers[] = {
        0, 1, most, most - 1, most / 2, 1U << 31, 0xffffffffU, 1U << 16, std::uint64_t{1} << 40, 8};
    return numbers[which % std::size(numbers)];
}

/// One change of a file: bits, bytes, a number, its end, or bytes within.
inline void edit(lsm::byte_buffer& file, script& from) {
    const std::uint8_t what = from.byte() % 7;
    const std::size_t at = from.up_to((std::min)(file.size(), std::size_t{65535}));
    const auto place = file.begin() + static_cast<std::ptrdiff_t>(at);
    const auto left = file.size() - at;
    switch (what) {
    case 0:
        if (left > 0) file[at] ^= static_cast<std::byte>(from.byte());
        return;
    case 1: return put(file, at, from.bytes(from.byte() % 16U));
    case 2: return put_number(file, at, hard_number(from.byte()));
    case 3: return put_number(file, at, static_cast<std::uint32_t>(hard_number(from.byte())));
    case 4: return file.resize(at);
    case 5: return file.resize(file.size() + at, static_cast<std::byte>(from.byte()));
    default:
        const auto gone = (std::min)(left, std::size_t{from.byte()} % 16U);
        const auto hole = file.erase(place, place + static_cast<std::ptrdiff_t>(gone));
        const lsm::byte_view fresh = from.bytes(from.byte() % 16U);
        file.insert(hole, fresh.begin(), fresh.end());
    }
}

/// What was done to a file.
struct edits {
    std::size_t changes = 0;
    bool in_place = true;  ///< no byte has moved, and none has gone
};

/// All the changes that the rest of an input says.
inline edits edit_all(lsm::byte_buffer& file, script& from) {
    edits made;
    for (; made.changes < 8 && !from.at_end(); ++made.changes) {
        const std::size_t before = file.size();
        edit(file, from);
        made.in_place = made.in_place && file.size() == before;
    }
    return made;
}

}  // namespace fuzz
