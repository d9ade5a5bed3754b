// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/key_range.hpp>
#include <lsm/testing/any_tree.hpp>
#include <lsm/testing/law.hpp>
#include <lsm/testing/weighted_choice.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lsm::testing {

/// What a model check draws from.
template <class Key, class Value>
struct model_samples {
    std::vector<Key> keys;                         ///< some hundred, so that they come often
    std::function<Value(std::mt19937_64&)> value;  ///< makes one; best a new one each time
};

namespace detail {

/// A tree and a map in lockstep.
template <class Key, class Value>
class model_check {
    using tree_type = any_tree<Key, Value>;
    using map = std::map<Key, Value>;
    using entries = typename tree_type::entries;
    using factory = std::function<std::unique_ptr<tree_type>()>;

public:
    model_check(const factory& make, const model_samples<Key, Value>& samples, std::uint64_t seed)
        : samples_(samples), seed_(seed), random_(seed), tree_(make()) {
        for (const Key& key : samples_.keys) tree_->erase(key);  // whatever was there
        tree_->compact();
    }

    void run(std::size_t operations) {
        for (number_ = 1; number_ <= operations; ++number_) guarded([&] { step(); });
        guarded([&] {
            check_all();
            reopen();
        });
    }

private:
    struct held_snapshot {
        std::unique_ptr<typename tree_type::snapshot> taken;
        map expected;
    };
    struct held_view {
        std::function<entries()> read;
        entries expected;
    };
    using choice = weighted_choice<model_check>;

    /// Names the seed and the operation in whatever goes wrong, so that it can be played again.
    template <class F>
    void guarded(F&& f) {
        try {
            std::forward<F>(f)();
        } catch (const std::exception& failure) {
            throw law_broken("seed " + std::to_string(seed_) + ", operation " +
                             std::to_string(number_) + " (" + doing_ + "): " + failure.what());
        }
    }
    void expect(bool holds, std::string_view law) const { require(holds, law); }

    void step() {
        static constexpr std::array choices = {
            choice{360, &model_check::put},          choice{140, &model_check::erase},
            choice{2, &model_check::ingest},         choice{50, &model_check::write},
            choice{160, &model_check::get},          choice{50, &model_check::contains},
            choice{40, &model_check::visit},         choice{20, &model_check::multi_get},
            choice{60, &model_check::scan},          choice{10, &model_check::walk},
            choice{12, &model_check::take_snapshot}, choice{40, &model_check::read_snapshot},
            choice{10, &model_check::drop_snapshot}, choice{8, &model_check::take_view},
            choice{15, &model_check::read_view},     choice{8, &model_check::drop_view},
            choice{4, &model_check::flush},          choice{2, &model_check::compact},
            choice{10, &model_check::maintain},      choice{1, &model_check::reopen}};
        (this->*draw(choices, random_))();
    }

    // ---------------------------------------------------------------- choosing

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }
    bool one_in(std::size_t n) { return below(n) == 0; }
    /// Half of the time one of a few keys.
    const Key& some_key() {
        const std::size_t all = samples_.keys.size();
        return samples_.keys[below(one_in(2) ? (all + 9) / 10 : all)];
    }
    direction some_way() { return one_in(2) ? direction::forward : direction::backward; }
    key_range<Key> some_range() {
        const Key& a = some_key();
        const Key& b = some_key();
        switch (below(9)) {
        case 0: return half_open(a, b);
        case 1: return closed(a, b);
        case 2: return open(a, b);
        case 3: return at_least(a);
        case 4: return greater_than(a);
        case 5: return at_most(a);
        case 6: return less_than(a);
        case 7: return closed(a, a);
        default: return {};
        }
    }

    // ---------------------------------------------------------------- the map's answers

