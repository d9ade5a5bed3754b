// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/memtable.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/memtable_failures.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm::testing {

namespace detail {

/// What a memtable should hold: each key's versions, oldest first, and the greatest floor so far.
/// Keys are known by their rank in the order, values by their index among the samples.
class memtable_model {
public:
    struct version {
        sequence_number sequence;
        std::optional<std::size_t> value;  ///< none: a tombstone
    };
    /// One version: the key's rank, and the version's index among the key's, counted from the oldest.
    struct position {
        std::size_t rank;
        std::size_t index;
    };

    explicit memtable_model(std::size_t keys) : versions_(keys) {}

    void insert(std::size_t rank, version added, sequence_number floor) {
        versions_[rank].push_back(added);
        floor_ = (std::max)(floor_, floor);
    }

    [[nodiscard]] sequence_number floor() const noexcept { return floor_; }
    [[nodiscard]] std::size_t keys() const noexcept { return versions_.size(); }
    [[nodiscard]] std::size_t entries() const {
        return keys() - static_cast<std::size_t>(std::ranges::count_if(
                            versions_, [](const auto& of_key) { return of_key.empty(); }));
    }
    [[nodiscard]] const version& at(position p) const { return versions_[p.rank][p.index]; }

    /// Whether a version must be there: no newer one that is not above the floor hides it.
    [[nodiscard]] bool needed(position p) const {
        const std::vector<version>& of_key = versions_[p.rank];
        return p.index + 1 == of_key.size() || of_key[p.index + 1].sequence > floor_;
    }
    /// The newest version, not newer than @p at, of a key.
    [[nodiscard]] std::optional<position> newest(std::size_t rank, sequence_number at) const {
        for (std::size_t index = versions_[rank].size(); index-- > 0;)
            if (versions_[rank][index].sequence <= at) return position{rank, index};
        return std::nullopt;
    }
    [[nodiscard]] std::optional<position> older(position p) const {
        if (p.index == 0) return std::nullopt;
        return position{p.rank, p.index - 1};
    }
    /// The newest version of the first key that is not before @p rank in a direction.
    [[nodiscard]] std::optional<position> first_from(std::size_t rank, direction way) const {
        // A rank below zero wraps round, and ends the loop as one above the last does.
        for (; rank < keys(); rank = way == direction::forward ? rank + 1 : rank - 1)
            if (const auto found = newest(rank, max_sequence)) return found;
        return std::nullopt;
    }
    [[nodiscard]] std::optional<position> first(direction way) const {
        return first_from(way == direction::forward ? 0 : keys() - 1, way);
    }
    [[nodiscard]] std::optional<position> next(position p, direction way) const {
        if (const auto found = older(p)) return found;
        return first_from(way == direction::forward ? p.rank + 1 : p.rank - 1, way);
    }

private:
    std::vector<std::vector<version>> versions_;
    sequence_number floor_ = no_sequence;
};

/// An object of its own, also of a type that cannot be copied.
template <class T>
[[nodiscard]] T copy_of(const T& object) {
    if constexpr (std::is_copy_constructible_v<T>) {
        return object;
    } else {
        byte_buffer bytes;
        encode<T>(bytes, codec<T>::as_view(object));
        return decode<T>(bytes);
    }
}

/// The samples a check draws from: distinct keys in order, and values.
template <class Key, class Value>
struct memtable_samples {
    std::vector<Key> keys;
    std::vector<Value> values;

    memtable_samples(std::vector<Key> some_keys, std::vector<Value> some_values)
        : keys(std::move(some_keys)), values(std::move(some_values)) {
        const key_less<Key> less;
        std::sort(keys.begin(), keys.end(), less);
        const auto same = [&](const Key& a, const Key& b) { return !less(a, b); };
        keys.erase(std::unique(keys.begin(), keys.end(), same), keys.end());
    }

    [[nodiscard]] payload<Value> make(std::optional<std::size_t> value) const {
        return value ? payload<Value>(copy_of(values[*value])) : payload<Value>::tombstone();
    }
    [[nodiscard]] bool is(std::optional<std::size_t> value, const payload<Value>& shown) const {
        if (!value) return shown.kind() == payload_kind::tombstone;
        return shown.kind() == payload_kind::value &&
               bytes_of(shown.value()) == bytes_of(values[*value]);
    }

private:
    static byte_buffer bytes_of(const Value& value) {
        byte_buffer bytes;
        encode<Value>(bytes, codec<Value>::as_view(value));
        return bytes;
    }
};

/// One memtable and its model, driven by random inserts.
template <class Policy, class Key, class Value>
class memtable_check {
public:
    memtable_check(const Policy& policy, const memtable_samples<Key, Value>& samples,
                   std::uint64_t seed)
        : samples_(samples), table_(policy), model_(samples.keys.size()), random_(seed),
          forgets_(seed % 2 == 1) {}

