// SPDX-License-Identifier: BSL-1.0
// Kills processes that write to a tree, and looks at what they leave. `kill_loop [rounds [seed]]`
#include <kill/life.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kill_loop {
namespace {

constexpr std::uint64_t rounds_of_life = 12;
constexpr std::uint64_t most_opening_microseconds = 5'000'000;

struct figures {
    std::uint64_t rounds = 0, in_opening = 0, acknowledged = 0, recovered = 0, unfinished = 0;
    std::uint64_t groups = 0, drops = 0, orphans = 0, lives = 0, slowest_opening = 0;
};

child_function child_of(const life& of) {
    if (of.block) return of.skip_list ? block_skip_list : block_map;
    return of.skip_list ? archive_skip_list : archive_map;
}

pid_t start(const life& of, const model& before, oracle& told, bool ends) {
    told.reached = phase::opening;
    const pid_t parent = ::getpid();
    const pid_t made = ::fork();
    if (made != 0) return made;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no child outlives a test that was given up
    if (::getppid() != parent) ::_exit(1);
    try {
        child_of(of)(of, before, told, ends);
    } catch (const std::exception& failure) {
        told.fail(failure.what());
    }
    ::_exit(told.failed ? 1 : 0);
}

/// The parent of all children of one life.
class keeper {
public:
    keeper(life of, oracle& told, random& next, figures& sum)
        : life_(std::move(of)), told_(told), next_(next), sum_(sum) {
        for (writer_page& each : told_.of)
            each.begun = each.acknowledged = each.required = each.recovered = 0;
    }

    /// @returns whether all went well
    bool run(std::uint64_t rounds) {
        ++sum_.lives;
        for (std::uint64_t round = 0; round < rounds; ++round)
            if (!kill_one()) return explain();
        const pid_t last = start(life_, model_, told_, true);
        int status = 0;
        ::waitpid(last, &status, 0);
        learn();
        return status == 0 && told_.reached == phase::closed && !told_.failed ? true : explain();
    }

private:
    bool kill_one() {
        ++sum_.rounds;
        const bool early = next_.below(4) == 0;
        const pid_t victim = start(life_, model_, told_, false);
        if (!early) {
            while (told_.reached != phase::writing && !told_.failed && is_alive(victim))
                ::usleep(100);
        }
        const std::uint64_t most =
            early ? typical_opening_ * 3 / 2 : std::uint64_t{1000} << next_.below(7);
        ::usleep(static_cast<useconds_t>(next_.below(most)));
        ::kill(victim, SIGKILL);
        int status = 0;
        ::waitpid(victim, &status, 0);
        learn();
        return !told_.failed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    static bool is_alive(pid_t who) {
        siginfo_t ended{};
        ::waitid(P_PID, static_cast<id_t>(who), &ended, WEXITED | WNOHANG | WNOWAIT);
        return ended.si_pid == 0;
    }

    /// Takes over what the child found before it ended.
    void learn() {
        const phase reached = told_.reached;
        if (told_.failed) return;
        if (reached == phase::opening) {
            ++sum_.in_opening;
            return;
        }
        typical_opening_ = (3 * typical_opening_ + told_.opening_microseconds + 2000) / 4;
        sum_.slowest_opening = (std::max)(sum_.slowest_opening, told_.opening_microseconds.load());
        if (told_.opening_microseconds > most_opening_microseconds) told_.fail("opening was slow");
        sum_.groups += told_.groups;
        sum_.drops += told_.bytes_dropped > 0;
        sum_.orphans += told_.orphans;
        for (int writer = 0; writer < writers; ++writer)
            learn_of(writer, told_.of[static_cast<std::size_t>(writer)], reached);
    }
    void learn_of(int writer, writer_page& page, phase reached) {
        const std::uint64_t found = page.recovered;
        model_[static_cast<std::size_t>(writer)].go_to(life_.seed, writer, found);
        if (reached != phase::writing) {
            page.begun = page.acknowledged = page.required = found;
            return;
        }
        sum_.acknowledged += page.acknowledged - found;
        sum_.unfinished += page.begun > page.acknowledged;
    }

    [[nodiscard]] bool explain() const {
        std::cout << "FAILED: " << told_.message << "\n  " << life_ << "\n  phase "
                  << static_cast<int>(told_.reached.load()) << '\n';
        for (const writer_page& each : told_.of)
            std::cout << "  begun " << each.begun << ", acknowledged " << each.acknowledged
                      << ", required " << each.required << ", recovered " << each.recovered << '\n';
        if (std::getenv("LSM_KEEP")) {
            std::filesystem::copy(life_.path, "kill_loop_failure",
                                  std::filesystem::copy_options::recursive);
        }
        return false;
    }

    life life_;
    model model_;
    oracle& told_;
    random& next_;
    figures& sum_;
    std::uint64_t typical_opening_ = 5000;
};

int run(std::uint64_t rounds, std::uint64_t seed) {
    std::cout << "kill_loop " << rounds << ' ' << seed << std::endl;
    const auto begin = std::chrono::steady_clock::now();
    random next(seed);
    figures sum;
    oracle& told = oracle::make();
    for (std::uint64_t number = next.below(60); sum.rounds < rounds; ++number) {
        const support::temporary_folder folder;
        keeper one({next(), number, folder / "t"}, told, next, sum);
        if (!one.run((std::min)(rounds_of_life, rounds - sum.rounds))) return 1;
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    std::cout << sum.rounds << " kills, " << sum.in_opening << " of them in opening, in "
              << sum.lives << " lives: " << sum.acknowledged << " acknowledged writes, 0 lost; "
              << sum.unfinished << " unfinished, " << sum.groups << " commits from logs, "
              << sum.drops << " cut short, " << sum.orphans << " orphans removed; slowest opening "
              << static_cast<double>(sum.slowest_opening) / 1000 << " ms; " << spent.count()
              << " s\n";
    return 0;
}

}  // namespace
}  // namespace kill_loop

int main(int argc, char** argv) {
    const bool is_long = std::getenv("LSM_LONG") != nullptr;
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    const std::uint64_t rounds = argc > 1 ? std::stoull(argv[1]) : is_long ? 20000 : 500;
    const std::uint64_t seed = argc > 2 ? std::stoull(argv[2]) : static_cast<std::uint64_t>(now);
    return kill_loop::run(rounds, seed);
}
