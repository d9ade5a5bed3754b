// SPDX-License-Identifier: BSL-1.0
// Compares stores on the same work: docs/benchmarks.md says what is measured, and how.
#include "memory_group.hpp"
#include "scenario.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

namespace json = boost::json;
using namespace bench;

struct choices {
    plan how;
    std::vector<std::string> engines, workloads, shapes;
    std::string folder = "build/bench", json_file, durability = "process";
    std::size_t repetitions = 5, memory_mib = 256, confined_mib = 0;
    std::uint64_t seed = 1;
    bool all = false, fresh = false, list = false;
};

const std::map<std::string, survives> classes = {
    {"none", survives::close}, {"process", survives::process}, {"power", survives::power}};

std::string name_of(survives wanted) {
    return std::ranges::find(classes, wanted, [](const auto& each) { return each.second; })->first;
}

/// The names of what can be chosen from.
template <class Things, class Name>
std::vector<std::string> names(const Things& things, Name name) {
    std::vector<std::string> all;
    for (const auto& each : things) all.emplace_back(name(each));
    return all;
}

choices parse(int argc, char** argv) {
    choices made;
    CLI::App app{"Compares ordered key-value stores on the same work."};
    const auto of_engines = names(engines(), [](const engine& e) { return e.name; });
    const auto of_workloads = names(workloads(), [](const workload& w) { return w.name; });
    std::vector<std::string> of_shapes;
    std::apply([&](const auto&... each) { (of_shapes.emplace_back(each.name), ...); }, shapes{});

    app.add_option("--engines", made.engines, "all that were built in")
        ->delimiter(',')
        ->check(CLI::IsMember(of_engines));
    app.add_option("--workloads", made.workloads, "a short selection")
        ->delimiter(',')
        ->check(CLI::IsMember(of_workloads));
    app.add_option("--shape", made.shapes, "key/value bytes; 8/8 and 16/100")
        ->delimiter(',')
        ->check(CLI::IsMember(of_shapes));
    app.add_flag("--all", made.all, "every workload");
    app.add_flag("--fresh", made.fresh,
                 "a store of its own for each workload that reads what was loaded");
    app.option_defaults()->take_last();  // what is said later counts
    app.add_option("--entries", made.how.entries, "in a full store")->capture_default_str();
    app.add_option("--repetitions", made.repetitions, "engines take turns")->capture_default_str();
    app.add_option("--seconds", made.how.seconds, "after which reads end")->capture_default_str();
    app.add_option("--durability", made.durability, "what a write survives: none, process, power")
        ->check(CLI::IsMember(classes))
        ->capture_default_str();
    app.add_option("--memory", made.memory_mib, "MiB an engine may use")->capture_default_str();
    app.add_option("--confine", made.confined_mib,
                   "MiB of the whole process, pages of files included, after the load; 0: no bound")
        ->capture_default_str();
    app.add_option("--folder", made.folder, "for the stores")->capture_default_str();
    app.add_option("--seed", made.seed, "of all random choices")->capture_default_str();
    app.add_option("--json", made.json_file, "where the results go");
    app.add_flag("--list", made.list, "say what there is to choose from, and end");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& end) {
        std::exit(app.exit(end));
    }

    if (made.engines.empty()) made.engines = of_engines;
    if (made.shapes.empty()) made.shapes = {"8/8", "16/100"};
    if (made.workloads.empty())
        for (const workload& each : workloads())
            if (each.chosen || made.all) made.workloads.emplace_back(each.name);
    made.how.memory = made.memory_mib << 20;
    made.how.confined_to = made.confined_mib << 20;
    made.how.class_of = classes.at(made.durability);
    made.how.folder = std::filesystem::absolute(made.folder) / "store";
    return made;
}

void print_lists() {
    std::cout << "engines:";
    for (const engine& each : engines()) std::cout << ' ' << each.name;
    std::cout << "\nworkloads (* in the short selection):\n";
    for (const workload& each : workloads())
        std::cout << (each.chosen ? " * " : "   ") << each.name << ": " << each.about << '\n';
}

/// Workloads on an empty store have a directory each; so has a compaction, since reads may have made
/// one due; all others share one unless they are to have a fresh one.
std::vector<scenario> scenarios(const choices& made) {
    std::vector<scenario> all;
    scenario standing;
    for (const workload& each : workloads()) {
        if (std::ranges::find(made.workloads, each.name) == made.workloads.end()) continue;
        const bool alone = each.begins == stage::empty || each.how == manner::compact ||
                           (made.fresh && each.begins == stage::loaded);
        if (alone)
            all.push_back({&each});
        else
            standing.push_back(&each);
    }
    if (!standing.empty()) all.push_back(standing);
    return all;
}

json::object to_json(const measurement& of) {
    return {{"workload", of.workload},
            {"state", of.state},
            {"operations", of.operations},
            {"seconds", of.seconds},
            {"drain_seconds", of.drain_seconds},
            {"cpu_seconds", of.cpu_seconds},
            {"user_bytes", of.user_bytes},
            {"written_bytes", of.written_bytes},
            {"disk_bytes", of.disk_bytes},
            {"peak_bytes", of.peak_bytes},
            {"p50_ns", of.p50},
            {"p99_ns", of.p99},
            {"p999_ns", of.p999},
            {"max_ns", of.most}};
}

