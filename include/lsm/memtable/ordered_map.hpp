// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/memtable.hpp>
#include <lsm/memtable/version_chain.hpp>

#include <boost/container/map.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

namespace lsm {

/// Recent writes in a `boost::container::map`: a balanced tree, one node a key, older versions
/// chained behind the newest. Inserts and finds are O(log n) with a cache miss a level; nothing
/// ever moves. Choose it to learn, and for keys that are dear to move.
struct ordered_map_memtable {
    std::size_t max_bytes = std::size_t{4} << 20;  ///< freeze at about so much memory
    std::size_t max_entries =
        (std::numeric_limits<std::size_t>::max)();  ///< freeze at so many keys

    template <class Key, class Payload>
    class memtable;
};

/// Meets `lsm::memtable`. The keys' nodes and the versions stay where they are, so cursors hold
/// plain positions.
template <class Key, class Payload>
class ordered_map_memtable::memtable {
    using chain = version_chain<Payload>;
    using version = typename chain::version;
    using map = boost::container::map<Key, chain, key_less<Key>>;
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    static constexpr memtable_sharing sharing = memtable_sharing::exclusive;

    class cursor_type;

    explicit memtable(const ordered_map_memtable&) {}

    void insert(Key key, sequence_number sequence, Payload payload, sequence_number floor) {
        auto added = std::make_unique<version>(sequence, std::move(payload));
        const std::size_t key_bytes = heap_bytes(key);
        const auto [at, is_new] = map_.try_emplace(std::move(key));
        if (is_new) bytes_ += sizeof(*at) + node_overhead + key_bytes;
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
    [[nodiscard]] cursor_type cursor(direction way) const { return cursor_type(map_, way); }

private:
    static constexpr std::size_t node_overhead = 3 * sizeof(void*) + sizeof(int);

    map map_;
    std::size_t bytes_ = 0;
};

/// A map position and a version behind it.
template <class Key, class Payload>
class ordered_map_memtable::memtable<Key, Payload>::cursor_type {
public:
    cursor_type(const map& entries, direction way) : map_(&entries), way_(way) {}

    void seek_first() {
        if (way_ == direction::forward)
            settle(map_->begin());
        else
            settle_before(map_->end());
    }
    void seek(const key_view& key) {
        if (way_ == direction::forward)
            settle(map_->lower_bound(key));
        else
            settle_before(map_->upper_bound(key));
    }
    void next() {
        if (const version* older = version_->older.get())
            version_ = older;
        else if (way_ == direction::forward)
            settle(std::next(at_));
        else
            settle_before(at_);
    }
    [[nodiscard]] bool valid() const noexcept { return version_ != nullptr; }
    [[nodiscard]] const Key& key() const noexcept { return at_->first; }
    [[nodiscard]] sequence_number sequence() const noexcept { return version_->sequence; }
    [[nodiscard]] const Payload& payload() const noexcept { return version_->payload; }

private:
    using position = typename map::const_iterator;

    void settle(position at) {
        at_ = at;
        version_ = at == map_->end() ? nullptr : at->second.newest();
    }
    void settle_before(position end) {
        if (end == map_->begin())
            version_ = nullptr;
        else
            settle(std::prev(end));
    }

    const map* map_;
    direction way_;
    position at_;
    const version* version_ = nullptr;
};

}  // namespace lsm
