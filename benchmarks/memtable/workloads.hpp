// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "keys.hpp"

#include <lsm/codec/codec.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/core/window.hpp>
#include <lsm/engine/versioned_memtable.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

/// What is done to a memtable. Each answer is checked; a wrong one ends the run.
namespace bench {

/// Nanoseconds an operation, by workload.
using timings = std::map<std::string, double>;

inline void expect(bool holds) {
    if (!holds) throw std::logic_error("a memtable gave a wrong answer");
}

template <class F>
double nanoseconds_each(std::size_t count, F work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / static_cast<double>(count);
}

/// One memtable, under the lock that the engine would hold.
template <class Policy, class Kind>
class run {
    using key = typename Kind::key;
    using content = lsm::payload<std::uint64_t>;
    using table = lsm::engine::versioned_memtable<typename Policy::template memtable<key, content>>;

public:
    explicit run(const key_set<Kind>& keys) : keys_(keys) {}

    void fill() { put_all(); }

    /// One thread, nobody beside it.
    timings alone() {
        const std::size_t count = keys_.order.size();
        timings taken;
        taken["1 put"] = nanoseconds_each(count, [&] { put_all(); });
        taken["2 get"] = nanoseconds_each(count, [&] {
            for (const std::uint32_t i : keys_.order) expect(get(keys_.present[i]) == i);
        });
        taken["3 get absent"] = nanoseconds_each(count, [&] {
            for (const std::uint32_t i : keys_.order) expect(get(keys_.absent[i]) == nothing);
        });
        taken["4 scan"] = nanoseconds_each(count, [&] { scan(count); });
        taken["5 seek and 10"] = nanoseconds_each(count / 10, [&] {
            for (std::size_t n = 0; n < count / 10; ++n) seek(keys_.present[keys_.order[n]]);
        });
        bytes_["8 bytes an entry"] =
            static_cast<double>(table_.table.bytes()) / static_cast<double>(count);
        taken["6 overwrite"] = nanoseconds_each(count, [&] {
            for (const std::uint32_t i : keys_.order) put(i);
        });
        taken["7 get overwritten"] = nanoseconds_each(count, [&] {
            for (std::uint32_t i = 0; i < count; ++i) expect(get(keys_.present[i]) == i);
        });
        taken.merge(bytes_);
        return taken;
    }

    /// One thread puts while another gets what is there already.
    timings beside_a_reader() {
        timings taken;
        std::atomic<std::size_t> there = 0;
        std::atomic<bool> done = false;
        double get_time = 0;
        std::thread reader([&] {
            while (there.load(std::memory_order_acquire) < 1000) std::this_thread::yield();
            std::size_t gets = 0;
            get_time = nanoseconds_each(1, [&] {
                for (; !done.load(std::memory_order_relaxed); ++gets) {
                    const std::size_t i = scatter(gets) % there.load(std::memory_order_acquire);
                    expect(get(keys_.present[i]) == i);
                }
            });
            get_time /= static_cast<double>(gets);
        });
        taken["1 put, beside a reader"] =
            nanoseconds_each(keys_.order.size(), [&] { put_all(&there); });
        taken["3 overwrite, beside a reader"] = nanoseconds_each(keys_.order.size(), [&] {
            for (const std::uint32_t i : keys_.order) put(i);
        });
        done = true;
        reader.join();
        taken["2 get, beside the writer"] = get_time;
        return taken;
    }

private:
    static constexpr std::uint64_t nothing = ~std::uint64_t{0};

    void put(std::size_t i) {
        const auto lock = table_.writing();
        table_.table.insert(keys_.present[i], ++last_, content(i), lsm::no_sequence);
    }
    void put_all(std::atomic<std::size_t>* there = nullptr) {
        for (std::size_t i = 0; i < keys_.present.size(); ++i) {
            put(i);
            if (there) there->store(i + 1, std::memory_order_release);
        }
    }
    std::uint64_t get(const key& sought) const {
        std::uint64_t found = nothing;
        const auto lock = table_.reading();
        table_.table.find(lsm::codec<key>::as_view(sought), lsm::max_sequence,
                          [&](lsm::sequence_number, const content& shown) {
                              found = shown.value();
                              return false;
                          });
        return found;
    }
    void scan(std::size_t count) const {
        std::uint64_t sum = 0;
        auto cursor = table_.table.cursor(lsm::direction::forward);
        for (cursor.seek_first(); cursor.valid(); cursor.next()) sum += cursor.payload().value();
        expect(sum == count * (count - 1) / 2);
    }
    void seek(const key& from) const {
        auto cursor = table_.table.cursor(lsm::direction::forward);
        cursor.seek(lsm::codec<key>::as_view(from));
        expect(cursor.key() == from);
        for (int n = 0; n < 10 && cursor.valid(); ++n) cursor.next();
    }

    const key_set<Kind>& keys_;
    table table_{Policy{}};
    lsm::sequence_number last_ = lsm::no_sequence;
    timings bytes_;
};

}  // namespace bench
