// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace throws {

/// A script on a tree in which the n-th call of some kind throws, in step with a map. The operation
/// that throws has not happened; what it says again happens.
///
/// @tparam World says what throws:
/// | member | meaning |
/// | --- | --- |
/// | `key`, `value` | the tree's types |
/// | `make_key(int)`, `make_value(int)`, `number(view)` | from numbers and back |
/// | `failure` | what is thrown |
/// | `arm(n)`, `disarm()` | the n-th call from now on throws, or none |
/// | `counting` | calls of this thread count while such an object lives; those of others always do |
/// | `fired()` | whether something threw since `arm`, also if nobody was told; before `disarm` |
template <class World, class Memtable>
class throwing_script {
    using key = typename World::key;
    using value = typename World::value;
    using tree = support::memory_tree<key, value, Memtable>;
    using map = std::map<int, int>;

public:
    /// @param threads of maintenance
    explicit throwing_script(std::size_t threads) : threads_(threads) {}
    throwing_script(const throwing_script&) = delete;
    throwing_script& operator=(const throwing_script&) = delete;
    ~throwing_script() { World::disarm(); }

    /// @returns whether something threw, also if nobody was told
    bool run(std::uint64_t n) {
        World::arm(n);
        open();
        for (int i = 0; i < 10; ++i) put(i, 100 + i);
        for (int i = 8; i >= 0; i -= 2) put(i, 200 + i);
        for (int i = 1; i < 6; i += 2) erase(i);
        batch();
        read();
        const map then = map_;
        std::optional<typename tree::snapshot_type> snapshot;
        step([&] { snapshot.emplace(tree_->snapshot()); }, [] {});
        for (int i = 3; i < 9; ++i) put(i, 300 + i);
        step([&] { tree_->flush(); }, [] {});
        read();
        step([&] { tree_->compact(); }, [] {});
        scan([&] { return snapshot->scan(); }, then);
        snapshot.reset();
        erase(4);
        put(20, 400);
        step(
            [&] {
                while (tree_->maintain()) {
                }
            },
            [] {});
        step([&] { tree_->compact(); }, [] {});
        read();
        put(21, 500);
        close();
        open();
        read();
        fired_ = fired_ || World::fired();
        World::disarm();
        BOOST_TEST((contents() == map_));
        close();
        return fired_;
    }

private:
    template <class F, class G>
    void step(F does, G model) {
        try {
            const typename World::counting on;
            does();
        } catch (const typename World::failure&) {
            fired_ = true;
            World::disarm();
            if (tree_) BOOST_REQUIRE((contents() == map_));
            does();
        }
        model();
    }
    void open() {
        step(
            [&] {
                typename tree::options settings;
                settings.memtable.max_entries = 4;
                settings.storage.format.block_bytes = 32;
                settings.compaction.trigger_runs = 3;
                settings.compaction.max_table_bytes = 100;
                settings.memory_bytes = 8 * 4096;
                settings.max_open_files = 2;
                settings.filter_seed = 1;  // so that a run can be played again
                settings.log.seed = 1;
                settings.maintenance_threads = threads_;
                tree_.emplace(disk_, settings);
            },
            [] {});
    }
    void close() {
        step([&] { tree_->close(); }, [] {});
        tree_.reset();
    }
    void put(int k, int v) {
        step([&] { tree_->put(World::make_key(k), World::make_value(v)); }, [&] { map_[k] = v; });
    }
    void erase(int k) {
        step([&] { tree_->erase(World::make_key(k)); }, [&] { map_.erase(k); });
    }
    void batch() {
        step(
            [&] {
                typename tree::write_batch steps;
                for (int i = 0; i < 4; ++i) steps.put(World::make_key(3 * i), World::make_value(i));
                steps.erase(World::make_key(0));
                steps.put(World::make_key(1), World::make_value(7));
                tree_->write(std::move(steps));
            },
            [&] {
                map_[1] = 7;
                for (int i = 1; i < 4; ++i) map_[3 * i] = i;
                map_.erase(0);
            });
    }
    void read() {
        for (int k = 0; k < 22; k += 4) {
            std::optional<int> got;
            step(
                [&] {
                    got.reset();
                    if (const auto v = tree_->get(World::make_key(k))) got = World::number(*v);
                },
                [] {});
            check(k, got);
            step(
                [&] {
                    got.reset();
                    tree_->visit(World::make_key(k),
                                 [&](const auto& v) { got = World::number(v); });
                },
                [] {});
            check(k, got);
        }
        scan([&] { return tree_->scan(); }, map_);
        scan([&] { return tree_->scan(lsm::at_most(World::make_key(30))).reversed(); }, map_);
    }
    void check(int k, const std::optional<int>& got) {
        const auto found = map_.find(k);
        BOOST_REQUIRE(got.has_value() == (found != map_.end()));
        if (got) BOOST_REQUIRE(*got == found->second);
    }
    /// A scan that throws gives what came before, and never just ends.
    template <class MakeView>
    void scan(MakeView view, const map& expected) {
        std::vector<std::pair<int, int>> seen;
        step(
            [&] {
                seen.clear();
                for (const auto& entry : view())
                    seen.emplace_back(World::number(entry.key()), World::number(entry.value()));
            },
            [] {});
        BOOST_REQUIRE((map(seen.begin(), seen.end()) == expected));
    }
    [[nodiscard]] map contents() const {
        map all;
        for (const auto& entry : tree_->scan())
            all[World::number(entry.key())] = World::number(entry.value());
        return all;
    }

    std::size_t threads_;
    lsm::memory_disk disk_;
    std::optional<tree> tree_;
    map map_;
    bool fired_ = false;
};

/// Which call throws after the n-th: without threads the first hundred each, then one in so many, from
/// where earlier sweeps did not begin, so that together they meet most; with LSM_LONG=1 each. Threads
/// that fail wait for a tenth of a second before they try again, so of theirs one in 67.
inline std::uint64_t next_call(std::uint64_t n, std::size_t threads, std::uint64_t sweep) {
#ifdef __OPTIMIZE__
    constexpr std::uint64_t alone = 3;
#else
    constexpr std::uint64_t alone = 13;  // with sanitizers
#endif
    constexpr std::uint64_t with_threads = 67, each = 100;
    if (std::getenv("LSM_LONG") || (threads == 0 && n < each)) return n + 1;
    const std::uint64_t stride = threads == 0 ? alone : with_threads;
    return n == 1 || n == each ? n + 1 + sweep % stride : n + stride;
}

inline void report(std::size_t threads, std::uint64_t thrown) {
    static std::uint64_t sum = 0;
    sum += thrown;
    BOOST_TEST_MESSAGE(threads << " threads: " << thrown << " calls that threw, " << sum
                               << " so far");
}

/// Runs the script so that the first, the second, … call throws, until none does.
template <class World, class Memtable>
void throw_at_each_call(std::size_t threads) {
    static std::uint64_t sweeps = 0;
    const std::uint64_t sweep = sweeps++;
    std::uint64_t thrown = 0;
    bool fired = true;
    for (std::uint64_t n = 1; fired; n = next_call(n, threads, sweep))
        BOOST_TEST_CONTEXT("call " << n << ", " << threads << " threads") {
            fired = throwing_script<World, Memtable>(threads).run(n);
            thrown += fired ? 1 : 0;
        }
    report(threads, thrown);
    BOOST_TEST(thrown > 50U);
}

}  // namespace throws
