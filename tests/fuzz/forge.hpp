// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fuzz/repair.hpp>
#include <fuzz/victim.hpp>

#include <lsm/storage/format/block.hpp>
#include <lsm/storage/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

/// Makes a tree's files fit one another again after one of them was changed.
namespace fuzz {

/// The checksums of blocks, in the table's own index, if that can still be read.
inline void forge_blocks(lsm::byte_buffer& table, const lsm::extent& resident) {
    const auto part = [&](const lsm::extent& where) {
        const bool there =
            where.offset <= table.size() && where.bytes <= table.size() - where.offset;
        return there ? lsm::byte_view(table).subspan(where.offset, where.bytes) : lsm::byte_view();
    };
    try {
        using encoding = lsm::block_encoding<lsm::bloom_filter, lsm::no_compression>;
        auto index = encoding::read_index<std::string>(part(resident));
        for (lsm::extent& block : index.blocks) block.checksum = lsm::checksum(part(block));
        lsm::byte_buffer bytes;
        encoding::write_index(bytes, index);
        put(table, resident.offset, bytes);
    } catch (const lsm::decode_error&) {
    }
}

/// A table, and what the root says of it. The index moves with the end of the file.
inline void forge_table(lsm::byte_buffer& table, lsm::table_record& record) {
    record.index.offset += table.size() - record.bytes;
    record.bytes = table.size();
    forge_blocks(table, record.index);
    if (record.index.offset > table.size() ||
        record.index.bytes > table.size() - record.index.offset)
        return;
    record.index.checksum =
        lsm::checksum(lsm::byte_view(table).subspan(record.index.offset, record.index.bytes));
}

inline void forge_log(lsm::byte_buffer& segment) {
    repair_log_header(segment, false);
    repair_groups(segment, [] { return false; });
}

/// @param name the file that was changed
inline void forge(files& all, const std::string& name) {
    if (name == "root") return repair_root(all[name]);
    lsm::root_record root = lsm::read_root(all.at("root"), "here");
    if (name.starts_with("log_")) {
        forge_log(all[name]);
        for (lsm::log_segment_record& each : root.log)
            if (lsm::log_file_name(each.number) == name) each.bytes = all[name].size();
    }
    for (auto& level : root.trees.front().levels)
        for (auto& run : level)
            for (lsm::table_record& each : run)
                if (lsm::table_name{each.id, each.extension}.file_name() == name)
                    forge_table(all[name], each);
    all["root"] = lsm::write_root(root);
}

}  // namespace fuzz