/// The whole comparison: each scenario on each engine in a process of its own, so that none finds
/// another's memory, and a crash is a result.
class comparison {
public:
    explicit comparison(const choices& made) : made_(made) {}

    /// @returns whether every engine did all that was asked
    bool run() {
        for (const std::string& shape : made_.shapes)
            for (const scenario& each : scenarios(made_))
                for (std::size_t turn = 0; turn < made_.repetitions; ++turn)
                    for (std::size_t i = 0; i < made_.engines.size(); ++i) {
                        // There and back again, so that what drifts does not favour one.
                        const std::size_t at = turn % 2 ? made_.engines.size() - 1 - i : i;
                        run_one(*std::ranges::find(engines(), made_.engines[at], &engine::name),
                                each, shape, turn);
                    }
        return failures_.empty();
    }

    [[nodiscard]] json::object report() const {
        return {{"entries", made_.how.entries},
                {"repetitions", made_.repetitions},
                {"seconds", made_.how.seconds},
                {"durability", made_.durability},
                {"memory_mib", made_.memory_mib},
                {"confined_mib", made_.confined_mib},
                {"seed", made_.seed},
                {"processors", std::thread::hardware_concurrency()},
                {"compiler", __VERSION__},
                {"settings", settings_},
                {"measurements", measurements_},
                {"failures", failures_}};
    }

private:
    void run_one(const engine& by, const scenario& what, const std::string& shape,
                 std::size_t turn) {
        plan how = made_.how;
        if (what.front()->synced) how.class_of = survives::power;
        if (std::ranges::find(by.classes, how.class_of) == by.classes.end()) return;

        int ends[2];
        if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(ends[0]);
            ::_exit(carry_out_in_child(by, what, shape, how, turn, ends[1]));
        }
        ::close(ends[1]);
        std::FILE* const told = ::fdopen(ends[0], "r");
        std::string line;
        for (int c; (c = std::fgetc(told)) != EOF;) {
            if (c != '\n') {
                line += static_cast<char>(c);
                continue;
            }
            take(by, shape, how, turn, json::parse(line).as_object());
            line.clear();
        }
        std::fclose(told);
        int status = 0;
        ::waitpid(child, &status, 0);
        memory_group(child).remove();
        if (!WIFEXITED(status))
            fail(by, shape, "ended by signal " + std::to_string(WTERMSIG(status)));
    }

    int carry_out_in_child(const engine& by, const scenario& what, const std::string& shape,
                           const plan& how, std::size_t turn, int out) const {
        const auto tell = [&](const json::object& told) {
            const std::string line = json::serialize(told) + "\n";
            if (::write(out, line.data(), line.size()) < 0) ::_exit(2);
        };
        try {
            carry_out(
                what, by, shape, how, made_.seed + turn,
                [&](const measurement& of) { tell(to_json(of)); },
                [&](const std::string& settings) { tell({{"settings", settings}}); });
            return 0;
        } catch (const std::exception& failure) {
            tell({{"failure", failure.what()}});
            return 1;
        }
    }

    void take(const engine& by, const std::string& shape, const plan& how, std::size_t turn,
              json::object told) {
        if (const auto* const failure = told.if_contains("failure"))
            return fail(by, shape, std::string(failure->as_string()));
        if (const auto* const settings = told.if_contains("settings")) {
            json::array& all = settings_[by.name].is_array() ? settings_[by.name].as_array()
                                                             : settings_[by.name].emplace_array();
            if (std::ranges::find(all, *settings) == all.end()) all.push_back(*settings);
            return;
        }
        std::printf("%-10s %-12s %-20s %-10s %12.0f /s  (%zu)\n", shape.c_str(), by.name.c_str(),
                    told["workload"].as_string().c_str(), told["state"].as_string().c_str(),
                    told["operations"].as_double() / told["seconds"].as_double(), turn + 1);
        std::fflush(stdout);
        told["engine"] = by.name;
        told["shape"] = shape;
        told["durability"] = name_of(how.class_of);
        told["repetition"] = turn + 1;
        measurements_.push_back(std::move(told));
    }

    void fail(const engine& by, const std::string& shape, const std::string& why) {
        std::printf("%-10s %-12s FAILED: %s\n", shape.c_str(), by.name.c_str(), why.c_str());
        failures_.push_back(json::value(by.name + ", " + shape + ": " + why));
    }

    const choices& made_;
    json::object settings_;
    json::array measurements_, failures_;
};

}  // namespace

int main(int argc, char** argv) {
    std::ranges::sort(engines(), {}, &engine::name);
    const choices made = parse(argc, argv);
    if (made.list) return print_lists(), 0;
    std::filesystem::create_directories(made.how.folder.parent_path());
    comparison all(made);
    const bool well = all.run();
    if (!made.json_file.empty())
        std::ofstream(made.json_file) << json::serialize(all.report()) << '\n';
    return well ? 0 : 1;
}
