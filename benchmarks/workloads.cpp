// SPDX-License-Identifier: BSL-1.0
#include "workloads.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bench {
namespace {

number below(std::size_t limit, random& next) {
    return static_cast<number>(std::uniform_int_distribution<std::size_t>(0, limit - 1)(next));
}

/// Ranks by a Zipf law of exponent 0.99, as YCSB draws them (Gray et al., "Quickly generating
/// billion-record synthetic databases", SIGMOD 1994).
class zipf {
public:
    explicit zipf(std::size_t count) : count_(static_cast<double>(count)) {
        for (std::size_t i = 1; i <= count; ++i)
            zeta_ += 1 / std::pow(static_cast<double>(i), theta);
        const double zeta2 = 1 + std::pow(0.5, theta);
        eta_ = (1 - std::pow(2 / count_, 1 - theta)) / (1 - zeta2 / zeta_);
    }
    std::size_t operator()(random& next) {
        const double u = std::uniform_real_distribution<double>(0, 1)(next);
        const double uz = u * zeta_;
        if (uz < 1) return 0;
        if (uz < 1 + std::pow(0.5, theta)) return 1;
        const double rank = count_ * std::pow(eta_ * u - eta_ + 1, 1 / (1 - theta));
        return (std::min)(static_cast<std::size_t>(rank), static_cast<std::size_t>(count_) - 1);
    }

private:
    static constexpr double theta = 0.99;
    double count_, eta_ = 0, zeta_ = 0;
};

/// The popular entries are scattered over the keys.
number scatter(std::size_t rank, std::size_t numbers) {
    return static_cast<number>(mix(rank) % numbers);
}

template <action What>
std::vector<step> ascending(const range& of, random&) {
    std::vector<step> steps(of.numbers);
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = {static_cast<number>(i), 1, What};
    return steps;
}

/// Every number once.
template <action What>
std::vector<step> shuffled(const range& of, random& next) {
    std::vector<step> steps = ascending<What>(of, next);
    std::shuffle(steps.begin(), steps.end(), next);
    return steps;
}

/// With repetition: 63 % of the numbers where there are as many steps as numbers.
template <action What, std::uint16_t Count = 1>
std::vector<step> uniform(const range& of, random& next) {
    std::vector<step> steps(of.operations);
    for (step& each : steps) each = {below(of.numbers, next), Count, What};
    return steps;
}

template <action What>
std::vector<step> zipfian(const range& of, random& next) {
    zipf ranks(of.numbers);
    std::vector<step> steps(of.operations);
    for (step& each : steps) each = {scatter(ranks(next), of.numbers), 1, What};
    return steps;
}

/// YCSB's mixes of gets and something else, on popular entries.
template <action Other, unsigned OtherPercent>
std::vector<step> ycsb_mix(const range& of, random& next) {
    std::vector<step> steps = zipfian<action::get>(of, next);
    for (step& each : steps)
        if (below(100, next) < OtherPercent) each.what = Other;
    return steps;
}

/// YCSB D: 95 % gets of what was inserted last, 5 % inserts behind the end.
std::vector<step> ycsb_latest(const range& of, random& next) {
    zipf ages(of.numbers);
    std::size_t end = of.numbers;
    std::vector<step> steps(of.operations);
    for (step& each : steps) {
        if (below(100, next) < 5)
            each = {static_cast<number>(end++), 1, action::put};
        else
            each = {static_cast<number>(end - 1 - ages(next)), 1, action::get};
    }
    return steps;
}

/// YCSB E: 95 % scans of 1 to 100 entries, 5 % puts.
std::vector<step> ycsb_scans(const range& of, random& next) {
    std::vector<step> steps = zipfian<action::seek>(of, next);
    for (step& each : steps) {
        if (below(100, next) < 5) each.what = action::put;
        each.count = static_cast<std::uint16_t>(1 + below(100, next));
    }
    return steps;
}

std::vector<workload> make_workloads() {
    using enum stage;
    using enum manner;
    constexpr auto put = action::put;
    constexpr auto get = action::get;
    constexpr auto seek = action::seek;
    return {
        {.name = "fillseq",
         .about = "puts in key order",
         .begins = empty,
         .how = single,
         .draw = ascending<put>},
        {.name = "fillrandom",
         .about = "puts of random keys, with repetition",
         .begins = empty,
         .how = single,
         .draw = uniform<put>},
        {.name = "filluniquerandom",
         .about = "puts in random order",
         .begins = empty,
         .how = single,
         .draw = shuffled<put>,
         .chosen = false},
        {.name = "fillbatch",
         .about = "the same, 100 a batch",
         .begins = empty,
         .how = batches,
         .draw = uniform<put>},
        {.name = "fillsync",
         .about = "puts, each on the device",
         .begins = empty,
         .how = single,
         .draw = shuffled<put>,
         .synced = true},
        {.name = "fillsync2",
         .about = "the same, two threads",
         .begins = empty,
         .how = single,
         .draw = shuffled<put>,
         .threads = 2,
         .synced = true,
         .chosen = false},
        {.name = "fillsync4",
         .about = "the same, four threads",
         .begins = empty,
         .how = single,
         .draw = shuffled<put>,
         .threads = 4,
         .synced = true},
        {.name = "fillrandom4",
         .about = "puts in random order, four threads",
         .begins = empty,
         .how = single,
         .draw = shuffled<put>,
         .threads = 4,
         .chosen = false},
        {.name = "bulkload",
         .about = "sorted entries in the engine's fastest way",
         .begins = empty,
         .how = manner::load},

        {.name = "readrandom",
         .about = "gets of random entries",
         .begins = loaded,
         .how = single,
         .draw = uniform<get>,
         .also_compacted = true},
        {.name = "readzipfian",
         .about = "gets, some entries more popular",
         .begins = loaded,
         .how = single,
         .draw = zipfian<get>,
         .also_compacted = true,
         .chosen = false},
        {.name = "readmissing",
         .about = "gets of absent keys",
         .begins = loaded,
         .how = single,
         .draw = uniform<action::get_none>,
         .also_compacted = true},
        {.name = "multireadrandom",
         .about = "gets, 32 at once",
         .begins = loaded,
         .how = groups,
         .draw = uniform<get>,
         .also_compacted = true},
        {.name = "readseq",
         .about = "every entry in order",
         .begins = loaded,
         .how = forward,
         .also_compacted = true},
        {.name = "readreverse",
         .about = "every entry, last first",
         .begins = loaded,
         .how = backward,
         .also_compacted = true,
         .chosen = false},
        {.name = "seekrandom",
         .about = "seeks, one entry each",
         .begins = loaded,
         .how = single,
         .draw = uniform<seek, 1>,
         .also_compacted = true,
         .chosen = false},
        {.name = "seekrandom10",
         .about = "seeks, ten entries each",
         .begins = loaded,
         .how = single,
         .draw = uniform<seek, 10>,
         .also_compacted = true},
        {.name = "seekrandom100",
         .about = "seeks, a hundred entries each",
         .begins = loaded,
         .how = single,
         .draw = uniform<seek, 100>,
         .also_compacted = true,
         .chosen = false},

        {.name = "compact",
         .about = "everything into the best order",
         .begins = compacted,
         .how = manner::compact},
        {.name = "reopen", .about = "close and open", .begins = compacted, .how = reopen},

        {.name = "overwrite",
         .about = "puts of random entries",
         .begins = used,
         .how = single,
         .draw = uniform<put>},
        {.name = "readwhilewriting",
         .about = "gets beside 20 000 puts a second",
         .begins = used,
         .how = single,
         .draw = uniform<get>,
         .beside_puts = true},
        {.name = "seekwhilewriting",
         .about = "seeks, ten entries each, beside the same",
         .begins = used,
         .how = single,
         .draw = uniform<seek, 10>,
         .beside_puts = true,
         .chosen = false},
        {.name = "readwhilecompacting",
         .about = "gets beside a compaction",
         .begins = used,
         .how = single,
         .draw = uniform<get>,
         .beside_compaction = true,
         .chosen = false},
        {.name = "ycsb-a",
         .about = "50 % gets, 50 % puts, zipfian",
         .begins = used,
         .how = single,
         .draw = ycsb_mix<put, 50>},
        {.name = "ycsb-b",
         .about = "95 % gets, 5 % puts, zipfian",
         .begins = used,
         .how = single,
         .draw = ycsb_mix<put, 5>,
         .chosen = false},
        {.name = "ycsb-c",
         .about = "gets, zipfian",
         .begins = used,
         .how = single,
         .draw = zipfian<get>,
         .chosen = false},
        {.name = "ycsb-f",
         .about = "50 % gets, 50 % get and put, zipfian",
         .begins = used,
         .how = single,
         .draw = ycsb_mix<action::change, 50>,
         .chosen = false},
        {.name = "ycsb-e",
         .about = "95 % scans of up to 100, 5 % puts, zipfian",
         .begins = used,
         .how = single,
         .draw = ycsb_scans,
         .chosen = false},
        {.name = "ycsb-d",
         .about = "95 % gets of the latest, 5 % inserts",
         .begins = used,
         .how = single,
         .draw = ycsb_latest,
         .chosen = false},
        {.name = "deleterandom",
         .about = "erases of random keys",
         .begins = used,
         .how = single,
         .draw = uniform<action::erase>,
         .chosen = false},
    };
}

}  // namespace

const std::vector<workload>& workloads() {
    static const std::vector<workload> all = make_workloads();
    return all;
}

std::vector<engine>& engines() {
    static std::vector<engine> all;
    return all;
}

}  // namespace bench
