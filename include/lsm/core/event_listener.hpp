// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

namespace lsm {

/// A table, as events and statistics tell of it.
struct table_statistics {
    std::string file;  ///< its name on the medium
    std::size_t level = 0;
    std::size_t run = 0;  ///< within the level, 0 is the newest
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;  ///< all versions, with tombstones
    std::uint64_t tombstones = 0;

    /// Whether both are part of one run.
    [[nodiscard]] bool in_run_of(const table_statistics& other) const noexcept {
        return level == other.level && run == other.run;
    }

    bool operator==(const table_statistics&) const = default;
};

/// A job that is done: what it took away and what it made.
struct job_event {
    std::vector<table_statistics> inputs;   ///< none for a flush
    std::vector<table_statistics> outputs;  ///< none where nothing was left to keep
};

/// Told of what a tree does on its own. Derive and override what is of interest. Called in the
/// thread that does the work, between steps; it may read the tree, and must not write to it.
class event_listener {
public:
    event_listener() = default;
    event_listener(const event_listener&) = delete;
    event_listener& operator=(const event_listener&) = delete;
    virtual ~event_listener() = default;

    /// A frozen memtable became a table, or what was ingested became tables.
    virtual void on_flush(const job_event&) noexcept {}
    /// Tables became other tables.
    virtual void on_compaction(const job_event&) noexcept {}
    /// Work that no caller waits for failed: a flush behind a `put`, a `close` in the destructor.
    virtual void on_error(const std::exception_ptr&) noexcept {}
};

}  // namespace lsm
