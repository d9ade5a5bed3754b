// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/recovery_report.hpp>
#include <lsm/core/statistics.hpp>
#include <lsm/core/window.hpp>
#include <lsm/write_batch.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm::testing {

/// A tree of any policies, so that a test's logic is compiled once for a key and a value, and each
/// combination of policies costs one adapter: `erased`. Slower than the tree; otherwise the same.
template <class Key, class Value>
class any_tree {
public:
    using entries = std::vector<std::pair<Key, Value>>;
    /// Reads, again each time, what the tree shows in place.
    using look = std::function<Value()>;

    /// What a tree was at one moment.
    class snapshot {
    public:
        snapshot() = default;
        snapshot(const snapshot&) = delete;
        snapshot& operator=(const snapshot&) = delete;
        virtual ~snapshot() = default;
        [[nodiscard]] virtual std::optional<Value> get(const Key& key) const = 0;
        [[nodiscard]] virtual bool contains(const Key& key) const = 0;
        [[nodiscard]] virtual entries scan(key_range<Key> range, direction way) const = 0;
    };

    any_tree() = default;
    any_tree(const any_tree&) = delete;
    any_tree& operator=(const any_tree&) = delete;
    virtual ~any_tree() = default;

    virtual void put(Key key, Value value) = 0;
    virtual void erase(Key key) = 0;
    virtual void write(basic_write_batch<Key, Value> batch) = 0;
    virtual void write(basic_write_batch<Key, Value> batch, durability level) = 0;
    virtual void ingest(const std::map<Key, Value>& sorted) = 0;
    virtual void sync() = 0;
    virtual void resume() = 0;

    [[nodiscard]] virtual std::optional<Value> get(const Key& key) const = 0;
    [[nodiscard]] virtual bool contains(const Key& key) const = 0;
    /// Calls `f(look)` with the value in place, if there is one. @returns whether there is
    virtual bool visit(const Key& key, const std::function<void(const look&)>& f) const = 0;
    [[nodiscard]] virtual std::vector<std::optional<Value>>
    multi_get(const std::vector<Key>& keys) const = 0;
    [[nodiscard]] virtual entries scan(key_range<Key> range, direction way) const = 0;
    /// Calls `f(key, look)` for each entry of a scan, until it returns false.
    virtual void walk(key_range<Key> range, direction way,
                      const std::function<bool(const Key&, const look&)>& f) const = 0;
    /// Makes a view now. @returns what reads it, as often as it is called, until it is destroyed
    [[nodiscard]] virtual std::function<entries()> view(key_range<Key> range,
                                                        direction way) const = 0;
    [[nodiscard]] virtual std::unique_ptr<snapshot> take_snapshot() const = 0;

    virtual void flush() = 0;
    virtual void compact() = 0;
    virtual bool maintain() = 0;
    virtual void close() = 0;
    /// Closes it, and opens it again where it was. @pre nothing reads it
    virtual void reopen() = 0;
    [[nodiscard]] virtual statistics stats() const = 0;
    /// What the last opening found.
    [[nodiscard]] virtual recovery_report recovered() const = 0;
};

/// Makes an `any_tree` of a tree.
template <class Tree>
class erased final : public any_tree<typename Tree::key_type, typename Tree::mapped_type> {
    using Key = typename Tree::key_type;
    using Value = typename Tree::mapped_type;
    using base = any_tree<Key, Value>;
    using entries = typename base::entries;
    using look = typename base::look;

public:
    explicit erased(typename Tree::location where, typename Tree::options settings = {})
        : where_(std::move(where)), settings_(std::move(settings)), tree_(Tree(where_, settings_)) {
    }

    void put(Key key, Value value) override { tree_->put(std::move(key), std::move(value)); }
    void erase(Key key) override { tree_->erase(std::move(key)); }
    void write(basic_write_batch<Key, Value> batch) override { tree_->write(std::move(batch)); }
    void write(basic_write_batch<Key, Value> batch, durability level) override {
        tree_->write(std::move(batch), level);
    }
    void ingest(const std::map<Key, Value>& sorted) override { tree_->ingest(sorted); }
    void sync() override { tree_->sync(); }
    void resume() override { tree_->resume(); }

    [[nodiscard]] std::optional<Value> get(const Key& key) const override {
        return tree_->get(codec<Key>::as_view(key));
    }
    [[nodiscard]] bool contains(const Key& key) const override {
        return tree_->contains(codec<Key>::as_view(key));
    }
    bool visit(const Key& key, const std::function<void(const look&)>& f) const override {
        return tree_->visit(codec<Key>::as_view(key), [&](const auto& value) {
            f([&] { return codec<Value>::own(value); });
        });
    }
    [[nodiscard]] std::vector<std::optional<Value>>
    multi_get(const std::vector<Key>& keys) const override {
        return tree_->multi_get(keys);
    }
    [[nodiscard]] entries scan(key_range<Key> range, direction way) const override {
        return read(turned(tree_->scan(std::move(range)), way));
    }
    void walk(key_range<Key> range, direction way,
              const std::function<bool(const Key&, const look&)>& f) const override {
        for (const auto& shown : turned(tree_->scan(std::move(range)), way))
            if (!f(codec<Key>::own(shown.key()), [&] { return codec<Value>::own(shown.value()); }))
                return;
    }
    [[nodiscard]] std::function<entries()> view(key_range<Key> range,
                                                direction way) const override {
        return [made = turned(tree_->scan(std::move(range)), way)] { return read(made); };
    }
    [[nodiscard]] std::unique_ptr<typename base::snapshot> take_snapshot() const override {
        return std::make_unique<erased_snapshot>(tree_->snapshot());
    }

    void flush() override { tree_->flush(); }
    void compact() override { tree_->compact(); }
    bool maintain() override { return tree_->maintain(); }
    void close() override { tree_->close(); }
    void reopen() override {
        if (tree_) tree_->close();
        tree_.reset();
        tree_.emplace(where_, settings_);
    }
    [[nodiscard]] statistics stats() const override { return tree_->stats(); }
    [[nodiscard]] recovery_report recovered() const override { return tree_->recovered(); }

private:
    class erased_snapshot final : public base::snapshot {
    public:
        explicit erased_snapshot(typename Tree::snapshot_type taken) : taken_(std::move(taken)) {}
        [[nodiscard]] std::optional<Value> get(const Key& key) const override {
            return taken_.get(codec<Key>::as_view(key));
        }
        [[nodiscard]] bool contains(const Key& key) const override {
            return taken_.contains(codec<Key>::as_view(key));
        }
        [[nodiscard]] entries scan(key_range<Key> range, direction way) const override {
            return read(turned(taken_.scan(std::move(range)), way));
        }

    private:
        typename Tree::snapshot_type taken_;
    };

    static typename Tree::scan_type turned(const typename Tree::scan_type& view, direction way) {
        return way == direction::forward ? view : view.reversed();
    }
    static entries read(const typename Tree::scan_type& view) {
        entries all;
        for (const auto& shown : view)
            all.emplace_back(codec<Key>::own(shown.key()), codec<Value>::own(shown.value()));
        return all;
    }

    typename Tree::location where_;
    typename Tree::options settings_;
    std::optional<Tree> tree_;
};

}  // namespace lsm::testing
