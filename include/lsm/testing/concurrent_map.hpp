// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/key_range.hpp>
#include <lsm/core/window.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/history_log.hpp>
#include <lsm/write_batch.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace lsm::testing {

/// A map of numbers that several threads use at once: what `concurrent_run` needs of it.
class concurrent_map {
public:
    using number = history_number;
    /// Shows the entries from one key to another, both included, at the moment when it was made.
    using snapshot = std::function<history_entries(number first, number last)>;

    concurrent_map() = default;
    concurrent_map(const concurrent_map&) = delete;
    concurrent_map& operator=(const concurrent_map&) = delete;
    virtual ~concurrent_map() = default;

    /// All steps at one moment, or none.
    virtual void write(std::span<const recorded_step> steps) = 0;
    [[nodiscard]] virtual std::optional<number> get(number key) const = 0;
    /// The entries from `first` to `last`, both included, in the order of their keys.
    [[nodiscard]] virtual history_entries scan(number first, number last) const = 0;
    [[nodiscard]] virtual snapshot take_snapshot() const = 0;

    /// @name Other ways to say the same, for maps that have them
    /// @{
    [[nodiscard]] virtual std::optional<number> visit(number key) const { return get(key); }
    [[nodiscard]] virtual std::vector<std::optional<number>>
    multi_get(std::span<const number> keys) const {
        std::vector<std::optional<number>> values;
        const snapshot now = take_snapshot();
        for (const number key : keys) {
            const history_entries found = now(key, key);
            values.push_back(found.empty() ? std::nullopt : std::optional(found.front().second));
        }
        return values;
    }
    [[nodiscard]] virtual history_entries scan_backward(number first, number last) const {
        return scan(first, last);
    }
    /// Makes a view now, which is read later.
    [[nodiscard]] virtual std::function<history_entries()> view(number first, number last) const {
        return [=, now = take_snapshot()] { return now(first, last); };
    }
    /// @}

    /// Does something that no read notices: a flush, a compaction.
    virtual void maintain(std::mt19937_64&) {}
};

/// How a tree's keys and values are numbered.
template <class Key, class Value>
struct numbering {
    std::vector<Key> keys;                               ///< in order: key number i is `keys[i]`
    std::function<Value(history_number)> value_of;       ///< another one for each number
    std::function<history_number(const Value&)> number;  ///< and back
};

/// A tree as a `concurrent_map`. It adds no lock: the tree must be one that threads may share.
template <class Key, class Value>
class concurrent_tree final : public concurrent_map {
    using tree_type = any_tree<Key, Value>;

public:
    /// @param on has only keys of the numbering
    concurrent_tree(tree_type& on, numbering<Key, Value> numbers)
        : tree_(on), numbers_(std::move(numbers)) {}

    void write(std::span<const recorded_step> steps) override {
        if (steps.size() == 1) return write_one(steps.front());
        basic_write_batch<Key, Value> batch;
        for (const auto& [key, value] : steps)
            value ? batch.put(key_of(key), numbers_.value_of(*value)) : batch.erase(key_of(key));
        tree_.write(std::move(batch));
    }
    [[nodiscard]] std::optional<number> get(number key) const override {
        return number_of(tree_.get(key_of(key)));
    }
    [[nodiscard]] std::optional<number> visit(number key) const override {
        std::optional<number> seen;
        tree_.visit(key_of(key), [&](const auto& look) { seen = numbers_.number(look()); });
        return seen;
    }
    [[nodiscard]] std::vector<std::optional<number>>
    multi_get(std::span<const number> keys) const override {
        std::vector<Key> wanted;
        for (const number key : keys) wanted.push_back(key_of(key));
        std::vector<std::optional<number>> values;
        for (const auto& value : tree_.multi_get(wanted)) values.push_back(number_of(value));
        return values;
    }
    [[nodiscard]] history_entries scan(number first, number last) const override {
        return numbered(tree_.scan(range(first, last), direction::forward));
    }
    [[nodiscard]] history_entries scan_backward(number first, number last) const override {
        history_entries found = numbered(tree_.scan(range(first, last), direction::backward));
        std::ranges::reverse(found);
        return found;
    }
    [[nodiscard]] snapshot take_snapshot() const override {
        return [this, taken = std::shared_ptr<typename tree_type::snapshot>(tree_.take_snapshot())](
                   number first, number last) {
            return numbered(taken->scan(range(first, last), direction::forward));
        };
    }
    [[nodiscard]] std::function<history_entries()> view(number first, number last) const override {
        return [this, made = tree_.view(range(first, last), direction::forward)] {
            return numbered(made());
        };
    }
    /// Mostly a slice of maintenance, now and then a flush, seldom a compaction.
    void maintain(std::mt19937_64& random) override {
        const auto choice = random() % 16;
        if (choice == 0) return tree_.compact();
        if (choice < 4) return tree_.flush();
        (void)tree_.maintain();
    }

private:
    void write_one(const recorded_step& step) {
        if (step.value)
            tree_.put(key_of(step.key), numbers_.value_of(*step.value));
        else
            tree_.erase(key_of(step.key));
    }
    [[nodiscard]] const Key& key_of(number key) const {
        return numbers_.keys.at(static_cast<std::size_t>(key));
    }
    [[nodiscard]] key_range<Key> range(number first, number last) const {
        return closed(key_of(first), key_of(last));
    }
    [[nodiscard]] std::optional<number> number_of(const std::optional<Value>& value) const {
        return value ? std::optional(numbers_.number(*value)) : std::nullopt;
    }
    /// A key that is none of ours gets a number that nobody writes.
    [[nodiscard]] history_entries numbered(const typename tree_type::entries& found) const {
        history_entries all;
        for (const auto& [key, value] : found) {
            const auto at = std::ranges::find_if(
                numbers_.keys, [&](const Key& each) { return !(each < key) && !(key < each); });
            all.emplace_back(static_cast<number>(at - numbers_.keys.begin()),
                             numbers_.number(value));
        }
        return all;
    }

    tree_type& tree_;
    numbering<Key, Value> numbers_;
};

}  // namespace lsm::testing
