// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>
#include <lsm/codec/has_order.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/order.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace lsm::detail {

/// The entries of one block under construction, as the decoded block must show them: each key, and a
/// digest of the sequence numbers and kinds in their order. So a codec that loses a part of a key, or
/// decodes keys to another order, is found before the block's inputs go. Values have no order to compare
/// them by: of these, the block's bytes only have to decode.
template <has_codec Key>
class written_entries {
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    void add(const key_view& key, sequence_number sequence, payload_kind kind) {
        if constexpr (reuses_memory) {
            if (size_ < keys_.size())
                keys_[size_] = key;
            else
                keys_.push_back(codec<Key>::own(key));
        } else {
            keys_.push_back(codec<Key>::own(key));
        }
        ++size_;
        digest_ = digest_of(digest_, sequence, kind);
    }
    void clear() noexcept {
        if constexpr (!reuses_memory) keys_.clear();
        size_ = 0;
        digest_ = 0;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Compares them with what a block decodes to. O(entries). @throws error `invalid_argument`, which
    /// names the key's type and the first key that differs
    template <class Value>
    void expect(const window_of<Key, Value>& decoded) const {
        if (decoded.size() != size_)
            refuse<Value>(0, "it has " + std::to_string(decoded.size()) + " entries, not " +
                                 std::to_string(size_));
        std::uint64_t digest = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            const view_of<Key> key = view_in<Key>(decoded.keys[i]);
            const view_of<Key> meant = codec<Key>::as_view(keys_[i]);
            if (has_order<Key>(key) != has_order<Key>(meant) || compare<key_view>(key, meant) != 0)
                refuse<Value>(i, "another key comes out, the bytes of which are " + text_of(key));
            digest = digest_of(digest, decoded.sequences[i], decoded.kinds[i]);
        }
        if (digest != digest_) refuse<Value>(0, "its sequence numbers or kinds are others");
    }
    /// Says that the entry @p which does not come out of its block as it went in.
    template <class Value>
    [[noreturn]] void refuse(std::size_t which, const std::string& how) const {
        std::string what = "a block does not decode to what was written to it: " + how;
        if (which < size_)
            what += "; it is about entry " + std::to_string(which) +
                    " of the block, whose key of type " + codec<Key>::shape() + " has the bytes " +
                    text_of(codec<Key>::as_view(keys_[which]));
        throw error(errc::invalid_argument,
                    what + ". Mend lsm::codec or serialize() of the key (" + codec<Key>::shape() +
                        ") or of the value (" + codec<Value>::shape() +
                        "), so that reading gives back what was written. Nothing is lost: the "
                        "entries are where they were");
    }

private:
    /// Whether a key can be put in the place of an earlier block's key.
    static constexpr bool reuses_memory =
        std::same_as<Key, std::string> ||
        (access_of<Key> != access_kind::borrowed && std::is_copy_assignable_v<Key>);

    static std::uint64_t digest_of(std::uint64_t before, sequence_number sequence,
                                   payload_kind kind) noexcept {
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
        return (before ^ (4 * sequence + static_cast<std::uint64_t>(kind))) * odd;
    }
    /// The first bytes of the stored key, in hexadecimal: any type has these.
    static std::string text_of(const key_view& key) {
        constexpr std::size_t most = 64;
        byte_buffer bytes;
        encode<Key>(bytes, key);
        std::string text = "0x";
        for (const std::byte each : byte_view(bytes).first((std::min)(bytes.size(), most))) {
            text += "0123456789abcdef"[std::to_integer<unsigned>(each) >> 4];
            text += "0123456789abcdef"[std::to_integer<unsigned>(each) & 15];
        }
        return bytes.size() > most ? text + "..." : text;
    }

    std::vector<Key> keys_;  // the first size_ of them
    std::size_t size_ = 0;
    std::uint64_t digest_ = 0;
};

}  // namespace lsm::detail
