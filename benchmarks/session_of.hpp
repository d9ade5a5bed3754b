// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "engine.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

/// @file
/// Makes a session of a store, a class template over a shape:
///
///     explicit Store(const opening&)
///     class Store::worker                a thread's access, made from the store
///     void drain(), compact()
///     std::string settings()
///
/// and a worker, where `see` is called with the engine's own views, not with copies:
///
///     put(key, value), erase(key)
///     put_all(keys, values)              in one batch
///     bool get(key, see)                 see(value)
///     get_all(keys, see)                 see(index, value)
///     walk(key or null, forward, see)    see(key, value), until it returns false
///     load(count, entry)                 entry(n, key, value) makes the n-th, in ascending order

namespace bench {

template <class Shape, class Store>
class client_of final : public client {
    using key_type = typename Shape::key;
    using value_type = typename Shape::value;

public:
    client_of(Store& store, contents& expected) : worker_(store), expected_(expected) {}

    void run(std::span<const step> steps, latencies& took) override {
        for (const step& each : steps) took.time([&] { do_step(each); });
    }

    void put_batches(std::span<const step> steps, std::size_t batch, latencies& took) override {
        keys_.resize(batch);
        values_.resize(batch);
        for (; !steps.empty(); steps = steps.subspan((std::min)(batch, steps.size()))) {
            const auto some = steps.first((std::min)(batch, steps.size()));
            took.time([&] {
                for (std::size_t i = 0; i < some.size(); ++i) {
                    Shape::make_key(keys_[i], some[i].of);
                    Shape::make_value(values_[i], some[i].of, expected_.begin_put(some[i].of));
                    expected_.end_put(some[i].of);  // a batch may hold a number twice
                }
                worker_.put_all(std::span(keys_).first(some.size()),
                                std::span(values_).first(some.size()));
            });
        }
    }

    void get_groups(std::span<const step> steps, std::size_t group, latencies& took) override {
        keys_.resize(group);
        for (; !steps.empty(); steps = steps.subspan((std::min)(group, steps.size()))) {
            const auto some = steps.first((std::min)(group, steps.size()));
            took.time([&] {
                for (std::size_t i = 0; i < some.size(); ++i) Shape::make_key(keys_[i], some[i].of);
                std::size_t seen = 0, owed = 0;
                worker_.get_all(std::span(keys_).first(some.size()),
                                [&](std::size_t i, const auto& value) {
                                    expect_value(some[i].of, expected_.of(some[i].of), value);
                                    ++seen;
                                });
                for (const step& each : some) owed += expected_.of(each.of).present();
                expect(seen == owed, "values of a group", some[0].of);
            });
        }
    }

    std::size_t walk(bool forward) override {
        std::size_t seen = 0;
        auto last = forward ? std::int64_t{-1} : std::int64_t{1} << 33;
        worker_.walk(nullptr, forward, [&](const auto& key, const auto& value) {
            const number n = Shape::number_of(key);
            expect(forward ? n > last : n < last, "order of a walk", n);
            expect(n < expected_.numbers(), "a key that nobody wrote", n);
            expect_value(n, expected_.of(n), value);
            last = n;
            ++seen;
            return true;
        });
        return seen;
    }

    void load(std::size_t numbers) override {
        worker_.load(numbers, [&](std::size_t i, key_type& key, value_type& value) {
            const auto n = static_cast<number>(i);
            Shape::make_key(key, n);
            Shape::make_value(value, n, expected_.begin_put(n));
            expected_.end_put(n);
        });
    }

private:
    void do_step(const step& each) {
        switch (each.what) {
        case action::put: return put(each.of);
        case action::erase:
            Shape::make_key(key_, each.of);
            worker_.erase(key_);
            return expected_.erased(each.of);
        case action::get: return get(each.of);
        case action::get_none:
            Shape::make_key(key_, each.of, true);
            return expect(!worker_.get(key_, [](const auto&) {}), "absent key", each.of);
        case action::change: get(each.of); return put(each.of);
        case action::seek: return seek(each);
        }
    }

    void put(number n) {
        Shape::make_key(key_, n);
        Shape::make_value(value_, n, expected_.begin_put(n));
        worker_.put(key_, value_);
        expected_.end_put(n);
    }

    void get(number n) {
        Shape::make_key(key_, n);
        const contents::state before = expected_.of(n);
        const bool found =
            worker_.get(key_, [&](const auto& value) { expect_value(n, before, value); });
        expect(found == before.present(), "whether there is a value", n);
    }

    void seek(const step& to) {
        Shape::make_key(key_, to.of);
        std::size_t next = to.of, left = to.count;
        note_states_from(to);
        worker_.walk(&key_, true, [&](const auto& key, const auto& value) {
            next = expected_.next_present(next);
            const number n = Shape::number_of(key);
            expect(n == next, "entry behind a seek", next);
            expect_value(n, before_.empty() ? expected_.of(n) : before_[to.count - left], value);
            ++next;
            return --left != 0;
        });
        expect(left == 0 || expected_.next_present(next) == expected_.numbers(), "end of a scan",
               next);
    }

    /// A walk shows what was there when it began, which others may have written over since.
    void note_states_from(const step& to) {
        before_.clear();
        if (!expected_.changes) return;
        for (std::size_t n = expected_.next_present(to.of);
             before_.size() < to.count && n < expected_.numbers();
             n = expected_.next_present(n + 1))
            before_.push_back(expected_.of(static_cast<number>(n)));
    }

    /// The value may be newer than it was when the read began, not older.
    void expect_value(number n, const contents::state& before, const auto& value) {
        const bool exact = Shape::right(value, n, before.least(), before.most());
        if (!exact) [[unlikely]]
            expect(Shape::right(value, n, before.least(), expected_.of(n).most()), "value", n);
    }

    typename Store::worker worker_;
    contents& expected_;
    key_type key_{};
    value_type value_{};
    std::vector<contents::state> before_;  // of what a walk comes to, where that changes meanwhile
    std::vector<key_type> keys_;
    std::vector<value_type> values_;
};

template <class Shape, class Store>
class session_of final : public session {
public:
    explicit session_of(const opening& how) : store_(how) {}

    std::unique_ptr<client> connect(contents& expected) override {
        return std::make_unique<client_of<Shape, Store>>(store_, expected);
    }
    void drain() override { store_.drain(); }
    void compact() override { store_.compact(); }
    std::string settings() const override { return store_.settings(); }

private:
    Store store_;
};

/// What `engine::open` is for a store that is a template over the shape.
template <template <class> class Store, class... Shapes>
[[nodiscard]] openers openers_of(std::tuple<Shapes...>) {
    return {{Shapes::name, [](const opening& how) -> std::unique_ptr<session> {
                 return std::make_unique<session_of<Shapes, Store<Shapes>>>(how);
             }}...};
}

}  // namespace bench
