// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/head.hpp>
#include <lsm/core/config.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/prefetch.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/arena.hpp>
#include <lsm/memtable/footprint.hpp>
#include <lsm/memtable/memtable.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm {

/// Recent writes one behind another, as they came; sorted when somebody reads. Choose it to fill a tree
/// that nobody reads meanwhile: an insert moves two objects, O(1), and the flush sorts once,
/// O(n log n), in the thread that does it. The first read after writes sorts what they added, and then
/// costs O(n) and memory: mixed work belongs in any other memtable. Overwritten versions stay until the
/// flush.
///
/// One writer at a time, who never waits. Readers wait for each other while one of them sorts.
struct append_memtable {
    std::size_t max_bytes = std::size_t{4} << 20;  ///< freeze at about so much memory
    std::size_t max_entries =
        (std::numeric_limits<std::size_t>::max)();  ///< freeze at so many versions

    template <class Key, class Payload>
    class memtable;
};

namespace detail {

/// Objects one behind another, which never move. One thread adds; what it has announced, by whatever
/// means, any thread may look at.
template <class T>
class stable_sequence {
public:
    stable_sequence() = default;
    stable_sequence(const stable_sequence&) = delete;
    stable_sequence& operator=(const stable_sequence&) = delete;
    ~stable_sequence() {
        for (std::size_t i = 0; i < size_; ++i) std::destroy_at(address(i));
    }

    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return *address(i); }
    /// Strong guarantee.
    template <class... Args>
    void emplace_back(Args&&... args) {
        const auto [chunk, place] = locate(size_);
        if (!chunks_[chunk])
            chunks_[chunk] =
                static_cast<T*>(memory_.take(sizeof(T) * (first << chunk), alignof(T)));
        std::construct_at(chunks_[chunk] + place, std::forward<Args>(args)...);
        ++size_;
    }

private:
    /// Each chunk is twice as large as the one before.
    static constexpr std::size_t first = 64;
    static constexpr std::size_t chunks = 58;

    struct position {
        std::size_t chunk, place;
    };
    static position locate(std::size_t i) noexcept {
        const std::size_t beyond = i / first + 1;
        const auto chunk = static_cast<std::size_t>(std::bit_width(beyond)) - 1;
        return {chunk, i - first * ((std::size_t{1} << chunk) - 1)};
    }
    [[nodiscard]] T* address(std::size_t i) const noexcept {
        const auto [chunk, place] = locate(i);
        return chunks_[chunk] + place;
    }

    arena memory_;
    std::array<T*, chunks> chunks_{};
    std::size_t size_ = 0;
};

}  // namespace detail

/// Meets `lsm::memtable`.
template <class Key, class Payload>
class append_memtable::memtable {
    using key_view = std::remove_cvref_t<view_of<Key>>;

    struct version {
        Key key;
        sequence_number sequence;
        Payload payload;

        [[nodiscard]] view_of<Key> view() const { return codec<Key>::as_view(key); }
    };
    /// A version in the order, with what decides most comparisons.
    struct place {
        std::uint64_t head;
        const version* at;
    };
    /// All versions that there were at one moment, by key, newest first. It never changes.
    using order = std::vector<place>;

public:
    static constexpr memtable_sharing sharing = memtable_sharing::single_writer;
    static constexpr bool entries_stay = true;
    static constexpr bool counts_versions = true;

    class cursor_type;

    explicit memtable(const append_memtable&) {}

