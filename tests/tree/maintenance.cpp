// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace maintenance_test {

using tree = support::memory_tree<int, std::string>;

struct recorder final : lsm::event_listener {
    std::vector<lsm::job_event> flushes;
    std::vector<lsm::job_event> compactions;
    std::size_t errors = 0;

    void on_flush(const lsm::job_event& event) noexcept override { flushes.push_back(event); }
    void on_compaction(const lsm::job_event& event) noexcept override {
        compactions.push_back(event);
    }
    void on_error(const std::exception_ptr&) noexcept override { ++errors; }
};

/// Plans what cannot be.
struct wrong_compaction {
    [[nodiscard]] std::vector<lsm::compaction_job> plan(const lsm::compaction_view& view) const {
        if (view.runs() == 0) return {};
        lsm::compaction_job job;
        job.inputs = {4711};
        return {job};
    }
};

/// Drops every table.
struct dropping_compaction {
    [[nodiscard]] std::vector<lsm::compaction_job> plan(const lsm::compaction_view& view) const {
        if (view.runs() == 0) return {};
        lsm::compaction_job job;
        job.kind = lsm::job_kind::drop;
        job.inputs = {view.levels[0][0][0].id};
        return {job};
    }
};

/// First fills level 2, a table for each key; later merges what comes into level 1, cut as level 2 is.
struct cutting_compaction {
    [[nodiscard]] std::vector<lsm::compaction_job> plan(const lsm::compaction_view& view) const {
        if (view.levels.empty() || view.levels[0].empty()) return {};
        lsm::compaction_job job;
        job.inputs = {view.levels[0][0][0].id};
        job.output_level = view.levels.size() < 3 ? 2 : 1;
        if (job.output_level == 2) job.max_table_bytes = 1;
        if (job.output_level == 1)
            for (const auto& table : view.levels[2][0]) job.cut_at.push_back(table.id);
        return {job};
    }
};

/// Merges the newest runs, two at a time, as soon as there are two; each job is slow to begin.
struct slow_compaction {
    [[nodiscard]] std::vector<lsm::compaction_job> plan(const lsm::compaction_view& view) const {
        if (view.levels.empty() || view.levels[0].size() < 2) return {};
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        lsm::compaction_job job;
        for (std::size_t run = 0; run < 2; ++run)
            for (const auto& table : view.levels[0][run]) job.inputs.push_back(table.id);
        job.output_level = 0;
        return {job};
    }
};

/// Takes no more tables.
struct full_medium : lsm::memory_medium {
    using memory_medium::memory_medium;
    [[nodiscard]] table_writer create(const lsm::table_name& name) const {
        throw lsm::error(lsm::errc::io, "no space for " + name.file_name());
    }
};

template <class Compaction>
using tree_with = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                      lsm::block_storage<lsm::memory_medium>, Compaction>;

BOOST_AUTO_TEST_SUITE(tree_memtable)

BOOST_AUTO_TEST_CASE(is_flushed_at_so_many_entries) {
    tree t{lsm::memory_disk(), {.memtable = {.max_entries = 3}}};
    t.put(1, "a");
    t.put(2, "b");
    t.put(2, "again");
    BOOST_TEST(t.stats().flushes == 0U);
    t.put(3, "c");
    BOOST_TEST(t.stats().flushes == 1U);
    BOOST_TEST(t.stats().memtable_entries == 0U);
}

BOOST_AUTO_TEST_CASE(is_flushed_at_so_many_bytes) {
    tree t{lsm::memory_disk(), {.memtable = {.max_bytes = 10000}}};
    for (int i = 0; i < 9; ++i) t.put(i, std::string(1000, 'x'));
    BOOST_TEST(t.stats().flushes == 0U);
    for (int i = 0; i < 2; ++i) t.put(10 + i, std::string(1000, 'x'));
    BOOST_TEST(t.stats().flushes == 1U);
}

BOOST_AUTO_TEST_CASE(is_not_flushed_when_it_is_empty) {
    tree t{lsm::memory_disk()};
    t.flush();
    t.compact();
    BOOST_TEST(!t.maintain());
    BOOST_TEST((t.stats().flushes == 0U && t.stats().compactions == 0U));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_settle)

BOOST_AUTO_TEST_CASE(waits_for_the_compactions_that_are_due) {
    tree_with<slow_compaction> t{lsm::memory_disk(), {.maintenance_threads = 1}};
    for (int i = 0; i < 5; ++i) {
        t.put(i, "a");
        t.flush();
    }
    t.settle();
    BOOST_TEST(t.stats().tables.size() == 1U);
    t.settle();  // nothing is due
    BOOST_TEST(t.stats().compactions == 4U);
}

