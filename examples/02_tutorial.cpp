// SPDX-License-Identifier: BSL-1.0
// A small tree at work: memtables fill and become tables, reads look through all of them, a
// compaction merges them, and newer values hide older ones.

#include <lsm/simple.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

namespace {

//! [listener]
/// Says what the tree does on its own.
struct narrator : lsm::event_listener {
    bool silent = false;

    void on_flush(const lsm::job_event& done) noexcept override {
        if (silent) return;
        for (const lsm::table_statistics& table : done.outputs)
            std::cout << "Flushed MemTable to " << table.file << " (" << table.entries
                      << " keys)\n";
    }
};
//! [listener]

//! [statistics]
/// The statistics on one line.
std::string summary(const lsm::statistics& now) {
    std::string files;
    for (const lsm::table_statistics& table : now.tables)
        files += (files.empty() ? "'" : ", '") + table.file + "'";
    return "{'memtable_size': " + std::to_string(now.memtable_entries) +
           ", 'num_sstables': " + std::to_string(now.tables.size()) +
           ", 'total_sstable_keys': " + std::to_string(now.table_entries()) +
           ", 'sstable_files': [" + files + "]}";
}
//! [statistics]

std::string numbered(const std::string& stem, int number) {
    return stem + (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

int main() {
    std::filesystem::remove_all("lsm_data");
    std::cout << "=== LSM Tree Demo ===\n\n";

    //! [open]
    const auto listener = std::make_shared<narrator>();
    lsm::simple_lsm_tree<std::string, std::string> tree(
        "lsm_data", {.memtable = {.max_entries = 5}, .listener = listener});
    //! [open]

    //! [insert]
    std::cout << "1. Inserting data...\n";
    for (int i = 0; i < 12; ++i) {
        const std::string key = numbered("key", i);
        const std::string value = "value_" + std::to_string(i);
        tree.put(key, value);
        std::cout << "   Put " << key << " -> " << value << '\n';
        if ((i + 1) % 5 == 0) std::cout << "   Stats: " << summary(tree.stats()) << "\n\n";
    }
    tree.flush();
    //! [insert]
    std::cout << "2. State before compaction:\n   " << summary(tree.stats()) << "\n\n";

    //! [get]
    std::cout << "3. Testing reads...\n";
    for (const char* key : {"key00", "key05", "key11", "key99"})
        std::cout << "   Get " << key << " -> " << tree.get(key).value_or("None") << '\n';
    //! [get]

    //! [scan]
    std::cout << "\n4. Range scan (key03 to key07):\n";
    for (auto [key, value] : tree.scan(lsm::closed("key03", "key07")))
        std::cout << "   " << key << " -> " << value << '\n';
    //! [scan]

    //! [compact]
    std::cout << "\n5. Compacting SSTables...\n";
    tree.compact();
    std::cout << "   After compaction: " << summary(tree.stats()) << "\n\n";
    //! [compact]

    //! [update]
    std::cout << "6. Testing updates...\n";
    tree.put("key05", "updated_value_5");
    tree.put("key20", "new_value_20");
    for (const char* key : {"key05", "key20"})
        std::cout << "   Get " << key << " -> " << tree.get(key).value_or("None") << '\n';
    //! [update]

    std::cout << "\n7. Final stats: " << summary(tree.stats()) << '\n';
    listener->silent = true;  // the destructor flushes the last two keys; the demo is over
}
