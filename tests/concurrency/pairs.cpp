// SPDX-License-Identifier: BSL-1.0
#include <lsm/lsm.hpp>
#include <lsm/storage/medium/memory.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

/// Two uses of every public member at once, pairwise: any thread may call any member at any time. The thread
/// sanitizer sees the races, and each use checks its own answers.
namespace {

using tree =
    lsm::lsm_tree<int, std::string, lsm::b_tree_memtable, lsm::block_storage<lsm::memory_medium>>;

/// LSM_LONG=1 repeats each pair fifty times as often.
int rounds() {
    return std::getenv("LSM_LONG") ? 800 : 16;
}

void expect(bool holds, const char* claim) {
    if (!holds) throw std::logic_error(std::string("not so: ") + claim);
}

// Keys that never change, that change one by one, and that change in twos: by a batch, and by a bulk load.
constexpr int constants = 20, changing = 100, batched = 200, loaded = 300;

/// A small tree in which all kinds of work are due soon, and readers of its first state.
struct world {
    explicit world(std::size_t maintenance_threads)
        : t(lsm::memory_disk(), options(maintenance_threads)), first(fill()),
          first_view(first.scan()) {}

    tree t;
    tree::snapshot_type first;
    tree::scan_type first_view;

private:
    static tree::options options(std::size_t maintenance_threads) {
        tree::options how;
        how.memtable.max_entries = 16;
        how.maintenance_threads = maintenance_threads;
        how.memory_bytes = std::size_t{1} << 20;
        how.log.segment_bytes = 16384;
        how.log.sync_bytes = 64;  // each sync is marked
        return how;
    }
    tree::snapshot_type fill() {
        for (int key = 0; key < constants; ++key) t.put(key, std::to_string(key));
        for (int key : {batched, batched + 1, loaded, loaded + 1}) t.put(key, "first");
        t.flush();
        t.put(changing, "first");
        return t.snapshot();
    }
};

/// Ascending, without gaps among the constants, and each batch whole.
void check_scan(const tree::scan_type& view, bool forward = true) {
    std::vector<std::pair<int, std::string>> all;
    for (const auto& [key, value] : view) all.emplace_back(key, value);
    if (!forward) std::reverse(all.begin(), all.end());
    expect(all.size() >= constants + 4, "a scan shows all constants and twos");
    for (std::size_t i = 0; i < constants; ++i)
        expect(all[i] == std::pair(static_cast<int>(i), std::to_string(i)),
               "a scan shows constants");
    for (std::size_t i = 1; i < all.size(); ++i) {
        expect(all[i - 1].first < all[i].first, "a scan ascends");
        if (all[i].first == batched + 1 || all[i].first == loaded + 1)
            expect(all[i - 1].second == all[i].second, "a scan shows a batch as a whole");
    }
}

/// A call, and the members of which class it is a use of.
struct use {
    std::string name;
    std::vector<std::string> members;
    std::function<void(world&, int)>
        call;  // with a number that no other call of this pair is given
};

void check_multi_get(const auto& from) {
    const auto found = from.multi_get(std::array{1, batched, -1, batched + 1, 1});
    expect(found[0] == "1" && found[4] == "1" && !found[2], "multi_get finds what is there");
    expect(found[1].has_value() && found[1] == found[3], "multi_get reads as of one moment");
}
void check_visit(const auto& from) {
    std::string seen;
    expect(from.visit(2, [&](std::string_view value) { seen = value; }) && seen == "2",
           "visit shows the value");
}
tree::write_batch two(int first_key, int n) {
    tree::write_batch batch;
    batch.put(first_key, std::to_string(n));
    batch.put(first_key + 1, std::to_string(n));
    return batch;
}

const std::vector<use>& uses() {
    using lsm::durability;
    static const std::vector<use> all{
        {"put",
         {"tree.put"},
         [](world& w, int n) { w.t.put(changing + n % 20, std::to_string(n)); }},
        {"put durably",
         {"tree.put"},
         [](world& w, int n) {
             w.t.put(changing + n % 20, std::to_string(n), durability::power_loss);
         }},
        {"erase", {"tree.erase"}, [](world& w, int n) { w.t.erase(changing + n % 20); }},
        {"write", {"tree.write"}, [](world& w, int n) { w.t.write(two(batched, n)); }},
        {"ingest",
         {"tree.ingest"},
         [](world& w, int n) {
             w.t.ingest(std::array{std::pair(loaded, std::to_string(n)),
                                   std::pair(loaded + 1, std::to_string(n))});
         }},
        {"sync", {"tree.sync"}, [](world& w, int) { w.t.sync(); }},
        {"put and sync",
         {"tree.put", "tree.sync"},
         [](world& w, int n) {
             w.t.put(changing + n % 20, std::to_string(n));
             w.t.sync();
         }},
        {"get",
         {"tree.get"},
         [](world& w, int) { expect(w.t.get(3) == "3", "get finds a constant"); }},
        {"contains",
         {"tree.contains"},
         [](world& w, int) { expect(w.t.contains(4) && !w.t.contains(-1), "contains tells"); }},
        {"visit", {"tree.visit"}, [](world& w, int) { check_visit(w.t); }},
        {"multi_get", {"tree.multi_get"}, [](world& w, int) { check_multi_get(w.t); }},
        {"scan",
         {"tree.scan", "scan_view.begin", "scan_view.end"},
         [](world& w, int) { check_scan(w.t.scan()); }},
        {"scan backward",
         {"tree.scan", "scan_view.reversed"},
         [](world& w, int) { check_scan(w.t.scan().reversed(), false); }},
        {"scan of two keys",
         {"tree.scan"},
         [](world& w, int) {
             for (const auto& [key, value] : w.t.scan(5, 7))
                 expect(value == std::to_string(key), "a scan is right");
         }},
        {"scan of one view",
         {"scan_view.begin", "scan_view.end"},
         [](world& w, int) { check_scan(w.first_view); }},
        {"one view backward",
         {"scan_view.reversed"},
         [](world& w, int) { check_scan(w.first_view.reversed(), false); }},
        {"snapshot",
         {"tree.snapshot", "snapshot.sequence"},
         [](world& w, int) {
             const auto now = w.t.snapshot();
             expect(now.sequence() >= w.first.sequence(), "a snapshot is of now");
             expect(now.get(changing) == now.get(changing), "a snapshot stays as it is");
         }},
        {"snapshot copied",
         {"tree.snapshot"},
         [](world& w, int) {
             auto copy = w.first;
             copy = w.t.snapshot();
         }},
        {"snapshot.get",
         {"snapshot.get"},
         [](world& w, int) {
             expect(w.first.get(changing) == "first", "a snapshot stays as it is");
         }},
        {"snapshot.contains",
         {"snapshot.contains"},
         [](world& w, int) {
             expect(!w.first.contains(changing + 1), "a snapshot stays as it is");
         }},
        {"snapshot.visit", {"snapshot.visit"}, [](world& w, int) { check_visit(w.first); }},
        {"snapshot.multi_get",
         {"snapshot.multi_get"},
         [](world& w, int) { check_multi_get(w.first); }},
        {"snapshot.scan", {"snapshot.scan"}, [](world& w, int) { check_scan(w.first.scan()); }},
        {"flush", {"tree.flush"}, [](world& w, int) { w.t.flush(); }},
        {"compact", {"tree.compact"}, [](world& w, int) { w.t.compact(); }},
        {"settle", {"tree.settle"}, [](world& w, int) { w.t.settle(); }},
        {"maintain", {"tree.maintain"}, [](world& w, int) { (void)w.t.maintain(); }},
        {"resume", {"tree.resume"}, [](world& w, int) { w.t.resume(); }},
        {"close", {"tree.close"}, [](world& w, int) { w.t.close(); }},
        {"stats",
         {"tree.stats"},
         [](world& w, int) {
             const auto now = w.t.stats();
             expect(!now.tables.empty() && now.last_sequence > 0, "stats tell of tables");
             expect(!now.to_json().empty(), "stats are shown");
         }},
        {"recovered",
         {"tree.recovered"},
         [](world& w, int) { expect(w.t.recovered().groups == 0, "nothing was recovered"); }},
        {"background_error",
         {"tree.background_error"},
         [](world& w, int) { expect(!w.t.background_error(), "nothing has failed"); }},
    };
    return all;
}

/// Some calls of each of the two, in two threads that begin at once.
/// @returns what went wrong; after `close`, that a tree is closed is right
std::string run_pair(const use& one, const use& other, std::size_t maintenance_threads) {
    const bool closes = one.name == "close" || other.name == "close";
    world w(maintenance_threads);
    std::atomic<int> ready = 0;
    std::array<std::string, 2> failures;
    const auto run = [&](const use& which, int thread) {
        ready.fetch_add(1);
        while (ready < 2) std::this_thread::yield();
        try {
            for (int round = 0; round < rounds(); ++round) which.call(w, 2 * round + thread);
        } catch (const lsm::error& e) {
            if (!closes || e.which() != lsm::errc::invalid_argument)
                failures[static_cast<std::size_t>(thread)] = which.name + ": " + e.what();
        } catch (const std::exception& e) {
            failures[static_cast<std::size_t>(thread)] = which.name + ": " + e.what();
        }
    };
    std::thread second([&] { run(other, 1); });
    run(one, 0);
    second.join();
    if (!closes) check_scan(w.t.scan());
    return failures[0] + failures[1];
}

/// The names of the functions that a class declares before its `private:`. Not what every object has.
std::set<std::string> members_of(const std::string& header, const std::string& type) {
    const auto path = std::filesystem::path(__FILE__).parent_path() / "../../include/lsm" / header;
    std::ifstream in(path);
    std::set<std::string> names;
    const std::regex function(R"(^    (?! |//)[^(]*?(\w+)\(.*)");
    const std::regex begin("^class " + type + "\\b[^;]*$");
    bool is_inside = false, is_public = false;
    std::smatch match;
    for (std::string line; std::getline(in, line);) {
        if (std::regex_search(line, begin)) is_inside = true;
        if (is_inside && line == "public:") is_public = true;
        if (is_public && line == "private:") break;
        if (is_public && std::regex_match(line, match, function)) names.insert(match[1]);
    }
    names.erase(type);
    return names;
}

void check_all_pairs(std::size_t maintenance_threads) {
    for (auto one = uses().begin(); one != uses().end(); ++one)
        for (auto other = one; other != uses().end(); ++other)
            BOOST_TEST(run_pair(*one, *other, maintenance_threads) == "",
                       one->name << " beside " << other->name);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pairs)

BOOST_AUTO_TEST_CASE(of_all_uses_are_right_with_maintenance_in_the_caller) {
    check_all_pairs(0);
}

BOOST_AUTO_TEST_CASE(of_all_uses_are_right_with_maintenance_in_a_thread) {
    check_all_pairs(1);
}

BOOST_AUTO_TEST_CASE(are_of_all_public_members) {
    std::set<std::string> used, there;
    for (const use& each : uses()) used.insert(each.members.begin(), each.members.end());
    for (const auto& [prefix, header, type] :
         {std::array{"tree.", "basic_lsm_tree.hpp", "basic_lsm_tree"},
          std::array{"snapshot.", "snapshot.hpp", "basic_snapshot"},
          std::array{"scan_view.", "scan_view.hpp", "scan_view"}})
        for (const std::string& name : members_of(header, type)) there.insert(prefix + name);
    BOOST_TEST(used == there, boost::test_tools::per_element());
    BOOST_TEST(there.size() >= 29U);
}

BOOST_AUTO_TEST_SUITE_END()
