// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/memtable.hpp>
#include <lsm/memtable/version_chain.hpp>

#include <boost/container/flat_map.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace lsm {

/// Recent writes in a `boost::container::flat_map`: one sorted array of keys, older versions
/// chained behind each key's newest. Finds are O(log n) in memory that lies together and scans read
/// it in order; an insert of a new key moves all keys behind it, O(n), unless it is the greatest.
/// Choose it for small memtables, and for keys that arrive nearly in order.
///
/// Keys that can be copied, and moved without throwing, lie in the array itself; of any other key
/// the array holds the address. So an insert that fails has moved nothing.
///
/// What a cursor shows stays valid although keys move:
/// 1. Versions never move.
/// 2. Keys in the array do. A cursor shows its own copy of the key, one object that it reuses: the
///    key's reference lasts until the cursor moves, or is itself moved or destroyed.
/// 3. The memtable counts its new keys. A cursor that finds the count changed looks up its place by
///    the key it shows, O(log n), and otherwise just steps.
///
/// Should the copying of a key throw while a cursor moves, the cursor is not valid afterwards; it
/// can be sought again.
struct flat_map_memtable {
    std::size_t max_bytes = std::size_t{4} << 20;  ///< freeze at about so much memory
    std::size_t max_entries =
        (std::numeric_limits<std::size_t>::max)();  ///< freeze at so many keys

    template <class Key, class Payload>
    class memtable;
};

namespace detail {

/// Keys that lie in the array. A cursor keeps a copy of the one it shows.
template <class Key>
struct inline_keys {
    using slot = Key;
    using less = key_less<Key>;
    using kept = std::optional<Key>;

    static constexpr std::size_t outside = 0;  ///< bytes of a key outside its slot

    static slot make(Key&& key) noexcept { return std::move(key); }
    static void keep(kept& to, const slot& from) { to = from; }
};

/// Keys that the array points to. They never move, so a cursor keeps an address.
template <class Key>
struct pointed_keys {
    using slot = std::unique_ptr<const Key>;
    using kept = const Key*;

    struct less {
        using is_transparent = void;

        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return key_less<Key>{}(seen(a), seen(b));
        }

    private:
        static const Key& seen(const slot& pointer) noexcept { return *pointer; }
        template <class View>
        static const View& seen(const View& view) noexcept {
            return view;
        }
    };

    static constexpr std::size_t outside = sizeof(Key);

    static slot make(Key&& key) { return std::make_unique<const Key>(std::move(key)); }
    static void keep(kept& to, const slot& from) noexcept { to = from.get(); }
};

template <class Key>
concept fit_for_array = std::copyable<Key> && std::is_nothrow_move_constructible_v<Key> &&
                        std::is_nothrow_move_assignable_v<Key>;

}  // namespace detail

/// Meets `lsm::memtable`. Readers and writers exclude each other.
template <class Key, class Payload>
class flat_map_memtable::memtable {
    using keys = std::conditional_t<detail::fit_for_array<Key>, detail::inline_keys<Key>,
                                    detail::pointed_keys<Key>>;
    using chain = version_chain<Payload>;
    using version = typename chain::version;
    using map = boost::container::flat_map<typename keys::slot, chain, typename keys::less>;
    using key_view = std::remove_cvref_t<view_of<Key>>;

    static_assert(std::is_nothrow_move_constructible_v<chain> &&
                  std::is_nothrow_move_assignable_v<chain>);

public:
    static constexpr memtable_sharing sharing = memtable_sharing::exclusive;

    class cursor_type;

    explicit memtable(const flat_map_memtable&) {}

    void insert(Key key, sequence_number sequence, Payload payload, sequence_number floor) {
        auto added = std::make_unique<version>(sequence, std::move(payload));
        const std::size_t key_bytes = heap_bytes(key);
        // With the end as a hint, keys in order cost one comparison. And it returns no pair of
        // iterator and flag: Boost 1.81 converts that one by a cast that g++ -O2 reads as undefined.
        const std::size_t entries_before = map_.size();
        const auto at = map_.try_emplace(map_.cend(), keys::make(std::move(key)));
        if (map_.size() != entries_before) {
            ++generation_;
            bytes_ += sizeof(*at) + keys::outside + key_bytes;
        }
        bytes_ += added->bytes;
        bytes_ -= at->second.push(std::move(added), floor);
    }

    template <class F>
    void find(const key_view& key, sequence_number at, F&& f) const {
        const auto found = map_.find(key);
        if (found == map_.end()) return;
        for (const version* here = found->second.at(at); here; here = here->older.get())
            if (!f(here->sequence, here->payload)) return;
    }

    [[nodiscard]] std::size_t entries() const noexcept { return map_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] cursor_type cursor(direction way) const { return cursor_type(*this, way); }

private:
    map map_;
    std::uint64_t generation_ = 0;  ///< how often keys moved
    std::size_t bytes_ = 0;
};

/// An index into the array, a version behind it, and what finds the index again when keys moved.
template <class Key, class Payload>
class flat_map_memtable::memtable<Key, Payload>::cursor_type {
public:
    cursor_type(const memtable& table, direction way) : table_(&table), way_(way) {}

    void seek_first() {
        if (way_ == direction::forward)
            settle(0);
        else
            settle_before(entries().size());
    }
    void seek(const key_view& key) {
        if (way_ == direction::forward)
            settle(entries().index_of(entries().lower_bound(key)));
        else
            settle_before(entries().index_of(entries().upper_bound(key)));
    }
    void next() {
        if (const version* older = version_->older.get())
            version_ = older;
        else if (way_ == direction::forward)
            settle(place() + 1);
        else
            settle_before(place());
    }
    [[nodiscard]] bool valid() const noexcept { return version_ != nullptr; }
    [[nodiscard]] const Key& key() const noexcept { return *key_; }
    [[nodiscard]] sequence_number sequence() const noexcept { return version_->sequence; }
    [[nodiscard]] const Payload& payload() const noexcept { return version_->payload; }

private:
    [[nodiscard]] const map& entries() const noexcept { return table_->map_; }

    /// Where the key that is shown lies now. Keys never go away.
    [[nodiscard]] std::size_t place() const {
        if (generation_ == table_->generation_) return place_;
        const auto found = entries().find(codec<Key>::as_view(*key_));
        if (found == entries().end())
            throw error(errc::invalid_argument,
                        "a key of the memtable is not found again: the order of its type " +
                            codec<Key>::shape() + " contradicts itself");
        return entries().index_of(found);
    }
    void settle(std::size_t place) {
        version_ = nullptr;
        if (place == entries().size()) return;
        const auto at = entries().nth(place);
        keys::keep(key_, at->first);
        place_ = place;
        generation_ = table_->generation_;
        version_ = at->second.newest();
    }
    void settle_before(std::size_t end) {
        if (end == 0)
            version_ = nullptr;
        else
            settle(end - 1);
    }

    const memtable* table_;
    direction way_;
    typename keys::kept key_{};
    std::size_t place_ = 0;
    std::uint64_t generation_ = 0;
    const version* version_ = nullptr;
};

}  // namespace lsm