    void run() {
        check_all();
        for (const sequence_number goal = 4 * samples_.keys.size(); last_ < goal;) {
            insert_some(8);
            check_held_cursor();
            if (pick(4) == 0) check_all();
        }
        check_all();
    }

private:
    using position = memtable_model::position;
    using table_type = typename Policy::template memtable<Key, payload<Value>>;
    struct shown_entry {
        const Key* key;
        const payload<Value>* content;
        position at;
    };

    std::size_t pick(std::uint64_t below) { return static_cast<std::size_t>(random_() % below); }
    direction pick_direction() { return pick(2) == 0 ? direction::forward : direction::backward; }

    void insert_some(std::size_t at_most) {
        for (std::size_t n = pick(at_most + 1); n > 0; --n) insert_one();
    }

    /// Floors rise now and then, but not while a cursor is held that its reader has announced.
    void insert_one() {
        const std::size_t rank = pick(samples_.keys.size());
        std::optional<std::size_t> value = pick(samples_.values.size() + 1);
        if (*value == samples_.values.size()) value.reset();
        sequence_number floor = model_.floor() - pick(2) * pick(model_.floor() + 1);
        if (forgets_ && !held_ && pick(4) == 0) floor += pick(last_ - floor + 1);

        const std::size_t bytes = table_.bytes();
        last_ += 1 + pick(3);
        table_.insert(copy_of(samples_.keys[rank]), last_, samples_.make(value), floor);
        model_.insert(rank, {last_, value}, floor);
        ++inserted_;

        require_count();
        require(table_.bytes() > 0, "bytes() is not zero once something is held");
        require(forgets_ || table_.bytes() > bytes, "bytes() grows with what is inserted");
    }

    void check_all() {
        require_count();
        for (std::size_t rank = 0; rank < samples_.keys.size(); ++rank) check_find(rank);
        check_scans(direction::forward);
        check_scans(direction::backward);
    }

    void require_count() {
        if constexpr (memtable_counts_versions<table_type>)
            require(table_.entries() == inserted_, "entries() counts the versions");
        else
            require(table_.entries() == model_.entries(), "entries() counts the keys");
    }

    void check_find(std::size_t rank) {
        check_find_at(rank, max_sequence);
        check_find_at(rank, no_sequence);
        for (sequence_number at : {last_, model_.floor(), sequence_number{pick(last_ + 1)}})
            check_find_at(rank, at);
    }

    void check_find_at(std::size_t rank, sequence_number at) {
        auto next = model_.newest(rank, at);
        std::size_t fed = 0;
        find(rank, at, [&](sequence_number sequence, const payload<Value>& shown) {
            ++fed;
            while (next && model_.at(*next).sequence != sequence) skip(next);
            require(next.has_value(),
                    "find feeds what was inserted and is not newer than asked, newest first");
            require(samples_.is(model_.at(*next).value, shown),
                    "find feeds each version's own payload");
            next = model_.older(*next);
            return true;
        });
        while (next) skip(next);
        if (fed > 0) check_find_stops(rank, at, 1 + pick(fed));
    }
    void skip(std::optional<position>& at) {
        require(!model_.needed(*at), "find feeds every version that the floor does not hide");
        at = model_.older(*at);
    }
    void check_find_stops(std::size_t rank, sequence_number at, std::size_t wanted) {
        std::size_t fed = 0;
        find(rank, at, [&](sequence_number, const payload<Value>&) { return ++fed != wanted; });
        require(fed == wanted, "find stops when it is told to");
    }
    template <class F>
    void find(std::size_t rank, sequence_number at, F f) {
        table_.find(codec<Key>::as_view(samples_.keys[rank]), at, f);
    }

    /// One cursor for all scans, so that it is also sought while it stands somewhere, and at the end.
    void check_scans(direction way) {
        auto cursor = table_.cursor(way);
        require(!cursor.valid(), "a cursor is not valid before it was sought");
        cursor.seek_first();
        check_rest(cursor, model_.first(way), way, static_cast<std::size_t>(-1));
        for (std::size_t rank = 0; rank < samples_.keys.size(); ++rank) {
            cursor.seek(codec<Key>::as_view(samples_.keys[rank]));
            check_rest(cursor, model_.first_from(rank, way), way, pick(8));
        }
    }
    void check_rest(auto& cursor, std::optional<position> expected, direction way,
                    std::size_t steps) {
        auto here = follow(cursor, expected, way, max_sequence);
        for (; here && steps > 0; --steps) {
            cursor.next();
            here = follow(cursor, model_.next(*here, way), way, max_sequence);
        }
    }

