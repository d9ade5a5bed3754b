// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fuzz/fuzz.hpp>

#include <lsm/lsm.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/testing/simulated_file_system.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// A small tree's files, to be damaged.
namespace fuzz {

using simulated = lsm::testing::simulated_file_system;
using tree =
    lsm::basic_lsm_tree<std::string, std::string, lsm::ordered_map_memtable,
                        lsm::block_storage<lsm::directory<simulated>>, lsm::full_merge_compaction>;
using contents = std::map<std::string, std::string>;
using files = std::map<std::string, lsm::byte_buffer>;

inline const std::string folder_name = "t";

inline lsm::byte_buffer bytes_of(const lsm::testing::sparse_bytes& file) {
    lsm::byte_buffer bytes(file.size());
    bytes.resize(file.read(0, bytes));
    return bytes;
}
inline files files_of(const lsm::testing::simulated_disk& disk) {
    const auto state = disk.state();
    files all;
    for (const auto& [name, number] : state.seen().folders.at(folder_name))
        all[name] = bytes_of(state.seen().files.at(number));
    return all;
}
/// @param boots how often the machine was started: once where the files were made
inline lsm::testing::simulated_disk disk_of(const files& all, std::uint64_t boots) {
    lsm::testing::disk_image image;
    lsm::testing::file_number number = 0;
    auto& names = image.folders[folder_name];
    for (const auto& [name, bytes] : all) {
        names[name] = ++number;
        image.files[number].write(0, bytes);
    }
    return lsm::testing::simulated_disk(lsm::testing::disk_state(std::move(image), boots));
}

inline tree::options settings() {
    tree::options all;
    all.storage.format.block_bytes = 48;
    all.log.segment_bytes = 8192;
    all.memory_bytes = 8 * 4096;
    return all;
}
inline tree open(const lsm::testing::simulated_disk& disk, const tree::options& how) {
    return tree({simulated(disk), folder_name}, how);
}

/// A tree of some tables and some log, after a script of commits; and what it held after each.
class victim {
public:
    /// @param closed in order, or left as the end of its process leaves it
    explicit victim(bool closed) {
        const lsm::testing::simulated_disk disk;
        tree t = open(disk, settings());
        for (int i = 0; i < 8; ++i) put(t, "key " + std::to_string(i), "first");
        t.flush();
        for (int i = 0; i < 8; i += 3) erase(t, "key " + std::to_string(i));
        put(t, "", "of the empty key");
        t.flush();
        for (int i = 6; i < 12; ++i) put(t, "key " + std::to_string(i), "third");
        write_batch(t);
        put(t, "last", std::string(40, 'z'));
        if (closed) t.close();
        files_ = files_of(disk);
    }

    [[nodiscard]] const fuzz::files& files() const noexcept { return files_; }
    /// After each commit; the last is all.
    [[nodiscard]] const std::vector<contents>& prefixes() const noexcept { return prefixes_; }

private:
    void put(tree& to, const std::string& key, const std::string& value) {
        to.put(key, value);
        now_[key] = value;
        prefixes_.push_back(now_);
    }
    void erase(tree& from, const std::string& key) {
        from.erase(key);
        now_.erase(key);
        prefixes_.push_back(now_);
    }
    void write_batch(tree& to) {
        tree::write_batch batch;
        batch.put("batch 1", "1");
        batch.put("batch 2", "2");
        batch.erase("key 1");
        to.write(std::move(batch));
        now_["batch 1"] = "1";
        now_["batch 2"] = "2";
        now_.erase("key 1");
        prefixes_.push_back(now_);
    }

    contents now_;
    std::vector<contents> prefixes_{{}};
    fuzz::files files_;
};

}  // namespace fuzz
