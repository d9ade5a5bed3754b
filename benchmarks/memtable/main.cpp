// SPDX-License-Identifier: BSL-1.0
// Measures memtables beside one another, as tables of Markdown: lsm_memtable [<what>...]
//
//   numbers    random and ascending 8-byte keys, one thread
//   strings    keys of 16 and 20 bytes, one thread
//   readers    random 8-byte keys, one thread that puts and one that gets: of those whose readers
//              never wait
//   ablations  the B+tree without each of its ideas, and with other widths of nodes
//
// A million keys, three rounds: memtables take turns, a fresh one each time, in memory that one like it
// has just given back.
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

constexpr std::size_t entries = 1'000'000;
constexpr std::size_t rounds = 3;

/// Memtables that take turns at one thing.
class contest {
public:
    explicit contest(std::string title) : title_(std::move(title)) {}

    void add(std::string name, std::function<timings()> work) {
        entrants_.push_back({std::move(name), std::move(work), {}});
    }
    void run() {
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

    /// The median, and half the spread in percent of it.
    static std::string summary(std::vector<double> taken) {
        std::sort(taken.begin(), taken.end());
        const double median = taken[taken.size() / 2];
        const double spread = (taken.back() - taken.front()) / 2;
        char text[64];
        if (spread > 0)
            std::snprintf(text, sizeof text, "%.3g ±%.0f%%", median, 100 * spread / median);
        else
            std::snprintf(text, sizeof text, "%.3g", median);
        return text;
    }

    void print() const {
        std::printf("%s:\n\n| ns |", title_.c_str());
        const auto& workloads = entrants_.front().taken;
        for (const auto& [workload, unused] : workloads) std::printf(" %s |", workload.c_str() + 2);
        std::printf("\n| --- |");
        for (std::size_t i = 0; i < workloads.size(); ++i) std::printf(" --- |");
        for (const entrant& each : entrants_) {
            std::printf("\n| %s |", each.name.c_str());
            for (const auto& [workload, taken] : each.taken)
                std::printf(" %s |", summary(taken).c_str());
        }
        std::printf("\n\n");
        std::fflush(stdout);
    }

    std::string title_;
    std::vector<entrant> entrants_;
};

template <class Kind>
struct contest_of {
    key_set<Kind> keys;
    contest entrants{Kind::name};

    contest_of() : keys(entries) {}

    /// One behind another, as in a store: what memory costs that no one used yet is the system's.
    template <class Policy>
    auto after_another() const {
        std::make_unique<run<Policy, Kind>>(keys)->fill();
        return std::make_unique<run<Policy, Kind>>(keys);
    }
    template <class Policy>
    void add(const char* name) {
        entrants.add(name, [this] { return after_another<Policy>()->alone(); });
    }
    template <class Policy>
    void add_shared(const char* name) {
        entrants.add(name, [this] { return after_another<Policy>()->beside_a_reader(); });
    }
};

template <class Kind>
void compare() {
    contest_of<Kind> all;
    all.template add<lsm::b_tree_memtable>("`b_tree_memtable`");
    all.template add<lsm::append_memtable>("`append_memtable`");
    all.template add<lsm::skip_list_memtable>("`skip_list_memtable`");
    all.template add<lsm::ordered_map_memtable>("`ordered_map_memtable`");
    all.template add<plain_map>("`std::map`, no versions");
    all.entrants.run();
}

void compare_with_readers() {
    contest_of<random_numbers> all;
    all.add_shared<lsm::b_tree_memtable>("`b_tree_memtable`");
    all.add_shared<lsm::skip_list_memtable>("`skip_list_memtable`");
    all.entrants.run();
}

template <class Kind>
void take_apart() {
    contest_of<Kind> all;
    all.template add<lsm::b_tree_memtable>("the B+tree as it is");
    all.template add<shaped_b_tree<without_fingerprints>>("no fingerprints");
    all.template add<shaped_b_tree<without_heads>>("no heads");
    all.template add<shaped_b_tree<without_huge_pages>>("no huge pages");
    all.template add<shaped_b_tree<sorted_the_other_way>>(
        shape::counts_to_sort ? "leaves sorted by comparing" : "leaves sorted by counting");
    all.template add<shaped_b_tree<with_leaves_of<16>>>("leaves of 16");
    all.template add<shaped_b_tree<with_leaves_of<32>>>("leaves of 32");
    all.template add<shaped_b_tree<with_inner_of<8, 2>>>("inner nodes of 8 + 2");
    all.template add<shaped_b_tree<with_inner_of<16, 8>>>("inner nodes of 16 + 8");
    all.template add<shaped_b_tree<with_inner_of<32, 8>>>("inner nodes of 32 + 8");
    all.template add<shaped_b_tree<with_inner_of<64, 8>>>("inner nodes of 64 + 8");
    all.entrants.run();
}

bool measure(std::string_view what) {
    if (what == "numbers") {
        compare<random_numbers>();
        compare<ascending_numbers>();
    } else if (what == "strings") {
        compare<random_text>();
        compare<user_names>();
    } else if (what == "readers") {
        compare_with_readers();
    } else if (what == "ablations") {
        take_apart<random_numbers>();
        take_apart<random_text>();
    } else {
        return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string_view> wanted(argv + 1, argv + argc);
    if (wanted.empty()) wanted = {"numbers", "strings", "readers", "ablations"};
    for (const std::string_view what : wanted)
        if (!measure(what)) {
            std::fputs("usage: lsm_memtable [numbers|strings|readers|ablations]...\n", stderr);
            return 1;
        }
}
