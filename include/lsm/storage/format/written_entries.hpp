// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>
#include <lsm/codec/has_order.hpp>
#include <lsm/codec/hash.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/order.hpp>

#include <algorithm>
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
///
/// Keys that are borrowed from bytes, such as texts, are in the digest by their hashes: to keep a copy of
/// each costs more than the rest of the comparison. Other keys are kept, and compared one by one.
template <has_codec Key>
class written_entries {
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    /// Whether `add` takes the key's hash.
    static constexpr bool takes_hash = access_of<Key> == access_kind::borrowed;

    /// @param hash `hash_of<Key>(key, seed)` where `takes_hash`
    void add(const key_view& key, std::uint64_t hash, sequence_number sequence, payload_kind kind) {
        if constexpr (!takes_hash) {
            if (reuses_memory && size_ < keys_.size())
                put(keys_[size_], key);
            else
                keys_.push_back(codec<Key>::own(key));
        }
        ++size_;
        digest_ = digest_of(digest_, takes_hash ? hash : 0, sequence, kind);
    }
    void clear() noexcept {
        if constexpr (!reuses_memory) keys_.clear();
        size_ = 0;
        digest_ = 0;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Compares them with what a block decodes to. O(entries). @param seed of the hashes
    /// @throws error `invalid_argument`, which names the key's type, and where keys are kept, the first key
    /// that differs
    template <class Value>
    void expect(const window_of<Key, Value>& decoded, std::uint64_t seed) const {
        if (decoded.size() != size_)
            refuse<Value>(0, "it has " + std::to_string(decoded.size()) + " entries, not " +
                                 std::to_string(size_));
        std::uint64_t digest = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            const view_of<Key> key = view_in<Key>(decoded.keys[i]);
            std::uint64_t hash = 0;
            if constexpr (takes_hash)
                hash = hash_of<Key>(key, seed);
            else
                expect_key<Value>(i, key);
            digest = digest_of(digest, hash, decoded.sequences[i], decoded.kinds[i]);
        }
        if (digest != digest_)
            refuse<Value>(0, takes_hash ? "its keys, sequence numbers or kinds are others"
                                        : "its sequence numbers or kinds are others");
    }
    /// Says that the entry @p which does not come out of its block as it went in.
    template <class Value>
    [[noreturn]] void refuse(std::size_t which, const std::string& how) const {
        std::string what = "a block does not decode to what was written to it: " + how;
        if (which < keys_.size() && which < size_)
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
    static constexpr bool reuses_memory = std::is_copy_assignable_v<Key>;

    static void put(Key& at, const key_view& key) {
        if constexpr (reuses_memory) at = key;
    }
    template <class Value>
    void expect_key(std::size_t i, const key_view& key) const {
        const view_of<Key> meant = codec<Key>::as_view(keys_[i]);
        if (has_order<Key>(key) != has_order<Key>(meant) || compare<key_view>(key, meant) != 0)
            refuse<Value>(i, "another key comes out, the bytes of which are " + text_of(key));
    }
    static std::uint64_t digest_of(std::uint64_t before, std::uint64_t hash,
                                   sequence_number sequence, payload_kind kind) noexcept {
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
        return (before ^ hash ^ (4 * sequence + static_cast<std::uint64_t>(kind))) * odd;
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
