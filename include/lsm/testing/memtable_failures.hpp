// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>
#include <lsm/memtable/memtable.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/throwing.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lsm::testing {

namespace detail {

/// One insert into a small memtable that fails at one call.
template <class Policy, class Key>
class memtable_failure_check {
    struct entry {
        int key;
        sequence_number sequence;
        int value;
        friend bool operator==(const entry&, const entry&) = default;
    };

public:
    /// @param keys how many keys the memtable holds before: the multiples of 10 from 10 on
    memtable_failure_check(const Policy& policy, int keys) : table_(policy) {
        for (int version = 0; version < 2; ++version)
            for (int key = 1; key <= keys; ++key) insert(Key(10 * key), Key(100 * key + version));
    }

    /// Inserts @p key so that the n-th call fails.
    /// @returns whether it was reached
    bool fails(int key, std::uint64_t n) {
        auto held = table_.cursor(direction::forward);
        held.seek_first();
        const std::vector<entry> before = contents(direction::forward);
        const std::vector<entry> before_backward = contents(direction::backward);
        const std::size_t entries = table_.entries();
        const std::size_t bytes = table_.bytes();

        const bool failed = insert_fails(key, n);
        require(!failed || (table_.entries() == entries && table_.bytes() == bytes &&
                            contents(direction::forward) == before &&
                            contents(direction::backward) == before_backward),
                "a failed insert changes nothing");
        if (failed) insert(Key(key), Key(-key));
        check_inserted(key);
        require(rest(held) >= entries, "a cursor goes on after a failed insert");
        return failed;
    }

private:
    void insert(Key key, Key value) {
        const sequence_number floor = last_;  // so that what is hidden may be forgotten at once
        table_.insert(std::move(key), ++last_, payload<Key>(std::move(value)), floor);
    }
    bool insert_fails(int number, std::uint64_t n) {
        Key key(number);
        Key value(-number);
        const sequence_number before = last_;
        try {
            const fail_at_call armed(n);
            insert(std::move(key), std::move(value));
            return false;
        } catch (const injected_failure&) {
            last_ = before;
            return true;
        }
    }
    void check_inserted(int number) {
        bool found = false;
        table_.find(Key(number), max_sequence,
                    [&](sequence_number sequence, const payload<Key>& shown) {
                        found = sequence == last_ && shown.value().number() == -number;
                        return false;
                    });
        require(found, "an insert that does not fail happens, also after one that failed");
    }
    std::vector<entry> contents(direction way) {
        std::vector<entry> all;
        auto cursor = table_.cursor(way);
        for (cursor.seek_first(); cursor.valid(); cursor.next())
            all.push_back(
                {cursor.key().number(), cursor.sequence(), cursor.payload().value().number()});
        return all;
    }
    static std::size_t rest(auto& cursor) {
        std::size_t count = 0;
        for (; cursor.valid(); cursor.next()) ++count;
        return count;
    }

    typename Policy::template memtable<Key, payload<Key>> table_;
    sequence_number last_ = no_sequence;
};

/// Makes every insert of a key before, among, at and behind the others fail at every call.
template <class Key, class Policy>
void check_each_failure(const Policy& policy, int most_keys) {
    for (int keys = 0; keys <= most_keys; ++keys)
        for (const int key : {5, 10, 10 * keys / 2 + 3, 10 * keys, 10 * keys + 5})
            for (std::uint64_t n = 1;; ++n)
                if (!memtable_failure_check<Policy, Key>(policy, keys).fails(key, n)) break;
}

}  // namespace detail

/// Checks that an insert either happens or changes nothing: each comparison, copy and encoding that
/// it makes fails once, for keys and payloads whose moves may fail too, and for such whose moves do
/// not. Included with `<lsm/testing/memtable_laws.hpp>`.
/// @param most_keys into a memtable of no keys, of one, and so on up to this number; enough for what it
///        is made of to grow
/// @throws law_broken naming the law
template <class Policy>
void check_memtable_failures(const Policy& policy, int most_keys = 12) {
    detail::check_each_failure<throwing_key<throwing_moves::no>>(policy, most_keys);
    detail::check_each_failure<throwing_key<throwing_moves::yes>>(policy, most_keys);
}

}  // namespace lsm::testing
