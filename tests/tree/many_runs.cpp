// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// Trees that are not compacted while they are written. LSM_LONG=1 goes to 2000 runs.
namespace many_runs_test {

bool is_long() {
    return std::getenv("LSM_LONG") != nullptr;
}

using entries = std::vector<std::pair<int, std::string>>;

/// A tree, and the map that it is to show. The keys of its runs alternate; in the upper half of the keys,
/// each run overwrites and erases keys of older ones.
class tree_of_runs {
public:
    static constexpr int rows = 6;
    static constexpr int width = 2100;  // no fewer than runs
    static constexpr int half = rows * width / 2;

    void add_runs_up_to(int runs) {
        for (; runs_ < runs; ++runs_) {
            for (int row = 0; row < rows; ++row) put(row * width + runs_);
            put(half + some_key() / 2);
            if (runs_ % 3 == 0) erase(half + some_key() / 2);
            tree_.flush();
        }
    }
    void check() {
        BOOST_TEST_CONTEXT(tree_.stats().tables.size() << " tables of " << runs_ << " runs") {
            const entries all(shown_.begin(), shown_.end());
            BOOST_TEST((support::entries_of(tree_.scan()) == all));
            BOOST_TEST((support::entries_of(tree_.scan().reversed()) ==
                        entries(all.rbegin(), all.rend())));
            for (int times = 0; times < 3; ++times) check_range(some_key(), some_key());
            bool is_there = true;
            for (const auto& [key, value] : shown_) is_there &= tree_.get(key) == value;
            BOOST_TEST(is_there);
        }
    }
    void compact() {
        tree_.compact();
        BOOST_TEST(tree_.stats().tables.size() == 1U);
    }
    [[nodiscard]] lsm::statistics stats() { return tree_.stats(); }
    [[nodiscard]] auto snapshot() { return tree_.snapshot(); }
    [[nodiscard]] entries shown() const { return {shown_.begin(), shown_.end()}; }

private:
    void put(int key) {
        const std::string value = std::to_string(++written_);
        tree_.put(key, value);
        shown_[key] = value;
    }
    void erase(int key) {
        tree_.erase(key);
        shown_.erase(key);
    }
    int some_key() { return static_cast<int>(random_() % (rows * width)); }
    void check_range(int a, int b) {
        if (b < a) std::swap(a, b);
        const auto first = shown_.lower_bound(a), last = shown_.lower_bound(b);
        BOOST_TEST((support::entries_of(tree_.scan(a, b)) == entries(first, last)));
        BOOST_TEST((support::entries_of(tree_.scan(a, b).reversed()) ==
                    entries(std::reverse_iterator(last), std::reverse_iterator(first))));
    }

    support::memory_tree<int, std::string> tree_{lsm::memory_disk(),
                                                 {.storage = {support::blocks_of(64)}}};
    std::mt19937 random_{1};
    std::map<int, std::string> shown_;
    int runs_ = 0;
    int written_ = 0;
};

BOOST_AUTO_TEST_SUITE(tree_many_runs)

BOOST_AUTO_TEST_CASE(are_read_as_one) {
    tree_of_runs tree;
    std::vector<int> numbers = {1, 64, 65, 256, 257, 300};
    if (is_long()) numbers.insert(numbers.end(), {511, 512, 513, 1000, 2000});
    for (const int runs : numbers) {
        tree.add_runs_up_to(runs);
        tree.check();
    }
}

BOOST_AUTO_TEST_CASE(are_compacted_into_one_in_passes_that_snapshots_do_not_see) {
    std::vector<std::pair<int, unsigned>> passes = {{257, 2}};
    if (is_long())
        passes = {{256, 1}, {257, 2}, {258, 2}, {511, 2}, {512, 3}, {1000, 4}, {2000, 8}};
    for (const auto& [runs, jobs] : passes) {
        tree_of_runs tree;
        tree.add_runs_up_to(runs / 2);
        const auto snapshot = tree.snapshot();
        const entries then = tree.shown();
        tree.add_runs_up_to(runs);
        tree.compact();
        tree.check();
        BOOST_TEST(tree.stats().compactions == jobs);
        BOOST_TEST((support::entries_of(snapshot.scan()) == then));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace many_runs_test
