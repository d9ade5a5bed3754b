// SPDX-License-Identifier: BSL-1.0
// How fast ours finds keys of several kinds: numbers without a gap are the best case of a search that guesses.
// `lsm_keys [folder]` prints a table.
#include <lsm/lsm.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using key = std::uint64_t;
using keys = std::vector<key>;
using engine = std::mt19937_64;
using tree = lsm::lsm_tree<key, key>;
using clock = std::chrono::steady_clock;

constexpr std::size_t entries = 500'000;
constexpr int rounds = 5;

struct kind {
    const char* name;
    std::function<key(std::size_t, engine&)> draw;
};

/// The number whose bytes are eight decimal digits.
key digits(engine& random) {
    key text = 0;
    for (int i = 0; i < 8; ++i) text = text << 8 | ('0' + random() % 10);
    return text;
}

const std::vector<kind>& kinds() {
    static std::lognormal_distribution<double> lognormal(0, 2);
    static const std::vector<kind> all{
        {"even numbers without a gap", [](std::size_t i, engine&) { return 2 * i; }},
        {"random, evenly", [](std::size_t, engine& random) { return random(); }},
        {"random, log-normal",
         [](std::size_t, engine& random) { return static_cast<key>(lognormal(random) * 1e9); }},
        {"eighth powers of random numbers",
         [](std::size_t, engine& random) {
             const double one = std::uniform_real_distribution<double>()(random);
             return static_cast<key>(std::pow(one, 8) * 1e18);
         }},
        {"in a thousand clusters",
         [](std::size_t, engine& random) {
             const key cluster = random() % 1000;
             return cluster * 1'000'000'000'000 + random() % 2000;
         }},
        {"bytes that are decimal digits",
         [](std::size_t, engine& random) { return digits(random); }},
    };
    return all;
}

/// Sorted, and no two the same.
keys draw(const kind& of, engine& random) {
    keys all;
    while (all.size() < entries) {
        for (std::size_t i = all.size(); i < entries; ++i) all.push_back(of.draw(i, random));
        std::ranges::sort(all);
        all.erase(std::unique(all.begin(), all.end()), all.end());
    }
    return all;
}

/// The median over several rounds of the thousands a second that @p operation is done.
template <class F>
double thousands(std::size_t times, F&& operation) {
    std::array<double, rounds> all;
    for (double& each : all) {
        const auto begin = clock::now();
        for (std::size_t i = 0; i < times; ++i) operation();
        each = static_cast<double>(times) /
               std::chrono::duration<double, std::milli>(clock::now() - begin).count();
    }
    std::ranges::sort(all);
    return all[rounds / 2];
}

void expect(bool well, const char* what) {
    if (!well) throw std::runtime_error(what);
}

void measure(const kind& of, const std::filesystem::path& folder) {
    engine random(1);
    const keys all = draw(of, random);
    const auto some = [&] { return all[random() % all.size()]; };
    const auto where = folder / "store";
    std::filesystem::remove_all(where);
    std::filesystem::create_directories(folder);
    {
        tree store(where, {.memory_bytes = std::size_t{128} << 20});
        std::vector<std::pair<key, key>> loaded;
        for (const key each : all) loaded.emplace_back(each, each);
        store.ingest(loaded);
        const auto get = [&] {
            const key sought = some();
            bool right = false;
            store.visit(sought, [&](key value) { right = value == sought; });
            expect(right, "a get of a key that is there");
        };
        const auto seek = [&] {
            const key sought = some();
            std::size_t seen = 0;
            for (const auto& each : store.scan(lsm::at_least(sought))) {
                expect(each.value() >= sought, "an entry of a scan");
                if (++seen == 10) break;
            }
        };
        thousands(all.size(), get);  // into the cache
        const double gets = thousands(1'000'000, get), seeks = thousands(300'000, seek);
        std::printf("| %s | %.0f | %.0f |\n", of.name, gets, seeks);
        std::fflush(stdout);
    }
    std::filesystem::remove_all(where);
}

}  // namespace

int main(int count, char** arguments) try {
    const std::filesystem::path folder = count > 1 ? arguments[1] : "keys";
    std::puts("| keys | gets | seeks of ten entries |\n| --- | --- | --- |");
    for (const kind& each : kinds()) measure(each, folder);
} catch (const std::exception& failure) {
    std::fprintf(stderr, "lsm_keys: %s\n", failure.what());
    return 1;
}
