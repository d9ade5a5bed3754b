// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace lsm {

/// Commit order: each operation gets the next number, 1 is the first. Entries are ordered by key
/// ascending, then sequence number descending, so that a key's newest version comes first.
using sequence_number = std::uint64_t;

/// No operation has this sequence number. A stored version has it once all readers see that version,
/// and none of its key is older.
inline constexpr sequence_number no_sequence = 0;
/// Not older than any operation: who reads at it sees all.
inline constexpr sequence_number max_sequence = (std::numeric_limits<sequence_number>::max)();

/// No operation has a greater number, and nothing else is counted so far: none lives to see it. What is
/// stored and says otherwise is damaged. So numbers never wrap.
inline constexpr std::uint64_t last_number = max_sequence / 2;

/// What a key has at a sequence number. The numbers are stored.
enum class payload_kind : std::uint8_t {
    value = 1,     ///< a value
    tombstone = 2  ///< nothing any more: the key was erased
};

/// Whether a stored byte is a kind that this version knows.
[[nodiscard]] constexpr bool is_payload_kind(std::uint8_t stored) noexcept {
    return stored == 1 || stored == 2;
}

/// A value, or the mark that there is none any more.
template <class Value>
class payload {
public:
    /// A value.
    explicit payload(Value value) : value_(std::move(value)) {}

    /// A tombstone.
    [[nodiscard]] static payload tombstone() { return payload(std::nullopt); }

    [[nodiscard]] payload_kind kind() const noexcept {
        return value_ ? payload_kind::value : payload_kind::tombstone;
    }
    /// @pre `kind() == payload_kind::value`
    [[nodiscard]] const Value& value() const noexcept { return *value_; }

private:
    explicit payload(std::nullopt_t) noexcept {}

    std::optional<Value> value_;
};

/// One step of a write: what a key has from now on.
template <class Key, class Value>
struct operation {
    Key key;
    payload<Value> content;
};

}  // namespace lsm