    /// Checks that a cursor shows the next entry from @p expected on: at the latest the first one
    /// that is needed and not newer than @p since.
    /// @returns which it shows
    std::optional<position> follow(const auto& cursor, std::optional<position> expected,
                                   direction way, sequence_number since) {
        for (; expected; expected = model_.next(*expected, way)) {
            if (cursor.valid() && shows(cursor, *expected)) return expected;
            require(!model_.needed(*expected) || model_.at(*expected).sequence > since,
                    "a cursor shows every version that was there and that the floor does not hide");
        }
        require(!cursor.valid(), "a cursor shows only what was inserted, keys in its direction and "
                                 "each key's newest version first");
        return std::nullopt;
    }
    bool shows(const auto& cursor, position expected) {
        const Key& key = samples_.keys[expected.rank];
        if (compare(codec<Key>::as_view(cursor.key()), codec<Key>::as_view(key)) != 0) return false;
        if (cursor.sequence() != model_.at(expected).sequence) return false;
        require(samples_.is(model_.at(expected).value, cursor.payload()),
                "a cursor shows each version's own payload");
        return true;
    }

    /// Walks a cursor while others insert, so that each of its steps comes after some change.
    void check_held_cursor() {
        const direction way = pick_direction();
        const sequence_number since = last_;
        const sequence_number insert_until = last_ + 30;
        held_ = true;
        auto cursor = table_.cursor(way);
        insert_some(4);
        std::vector<shown_entry> seen;
        auto here = start(cursor, way, since);
        while (here) {
            if constexpr (memtable_entries_stay<table_type>)
                seen.push_back({&cursor.key(), &cursor.payload(), *here});
            // Of what the floor hides already, the memtable may take away what is shown.
            if (model_.needed(*here) && last_ < insert_until) check_insert_under(cursor, *here);
            cursor.next();
            here = follow(cursor, model_.next(*here, way), way, since);
        }
        for (const shown_entry& each : seen) check_stayed(each);
        held_ = false;
    }
    void check_stayed(const shown_entry& each) {
        const Key& key = samples_.keys[each.at.rank];
        require(compare(codec<Key>::as_view(*each.key), codec<Key>::as_view(key)) == 0 &&
                    samples_.is(model_.at(each.at).value, *each.content),
                "where entries stay, what a cursor has shown is valid after it has moved on");
    }
    std::optional<position> start(auto& cursor, direction way, sequence_number since) {
        if (pick(2) == 0) {
            cursor.seek_first();
            return follow(cursor, model_.first(way), way, since);
        }
        const std::size_t rank = pick(samples_.keys.size());
        cursor.seek(codec<Key>::as_view(samples_.keys[rank]));
        return follow(cursor, model_.first_from(rank, way), way, since);
    }
    void check_insert_under(auto& cursor, position here) {
        const Key& key = cursor.key();
        const payload<Value>& content = cursor.payload();
        insert_some(6);
        require(cursor.valid() && &key == &cursor.key() && &content == &cursor.payload() &&
                    shows(cursor, here),
                "what a cursor shows stays valid and unchanged until the cursor moves");
    }

    const memtable_samples<Key, Value>& samples_;
    table_type table_;
    memtable_model model_;
    std::mt19937_64 random_;
    bool forgets_;  ///< whether floors above zero are announced
    bool held_ = false;
    sequence_number last_ = no_sequence;  ///< the newest that was inserted
    std::size_t inserted_ = 0;
};

}  // namespace detail

/// Checks the laws of `lsm::memtable` on a policy's memtable, by random histories that run in step
/// with a model: what `find` feeds, what cursors show in either direction, that what they show stays
/// while others insert, that nothing is lost which the floor does not hide, and the sizes.
///
/// @param keys, values some to draw from; more than 30 distinct keys let containers grow under a
///        cursor. Values that cannot be copied are made anew by their codec.
/// @param seed decides the histories; equal seeds give equal ones
/// @throws law_broken naming the law
template <class Policy, class Key, class Value>
void check_memtable(const Policy& policy, std::vector<Key> keys, std::vector<Value> values,
                    std::uint64_t seed) {
    static_assert(
        memtable<typename Policy::template memtable<Key, payload<Value>>, Key, payload<Value>>,
        "lsm: the policy's nested memtable is not an lsm::memtable: see what it asks for "
        "in <lsm/memtable/memtable.hpp>");
    require(!keys.empty() && !values.empty(), "the check is given keys and values to draw from");
    const detail::memtable_samples<Key, Value> samples(std::move(keys), std::move(values));
    for (std::uint64_t round = 0; round < 8; ++round)
        detail::memtable_check<Policy, Key, Value>(policy, samples, 8 * seed + round).run();
}

}  // namespace lsm::testing
