// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/core/event_listener.hpp>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace lsm {

/// What a tree holds and has done since it was opened.
struct statistics {
    std::size_t memtable_entries = 0;      ///< keys in the active memtable, or versions
    std::size_t memtable_bytes = 0;        ///< about its memory
    std::size_t frozen_memtables = 0;      ///< waiting for their flush
    std::vector<table_statistics> tables;  ///< oldest data first
    std::uint64_t log_bytes = 0;           ///< of the log's segments, with what they reserve
    std::size_t pins = 0;                  ///< snapshots and scan views alive
    sequence_number last_sequence = no_sequence;
    std::uint64_t flushes = 0;
    std::uint64_t compactions = 0;
    std::uint64_t failed_compactions = 0;  ///< each was given up; what it read is as it was
    /// Whether the last compaction failed, so that compactions wait before they try again.
    bool compactions_paused = false;
    /// Files of tables that a compaction could not read. No compaction takes them until `resume()`, or until
    /// the tree is opened again.
    std::vector<std::string> damaged_tables;
    std::uint64_t bytes_flushed = 0;    ///< to tables, by flushes
    std::uint64_t bytes_compacted = 0;  ///< to tables, by compactions
    std::uint64_t blocks_fetched = 0;   ///< read from the medium, not found in the cache
    std::size_t index_bytes = 0;        ///< of the tables' indexes and filters, in memory
    std::size_t cache_bytes = 0;        ///< of the blocks in the cache
    /// Of tables under construction: hashes of their keys, indexes, and what is not written yet. They are no part
    /// of `options.memory_bytes`.
    std::size_t building_bytes = 0;
    /// What memtables, indexes, filters and cached blocks take beyond `options.memory_bytes`, and
    /// `building_bytes`.
    std::size_t beyond_memory_bytes = 0;

    /// Entries over all tables.
    [[nodiscard]] std::uint64_t table_entries() const noexcept {
        std::uint64_t sum = 0;
        for (const table_statistics& table : tables) sum += table.entries;
        return sum;
    }
    /// Bytes over all tables.
    [[nodiscard]] std::uint64_t table_bytes() const noexcept {
        std::uint64_t sum = 0;
        for (const table_statistics& table : tables) sum += table.bytes;
        return sum;
    }

    /// @name Amplifications
    /// @{

    /// How often each byte that left memory was written to a table; 1 before the first flush. The log
    /// comes on top: each byte once.
    [[nodiscard]] double write_amplification() const noexcept {
        if (bytes_flushed == 0) return 1;
        return static_cast<double>(bytes_flushed + bytes_compacted) /
               static_cast<double>(bytes_flushed);
    }
    /// How many sources a scan merges, and a lookup asks at most: memtables and runs.
    [[nodiscard]] std::size_t read_amplification() const noexcept {
        std::size_t runs = 0;
        for (std::size_t i = 0; i < tables.size(); ++i)
            runs += i == 0 || !tables[i].in_run_of(tables[i - 1]) ? 1 : 0;
        return 1 + frozen_memtables + runs;
    }
    /// How many bytes the tables take for each byte of the oldest run, which holds no key twice: about
    /// what would be left after a full merge if that only removed what is older. 1 without tables.
    [[nodiscard]] double space_amplification() const noexcept {
        std::uint64_t oldest = 0;
        for (const table_statistics& table : tables)
            if (table.in_run_of(tables.front())) oldest += table.bytes;
        return oldest == 0 ? 1 : static_cast<double>(table_bytes()) / static_cast<double>(oldest);
    }
    /// @}

    /// As one JSON object. File names need no escaping: they are letters, digits, `_` and `.`.
    [[nodiscard]] std::string to_json() const;

    /// For people, several lines.
    friend std::ostream& operator<<(std::ostream& out, const statistics& s);
};

inline std::string statistics::to_json() const {
    std::string out;
    const auto add = [&](const char* name, std::uint64_t number) {
        out.append(name).append(std::to_string(number));
    };
    add("{\"memtable_entries\": ", memtable_entries);
    add(", \"memtable_bytes\": ", memtable_bytes);
    add(", \"frozen_memtables\": ", frozen_memtables);
    add(", \"log_bytes\": ", log_bytes);
    add(", \"pins\": ", pins);
    add(", \"last_sequence\": ", last_sequence);
    add(", \"flushes\": ", flushes);
    add(", \"compactions\": ", compactions);
    add(", \"failed_compactions\": ", failed_compactions);
    add(", \"compactions_paused\": ", compactions_paused ? 1 : 0);
    add(", \"bytes_flushed\": ", bytes_flushed);
    add(", \"bytes_compacted\": ", bytes_compacted);
    add(", \"blocks_fetched\": ", blocks_fetched);
    add(", \"index_bytes\": ", index_bytes);
    add(", \"cache_bytes\": ", cache_bytes);
    add(", \"building_bytes\": ", building_bytes);
    add(", \"beyond_memory_bytes\": ", beyond_memory_bytes);
    out += ", \"damaged_tables\": [";
    const char* separator = "";
    for (const std::string& file : damaged_tables) {
        out.append(separator).append("\"").append(file).append("\"");
        separator = ", ";
    }
    out += "], \"tables\": [";
    separator = "";
    for (const table_statistics& table : tables) {
        out.append(separator).append("{\"file\": \"").append(table.file);
        add("\", \"level\": ", table.level);
        add(", \"run\": ", table.run);
        add(", \"bytes\": ", table.bytes);
        add(", \"entries\": ", table.entries);
        add(", \"tombstones\": ", table.tombstones);
        out += "}";
        separator = ", ";
    }
    out += "]}";
    return out;
}

inline std::ostream& operator<<(std::ostream& out, const statistics& s) {
    out << "memtable: " << s.memtable_entries << " keys, " << s.memtable_bytes << " bytes; "
        << s.frozen_memtables << " frozen; log: " << s.log_bytes << " bytes\n"
        << "tables: " << s.tables.size() << " with " << s.table_entries() << " entries in "
        << s.table_bytes() << " bytes\n";
    for (const table_statistics& table : s.tables)
        out << "  level " << table.level << " run " << table.run << ": " << table.file << ", "
            << table.entries << " entries (" << table.tombstones << " tombstones), " << table.bytes
            << " bytes\n";
    if (s.compactions_paused) out << "compactions pause, because the last one failed\n";
    for (const std::string& file : s.damaged_tables)
        out << "damaged, and left out of compactions: " << file << "\n";
    return out << "done: " << s.flushes << " flushes, " << s.compactions << " compactions, "
               << s.bytes_flushed << " and " << s.bytes_compacted << " bytes written, "
               << s.blocks_fetched << " blocks fetched\n"
               << "amplification: write " << s.write_amplification() << ", read "
               << s.read_amplification() << ", space " << s.space_amplification() << "\n"
               << "pins: " << s.pins << ", indexes: " << s.index_bytes
               << " bytes, cache: " << s.cache_bytes
               << " bytes, beyond memory_bytes: " << s.beyond_memory_bytes
               << " bytes, last sequence number: " << s.last_sequence << "\n";
}

}  // namespace lsm