    static std::optional<Value> get_from(const map& from, const Key& key) {
        const auto found = from.find(key);
        return found == from.end() ? std::nullopt : std::optional<Value>(found->second);
    }
    static entries scan_of(const map& from, const key_range<Key>& range, direction way) {
        auto at = from.begin();
        if (range.lower)
            at = range.lower->inclusive ? from.lower_bound(range.lower->key)
                                        : from.upper_bound(range.lower->key);
        const auto past = [&](const Key& key) {
            if (!range.upper) return false;
            return range.upper->inclusive ? range.upper->key < key : !(key < range.upper->key);
        };
        entries all;
        for (; at != from.end() && !past(at->first); ++at) all.emplace_back(at->first, at->second);
        if (way == direction::backward) std::ranges::reverse(all);
        return all;
    }

    // ---------------------------------------------------------------- operations

    void put() {
        doing_ = "put";
        put_one(some_key());
    }
    void put_one(const Key& key) {
        const Value value = samples_.value(random_);
        tree_->put(key, value);
        map_.insert_or_assign(key, value);
    }
    void erase() {
        doing_ = "erase";
        erase_one(some_key());
    }
    void erase_one(const Key& key) {
        tree_->erase(key);
        map_.erase(key);
    }
    void write() {
        doing_ = "write";
        basic_write_batch<Key, Value> batch;
        for (std::size_t steps = below(12); steps > 0; --steps) {
            const Key& key = some_key();
            if (one_in(3)) {
                batch.erase(key);
                map_.erase(key);
            } else {
                const Value value = samples_.value(random_);
                batch.put(key, value);
                map_.insert_or_assign(key, value);
            }
        }
        tree_->write(std::move(batch));
    }
    void ingest() {
        doing_ = "ingest";
        map sorted;
        for (std::size_t count = below(40); count > 0; --count)
            sorted.insert_or_assign(some_key(), samples_.value(random_));
        tree_->ingest(sorted);
        for (const auto& [key, value] : sorted) map_.insert_or_assign(key, value);
    }
    void get() {
        doing_ = "get";
        const Key& key = some_key();
        expect(tree_->get(key) == get_from(map_, key), "get gives the newest value");
    }
    void contains() {
        doing_ = "contains";
        const Key& key = some_key();
        expect(tree_->contains(key) == map_.contains(key),
               "contains says whether there is a value");
    }
    /// What `f` is shown stays, also while it writes.
    void visit() {
        doing_ = "visit";
        const Key key = some_key();
        const std::optional<Value> before = get_from(map_, key);
        const bool writes = one_in(2);
        bool same = true;
        const bool found = tree_->visit(key, [&](const auto& look) {
            same = same && before && look() == *before;
            for (int i = 0; writes && i < 3; ++i) one_in(4) ? erase_one(key) : put_one(key);
            same = same && before && look() == *before;
        });
        expect(found == before.has_value(), "visit says whether there is a value");
        expect(same, "visit shows the newest value, until f returns");
    }
    void multi_get() {
        doing_ = "multi_get";
        std::vector<Key> keys;
        std::vector<std::optional<Value>> expected;
        for (std::size_t count = below(24); count > 0; --count) {
            keys.push_back(some_key());
            expected.push_back(get_from(map_, keys.back()));
        }
        expect(tree_->multi_get(keys) == expected, "multi_get gives what get gives for each key");
    }
    void scan() {
        doing_ = "scan";
        const key_range<Key> range = some_range();
        const direction way = some_way();
        expect(tree_->scan(range, way) == scan_of(map_, range, way),
               "scan gives the range's entries in order");
    }
    /// A scan in whose middle the tree is written to, flushed and compacted sees nothing of it.
    void walk() {
        doing_ = "walk";
        const key_range<Key> range = some_range();
        const direction way = some_way();
        const entries expected = scan_of(map_, range, way);
        const std::size_t stop = one_in(3) ? below(20) : static_cast<std::size_t>(-1);
        std::size_t seen = 0;
        bool same = true;
        tree_->walk(range, way, [&](const Key& key, const auto& look) {
            const auto as_expected = [&] {
                return seen < expected.size() && !(key < expected[seen].first) &&
                       !(expected[seen].first < key) && look() == expected[seen].second;
            };
            same = same && as_expected();
            if (one_in(2)) put_one(key);
            if (one_in(2)) one_in(3) ? erase_one(some_key()) : put_one(some_key());
            if (one_in(200)) tree_->flush();
            if (one_in(400)) tree_->compact();
            same = same && as_expected();
            ++seen;
            return same && seen < stop;
        });
        expect(same && (seen == expected.size() || seen == stop || (stop == 0 && seen == 1)),
               "a scan sees nothing of what is written while it goes on");
    }
    void take_snapshot() {
        doing_ = "snapshot";
        if (snapshots_.size() < 6) snapshots_.push_back({tree_->take_snapshot(), map_});
    }
    void read_snapshot() {
        doing_ = "reading a snapshot";
        if (snapshots_.empty()) return;
        const held_snapshot& held = snapshots_[below(snapshots_.size())];
        if (one_in(2)) {
            const Key& key = some_key();
            expect(held.taken->get(key) == get_from(held.expected, key),
                   "a snapshot's get answers as of its moment");
            expect(held.taken->contains(key) == held.expected.contains(key),
                   "a snapshot's contains answers as of its moment");
        } else {
            const key_range<Key> range = some_range();
            const direction way = some_way();
            expect(held.taken->scan(range, way) == scan_of(held.expected, range, way),
                   "a snapshot's scan answers as of its moment");
        }
    }
    void drop_snapshot() { drop(snapshots_); }
    void take_view() {
        doing_ = "view";
        const key_range<Key> range = some_range();
        const direction way = some_way();
        if (views_.size() < 4)
            views_.push_back({tree_->view(range, way), scan_of(map_, range, way)});
    }
    void read_view() {
        doing_ = "reading a view";
        if (views_.empty()) return;
        const held_view& held = views_[below(views_.size())];
        expect(held.read() == held.expected, "a view shows the tree as it was when it was made");
    }
    void drop_view() { drop(views_); }
    template <class Held>
    void drop(std::vector<Held>& from) {
        doing_ = "dropping a snapshot or view";
        if (!from.empty())
            from.erase(from.begin() + static_cast<std::ptrdiff_t>(below(from.size())));
    }
    void flush() {
        doing_ = "flush";
        tree_->flush();
    }
    void compact() {
        doing_ = "compact";
        tree_->compact();
        check_all();
    }
    void maintain() {
        doing_ = "maintain";
        (void)tree_->maintain();
    }
    void reopen() {
        doing_ = "reopen";
        for (const held_view& held : views_)
            expect(held.read() == held.expected,
                   "a view shows the tree as it was when it was made");
        views_.clear();
        snapshots_.clear();
        tree_->reopen();
        check_all();
    }

