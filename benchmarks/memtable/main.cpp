// SPDX-License-Identifier: BSL-1.0
// Measures memtables beside one another: bench_memtable <what> [entries] [rounds]
//
//   numbers    random and ascending 8-byte keys, one thread
//   strings    keys of 16 and 20 bytes, one thread
//   readers    random 8-byte keys, one thread that puts and one that gets
//   ablations  the B+tree without each of its ideas, and with other widths of nodes
//
// Memtables take turns, a fresh one each time. Printed: the median of all rounds in ns an operation,
// and from where to where they went.
#include "keys.hpp"
#include "subjects.hpp"
#include "workloads.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace bench;

/// Memtables that take turns at one thing.
class contest {
public:
    explicit contest(std::string title) : title_(std::move(title)) {}

    void add(std::string name, std::function<timings()> work) {
        entrants_.push_back({std::move(name), std::move(work), {}});
    }
    void run(std::size_t rounds) {
        for (std::size_t round = 0; round < rounds; ++round)
            for (entrant& each : entrants_)
                for (const auto& [workload, taken] : each.work())
                    each.taken[workload].push_back(taken);
        print();
    }

private:
    struct entrant {
        std::string name;
        std::function<timings()> work;
        std::map<std::string, std::vector<double>> taken;
    };

    void print() {
        std::printf("\n%s\n", title_.c_str());
        for (const auto& [workload, unused] : entrants_.front().taken) {
            std::printf("  %s\n", workload.c_str() + 2);
            for (entrant& each : entrants_) {
                std::vector<double>& taken = each.taken[workload];
                std::sort(taken.begin(), taken.end());
                std::printf("    %-24s %7.1f  [%.1f, %.1f]\n", each.name.c_str(),
                            taken[taken.size() / 2], taken.front(), taken.back());
            }
        }
    }

    std::string title_;
    std::vector<entrant> entrants_;
};

template <class Kind>
struct contest_of {
    key_set<Kind> keys;
    contest entrants{Kind::name};

    explicit contest_of(std::size_t count) : keys(count) {}

    template <class Policy>
    void add(const char* name) {
        entrants.add(name, [this] { return std::make_unique<run<Policy, Kind>>(keys)->alone(); });
    }
    template <class Policy>
    void add_shared(const char* name) {
        entrants.add(
            name, [this] { return std::make_unique<run<Policy, Kind>>(keys)->beside_a_reader(); });
    }
};

template <class Kind>
void compare(std::size_t count, std::size_t rounds) {
    contest_of<Kind> all(count);
    all.template add<lsm::b_tree_memtable>("b_tree_memtable");
    all.template add<lsm::append_memtable>("append_memtable");
    all.template add<lsm::skip_list_memtable>("skip_list_memtable");
    all.template add<lsm::ordered_map_memtable>("ordered_map_memtable");
    all.template add<plain_map>("std::map");
    all.entrants.run(rounds);
}

void compare_with_readers(std::size_t count, std::size_t rounds) {
    contest_of<random_numbers> all(count);
    all.add_shared<lsm::b_tree_memtable>("b_tree_memtable");
    all.add_shared<lsm::skip_list_memtable>("skip_list_memtable");
    all.add_shared<lsm::ordered_map_memtable>("ordered_map_memtable");
    all.add_shared<plain_map>("std::map");
    all.entrants.run(rounds);
}

template <class Kind>
void take_apart(std::size_t count, std::size_t rounds) {
    contest_of<Kind> all(count);
    all.template add<lsm::b_tree_memtable>("as it is");
    all.template add<shaped_b_tree<without_fingerprints>>("no fingerprints");
    all.template add<shaped_b_tree<without_heads>>("no heads");
    all.template add<shaped_b_tree<without_huge_pages>>("no huge pages");
    all.template add<shaped_b_tree<with_leaves_of<16>>>("leaves of 16");
    all.template add<shaped_b_tree<with_leaves_of<32>>>("leaves of 32");
    all.template add<shaped_b_tree<with_inner_of<16, 4>>>("inner nodes of 16 + 4");
    all.template add<shaped_b_tree<with_inner_of<32, 8>>>("inner nodes of 32 + 8");
    all.template add<shaped_b_tree<with_inner_of<128, 8>>>("inner nodes of 128 + 8");
    all.template add<shaped_b_tree<with_inner_of<256, 16>>>("inner nodes of 256 + 16");
    all.entrants.run(rounds);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    const std::size_t count = argc > 2 ? std::stoul(argv[2]) : 1'000'000;
    const std::size_t rounds = argc > 3 ? std::stoul(argv[3]) : 5;
    if (what == "numbers") {
        compare<random_numbers>(count, rounds);
        compare<ascending_numbers>(count, rounds);
    } else if (what == "strings") {
        compare<random_text>(count, rounds);
        compare<user_names>(count, rounds);
    } else if (what == "readers") {
        compare_with_readers(count, rounds);
    } else if (what == "ablations") {
        take_apart<random_numbers>(count, rounds);
        take_apart<random_text>(count, rounds);
    } else {
        std::puts("usage: bench_memtable numbers|strings|readers|ablations [entries] [rounds]");
        return 1;
    }
}
