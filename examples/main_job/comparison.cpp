// SPDX-License-Identifier: BSL-1.0

#include "comparison.hpp"

#include "stages.hpp"
#include "verify.hpp"

#include <lsm/lsm.hpp>
#include <lsm/memtable/flat_map.hpp>
#include <lsm/memtable/ordered_map.hpp>
#include <lsm/storage/format/json.hpp>
#include <lsm/storage/format/serialization.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using entries = std::vector<std::pair<std::string, package>>;

/// Seconds that @p work takes.
template <class F>
double seconds(F&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct figures {
    double load_seconds;     ///< all puts, and one compaction at the end
    double uncached_get_us;  ///< every get reads and decodes a block
    double first_scan_us;    ///< an entry; after opening, every block is read and decoded
    double cached_get_us;    ///< every block is decoded and in memory
    std::uint64_t table_bytes;
};

/// Microseconds a get, for each of @p some.
template <class Tree>
double get_us(const Tree& tree, std::span<const entries::value_type> some) {
    std::size_t right = 0;
    const double took = seconds([&] {
        for (const auto& [key, value] : some)
            tree.visit(key, [&](const package& found) { right += found.version == value.version; });
    });
    expect_equal("versions by get", right, some.size());
    return 1e6 * took / static_cast<double>(some.size());
}

template <class Tree>
figures measure(const std::string& name, const std::map<std::string, package>& expected,
                const entries& input) {
    typename Tree::location where;
    if constexpr (std::is_constructible_v<typename Tree::location, std::string>) where = name;
    figures result{};
    {
        Tree tree(where);
        result.load_seconds = seconds([&] {
            for (const auto& [key, value] : input) tree.put(key, value);
            tree.compact();
        });
        result.table_bytes = tree.stats().table_bytes();
    }
    {
        const Tree tree(where, {.memory_bytes = 0});
        const std::size_t few = std::min<std::size_t>(input.size(), 5000);
        result.uncached_get_us = get_us(tree, std::span(input).first(few));
    }
    const Tree tree(where, {.memory_bytes = std::size_t{1} << 30});
    std::size_t seen = 0;
    const double scan = seconds([&] {
        for (auto [key, value] : tree.scan()) seen += !key.empty();
    });
    expect_equal("entries by scan", seen, expected.size());
    result.first_scan_us = 1e6 * scan / static_cast<double>(seen);
    result.cached_get_us = get_us(tree, input);
    verify_scan(name, tree.scan(), expected.begin(), expected.end());
    return result;
}

void print(const std::string& name, const figures& is) {
    std::cout << std::left << std::setw(32) << name << std::right << std::fixed
              << std::setprecision(2) << std::setw(8) << is.load_seconds << std::setw(11)
              << is.uncached_get_us << std::setw(11) << is.cached_get_us << std::setw(11)
              << is.first_scan_us << std::setw(9) << is.table_bytes / 1024 << std::endl;
}

}  // namespace

void compare_assemblies(const std::map<std::string, package>& input) {
    using namespace lsm;
    std::cout
        << "\n                                    load   get, no  get, from first scan   tables"
           "\nassembly                               s  cache µs   cache µs µs / entry      KiB"
           "\n";
    const entries order = shuffled(input);
    const auto row = [&]<class Memtable, class Storage>(const std::string& name) {
        using tree = basic_lsm_tree<std::string, package, Memtable, Storage, full_merge_compaction>;
        print(name, measure<tree>(name, input, order));
    };
    row.operator()<ordered_map_memtable, json_storage<>>("ordered map, JSON");
    row.operator()<ordered_map_memtable, serialization_storage<text_archive>>(
        "ordered map, text archives");
    row.operator()<flat_map_memtable, serialization_storage<xml_archive>>("flat map, XML archives");
    row.operator()<flat_map_memtable, serialization_storage<>>("flat map, binary archives");
    row.operator()<skip_list_memtable, block_storage<>>("skip list, blocks");
    row.operator()<ordered_map_memtable, block_storage<memory_medium>>(
        "ordered map, blocks in memory");
}