    void insert(Key key, sequence_number sequence, Payload payload, sequence_number) {
        const std::size_t bytes =
            sizeof(version) + sizeof(place) + heap_bytes(key) + heap_bytes(payload);
        versions_.emplace_back(std::move(key), sequence, std::move(payload));
        bytes_.store(bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
        count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    template <class F>
    void find(const key_view& key, sequence_number at, F&& f) const {
        const std::shared_ptr<const order> all = sorted();
        for (auto here = lower(*all, key); here != all->end(); ++here) {
            if (compare<key_view>(here->at->view(), key) != 0) return;
            if (here->at->sequence <= at && !f(here->at->sequence, here->at->payload)) return;
        }
    }

    [[nodiscard]] std::size_t entries() const noexcept {
        return count_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return bytes_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] cursor_type cursor(direction way) const { return cursor_type(*this, way); }

private:
    using iterator = typename order::const_iterator;

    /// The order of all versions that there are.
    [[nodiscard]] std::shared_ptr<const order> sorted() const {
        const std::scoped_lock lock(sorting_);
        const std::size_t count = entries();
        if (sorted_->size() == count) return sorted_;
        order added;
        added.reserve(count - sorted_->size());
        for (std::size_t i = sorted_->size(); i < count; ++i)
            added.push_back({head_of_key(versions_[i].view()), &versions_[i]});
        if (!std::is_sorted(added.begin(), added.end(), precedes))
            std::sort(added.begin(), added.end(), precedes);
        auto next = std::make_shared<order>();
        if (sorted_->empty()) {
            next->swap(added);
        } else {
            next->resize(count);
            std::merge(sorted_->begin(), sorted_->end(), added.begin(), added.end(), next->begin(),
                       precedes);
        }
        sorted_ = std::move(next);
        return sorted_;
    }
    static bool precedes(const place& a, const place& b) {
        if (a.head != b.head) return a.head < b.head;
        if constexpr (!head_is_exact<Key>) {
            const auto keys = compare<key_view>(a.at->view(), b.at->view());
            if (keys != 0) return keys < 0;
        }
        return a.at->sequence > b.at->sequence;
    }
    static std::uint64_t head_of_key(const key_view& key) {
        if constexpr (has_head<Key>)
            return head_of<Key>(key);
        else
            return 0;
    }
    /// The first version of the first key that is not below @p key.
    static iterator lower(const order& all, const key_view& key) {
        return parted(all, key, [](auto compared) { return compared < 0; });
    }
    /// Behind the last version of the last key that is not above @p key.
    static iterator upper(const order& all, const key_view& key) {
        return parted(all, key, [](auto compared) { return compared <= 0; });
    }
    /// Behind the versions whose keys, compared with @p key, are before the place that is looked for.
    template <class IsBefore>
    static iterator parted(const order& all, const key_view& key, IsBefore is_before) {
        const std::uint64_t head = head_of_key(key);
        return std::partition_point(all.begin(), all.end(), [&](const place& each) {
            if (each.head != head) return each.head < head;
            return is_before(compare<key_view>(each.at->view(), key));
        });
    }

    detail::stable_sequence<version> versions_;
    std::atomic<std::size_t> count_ = 0;  // of those that readers may look at
    std::atomic<std::size_t> bytes_ = 0;
    mutable std::mutex sorting_;  // guards what follows
    mutable std::shared_ptr<const order> sorted_ = std::make_shared<order>();
};

/// An index into the order of when it was sought.
template <class Key, class Payload>
class append_memtable::memtable<Key, Payload>::cursor_type {
public:
    cursor_type(const memtable& table, direction way) : table_(&table), way_(way) {}

    void seek_first() {
        all_ = table_->sorted();
        way_ == direction::forward ? stand_at(0) : stand_before(all_->size());
    }
    void seek(const key_view& key) {
        all_ = table_->sorted();
        const auto index_of = [&](iterator at) {
            return static_cast<std::size_t>(at - all_->begin());
        };
        way_ == direction::forward ? stand_at(index_of(lower(*all_, key)))
                                   : stand_before(index_of(upper(*all_, key)));
    }
    void next() {
        const std::size_t older = index_ + 1;
        if (way_ == direction::forward || (older < all_->size() && is_same_key(older)))
            return stand_at(older);
        while (index_ > 0 && is_same_key(index_ - 1)) --index_;  // back to the key's newest
        stand_before(index_);
    }
    [[nodiscard]] bool valid() const noexcept { return shown_ != nullptr; }
    [[nodiscard]] const Key& key() const noexcept { return shown_->key; }
    [[nodiscard]] sequence_number sequence() const noexcept { return shown_->sequence; }
    [[nodiscard]] const Payload& payload() const noexcept { return shown_->payload; }

private:
    void stand_at(std::size_t index) noexcept {
        index_ = index;
        shown_ = index < all_->size() ? (*all_)[index].at : nullptr;
        const std::size_t later = way_ == direction::forward ? index + ahead : index - ahead;
        if (later < all_->size()) lsm::detail::prefetch((*all_)[later].at);
    }
    /// At the newest version of the last key of those before @p end.
    void stand_before(std::size_t end) {
        if (end == 0) return stand_at(all_->size());
        stand_at(end - 1);
        while (index_ > 0 && is_same_key(index_ - 1)) stand_at(index_ - 1);
    }
    [[nodiscard]] bool is_same_key(std::size_t index) const {
        return compare<key_view>((*all_)[index].at->view(), shown_->view()) == 0;
    }

    static constexpr std::size_t ahead = 12;  // versions lie as they came, not as they are shown

    const memtable* table_;
    direction way_;
    std::shared_ptr<const order> all_;
    std::size_t index_ = 0;
    const version* shown_ = nullptr;
};

}  // namespace lsm
