// SPDX-License-Identifier: BSL-1.0
#include <lsm/compaction/full_merge.hpp>
#include <lsm/compaction/leveled.hpp>
#include <lsm/compaction/size_tiered.hpp>
#include <lsm/testing/compaction_model.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

namespace {

/// What so many flushes of 100 entries of 100 bytes lead to.
struct growth {
    double write_amplification = 0;
    double space_amplification = 0;  ///< the worst that was seen
    std::size_t runs = 0;            ///< the most that stayed
    std::size_t tables = 0;          ///< the same
};

std::size_t tables_in(const lsm::compaction_view& view) {
    std::size_t count = 0;
    for (const auto& level : view.levels)
        for (const auto& run : level) count += run.size();
    return count;
}
template <class Policy, class NextKey>
growth grow(const char* name, const Policy& policy, std::size_t flushes, NextKey next_key,
            std::size_t entries = 100) {
    lsm::testing::compaction_model model(100);
    growth seen;
    for (std::size_t flush = 1; flush <= flushes; ++flush) {
        while (model.waiting() < entries) model.put(next_key());
        model.flush();
        model.settle(policy);
        seen.runs = (std::max)(seen.runs, model.view().runs());
        seen.tables = (std::max)(seen.tables, tables_in(model.view()));
        if (flush % 50 == 0)
            seen.space_amplification =
                (std::max)(seen.space_amplification, model.space_amplification());
    }
    seen.write_amplification = model.write_amplification();
    BOOST_TEST_MESSAGE(name << ": write amplification " << seen.write_amplification
                            << ", space amplification " << seen.space_amplification << ", runs "
                            << seen.runs << ", tables " << seen.tables);
    return seen;
}
auto uniform(std::uint64_t keys) {
    return [random = std::mt19937_64(1), keys]() mutable { return random() % keys; };
}
auto ascending() {
    return [key = std::uint64_t{0}]() mutable { return key++; };
}

/// Level 0 gathers 40 000 bytes: trees of 400 000 get a level between that and the last.
constexpr lsm::leveled_compaction leveled{.base_level_bytes = 40'000, .max_table_bytes = 20'000};
constexpr lsm::size_tiered_compaction tiered{.least_table_bytes = 10'000};

}  // namespace

BOOST_AUTO_TEST_SUITE(growth_of)

BOOST_AUTO_TEST_CASE(overwritten_keys_takes_little_space_when_leveled) {
    const growth seen = grow("overwriting, leveled", leveled, 1000, uniform(10'000));
    BOOST_TEST(seen.write_amplification < 9);
    BOOST_TEST(seen.space_amplification < 1.25);
    BOOST_TEST(seen.runs <= 3U + 3U);
}

BOOST_AUTO_TEST_CASE(overwritten_keys_is_written_seldom_when_tiered) {
    const growth seen = grow("overwriting, tiered", tiered, 1000, uniform(10'000));
    BOOST_TEST(seen.write_amplification < 4.5);
    BOOST_TEST(seen.space_amplification < 6);
    BOOST_TEST(seen.runs <= 3U * 6U);
}

BOOST_AUTO_TEST_CASE(new_keys_costs_a_few_writes_a_level) {
    const growth seen = grow("filling, leveled", leveled, 1000, uniform(1 << 30));
    BOOST_TEST(seen.write_amplification < 14);
    BOOST_TEST(seen.space_amplification < 1.25);
}

BOOST_AUTO_TEST_CASE(new_keys_costs_a_write_a_class_when_tiered) {
    const growth seen = grow("filling, tiered", tiered, 1000, uniform(1 << 30));
    BOOST_TEST(seen.write_amplification < 1 + 5);  // 1000 runs are five times four times as many
    BOOST_TEST(seen.runs <= 3U * 6U);
}

BOOST_AUTO_TEST_CASE(ascending_keys_is_written_once) {
    BOOST_TEST(grow("ascending, leveled", leveled, 500, ascending()).write_amplification == 1.0);
    BOOST_TEST(grow("ascending, tiered", tiered, 500, ascending()).write_amplification == 1.0);
}

/// Flushes of one entry, 50 to a table that is not small; 200 fill a table.
BOOST_AUTO_TEST_CASE(small_flushes_leaves_few_tables) {
    const auto check = [](const char* name, const auto& policy, auto next_key, double writes) {
        const growth seen = grow(name, policy, 1000, next_key, 1);
        BOOST_TEST(seen.tables <= 1000U / 50 + 12);
        BOOST_TEST(seen.write_amplification < writes);
    };
    check("small flushes, leveled", leveled, ascending(), 5);
    check("small flushes, tiered", tiered, ascending(), 6);
    check(
        "small flushes of descending keys, leveled", leveled,
        [key = std::uint64_t{1} << 20]() mutable { return key--; }, 5);
    // A table reaches from one stream to the other, and is written again each time that keys come between.
    check(
        "small flushes of two streams, leveled", leveled,
        [key = std::uint64_t{0}]() mutable {
            ++key;
            return (key / 10 % 2 << 20) + key;
        },
        25);
}

BOOST_AUTO_TEST_CASE(tables_have_the_intended_size_on_request) {
    const auto check = [](const auto& policy) {
        lsm::testing::compaction_model model(100);
        for (std::uint64_t key = 0; key < 600; ++key) {
            model.put(key);
            model.flush();
            model.settle(lsm::leveled_compaction{.level0_trigger_runs = 1, .least_table_bytes = 0});
        }
        BOOST_TEST(tables_in(model.view()) == 600U);
        model.view().requested = true;
        model.settle(policy);
        BOOST_TEST(tables_in(model.view()) == 600U / 200);
        BOOST_TEST(model.write_amplification() == 2.0);
    };
    check(leveled);
    check(lsm::size_tiered_compaction{.max_table_bytes = 20'000});
    check(lsm::full_merge_compaction{.max_table_bytes = 20'000});
}

BOOST_AUTO_TEST_CASE(a_full_merge_is_written_most) {
    const lsm::full_merge_compaction full{.trigger_runs = 4};
    const growth seen = grow("overwriting, full merge", full, 300, uniform(10'000));
    BOOST_TEST(seen.write_amplification > 9);
}

/// Whatever gathered, under whatever policy: one run, and no tombstone.
BOOST_AUTO_TEST_CASE(a_tree_ends_in_one_run_on_request) {
    const lsm::leveled_compaction early{.base_level_bytes = 40'000, .last_level = 2};
    const auto check = [&](auto&& grown, auto&& asked) {
        lsm::testing::compaction_model model(100);
        std::mt19937_64 random(1);
        for (int flush = 0; flush < 300; ++flush) {
            while (model.waiting() < 100)
                random() % 4 == 0 ? model.erase(random() % 5000) : model.put(random() % 5000);
            model.flush();
            model.settle(grown);
        }
        model.view().requested = true;
        model.settle(asked);
        BOOST_TEST(model.view().runs() == 1U);
        for (const lsm::table_summary& table : model.view().levels.back().front())
            BOOST_TEST(table.tombstones == 0U);
        BOOST_TEST(model.space_amplification() == 1.0);
    };
    const lsm::full_merge_compaction full{.trigger_runs = 4};
    check(leveled, leveled);
    check(tiered, leveled);
    check(full, leveled);
    check(early, leveled);
    check(leveled, early);
    check(tiered, tiered);
    check(leveled, tiered);
    check(full, tiered);
    check(leveled, full);
}

BOOST_AUTO_TEST_SUITE_END()
