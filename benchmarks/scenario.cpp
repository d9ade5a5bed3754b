// SPDX-License-Identifier: BSL-1.0
#include "scenario.hpp"

#include "memory_group.hpp"
#include "process.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <span>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t chunk_steps = 1024;  // between two looks at the clock
constexpr std::size_t batch_entries = 100, group_keys = 32;
constexpr std::size_t synced_steps = 4000;
constexpr std::size_t confined_steps = 1'000'000;  // which take of the memory, too
constexpr double puts_a_second = 20'000;           // beside readers

double seconds_since(clock::time_point begin) {
    return std::chrono::duration<double>(clock::now() - begin).count();
}

std::size_t entry_bytes(std::string_view shape) {
    std::size_t found = 0;
    std::apply(
        [&](const auto&... each) {
            ((found = shape == each.name ? each.entry_bytes : found), ...);
        },
        shapes{});
    return found;
}

/// A thread that works beside the measured ones until it is asked to end.
class companion {
public:
    template <class F>
    explicit companion(F work)
        : thread_([this, work] {
              try {
                  work(ends_);
              } catch (...) {
                  failure_ = std::current_exception();
              }
              ended_ = true;
          }) {}
    [[nodiscard]] bool has_ended() const { return ended_; }
    /// @throws what its work threw
    void end() {
        ends_ = true;
        thread_.join();
        if (failure_) std::rethrow_exception(failure_);
    }
    ~companion() {
        ends_ = true;
        if (thread_.joinable()) thread_.join();
    }

private:
    std::atomic<bool> ends_ = false, ended_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

/// One directory, and what the engine has in it.
class course {
public:
    course(const engine& by, std::string_view shape, const plan& how, std::uint64_t seed)
        : engine_(by), shape_(shape), plan_(how), next_(seed), range_{how.entries, how.entries},
          expected_(2 * how.entries) {
        opening_.where = how.folder;
        opening_.class_of = how.class_of;
        opening_.memory = how.memory;
        opening_.beyond_memory = how.confined_to != 0;
        opening_.expected_bytes = how.entries * entry_bytes(shape);
    }

    void open() {
        const auto how = engine_.open.find(shape_);
        if (how == engine_.open.end())
            throw std::invalid_argument(engine_.name + " knows no shape " + shape_);
        session_ = how->second(opening_);
    }
    void close() { session_.reset(); }
    [[nodiscard]] std::string settings() const { return session_->settings(); }

    /// Every number once, in random order.
    void load() {
        const std::vector<step> steps = draw(*find("filluniquerandom"));
        latencies took;
        session_->connect(expected_)->put_batches(steps, batch_entries, took);
        session_->drain();
    }
    /// From now on the engine works within a bound, and finds none of its files in memory. What the
    /// answers are compared with is outside of it.
    void confine() {
        close();
        forget_pages(plan_.folder);
        memory_group(::getpid()).enter(plan_.confined_to);
        range_.operations = (std::min)(range_.operations, confined_steps);
        open();
    }
    void compact() { session_->compact(); }
    void overwrite() {
        latencies took;
        session_->connect(expected_)->put_batches(draw(*find("overwrite")), batch_entries, took);
    }

    measurement measure(const workload& what) {
        std::vector<step> steps = draw(what);
        latencies took(what.synced || what.how != manner::single ? 1 : 8);
        if (what.beside_compaction) overwrite();
        forget_peak();
        measurement result;
        const double cpu = cpu_seconds();
        const auto written = bytes_written();
        for (;;) {
            const auto begin = clock::now();
            time_left_ = plan_.seconds - result.seconds;
            result.operations += static_cast<double>(perform(what, steps, took));
            result.seconds += seconds_since(begin);
            const bool once = what.begins == stage::empty || what.beside_compaction || !what.draw;
            if (once || result.seconds >= plan_.seconds) break;
            if (changes_nothing(steps)) continue;
            if (plan_.confined_to == 0) break;
            steps = draw(what);  // the bound has no room for all at once
        }
        if (what.begins == stage::empty || what.begins == stage::used) {
            const auto begin = clock::now();
            session_->drain();
            result.drain_seconds = seconds_since(begin);
        }
        result.cpu_seconds = cpu_seconds() - cpu;
        result.written_bytes = static_cast<double>(bytes_written() - written);
        result.peak_bytes = static_cast<double>(peak_bytes());
        result.disk_bytes = static_cast<double>(disk_bytes(plan_.folder));
        result.user_bytes =
            share_of_puts(steps) * result.operations * static_cast<double>(entry_bytes(shape_));
        result.workload = what.name;
        result.p50 = static_cast<double>(took.quantile(0.5));
        result.p99 = static_cast<double>(took.quantile(0.99));
        result.p999 = static_cast<double>(took.quantile(0.999));
        result.most = static_cast<double>(took.most());
        return result;
    }

private:
    static const workload* find(std::string_view name) {
        return &*std::ranges::find(workloads(), name, &workload::name);
    }
    static bool changes_nothing(const std::vector<step>& steps) {
        return std::ranges::all_of(steps, [](const step& each) {
            return each.what == action::get || each.what == action::get_none ||
                   each.what == action::seek;
        });
    }
    static double share_of_puts(const std::vector<step>& steps) {
        const auto puts = std::ranges::count_if(steps, [](const step& each) {
            return each.what == action::put || each.what == action::change;
        });
        return steps.empty() ? 1 : static_cast<double>(puts) / static_cast<double>(steps.size());
    }

    std::vector<step> draw(const workload& what) {
        std::vector<step> steps;
        if (what.draw) steps = what.draw(range_, next_);
        if (what.synced && steps.size() > synced_steps) steps.resize(synced_steps);
        return steps;
    }

