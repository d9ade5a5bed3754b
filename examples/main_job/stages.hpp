// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "verify.hpp"

#include <lsm/lsm.hpp>

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// The entries of a map in an order that is neither the keys' nor another one's next time.
template <class Key, class Value>
std::vector<std::pair<Key, Value>> shuffled(const std::map<Key, Value>& entries) {
    std::vector<std::pair<Key, Value>> result(entries.begin(), entries.end());
    std::shuffle(result.begin(), result.end(), std::mt19937(1));
    return result;
}

/// Takes a tree through its life beside a map of the same entries, and compares the two at each
/// stage: load, overwrite, erase, snapshot, flush, compact, close, reopen.
template <class Tree>
class life {
    using Key = typename Tree::key_type;
    using Value = typename Tree::mapped_type;

public:
    using model = std::map<Key, Value>;

    life(typename Tree::location where, model entries)
        : where_(std::move(where)), expected_(std::move(entries)), tree_(where_) {
        for (auto& [key, value] : shuffled(expected_)) tree_.put(std::move(key), std::move(value));
        check("loaded");
    }

    [[nodiscard]] const Tree& tree() const { return tree_; }
    [[nodiscard]] const model& expected() const { return expected_; }

    /// Changes, in one batch, every value for which `change(key, value)` returns true, and erases
    /// every key for which `goes(key, value)` does. A snapshot from before sees none of it.
    template <class Change, class Goes>
    void edit(Change change, Goes goes) {
        const model before = expected_;
        const auto snapshot = tree_.snapshot();
        typename Tree::write_batch batch;
        for (auto& [key, value] : expected_)
            if (change(key, value)) batch.put(key, value);
        const std::size_t changed = batch.size();
        std::vector<Key> gone;
        for (auto at = expected_.begin(); at != expected_.end();) {
            if (!goes(at->first, at->second)) {
                ++at;
                continue;
            }
            batch.erase(at->first);
            gone.push_back(at->first);
            at = expected_.erase(at);
        }
        tree_.write(std::move(batch));
        std::cout << "  " << changed << " changed, " << gone.size() << " erased\n";
        check("edited");
        verify_absent("edited", tree_, expected_, gone);
        verify("the snapshot from before", snapshot, before);
        gone_ = std::move(gone);
    }

    void flush_and_compact() {
        tree_.flush();
        check("flushed");
        tree_.compact();
        check("compacted");
        expect_equal("entries in tables once compacted", tree_.stats().table_entries(),
                     expected_.size());
    }

    void reopen() {
        tree_.close();
        tree_ = Tree(where_);
        check("reopened");
        verify_absent("reopened", tree_, expected_, gone_);
    }

private:
    void check(const std::string& stage) {
        verify(stage, tree_, expected_);
        const lsm::statistics now = tree_.stats();
        std::cout << "  " << std::left << std::setw(10) << stage << std::right << std::setw(7)
                  << expected_.size() << " keys as expected; " << now.tables.size() << " tables, "
                  << now.table_entries() << " entries, " << now.table_bytes() / 1024 << " KiB; "
                  << now.memtable_entries << " keys in memory\n";
    }

    typename Tree::location where_;
    model expected_;
    Tree tree_;
    std::vector<Key> gone_;
};
