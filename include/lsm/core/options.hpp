// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/event_listener.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace lsm {

/// How a tree is opened.
enum class open_mode {
    open_or_create,  ///< recover what is there; create it if there is nothing
    open,            ///< recover what is there; an error if there is nothing
    create,          ///< an error if there is anything
    read_only        ///< recover what is there and never change it; shared with other readers
};

/// What the acknowledgement of a write waits for. Every write enters the log in commit order, so a
/// stronger one carries all before it.
enum class durability {
    none,           ///< survives an orderly close
    process_crash,  ///< survives the end of the process, however it comes
    power_loss      ///< survives the loss of power: it is on the device
};

/// The log: where writes are safe before their memtable is flushed.
struct log_options {
    /// Without a log a tree takes only writes of `durability::none`.
    bool enabled = true;
    /// Of one file of the log. The first is of 4 MiB at most, each next one twice as long, up to this. Its
    /// space is reserved when it is begun, and it is used again.
    std::uint64_t segment_bytes = std::uint64_t{16} << 20;
    /// The log is brought to the device whenever so much of it is not yet there. Damage before that
    /// point is never taken for the end of the log.
    std::uint64_t sync_bytes = std::uint64_t{4} << 20;
    /// About how much the log may hold, besides what a segment reserves: the active memtable is frozen
    /// when it has filled its share, although it is not full. A frozen one has a share of the same size.
    std::uint64_t max_bytes = std::uint64_t{64} << 20;
    /// Whether segments are written through mappings, where the file system allows that: a write then costs
    /// no system call. The process has a handler of SIGBUS then, for pages that a file loses; false: no
    /// handler. Without effect where `durability` is `power_loss`.
    bool maps = true;
    /// What the checksums of segments are seeded with, besides the segment's number. None: a random number
    /// for each segment, so that no value can look like a part of the log. Given, a run can be played again.
    std::optional<std::uint64_t> seed = std::nullopt;
};

/// What kind of crash may lie behind the files of a tree that was not closed.
enum class crash_kind {
    detect,     ///< of the process, unless the machine was started since
    power_loss  ///< of the machine: for files that were copied from another one
};

/// A tree's settings: those of its three policies, and its own. All have good defaults:
/// `tree t{"stock.db", {.memtable = {.max_bytes = 1 << 20}}};`
template <class MemTablePolicy, class StoragePolicy, class CompactionPolicy>
struct tree_options {
    MemTablePolicy memtable = {};
    StoragePolicy storage = {};
    CompactionPolicy compaction = {};
    open_mode mode = open_mode::open_or_create;
    /// What writes wait for that do not say it themselves.
    lsm::durability durability = lsm::durability::process_crash;
    log_options log = {};
    crash_kind crash = crash_kind::detect;
    /// Threads that flush and compact. 0: each write does a share of the due work, in proportion to its bytes,
    /// and all that happens is determined by the calls.
    std::size_t maintenance_threads = 0;
    /// What memtables, tables' indexes and filters, and the cache of decoded blocks may take together,
    /// about. The cache has what the others leave: all of it but the active memtable's limit, the frozen
    /// ones and the indexes; an eighth at least. Indexes and filters are always in memory: what all takes
    /// beyond the budget is `statistics::beyond_memory_bytes`. README.md, "What it takes of memory".
    std::size_t memory_bytes = std::size_t{64} << 20;
    /// How many tables keep their files open: those that were read of late. Further ones are opened when a
    /// block is read that the cache does not have. Where the process has no descriptor left, the tree
    /// closes some. The folder, each segment of the log, and each running job have one besides.
    std::size_t max_open_files = 512;
    /// What a new tree's filters are seeded with. None: a random number, so that nobody who chooses keys
    /// can choose those that the filters mistake. An existing tree has the one it was made with.
    std::optional<std::uint64_t> filter_seed = std::nullopt;
    /// A full memtable waits in memory for its flush; so many may, at least 1. When another one is full, a write
    /// waits for a flush, and is refused with the error of a flush that fails.
    std::size_t max_frozen_memtables = 2;
    /// Whether the compaction policy may drop tables with all their entries.
    bool allow_drop = false;
    std::shared_ptr<event_listener> listener = nullptr;  ///< told of flushes, compactions, errors
};

/// The largest key, in bytes of its codec.
inline constexpr std::uint64_t max_key_bytes = std::uint64_t{1} << 16;
/// The largest batch, in bytes of the log.
inline constexpr std::uint64_t max_batch_bytes = std::uint64_t{1} << 31;
/// The largest value, in bytes of its codec.
inline constexpr std::uint64_t max_value_bytes = std::uint64_t{1} << 30;

}  // namespace lsm