    /// @returns how many operations it were
    std::size_t perform(const workload& what, std::span<const step> steps, latencies& took) {
        switch (what.how) {
        case manner::forward:
        case manner::backward: return walk(what.how == manner::forward);
        case manner::load:
            session_->connect(expected_)->load(range_.numbers);
            return range_.numbers;
        case manner::compact: session_->compact(); return range_.numbers;
        case manner::reopen: {
            close();
            open();
            const step first{0, 1, action::get};
            session_->connect(expected_)->run({&first, 1}, took);
            return 1;
        }
        default: break;
        }
        if (what.threads > 1) return run_threads(what, steps, took);
        if (what.beside_puts) return run_beside_puts(what, steps, took);
        if (what.beside_compaction) return run_beside_compaction(what, steps, took);
        return run(what, steps, took, [] { return false; });
    }

    std::size_t walk(bool forward) {
        const std::unique_ptr<client> with = session_->connect(expected_);
        const std::size_t present = expected_.present();
        const auto begin = clock::now();
        std::size_t seen = 0;
        do {
            const std::size_t now = with->walk(forward);
            expect(now == present, "entries of a walk", now);
            seen += now;
        } while (seconds_since(begin) < time_left_);
        return seen;
    }

    /// Fills are carried out whole; others end when their time is over, or @p over says so.
    std::size_t run(const workload& what, std::span<const step> steps, latencies& took,
                    const std::function<bool()>& over) {
        const std::unique_ptr<client> with = session_->connect(expected_);
        const bool whole = what.begins == stage::empty;
        const auto begin = clock::now();
        std::size_t done = 0;
        while (done < steps.size()) {
            const auto some = steps.subspan(
                done, (std::min)(what.synced ? 64 : chunk_steps, steps.size() - done));
            if (what.how == manner::batches)
                with->put_batches(some, batch_entries, took);
            else if (what.how == manner::groups)
                with->get_groups(some, group_keys, took);
            else
                with->run(some, took);
            done += some.size();
            if (over() || (seconds_since(begin) > time_left_ && (!whole || what.synced))) break;
        }
        return done;
    }

    std::size_t run_threads(const workload& what, std::span<const step> steps, latencies& took) {
        struct share {
            latencies took;
            std::size_t done = 0;
        };
        std::vector<share> shares(what.threads, share{took.alike()});
        {
            std::vector<std::unique_ptr<companion>> threads;
            const std::size_t each = steps.size() / what.threads;
            for (std::size_t i = 0; i < shares.size(); ++i)
                threads.push_back(std::make_unique<companion>([&, i](const std::atomic<bool>&) {
                    shares[i].done = run(what, steps.subspan(i * each, each), shares[i].took,
                                         [] { return false; });
                }));
            for (const auto& thread : threads) thread->end();
        }
        std::size_t done = 0;
        for (const share& of : shares) {
            took.add(of.took);
            done += of.done;
        }
        return done;
    }

    std::size_t run_beside_puts(const workload& what, std::span<const step> steps,
                                latencies& took) {
        const std::vector<step> puts = draw(*find("overwrite"));
        expected_.changes = true;
        companion writer([&](const std::atomic<bool>& ends) {
            const std::unique_ptr<client> with = session_->connect(expected_);
            constexpr std::size_t at_once = 20;
            latencies unused;
            const auto begin = clock::now();
            for (std::size_t done = 0; done + at_once <= puts.size() && !ends; done += at_once) {
                with->run(std::span(puts).subspan(done, at_once), unused);
                std::this_thread::sleep_until(
                    begin +
                    std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(
                        static_cast<double>(done + at_once) / puts_a_second)));
            }
        });
        const std::size_t done = run(what, steps, took, [] { return false; });
        writer.end();
        expected_.changes = false;
        return done;
    }

    std::size_t run_beside_compaction(const workload& what, std::span<const step> steps,
                                      latencies& took) {
        companion compaction([&](const std::atomic<bool>&) { session_->compact(); });
        std::size_t done = 0;
        while (!compaction.has_ended())
            done += run(what, steps, took, [&] { return compaction.has_ended(); });
        compaction.end();
        return done;
    }

    const engine& engine_;
    std::string shape_;
    const plan& plan_;
    random next_;
    double time_left_ = 0;  // of a workload that fills nothing
    range range_;
    contents expected_;  // with room for what YCSB D inserts
    opening opening_;
    std::unique_ptr<session> session_;
};

}  // namespace

void carry_out(const scenario& what, const engine& by, std::string_view shape, const plan& how,
               std::uint64_t seed, const std::function<void(const measurement&)>& done,
               const std::function<void(const std::string&)>& told_settings) {
    std::filesystem::remove_all(how.folder);
    course on(by, shape, how, seed);
    on.open();
    told_settings(on.settings());
    const auto measure_all = [&](auto which, const char* state) {
        for (const workload* each : what) {
            if (!which(*each)) continue;
            if (!by.compacts && (each->how == manner::compact || each->beside_compaction)) continue;
            measurement taken = on.measure(*each);
            taken.state = state;
            done(taken);
        }
    };
    if (what.front()->begins != stage::empty) on.load();
    if (how.confined_to != 0) on.confine();
    measure_all([](const workload& of) { return of.begins <= stage::loaded; }, "");
    measure_all([](const workload& of) { return of.how == manner::compact; }, "");
    const bool goes_on = std::ranges::any_of(
        what, [](const workload* of) { return of->also_compacted || of->begins > stage::loaded; });
    if (goes_on) on.compact();
    measure_all([](const workload& of) { return of.also_compacted; }, "compacted");
    measure_all(
        [](const workload& of) { return of.begins > stage::loaded && of.how != manner::compact; },
        "");
    on.close();
    std::filesystem::remove_all(how.folder);
}

}  // namespace bench
