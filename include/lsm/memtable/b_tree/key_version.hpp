// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/memtable/arena.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace lsm::detail {

/// A key is small where it costs no more to hold it in each of its versions than to point to it.
template <class Key>
concept small_key = std::copy_constructible<Key> && std::is_trivially_copyable_v<Key> &&
                    sizeof(Key) <= 2 * sizeof(void*);

/// One version of a key, and the way to the key: it holds a copy of a small one, and points to any
/// other, which lies behind its first version. It never moves, and never changes.
template <class Key, class Payload>
class key_version {
    struct with_key;

public:
    const sequence_number sequence;
    const Payload payload;
    const key_version* const older;

    /// The first version of a key. @throws what allocating and moving throw; nothing is left behind
    [[nodiscard]] static const key_version* first(arena& in, Key&& key, sequence_number sequence,
                                                  Payload&& payload) {
        if constexpr (small_key<Key>)
            return in.make<key_version>(nullptr, key, sequence, std::move(payload));
        else
            return in.make<with_key>(std::move(key), sequence, std::move(payload));
    }
    /// The next version of a key, which @p older is one of. @throws as above
    [[nodiscard]] static const key_version* next(arena& in, const key_version& older,
                                                 const Key& key, sequence_number sequence,
                                                 Payload&& payload) {
        if constexpr (small_key<
                          Key>)  // and the older one is not touched, which is seldom in a cache
            return in.make<key_version>(&older, key, sequence, std::move(payload));
        else
            return in.make<key_version>(&older, older.key_, sequence, std::move(payload));
    }
    /// Destroys a version and all that are older, with the key. The memory is the arena's.
    static void destroy(const key_version* newest) noexcept {
        if constexpr (needs_destruction)
            while (newest) {
                const key_version* const here = std::exchange(newest, newest->older);
                if constexpr (small_key<Key>)
                    here->~key_version();
                else if (here->older)
                    here->~key_version();
                else
                    static_cast<const with_key*>(here)->~with_key();
            }
    }
    static constexpr bool needs_destruction =
        !std::is_trivially_destructible_v<Key> || !std::is_trivially_destructible_v<Payload>;

    [[nodiscard]] const Key& key() const noexcept {
        if constexpr (small_key<Key>)
            return key_;
        else
            return *key_;
    }

    key_version(const key_version&) = delete;
    key_version& operator=(const key_version&) = delete;

private:
    friend arena;
    using held_key = std::conditional_t<small_key<Key>, Key, const Key*>;

    key_version(const key_version* before, const held_key& key, sequence_number number,
                Payload&& content)
        : sequence(number), payload(std::move(content)), older(before), key_(key) {}
    ~key_version() = default;

    const held_key key_;
};

/// A first version with the key behind it.
template <class Key, class Payload>
struct key_version<Key, Payload>::with_key : key_version {
    const Key key;

    with_key(Key&& moved, sequence_number number, Payload&& content)
        : key_version(nullptr, &key, number, std::move(content)), key(std::move(moved)) {}
};

}  // namespace lsm::detail
