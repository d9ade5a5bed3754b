// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/flat_map.hpp>
#include <lsm/memtable/ordered_map.hpp>

#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <lsm/lsm.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

/// A value that is decoded when it may be.
struct gated {
    int number = 0;

    inline static std::atomic<bool> is_open = true;
    inline static std::atomic<bool> is_waited_for = false;
};

}  // namespace

template <>
struct lsm::codec<gated> : lsm::decoded_codec<gated> {
    static void write(auto& out, const gated& object) { out.number(object.number); }
    template <class In>
    static gated read(In& in) {
        gated::is_waited_for = true;
        while (!gated::is_open) std::this_thread::yield();
        return gated{in.template number<int>()};
    }
    static std::string shape() { return "i32"; }
};

namespace {

template <class Memtable>
using tree_of = lsm::basic_lsm_tree<int, std::uint64_t, Memtable, lsm::block_storage<>,
                                    lsm::full_merge_compaction>;
using memtables =
    boost::mpl::list<lsm::skip_list_memtable, lsm::ordered_map_memtable, lsm::flat_map_memtable,
                     lsm::b_tree_memtable, lsm::append_memtable>;

template <class Memtable>
typename tree_of<Memtable>::options busy_options(std::size_t threads) {
    typename tree_of<Memtable>::options how;
    how.memtable.max_entries = 40;
    how.compaction.trigger_runs = 3;
    how.maintenance_threads = threads;
    how.log.segment_bytes = 16384;
    how.log.sync_bytes = 8192;
    return how;
}

/// Threads that end when the last one is joined; failures inside them are counted, since Boost.Test's
/// checks belong to one thread.
class crew {
public:
    template <class F>
    void add(F work) {
        threads_.emplace_back([this, work] {
            try {
                work();
            } catch (const std::exception& e) {
                failures_.fetch_add(1);
                std::fprintf(stderr, "a thread failed: %s\n", e.what());
            }
        });
    }
    void expect(bool holds) {
        if (!holds) failures_.fetch_add(1);
    }
    int join() {
        for (std::thread& each : threads_) each.join();
        threads_.clear();
        return failures_.load();
    }

private:
    std::vector<std::thread> threads_;
    std::atomic<int> failures_ = 0;
};

constexpr int rounds = 400;
constexpr int writers = 3;
constexpr int readers = 4;

/// Eight threads, besides those of the tree: writers, each of its own pair of keys in one batch;
/// readers, which check that pairs are equal in every scan and never go back; and one that flushes,
/// compacts, syncs and takes snapshots.
template <class Memtable>
int run_pairs(std::size_t maintenance_threads) {
    const support::temporary_folder folder;
    tree_of<Memtable> t{folder / "t", busy_options<Memtable>(maintenance_threads)};
    crew all;
    std::atomic<int> writing = writers;
    for (int writer = 0; writer < writers; ++writer)
        all.add([&, writer] {
            for (std::uint64_t value = 1; value <= rounds; ++value) {
                typename tree_of<Memtable>::write_batch batch;
                batch.put(100 * writer, value);
                batch.put(100 * writer + 50, value);
                batch.put(static_cast<int>(1000 + value), value);
                if (value % 7 == 0) batch.erase(static_cast<int>(1000 + value / 2));
                t.write(std::move(batch));
                all.expect(t.get(100 * writer) == value);
            }
            --writing;
        });
    for (int reader = 0; reader < readers; ++reader)
        all.add([&] {
            std::map<int, std::uint64_t> last;
            while (writing > 0) {
                std::vector<std::uint64_t> seen;
                for (auto [key, value] : t.scan(0, 100 * writers)) seen.push_back(value);
                for (std::size_t i = 0; i + 1 < seen.size(); i += 2)
                    all.expect(seen[i] == seen[i + 1]);
                for (int writer = 0; writer < writers; ++writer) {
                    const std::uint64_t now = t.get(100 * writer).value_or(0);
                    all.expect(now >= last[writer]);
                    last[writer] = now;
                    std::uint64_t visited = 0;
                    t.visit(100 * writer, [&](std::uint64_t value) { visited = value; });
                    all.expect(visited >= now);
                }
            }
        });
    all.add([&] {
        while (writing > 0) {
            const auto snapshot = t.snapshot();
            const auto before = snapshot.get(0);
            t.flush();
            t.sync();
            t.compact();
            while (t.maintain()) {
            }
            all.expect(snapshot.get(0) == before);
            all.expect(snapshot.get(0) == snapshot.get(50));
            (void)t.stats();
        }
    });
    const int failures = all.join();
    t.close();
    tree_of<Memtable> again{folder / "t"};
    return failures + (again.get(0) != rounds) + (again.get(100 * writers - 50) != rounds);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(threads_together)

BOOST_AUTO_TEST_CASE_TEMPLATE(with_maintenance_in_the_caller, Memtable, memtables) {
    BOOST_TEST(run_pairs<Memtable>(0) == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(with_maintenance_in_a_thread, Memtable, memtables) {
    BOOST_TEST(run_pairs<Memtable>(1) == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(with_maintenance_in_three_threads, Memtable, memtables) {
    BOOST_TEST(run_pairs<Memtable>(3) == 0);
}

BOOST_AUTO_TEST_CASE(strong_writers_share_their_waiting) {
    const support::temporary_folder folder;
    tree_of<lsm::skip_list_memtable> t{folder / "t", {.durability = lsm::durability::power_loss}};
    crew all;
    for (int writer = 0; writer < 4; ++writer)
        all.add([&, writer] {
            for (int i = 0; i < 50; ++i) t.put(1000 * writer + i, 1);
        });
    BOOST_TEST(all.join() == 0);
    std::size_t entries = 0;
    for (const auto& each : t.scan()) entries += each.value() == 1;
    BOOST_TEST(entries == 200U);
}

/// Else it would go on for as long as somebody writes.
/// Strong commits move the log's mark, and so does a sync that another thread asks for.
BOOST_AUTO_TEST_CASE(strong_writers_and_syncs_move_the_mark) {
    const support::temporary_folder folder;
    auto how = busy_options<lsm::skip_list_memtable>(1);
    how.log.sync_bytes = 256;
    tree_of<lsm::skip_list_memtable> t{folder / "t", how};
    std::atomic<bool> stop = false;
    crew all;
    all.add([&] {
        while (!stop) t.sync();
    });
    all.add([&] {
        for (int i = 0; i < 500; ++i) t.put(i, 1, lsm::durability::power_loss);
        stop = true;
    });
    BOOST_TEST(all.join() == 0);
}

BOOST_AUTO_TEST_CASE(compacting_ends_while_others_write) {
    for (const std::size_t threads : {0U, 1U}) {
        const support::temporary_folder folder;
        lsm::lsm_tree<int, int>::options how;
        how.memtable.max_entries = 1000;
        how.maintenance_threads = threads;
        lsm::lsm_tree<int, int> t{folder / "t", how};
        constexpr int keys = 100'000;  // so many that a merge takes longer than filling a memtable
        for (int i = 0; i < keys; ++i) t.put(i, i);
        constexpr int most = 3'000'000;
        std::atomic<bool> over = false;
        std::atomic<int> written = 0;
        crew writers;
        writers.add([&] {
            while (!over && written < most) t.put(static_cast<int>(7919LL * ++written % keys), 0);
        });
        for (int round = 0; round < 3; ++round) t.compact();
        over = true;
        BOOST_TEST_MESSAGE(threads << " threads: " << written
                                   << " writes beside three compactions");
        BOOST_TEST(writers.join() == 0);
        BOOST_TEST(written < most, "compact returned only when nobody wrote any more");
    }
}

BOOST_AUTO_TEST_CASE(closing_ends_what_runs_and_refuses_what_comes) {
    for (int round = 0; round < 20; ++round) {
        const support::temporary_folder folder;
        tree_of<lsm::skip_list_memtable> t{folder / "t", busy_options<lsm::skip_list_memtable>(2)};
        crew all;
        std::atomic<int> done = 0;
        for (int thread = 0; thread < 3; ++thread)
            all.add([&, thread] {
                try {
                    for (int i = 0;; ++i) {
                        t.put(1000 * thread + i % 300, 1);
                        (void)t.get(i % 300);
                        done.fetch_add(1);
                    }
                } catch (const lsm::error& e) {
                    all.expect(e.which() == lsm::errc::invalid_argument ||
                               e.which() == lsm::errc::busy);
                }
            });
        while (done < 300) std::this_thread::yield();
        t.close();
        BOOST_TEST(all.join() == 0);
        tree_of<lsm::skip_list_memtable> again{folder / "t"};
        BOOST_TEST(again.recovered().groups == 0U);
        BOOST_TEST(again.recovered().orphans_removed == 0U);
    }
}

BOOST_AUTO_TEST_CASE(closing_waits_for_a_lookup_under_way) {
    const support::temporary_folder folder;
    lsm::lsm_tree<int, gated> t{folder / "t", {.maintenance_threads = 0}};
    t.put(1, {7});
    t.flush();
    gated::is_open = gated::is_waited_for = false;
    crew all;
    all.add([&] { all.expect(t.get(1).value().number == 7); });
    while (!gated::is_waited_for) std::this_thread::yield();
    all.add([&] {
        t.close();
        all.expect(gated::is_open);
        const lsm::lsm_tree<int, gated> again{folder / "t"};
        all.expect(again.contains(1));
    });
    const auto is_closed = [&] {
        try {
            return t.contains(2);  // for which no block is read
        } catch (const lsm::error&) {
            return true;
        }
    };
    while (!is_closed()) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    gated::is_open = true;
    BOOST_TEST(all.join() == 0);
}

BOOST_AUTO_TEST_CASE(many_readers_find_a_place) {
    const support::temporary_folder folder;
    tree_of<lsm::skip_list_memtable> t{folder / "t"};
    t.put(1, 7);
    crew all;
    // Nested reads take more places than there are.
    all.add([&] {
        const auto nest = [&](auto&& self, int depth) -> void {
            t.visit(1, [&](std::uint64_t value) {
                all.expect(value == 7);
                if (depth > 0) self(self, depth - 1);
            });
        };
        nest(nest, 100);
    });
    BOOST_TEST(all.join() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
