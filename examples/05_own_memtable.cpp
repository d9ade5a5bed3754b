// SPDX-License-Identifier: BSL-1.0
// A memtable of one's own: what the slot asks for, its laws, and a tree that uses it.

#include <lsm/lsm.hpp>
#include <lsm/memtable/footprint.hpp>
#include <lsm/testing/memtable_laws.hpp>

#include <cstddef>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

//! [policy]
/// Recent writes in one `std::map` of versions, ordered as tables are: keys ascending, and each
/// key's newest version first. Its nodes never move and none is removed, so a cursor is a position
/// in it, and what that shows stays valid whatever is inserted. Never forgetting an old version is
/// allowed; it costs memory until the next flush.
struct version_map_memtable {
    std::size_t max_bytes = std::size_t{4} << 20;
    std::size_t max_entries = (std::numeric_limits<std::size_t>::max)();

    template <class Key, class Payload>
    class memtable;
};
//! [policy]

//! [memtable]
template <class Key, class Payload>
class version_map_memtable::memtable {
    using key_view = std::remove_cvref_t<lsm::view_of<Key>>;

    struct version {
        Key key;
        lsm::sequence_number sequence;
        [[nodiscard]] lsm::view_of<Key> view() const { return lsm::codec<Key>::as_view(key); }
    };
    struct place {  // what one looks for
        const key_view& key;
        lsm::sequence_number sequence;
        [[nodiscard]] const key_view& view() const { return key; }
    };
    struct order {
        using is_transparent = void;
        bool operator()(const auto& a, const auto& b) const {
            const auto keys = lsm::compare<key_view>(a.view(), b.view());
            return keys != 0 ? keys < 0 : a.sequence > b.sequence;
        }
    };
    using map = std::map<version, Payload, order>;

public:
    static constexpr auto sharing = lsm::memtable_sharing::exclusive;

    class cursor_type;

    explicit memtable(const version_map_memtable&) {}

    void insert(Key key, lsm::sequence_number sequence, Payload payload, lsm::sequence_number) {
        const std::size_t bytes = node_bytes + lsm::heap_bytes(key) + lsm::heap_bytes(payload);
        const bool is_new = !holds(lsm::codec<Key>::as_view(key));
        versions_.try_emplace(version{std::move(key), sequence}, std::move(payload));
        bytes_ += bytes;
        keys_ += is_new;
    }

    template <class F>
    void find(const key_view& key, lsm::sequence_number at, F&& f) const {
        for (auto here = versions_.lower_bound(place{key, at}); is_of(here, key); ++here)
            if (!f(here->first.sequence, here->second)) return;
    }

    [[nodiscard]] std::size_t entries() const noexcept { return keys_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] cursor_type cursor(lsm::direction way) const { return {*this, way}; }

private:
    using position = typename map::const_iterator;
    static constexpr std::size_t node_bytes = sizeof(typename map::value_type) + 4 * sizeof(void*);

    [[nodiscard]] position newest(const key_view& key) const {
        return versions_.lower_bound(place{key, lsm::max_sequence});
    }
    [[nodiscard]] bool holds(const key_view& key) const { return is_of(newest(key), key); }
    [[nodiscard]] bool is_of(position here, const key_view& key) const {
        return here != versions_.end() && lsm::compare<key_view>(here->first.view(), key) == 0;
    }

    map versions_;
    std::size_t keys_ = 0;
    std::size_t bytes_ = 0;
};
//! [memtable]

//! [cursor]
template <class Key, class Payload>
class version_map_memtable::memtable<Key, Payload>::cursor_type {
public:
    cursor_type(const memtable& table, lsm::direction way)
        : table_(&table), way_(way), at_(table.versions_.end()) {}

    void seek_first() {
        if (way_ == lsm::direction::forward)
            at_ = table_->versions_.begin();
        else
            stand_before(table_->versions_.end());
    }
    void seek(const key_view& key) {
        if (way_ == lsm::direction::forward)
            at_ = table_->newest(key);
        else
            stand_before(table_->versions_.upper_bound(place{key, lsm::no_sequence}));
    }
    /// Versions of one key come newest first, also where the keys come last key first.
    void next() {
        const auto& key = at_->first;
        const auto after = std::next(at_);
        if (way_ == lsm::direction::forward || table_->is_of(after, key.view()))
            at_ = after;
        else
            stand_before(table_->newest(key.view()));
    }

    [[nodiscard]] bool valid() const { return at_ != table_->versions_.end(); }
    [[nodiscard]] const Key& key() const { return at_->first.key; }
    [[nodiscard]] lsm::sequence_number sequence() const { return at_->first.sequence; }
    [[nodiscard]] const Payload& payload() const { return at_->second; }

private:
    void stand_before(position end) {
        if (end == table_->versions_.begin())
            at_ = table_->versions_.end();
        else
            at_ = table_->newest(std::prev(end)->first.view());
    }

    const memtable* table_;
    lsm::direction way_;
    position at_;
};
//! [cursor]

int main() {
    //! [laws]
    std::vector<std::string> keys;
    for (int i = 0; i < 40; ++i) keys.push_back("key" + std::to_string(i));
    lsm::testing::check_memtable(version_map_memtable{}, keys, std::vector{1, 2, 3}, 1);
    lsm::testing::check_memtable_failures(version_map_memtable{});
    std::cout << "the memtable keeps its laws\n";
    //! [laws]

    //! [tree]
    lsm::lsm_tree<std::string, int, version_map_memtable> tree("counts",
                                                               {.memtable = {.max_entries = 4}});
    for (const char* word : {"to", "be", "or", "not", "to", "be"})
        tree.put(word, tree.get(word).value_or(0) + 1);
    for (auto [word, count] : tree.scan()) std::cout << word << ": " << count << '\n';
    std::cout << tree.stats().tables.size() << " table, " << tree.stats().memtable_entries
              << " keys in the memtable\n";
    //! [tree]
}