BOOST_AUTO_TEST_CASE(does_them_where_no_thread_does) {
    const lsm::memory_disk disk;
    {
        tree t{disk};
        for (int i = 0; i < 3; ++i) {
            t.put(i, "a");
            t.flush();
        }
    }
    tree_with<slow_compaction> t{disk};
    t.settle();
    BOOST_TEST(t.stats().tables.size() == 1U);
    BOOST_TEST(!t.maintain());
}

BOOST_AUTO_TEST_CASE(tells_of_the_one_that_fails) {
    for (const std::size_t threads : {0U, 1U}) {
        tree_with<wrong_compaction> t{lsm::memory_disk(), {.maintenance_threads = threads}};
        t.put(1, "a");
        t.flush();
        BOOST_CHECK_EXCEPTION(t.settle(), lsm::error, support::is(lsm::errc::invalid_argument));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_compaction)

BOOST_AUTO_TEST_CASE(leaves_the_cache_to_readers) {
    tree t{lsm::memory_disk()};
    for (int i = 0; i < 2; ++i) {
        t.put(i, "a");
        t.flush();
    }
    const auto view = t.scan();  // it keeps the tables that go, and what the cache has of them
    t.compact();
    BOOST_TEST(t.stats().blocks_fetched == 2U);
    BOOST_TEST(t.stats().cache_bytes == 0U);
    BOOST_TEST(t.get(1).value() == "a");
    BOOST_TEST(t.stats().cache_bytes > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_memory)

/// What the cache has once everything was read.
template <class Tree>
std::size_t cached(const Tree& t) {
    for (const auto& entry : t.scan()) BOOST_TEST_REQUIRE(entry.value().size() == 100U);
    return t.stats().cache_bytes;
}

BOOST_AUTO_TEST_CASE(is_shared_by_memtables_indexes_and_blocks) {
    constexpr std::size_t kib = 1024;
    const lsm::memory_disk disk;
    {
        tree t{disk};
        for (int i = 0; i < 10000; ++i) t.put(i, std::string(100, 'x'));
    }
    {
        tree t{disk, {.memtable = {.max_bytes = 100 * kib}, .memory_bytes = 400 * kib}};
        BOOST_TEST(t.stats().index_bytes > 10 * kib);
        const std::size_t left = 300 * kib - t.stats().index_bytes;
        BOOST_TEST(cached(t) <= left);
        BOOST_TEST(cached(t) > left * 9 / 10);
        t.put(1, std::string(100, 'y'));
        t.flush();  // another index
        BOOST_TEST(cached(t) <= 300 * kib - t.stats().index_bytes);
    }
    // A memtable that may take all of it leaves the blocks an eighth.
    tree t{disk, {.memtable = {.max_bytes = 400 * kib}, .memory_bytes = 400 * kib}};
    BOOST_TEST(cached(t) <= 50 * kib);
    BOOST_TEST(cached(t) > 40 * kib);
}

BOOST_AUTO_TEST_CASE(of_tables_under_construction_is_told) {
    tree t{lsm::memory_disk(), {.compaction = {.trigger_runs = 2}}};
    for (int run = 0; run < 2; ++run) {
        BOOST_TEST(t.stats().building_bytes == 0U);
        for (int i = 0; i < 6000; ++i)
            t.put(6000 * run + i, std::string(1, static_cast<char>('a' + i % 26)) +
                                      std::string(400, 'x'));  // they share no beginning
        t.flush();
    }
    while (t.stats().building_bytes == 0)
        BOOST_TEST_REQUIRE(t.maintain());  // until some is written
    const lsm::statistics during = t.stats();
    BOOST_TEST(during.building_bytes > 2000U * 8);  // a hash for each key
    BOOST_TEST(during.beyond_memory_bytes == during.building_bytes);
    while (t.maintain()) {
    }
    BOOST_TEST(t.stats().compactions == 1U);
    BOOST_TEST(t.stats().building_bytes == 0U);
    BOOST_TEST(t.stats().beyond_memory_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(beyond_the_budget_is_told) {
    const lsm::memory_disk disk;
    {
        tree t{disk};
        for (int i = 0; i < 1000; ++i) t.put(i, "value");
    }
    const lsm::statistics now = tree{disk, {.memory_bytes = 100}}.stats();
    BOOST_TEST(now.beyond_memory_bytes + 100 ==
               now.memtable_bytes + now.index_bytes + now.cache_bytes);
    BOOST_TEST(now.index_bytes > 1000U);
}

/// What writes a table holds a hash for each of its keys: so it must end, whatever the policy.
BOOST_AUTO_TEST_CASE(of_a_table_under_construction_is_bounded_by_its_largest_size) {
    constexpr int values = 80;
    tree t{lsm::memory_disk(),
           {.memtable = {.max_bytes = std::size_t{1} << 30},
            .durability = lsm::durability::none,
            .log = {.enabled = false}}};
    for (int i = 0; i < values; ++i) t.put(i, std::string(std::size_t{1} << 20, 'x'));
    const auto check = [&] {
        const lsm::statistics now = t.stats();
        BOOST_TEST(now.tables.size() == 2U);
        BOOST_TEST(now.read_amplification() == 2U);  // one run
        for (const lsm::table_statistics& each : now.tables)
            BOOST_TEST(each.bytes < lsm::default_table_bytes + (std::size_t{2} << 20));
    };
    t.flush();
    check();
    t.put(1, "x");
    t.compact();
    check();
}

BOOST_AUTO_TEST_CASE(of_frozen_memtables_is_taken_from_the_blocks) {
    constexpr std::size_t kib = 1024;
    using unflushed_tree =
        lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                            lsm::block_storage<full_medium>, lsm::full_merge_compaction>;
    const lsm::memory_disk disk;
    {
        tree t{disk};
        for (int i = 0; i < 10000; ++i) t.put(i, std::string(100, 'x'));
    }
    unflushed_tree t{disk, {.memtable = {.max_bytes = 100 * kib}, .memory_bytes = 400 * kib}};
    const std::size_t before = cached(t);
    for (int i = 0; t.stats().frozen_memtables == 0; ++i) t.put(i, std::string(100, 'y'));
    BOOST_TEST(cached(t) <= before - 90 * kib);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_listener)

BOOST_AUTO_TEST_CASE(hears_of_flushes_and_compactions) {
    const auto listener = std::make_shared<recorder>();
    tree t{lsm::memory_disk(), {.listener = listener}};
    t.put(1, "a");
    t.erase(2);
    t.flush();
    t.put(3, "c");
    t.compact();
    BOOST_REQUIRE((listener->flushes.size() == 2 && listener->compactions.size() == 1));
    BOOST_TEST(listener->flushes[0].inputs.empty());
    const lsm::job_event& compaction = listener->compactions[0];
    BOOST_REQUIRE((compaction.inputs.size() == 2 && compaction.outputs.size() == 1));
    BOOST_TEST(compaction.outputs[0].entries == 2U);
    BOOST_TEST((compaction.outputs == t.stats().tables));
}

BOOST_AUTO_TEST_CASE(hears_of_what_fails_behind_a_put) {
    const auto listener = std::make_shared<recorder>();
    tree_with<wrong_compaction> t{lsm::memory_disk(),
                                  {.memtable = {.max_entries = 1}, .listener = listener}};
    t.put(1, "a");
    BOOST_TEST(listener->errors == 1U);
    BOOST_TEST(t.get(1).value() == "a");
    BOOST_CHECK_EXCEPTION(t.compact(), lsm::error, support::is(lsm::errc::invalid_argument));
    BOOST_TEST(t.get(1).value() == "a");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_cut)

BOOST_AUTO_TEST_CASE(lets_tables_begin_where_others_do) {
    tree_with<cutting_compaction> t{lsm::memory_disk()};
    for (const int key : {2, 4, 6, 8}) t.put(key, "below");
    t.compact();
    for (const int key : {1, 3, 5, 6, 9}) t.put(key, "older");
    const auto older = t.snapshot();
    for (int key = 1; key < 10; ++key) t.put(key, "above");
    t.compact();
    std::vector<std::uint64_t>
        entries;  // above: 1, 2 3, 4 5, 6 7, 8 9; and what the snapshot reads
    for (const lsm::table_statistics& table : t.stats().tables)
        if (table.level == 1) entries.push_back(table.entries);
    BOOST_TEST((entries == std::vector<std::uint64_t>{3, 3, 3, 3, 2}));
    BOOST_TEST((older.get(6).value() == "older" && t.get(6).value() == "above"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_drop)

BOOST_AUTO_TEST_CASE(is_refused_unless_it_is_acknowledged) {
    tree_with<dropping_compaction> t{lsm::memory_disk()};
    t.put(1, "a");
    BOOST_CHECK_EXCEPTION(t.compact(), lsm::error, support::is(lsm::errc::invalid_argument));
    BOOST_TEST(t.get(1).value() == "a");
    tree_with<dropping_compaction> lossy{lsm::memory_disk(), {.allow_drop = true}};
    lossy.put(1, "a");
    lossy.compact();
    BOOST_TEST(!lossy.contains(1));
    BOOST_TEST(lossy.stats().tables.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_table_plan)

namespace {

/// Blocks that note what they are told of their tables.
struct noting_format : lsm::block_format {
    static inline std::vector<lsm::table_plan> plans;

    template <class Key, class Value>
    [[nodiscard]] auto build(const lsm::table_plan& plan) const {
        plans.push_back(plan);
        return lsm::block_format::build<Key, Value>(plan);
    }
};

}  // namespace

/// Tables that stay in the run which a job writes into have none of its keys.
BOOST_AUTO_TEST_CASE(says_that_a_part_of_the_last_run_is_the_oldest) {
    lsm::lsm_tree<int, int, lsm::b_tree_memtable,
                  lsm::basic_storage<noting_format, lsm::memory_medium>>::options how;
    how.compaction.max_table_bytes = 4000;
    how.storage.format.block_bytes = 256;
    lsm::lsm_tree<int, int, lsm::b_tree_memtable,
                  lsm::basic_storage<noting_format, lsm::memory_medium>>
        t{lsm::memory_disk(), how};
    for (const int first : {0, 1}) {
        for (int i = first; i < 2000; i += 2) t.put(i, i);
        t.flush();
    }
    BOOST_TEST(noting_format::plans[0].is_oldest);
    BOOST_TEST(!noting_format::plans[1].is_oldest);
    t.compact();
    BOOST_REQUIRE(t.stats().tables.size() > 2);
    noting_format::plans.clear();
    t.put(5, 50);
    t.compact();
    BOOST_REQUIRE(noting_format::plans.size() == 2);
    BOOST_TEST(!noting_format::plans[0].is_oldest);
    BOOST_TEST(noting_format::plans[0].level == 0U);
    BOOST_TEST(noting_format::plans[1].is_oldest);
    BOOST_TEST(noting_format::plans[1].level == how.compaction.last_level);
    BOOST_TEST((t.get(5) == 50));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_sessions)

/// A program that is called often, and puts one key each time.
BOOST_AUTO_TEST_CASE(leave_few_tables) {
    using session_tree =
        lsm::lsm_tree<int, int, lsm::b_tree_memtable,
                      lsm::basic_storage<tree_table_plan::noting_format, lsm::memory_medium>>;
    for (const std::size_t threads : {0U, 1U}) {
        const lsm::memory_disk disk;
        for (int i = 0; i < 40; ++i) session_tree{disk, {.maintenance_threads = threads}}.put(1, i);
        session_tree t{disk};
        BOOST_TEST(t.stats().tables.size() < 8U);
        BOOST_TEST((t.get(1) == 39));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tree_stats)

BOOST_AUTO_TEST_CASE(count_what_there_is) {
    tree t{lsm::memory_disk()};
    t.put(1, "a");
    t.put(2, "b");
    t.flush();
    t.erase(2);
    t.flush();
    t.put(3, "c");
    const lsm::statistics stats = t.stats();
    BOOST_TEST(stats.memtable_entries == 1U);
    BOOST_REQUIRE(stats.tables.size() == 2);
    BOOST_TEST((stats.tables[0].entries == 2 && stats.tables[0].tombstones == 0));
    BOOST_TEST((stats.tables[1].entries == 1 && stats.tables[1].tombstones == 1));
    BOOST_TEST(stats.tables[0].file == "sstable_0000.lsm");
    BOOST_TEST(stats.bytes_flushed == stats.table_bytes());
    BOOST_TEST(stats.bytes_compacted == 0U);
    BOOST_TEST(stats.last_sequence == 4U);
}

BOOST_AUTO_TEST_CASE(tell_the_amplifications) {
    tree t{lsm::memory_disk()};
    BOOST_TEST(t.stats().write_amplification() == 1.0);
    BOOST_TEST(t.stats().read_amplification() == 1U);
    BOOST_TEST(t.stats().space_amplification() == 1.0);
    for (int run = 0; run < 3; ++run) {  // each key three times
        for (int i = 0; i < 1000; ++i) t.put(i, "a");
        t.flush();
    }
    BOOST_TEST(t.stats().write_amplification() == 1.0);
    BOOST_TEST(t.stats().read_amplification() == 4U);
    // Three times the keys; the oldest run has no sequence numbers, so it is smaller than the others.
    BOOST_TEST(t.stats().space_amplification() > 2.9);
    BOOST_TEST(t.stats().space_amplification() < 4.0);
    t.compact();
    BOOST_TEST(t.stats().write_amplification() == 4.0 / 3, boost::test_tools::tolerance(0.1));
    BOOST_TEST(t.stats().read_amplification() == 2U);
    BOOST_TEST(t.stats().space_amplification() == 1.0);
}

BOOST_AUTO_TEST_CASE(print_themselves_and_go_to_json) {
    tree t{lsm::memory_disk()};
    t.put(1, "a");
    t.flush();
    std::ostringstream out;
    out << t.stats();
    BOOST_TEST(out.str().find("level 0 run 0: sstable_0000.lsm, 1 entries (0 tombstones)") !=
               std::string::npos);
    BOOST_TEST(t.stats().to_json().find("\"file\": \"sstable_0000.lsm\", \"level\": 0") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace maintenance_test
