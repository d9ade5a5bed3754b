// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "contents.hpp"
#include "latencies.hpp"
#include "shapes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// What a write survives. Engines are compared only within one class.
enum class survives { close, process, power };

/// One operation on the entry of a number.
enum class action : std::uint8_t {
    put,       ///< the next version
    erase,     ///< the entry goes
    get,       ///< its value, or that it is not there
    get_none,  ///< the key behind it, which is nowhere
    change,    ///< get, then put
    seek       ///< to the first entry from there on, and on to `count` in all
};
struct step {
    number of;
    std::uint16_t count = 1;
    action what;
};

/// How a store is opened. All engines have the same memory: `buffer()` for a memtable, of which there
/// are two at most, and `cache()` for the rest.
struct opening {
    std::filesystem::path where;
    survives class_of = survives::process;
    std::size_t memory = std::size_t{256} << 20;
    std::size_t expected_bytes = 0;  ///< of all entries, for engines that must know before
    bool beyond_memory = false;      ///< the data is several times what the process may use
    unsigned threads = 1;            ///< that will use it at once

    [[nodiscard]] std::size_t buffer() const noexcept { return memory / 8; }
    [[nodiscard]] std::size_t cache() const noexcept { return memory - 2 * buffer(); }
};

/// A thread's access to an open store: the loops that workloads are made of. Every answer is compared
/// with what the store must hold; a wrong one is thrown.
class client {
public:
    virtual ~client() = default;
    virtual void run(std::span<const step> steps, latencies& took) = 0;
    /// The steps are puts; so many share a batch. @pre nobody reads their numbers meanwhile
    virtual void put_batches(std::span<const step> steps, std::size_t batch, latencies& took) = 0;
    /// The steps are gets; so many are asked for at once.
    virtual void get_groups(std::span<const step> steps, std::size_t group, latencies& took) = 0;
    /// Reads every entry in order. @returns how many
    virtual std::size_t walk(bool forward) = 0;
    /// Fills an empty store with numbers 0, 1, … in the fastest way that the engine has.
    virtual void load(std::size_t numbers) = 0;
};

/// An open store.
class session {
public:
    virtual ~session() = default;
    [[nodiscard]] virtual std::unique_ptr<client> connect(contents& expected) = 0;
    /// Returns when what was written is in tables, and no compaction is due.
    virtual void drain() = 0;
    /// Puts everything in the order that is best to read.
    virtual void compact() = 0;
    /// How it was opened, for the report.
    [[nodiscard]] virtual std::string settings() const = 0;
};

/// How a store is opened, by the name of its shape.
using openers = std::map<std::string_view, std::function<std::unique_ptr<session>(const opening&)>>;

/// What can be compared.
struct engine {
    std::string name;
    std::vector<survives> classes;
    bool compacts;  ///< whether `session::compact` does anything
    openers open;
};

/// All engines that this program was built with, in the order of their names.
[[nodiscard]] std::vector<engine>& engines();

/// Adds an engine, or shapes to one of the same name; a file of `engines/` defines one for each.
struct registration {
    explicit registration(engine added) {
        const auto same = std::ranges::find(engines(), added.name, &engine::name);
        if (same == engines().end())
            engines().push_back(std::move(added));
        else if (same->open.merge(added.open); !added.open.empty())
            throw std::logic_error("two engines are called " + added.name);
    }
};

}  // namespace bench
