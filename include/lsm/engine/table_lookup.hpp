// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/engine/block_search.hpp>
#include <lsm/engine/read_guard.hpp>
#include <lsm/engine/table.hpp>

#include <cstddef>
#include <cstdint>

namespace lsm::engine {

/// One of several lookups that go through a run side by side, a step at a time.
template <class Key, class Value>
class table_lookup {
public:
    /// @param asked_as its number among those that were asked for
    table_lookup(const sought_key<Key>& of, std::size_t asked_as)
        : key_(&of.view), hash_(of.hash), number_(asked_as) {}

    [[nodiscard]] const typename sought_key<Key>::view_type& key() const noexcept { return *key_; }
    [[nodiscard]] std::size_t number() const noexcept { return number_; }

    void begin(const table<Key, Value>* in) noexcept {
        in_ = in;
        if (in_) in_->index().filter.expect(hash_);
    }
    void choose_block() {
        if (!in_) return;
        const auto candidate = in_->index().candidate(*key_, hash_);
        block_ = candidate.value_or(0);
        if (candidate)
            in_->expect_home(block_);
        else
            in_ = nullptr;
    }
    /// Asks for the block, from the medium while @p reads stands aside.
    void expect_block(read_guard& reads) const {
        if (!in_) return;
        in_->expect_block(block_);
        if (!in_->is_resident(block_)) reads.aside([&] { in_->expect_fetch(block_); });
    }
    void expect_keys() const {
        if (in_) in_->expect_keys(block_, *key_);
    }
    /// @returns whether to look further
    template <class F>
    bool find(sequence_number at, read_guard& reads, F&& f) const {
        return !in_ || in_->find_from(block_, *key_, at, lookup_manner::in_group, reads, f);
    }

private:
    const typename sought_key<Key>::view_type* key_;
    std::uint64_t hash_;
    std::size_t number_;
    const table<Key, Value>* in_ = nullptr;  // null where the run does not hold it
    std::size_t block_ = 0;
};

}  // namespace lsm::engine
