// SPDX-License-Identifier: BSL-1.0
// One program, six assemblies: the policies decide how a tree works, never what it answers.

#include <lsm/lsm.hpp>
#include <lsm/memtable/flat_map.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/storage/format/json.hpp>
#include <lsm/storage/format/serialization.hpp>

#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

//! [program]
/// What a tree said and what it was made of.
struct report {
    std::vector<std::pair<std::string, int>> answers;
    lsm::statistics before;  ///< the compaction
    lsm::statistics after;
};

/// Writes, overwrites, erases, compacts, reopens, and reads it all.
template <class Tree>
report run(const typename Tree::location& where) {
    const typename Tree::options settings{.memtable = {.max_entries = 100}};
    report result;
    {
        Tree tree(where, settings);
        for (int i = 0; i < 1000; ++i) tree.put("key" + std::to_string(i % 400), i);
        for (int i = 0; i < 400; i += 3) tree.erase("key" + std::to_string(i));
        tree.flush();
        result.before = tree.stats();
        tree.compact();
        result.after = tree.stats();
    }
    const Tree tree(where, settings);
    for (auto [key, value] : tree.scan()) result.answers.emplace_back(key, value);
    return result;
}
//! [program]

void print(const std::string& name, const report& result) {
    std::cout << std::left << std::setw(40) << name << std::right << std::setw(8)
              << result.answers.size() << std::setw(8) << result.before.tables.size()
              << std::setw(9) << result.before.table_entries() << std::setw(8)
              << result.after.tables.size() << std::setw(9) << result.after.table_entries() << '\n';
}

}  // namespace

int main() {
    std::cout
        << "                                                  before compact.    after it\n"
        << "assembly                                    keys  tables  entries  tables  entries\n";

    //! [assemblies]
    using namespace lsm;
    using std::string;
    using readable =
        basic_lsm_tree<string, int, ordered_map_memtable, json_storage<>, full_merge_compaction>;
    using archived = basic_lsm_tree<string, int, flat_map_memtable, serialization_storage<>,
                                    full_merge_compaction>;
    using as_text = basic_lsm_tree<string, int, ordered_map_memtable,
                                   serialization_storage<text_archive>, full_merge_compaction>;
    using as_xml = basic_lsm_tree<string, int, flat_map_memtable,
                                  serialization_storage<xml_archive>, full_merge_compaction>;
    using fast =
        basic_lsm_tree<string, int, skip_list_memtable, block_storage<>, full_merge_compaction>;
    using in_memory = basic_lsm_tree<string, int, skip_list_memtable, block_storage<memory_medium>,
                                     full_merge_compaction>;
    //! [assemblies]

    const report expected = run<readable>("readable");
    print("ordered map, JSON, full merge", expected);
    const auto check = [&](const string& name, const report& result) {
        print(name, result);
        if (result.answers == expected.answers) return;
        std::cout << "these are other answers\n";
        std::exit(1);
    };
    check("flat map, binary archives, full merge", run<archived>("archived"));
    check("ordered map, text archives, full merge", run<as_text>("as_text"));
    check("flat map, XML archives, full merge", run<as_xml>("as_xml"));
    check("skip list, blocks, full merge", run<fast>("fast"));
    check("skip list, blocks in memory, full merge", run<in_memory>(memory_disk()));
    std::cout << "six times the same answers\n";
}
