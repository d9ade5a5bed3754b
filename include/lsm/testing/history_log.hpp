// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm::testing {

/// In histories, keys and values are numbers; a test with other types maps them. Each value is
/// written to a key once, so that what a read shows names the write that it saw.
using history_number = std::uint64_t;
/// Entries as a scan shows them.
using history_entries = std::vector<std::pair<history_number, history_number>>;

/// One step of a write: a put, or an erase if there is no value.
struct recorded_step {
    history_number key;
    std::optional<history_number> value;
};

/// What a read showed of the keys from `first` to `last`, both included: all entries that are
/// there.
struct recorded_look {
    history_number first;
    history_number last;
    history_entries entries;
};

/// An operation on a map: a write of `steps`, together or not at all, or a read of `looks`, all at
/// one moment. That moment is between two times, which are numbers of events, not of a clock.
struct recorded_operation {
    /// The time of what has not returned. A write that failed, too, never returns: from its call on
    /// it may take effect at any time, or never.
    static constexpr std::uint64_t never = (std::numeric_limits<std::uint64_t>::max)();

    std::size_t thread = 0;
    std::uint64_t invoked = 0;
    std::uint64_t returned = never;
    /// A write's place in commit order, or the newest place that a read can see; 0 if not known.
    std::uint64_t sequence = 0;
    std::vector<recorded_step> steps{};
    std::vector<recorded_look> looks{};

    [[nodiscard]] bool is_write() const noexcept { return !steps.empty(); }
    [[nodiscard]] bool has_returned() const noexcept { return returned != never; }
};

/// What several threads did to one map that was empty before, in any order.
using history = std::vector<recorded_operation>;

/// The operation on one line: `[12, 15] thread 1: put 3=17`.
[[nodiscard]] std::string describe(const recorded_operation& operation);

/// Records what several threads do. Each thread writes a log of its own; all they share is a
/// counter, the time, which orders nothing else: on x86 it hides no data race from a thread
/// sanitizer.
class history_recorder {
public:
    class log;

    /// @param expected operations of each thread, to allocate for them now
    explicit history_recorder(std::size_t threads, std::size_t expected = 0);

    /// A thread's log; only that thread uses it.
    [[nodiscard]] log& of(std::size_t thread);
    /// All that was recorded. @pre the threads have ended
    [[nodiscard]] history recorded() const;

private:
    // Alone on its cache line: it is the one thing that all threads write.
    struct alignas(64) event_counter {
        std::atomic<std::uint64_t> next{1};
        std::uint64_t tick() noexcept;
    };

    event_counter time_;
    std::vector<log> logs_;
};

/// Carries out operations and records them. What the operation throws passes on to the caller; a
/// write then counts as one that may have happened, and a read as if it had never been.
class alignas(64) history_recorder::log {
public:
    /// Names a snapshot that was taken.
    using moment = std::size_t;

    log(event_counter& time, std::size_t thread, std::size_t expected)
        : time_(&time), thread_(thread) {
        operations_.reserve(expected);
    }

    /// Records `f()`, which writes the steps. A number that it returns is the write's place in
    /// commit order.
    template <class F>
    void write(std::vector<recorded_step> steps, F&& f) {
        begin().steps = std::move(steps);
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            timed(std::forward<F>(f));
        } else {
            operations_.back().sequence = timed(std::forward<F>(f));
        }
    }

    /// Records `f()`, which gives the key's value, if it has one.
    template <class F>
    void get(history_number key, F&& f) {
        begin();
        look_at(operations_.size() - 1, key, timed(std::forward<F>(f)));
    }

    /// Records `f()`, which gives several keys' values at one moment, in their order.
    template <class F>
    void multi_get(std::span<const history_number> keys, F&& f) {
        begin();
        const auto values = timed(std::forward<F>(f));
        for (std::size_t i = 0; i < keys.size() && i < values.size(); ++i)
            look_at(operations_.size() - 1, keys[i], values[i]);
    }

    /// Records `f()`, which gives the entries from `first` to `last`, both included.
    template <class F>
    void scan(history_number first, history_number last, F&& f) {
        begin();
        look_at(operations_.size() - 1, first, last, timed(std::forward<F>(f)));
    }

    /// Records `f()`, which takes a snapshot or makes a view. What it shows later is added with
    /// `look_at`, and is of this moment.
    template <class F>
    [[nodiscard]] moment snapshot(F&& f) {
        begin();
        timed(std::forward<F>(f));
        return operations_.size() - 1;
    }
    void look_at(moment taken, history_number first, history_number last, history_entries entries) {
        operations_[taken].looks.push_back({first, last, std::move(entries)});
    }
    void look_at(moment taken, history_number key, const std::optional<history_number>& value) {
        look_at(taken, key, key, value ? history_entries{{key, *value}} : history_entries{});
    }

    [[nodiscard]] const std::vector<recorded_operation>& operations() const noexcept {
        return operations_;
    }

