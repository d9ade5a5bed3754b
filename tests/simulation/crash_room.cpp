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
        plan.recovery_every = 100;
        plan.recovery_sampling.every = is_optimised ? 4 : 16;
        plan.sampling.every = is_optimised ? 1 : 5;
    }
    if (const char* seed = std::getenv("LSM_SEED"))
        made.first = made.last = std::strtoull(seed, nullptr, 10);
    if (const char* crash = std::getenv("LSM_CRASH")) plan.sampling = {.only = crash};
    return made;
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
