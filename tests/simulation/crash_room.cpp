// SPDX-License-Identifier: BSL-1.0
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace lsm::testing;

namespace {

using simulation::is_optimised;

/// What the environment asks for.
simulation::campaign as_asked(simulation::campaign made) {
    crash_plan& plan = made.plan;
    if (std::getenv("LSM_LONG")) {
        made.scripts = 80;
        plan.sampling.every = plan.recovery_sampling.every = 1;
    }
    if (const char* first = std::getenv("LSM_FIRST_SEED"))
        made.first = std::strtoull(first, nullptr, 10);
    if (const char* only = std::getenv("LSM_SEED")) {
        made.first = std::strtoull(only, nullptr, 10);
        made.scripts = 1;
    }
    if (const char* crash = std::getenv("LSM_CRASH")) plan.sampling = {.only = crash};
    return made;
}

/// One script, crashed here and there, and no recovery.
crash_plan make_fault_plan(const fault& what) {
    crash_plan plan;
    plan.fault = what;
    plan.seed = 3;
    plan.sampling = {.every = is_optimised ? 40U : 1600U, .seed = what.at};
    plan.recovery_every = 0;
    return plan;
}

}  // namespace

simulation::campaign simulation::few_scripts() {
    campaign made;
    made.plan.sampling.every = is_optimised ? 1 : 32;
    made.plan.recovery_every = 40;
    made.plan.recovery_sampling.every = is_optimised ? 4 : 128;
    return as_asked(made);
}

simulation::campaign simulation::many_scripts() {
    campaign made;
    made.scripts = is_optimised ? 24 : 2;
    made.plan.sampling.every = is_optimised ? 9 : 96;
    made.plan.recovery_every = is_optimised ? 1000 : 100;
    made.plan.recovery_sampling.every = is_optimised ? 4 : 128;
    return as_asked(made);
}

/// What writes ask for, if there is a log at all; whether it is mapped; and whether runs are merged by
/// themselves.
simulation::crash_use simulation::use_of(std::uint64_t seed) {
    crash_use use;
    use.maps = seed / 4 % 2 == 0;
    use.merges = seed / 8 % 2 == 0;
    switch (seed % 4) {
    case 0: use.log.enabled = false; [[fallthrough]];
    case 1: use.usual = lsm::durability::none; break;
    case 2: use.usual = lsm::durability::power_loss; break;
    default: return use;  // of all levels
    }
    use.levels = {use.usual};
    return use;
}

model_samples<std::string, std::string> simulation::make_samples() {
    model_samples<std::string, std::string> samples;
    for (int i = 0; i < 24; ++i) samples.keys.push_back("key" + std::to_string(i));
    samples.value = [](std::mt19937_64& random) {
        return std::to_string(random()) + std::string(random() % 40, '.');
    };
    return samples;
}

namespace {

void make(model_samples<std::string, std::string>& samples) {
    samples = simulation::make_samples();
}

void make(model_samples<std::uint64_t, std::pair<std::string, double>>& samples) {
    for (std::uint64_t i = 0; i < 24; ++i) samples.keys.push_back(i * 0x0a00'0000'0000'0001);
    samples.value = [](std::mt19937_64& random) {
        return std::pair(std::to_string(random()), static_cast<double>(random()) / 3);
    };
}

void make(
    model_samples<std::pair<std::int32_t, std::string>, std::vector<std::uint64_t>>& samples) {
    for (int i = 0; i < 24; ++i) samples.keys.emplace_back(i / 3 - 4, std::string(i % 3 * 5, '"'));
    samples.value = [](std::mt19937_64& random) {
        std::vector<std::uint64_t> value(1 + random() % 4);
        for (std::uint64_t& each : value) each = random();
        return value;
    };
}

/// Says what one tree did, and all so far.
void report(const crash_count& of, std::uint64_t scripts, std::chrono::duration<double> took) {
    static crash_count sum;
    sum.states += of.states;
    sum.recovery_states += of.recovery_states;
    const auto all = static_cast<double>(of.states + of.recovery_states);
    BOOST_TEST_MESSAGE(
        scripts << " scripts: " << of.states << " crashes, " << of.recovery_states
                << " in recoveries, " << static_cast<std::uint64_t>(all / took.count())
                << " a second; so far " << sum.states << " and " << sum.recovery_states);
}

}  // namespace

template <class Key, class Value>
void simulation::run_crashes(const std::function<tree_opener<Key, Value>(const crash_use&)>& open,
                             const std::function<crash_use(std::uint64_t seed)>& use_of_script,
                             campaign of) {
    model_samples<Key, Value> samples;
    make(samples);
    crash_plan& plan = of.plan;
    crash_count sum;
    const auto begin = std::chrono::steady_clock::now();
    for (plan.seed = of.first; plan.seed < of.first + of.scripts; ++plan.seed) {
        const crash_use use = use_of_script(plan.seed);
        plan.levels = use.levels;
        plan.disk.maps = use.maps;
        plan.sampling.seed = plan.recovery_sampling.seed = plan.seed;
        const crash_count count = check_crashes<Key, Value>(open(use), samples, plan);
        sum.states += count.states;
        sum.recovery_states += count.recovery_states;
    }
    report(sum, of.scripts, std::chrono::steady_clock::now() - begin);
    BOOST_TEST(sum.states > 0U);
}

namespace simulation {

template <class Entry>
using opener_of =
    std::function<tree_opener<typename Entry::first_type, typename Entry::second_type>(
        const crash_use&)>;
using use_of_scripts = std::function<crash_use(std::uint64_t)>;

template void run_crashes(const opener_of<texts>&, const use_of_scripts&, campaign);
template void run_crashes(const opener_of<pairs>&, const use_of_scripts&, campaign);
template void run_crashes(const opener_of<lists>&, const use_of_scripts&, campaign);

}  // namespace simulation

std::uint64_t simulation::run_faults(const text_opener& open, fault what) {
    const std::uint64_t stride = is_optimised || std::getenv("LSM_LONG") ? 1 : 19;
    const auto samples = make_samples();
    std::uint64_t states = 0, runs = 0;
    for (;; what.at += what.at < 50 ? 1 : stride, ++runs) {
        what.bit = what.at * 7919;
        crash_count count;
        BOOST_TEST_CONTEXT("call " << what.at << (what.for_ever ? " and all later" : ""))
        count = check_crashes<std::string, std::string>(open, samples, make_fault_plan(what));
        states += count.states;
        if (count.strikes == 0) break;
    }
    BOOST_TEST_MESSAGE(runs << " faults, " << states << " crashes");
    return runs;
}

void simulation::run_small_disk(const text_opener& open, std::uint64_t bytes) {
    crash_plan plan = make_fault_plan({.at = 0});
    plan.disk.capacity = bytes;
    BOOST_TEST_CONTEXT(bytes << " bytes")
    BOOST_TEST((check_crashes<std::string, std::string>(open, make_samples(), plan).states > 0U));
}
