// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What the writers of a kill loop write: each step follows from the seed, the writer and the step's
/// number alone, so the parent and every child know all of it without telling each other.
namespace kill_loop {

inline constexpr int writers = 4;
inline constexpr int keys_of_writer = 1000;  // writer w has the keys from w * 1000 on

/// SplitMix64: the same numbers with every library.
class random {
public:
    explicit random(std::uint64_t seed) noexcept : state_(seed) {}
    std::uint64_t operator()() noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t bound) noexcept { return (*this)() % bound; }

private:
    std::uint64_t state_;
};

struct change {
    int key;
    std::optional<std::string> value;  ///< nothing: the key is erased
};
/// One write: a put, an erase, or a batch.
using step = std::vector<change>;
using contents = std::map<int, std::string>;

/// A value that names its write. Most are short, some fill pages, a few more than a segment.
inline std::string value_of(int writer, std::uint64_t number, std::size_t index, random& next) {
    std::string text =
        std::to_string(writer) + '.' + std::to_string(number) + '.' + std::to_string(index) + ' ';
    const std::uint64_t kind = next.below(200);
    const std::uint64_t most = kind == 0 ? 20000 : kind < 10 ? 3000 : kind < 60 ? 300 : 20;
    text.append(next.below(most), static_cast<char>('a' + number % 26));
    return text;
}

inline step step_of(std::uint64_t seed, int writer, std::uint64_t number) {
    random next(seed + number * 16 + static_cast<std::uint64_t>(writer));
    const std::uint64_t kind = next.below(10);
    const std::size_t changes = kind < 8 ? 1 : 2 + next.below(6);
    step made;
    for (std::size_t i = 0; i < changes; ++i) {
        const int key = writer * keys_of_writer + static_cast<int>(next.below(60));
        if (kind < 6 || (kind >= 8 && next.below(3) > 0))
            made.push_back({key, value_of(writer, number, i, next)});
        else
            made.push_back({key, std::nullopt});
    }
    return made;
}

inline void carry_out(const step& done, contents& to) {
    for (const change& each : done) {
        if (each.value)
            to[each.key] = *each.value;
        else
            to.erase(each.key);
    }
}

/// What one writer's keys hold after so many of its steps.
struct writer_state {
    std::uint64_t steps = 0;
    contents now;

    void go_to(std::uint64_t seed, int writer, std::uint64_t number) {
        while (steps < number) carry_out(step_of(seed, writer, ++steps), now);
    }
};
using model = std::array<writer_state, writers>;

}  // namespace kill_loop
