// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "shapes.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// What an engine must hold: the version of each number, which answers are compared with. One thread
/// writes a number at a time; any may ask.
class contents {
    using word =
        std::uint32_t;  // version, then whether it is there, then whether it is being written
    static constexpr word busy = 1, there = 2;
    static constexpr int version_shift = 2;

public:
    explicit contents(std::size_t numbers) : words_(numbers) {}

    /// What was known of a number at one moment.
    class state {
    public:
        explicit state(word bits) : bits_(bits) {}
        [[nodiscard]] bool present() const noexcept { return (bits_ & there) != 0; }
        [[nodiscard]] version least() const noexcept { return bits_ >> version_shift; }
        [[nodiscard]] version most() const noexcept { return least() + (bits_ & busy); }

    private:
        word bits_;
    };

    [[nodiscard]] state of(number n) const noexcept {
        return state(words_[n].load(std::memory_order_acquire));
    }
    [[nodiscard]] std::size_t numbers() const noexcept { return words_.size(); }
    /// How many are there.
    [[nodiscard]] std::size_t present() const {
        std::size_t sum = 0;
        for (const auto& each : words_) sum += (each.load(std::memory_order_relaxed) & there) >> 1;
        return sum;
    }
    /// The first number from @p n on that is there; `numbers()` if there is none.
    [[nodiscard]] std::size_t next_present(std::size_t n) const noexcept {
        while (n < words_.size() && !(words_[n].load(std::memory_order_relaxed) & there)) ++n;
        return n;
    }

    /// Whether somebody writes beside those who check. Set while nobody does.
    bool changes = false;

    /// The version that a put is about to write.
    version begin_put(number n) noexcept {
        const word old = words_[n].load(std::memory_order_relaxed);
        words_[n].store(old | busy, std::memory_order_release);
        return (old >> version_shift) + 1;
    }
    /// That put has returned.
    void end_put(number n) noexcept {
        const word old = words_[n].load(std::memory_order_relaxed);
        const word next = (((old >> version_shift) + 1) << version_shift) | there;
        words_[n].store(next, std::memory_order_release);
    }
    /// An erase has returned. @pre nobody reads that number meanwhile
    void erased(number n) noexcept {
        const word old = words_[n].load(std::memory_order_relaxed);
        words_[n].store(old & ~there, std::memory_order_release);
    }

private:
    std::vector<std::atomic<word>> words_;
};

/// Ends a run: an engine gave a wrong answer.
[[noreturn]] inline void wrong_answer(const char* what, std::size_t of) {
    throw std::runtime_error(std::string("wrong answer: ") + what + ", number " +
                             std::to_string(of));
}
inline void expect(bool right, const char* what, std::size_t of) {
    if (!right) [[unlikely]]
        wrong_answer(what, of);
}

}  // namespace bench