private:
    /// Everything that allocates is outside the operation's times, so that they are close.
    recorded_operation& begin() {
        operations_.emplace_back().thread = thread_;
        return operations_.back();
    }
    template <class F>
    std::invoke_result_t<F> timed(F&& f) {
        recorded_operation& now = operations_.back();
        now.invoked = time_->tick();
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            std::forward<F>(f)();
            now.returned = time_->tick();
        } else {
            auto result = std::forward<F>(f)();
            now.returned = time_->tick();
            return result;
        }
    }

    event_counter* time_;
    std::size_t thread_;
    std::vector<recorded_operation> operations_;
};

// ------------------------------------------------------------------------------ implementation

/// An operation must not move past the events that mark its ends. On x86 every atomic increment is
/// a full barrier, so it is enough to hold the compiler. A stronger order would also tell a thread
/// sanitizer that each operation happens before those that follow it, and so excuse the very races
/// that it is there to find. Elsewhere a right history counts for more.
inline std::uint64_t history_recorder::event_counter::tick() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const std::uint64_t now = next.fetch_add(1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return now;
#else
    return next.fetch_add(1, std::memory_order_seq_cst);
#endif
}

inline history_recorder::history_recorder(std::size_t threads, std::size_t expected) {
    logs_.reserve(threads);
    for (std::size_t thread = 0; thread < threads; ++thread)
        logs_.emplace_back(time_, thread, expected);
}

inline history_recorder::log& history_recorder::of(std::size_t thread) {
    return logs_[thread];
}

inline history history_recorder::recorded() const {
    history all;
    for (const log& each : logs_)
        all.insert(all.end(), each.operations().begin(), each.operations().end());
    return all;
}

namespace detail {

inline std::string describe(const recorded_look& look) {
    const auto value_of = [](const auto& entry) { return std::to_string(entry.second); };
    if (look.first == look.last && look.entries.size() <= 1)
        return std::to_string(look.first) + " -> " +
               (look.entries.empty() ? "nothing" : value_of(look.entries.front()));
    std::string text = std::to_string(look.first) + ".." + std::to_string(look.last) + " -> {";
    for (const auto& entry : look.entries)
        text +=
            (text.back() == '{' ? "" : " ") + std::to_string(entry.first) + '=' + value_of(entry);
    return text + '}';
}

inline std::string describe(const recorded_step& step) {
    if (!step.value) return "erase " + std::to_string(step.key);
    return "put " + std::to_string(step.key) + '=' + std::to_string(*step.value);
}

template <class Parts>
std::string describe_all(const Parts& parts) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + describe(part);
    return text;
}

}  // namespace detail

inline std::string describe(const recorded_operation& operation) {
    const auto& [thread, invoked, returned, sequence, steps, looks] = operation;
    std::string text = '[' + std::to_string(invoked) + ", " +
                       (operation.has_returned() ? std::to_string(returned) : "never") +
                       "] thread " + std::to_string(thread) + ": ";
    if (operation.is_write())
        text += (steps.size() > 1 ? "batch " : "") + detail::describe_all(steps);
    else
        text += (looks.size() > 1 ? "at one moment " : "read ") + detail::describe_all(looks);
    return text + (sequence != 0 ? " at sequence " + std::to_string(sequence) : "");
}

}  // namespace lsm::testing
