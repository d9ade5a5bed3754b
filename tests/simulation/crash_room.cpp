// SPDX-License-Identifier: BSL-1.0
#include <simulation/crash_room.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

using namespace lsm::testing;

namespace {

#ifdef __OPTIMIZE__
constexpr bool is_optimised = true;
#else
constexpr bool is_optimised = false;  // forty times slower, with sanitizers
#endif

/// What the environment asks for.
struct campaign {
    std::uint64_t first = 1, last = 2;
    crash_plan plan;
};

campaign make_campaign() {
    campaign made;
    crash_plan& plan = made.plan;
    if (std::getenv("LSM_LONG")) {
        made.last = 40;
    } else {
        plan.sampling.every = is_optimised ? 1 : 8;
        plan.recovery_every = 40;
        plan.recovery_sampling.every = is_optimised ? 4 : 32;
    }
    if (const char* seed = std::getenv("LSM_SEED"))
        made.first = made.last = std::strtoull(seed, nullptr, 10);
    if (const char* crash = std::getenv("LSM_CRASH")) plan.sampling = {.only = crash};
    return made;
}

/// One script, crashed here and there, and no recovery.
crash_plan make_fault_plan(const fault& what) {
    crash_plan plan;
    plan.fault = what;
    plan.seed = 3;
    plan.sampling = {.every = is_optimised ? 40U : 400U, .seed = what.at};
    plan.recovery_every = 0;
    return plan;
}

}  // namespace

model_samples<std::string, std::string> simulation::make_samples() {
    model_samples<std::string, std::string> samples;
    for (int i = 0; i < 24; ++i) samples.keys.push_back("key" + std::to_string(i));
    samples.value = [](std::mt19937_64& random) {
        return std::to_string(random()) + std::string(random() % 40, '.');
    };
    return samples;
}

void simulation::run_crashes(const text_opener& open, const crash_use& use) {
    const auto samples = make_samples();
    auto [first, last, plan] = make_campaign();
    plan.levels = use.levels;
    plan.disk.maps = use.maps;
    crash_count sum;
    const auto begin = std::chrono::steady_clock::now();
    for (plan.seed = first; plan.seed <= last; ++plan.seed) {
        const crash_count count = check_crashes<std::string, std::string>(open, samples, plan);
        sum.states += count.states;
        sum.recovery_states += count.recovery_states;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const auto all = static_cast<double>(sum.states + sum.recovery_states);
    BOOST_TEST_MESSAGE(sum.states << " crashes, " << sum.recovery_states << " in recoveries, "
                                  << static_cast<std::uint64_t>(all / took.count()) << " a second");
    BOOST_TEST(sum.states > 0U);
}

std::uint64_t simulation::run_faults(const text_opener& open, fault what) {
    const std::uint64_t stride = is_optimised || std::getenv("LSM_LONG") ? 1 : 7;
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