    void check_all() {
        expect(tree_->scan({}, direction::forward) == scan_of(map_, {}, direction::forward),
               "a full scan gives all entries");
        expect(tree_->scan({}, direction::backward) == scan_of(map_, {}, direction::backward),
               "a full reversed scan gives all entries");
        for (const Key& key : samples_.keys)
            expect(tree_->get(key) == get_from(map_, key),
                   "get gives the newest value of every key");
    }

    const model_samples<Key, Value>& samples_;
    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::unique_ptr<tree_type> tree_;
    map map_;
    std::vector<held_snapshot> snapshots_;  // end before the tree does
    std::vector<held_view> views_;
    std::size_t number_ = 0;
    std::string doing_;
};

}  // namespace detail

/// Does random operations on a tree and on a `std::map`, and compares every answer: writes, all ways
/// to read, snapshots and views that are held through later writes, flushes, compactions, slices of
/// maintenance, and closing and opening again. Small memtables and blocks find more.
///
/// @param make makes the tree; what the samples' keys have there is erased first
/// @param seed decides the operations; equal seeds give equal ones
/// @throws law_broken whose message has the seed, the operation's number and what differs
template <class Key, class Value>
void run_model(const std::function<std::unique_ptr<any_tree<Key, Value>>()>& make,
               const model_samples<Key, Value>& samples, std::uint64_t seed,
               std::size_t operations) {
    require(!samples.keys.empty(), "the check is given keys to draw from");
    detail::model_check<Key, Value>(make, samples, seed).run(operations);
}

}  // namespace lsm::testing
