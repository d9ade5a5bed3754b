// SPDX-License-Identifier: BSL-1.0
// decoder: codec/bytes.hpp
// decoder: storage/record/root_record.hpp
#include <fuzz/mutate.hpp>
#include <fuzz/repair.hpp>

#include <lsm/storage/record/root_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// An input is a root.
namespace {

lsm::root_record small_root() {
    lsm::root_record root;
    root.generation = 3;
    root.clean = true;
    root.next_table_id = 2;
    root.last_sequence = 9;
    root.log = {{1, 2, 8192}};
    root.next_log_segment = 2;
    root.trees.push_back({0,
                          "",
                          "text",
                          "u64",
                          {{{{1, "block", 1, "lsm", 300, {200, 50, 7}}}}},
                          {std::byte{1}},
                          5,
                          11});
    return root;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const lsm::byte_view bytes = fuzz::view(data, size);
    try {
        const lsm::root_record root = lsm::read_root(bytes, "here");
        fuzz::require(std::ranges::equal(lsm::write_root(root), bytes),
                      "a root that is read is written as the same bytes");
    } catch (const lsm::error&) {
    }
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max, unsigned seed) {
    return fuzz::mutate(data, size, max, seed, [&](lsm::byte_buffer& root, auto& random) {
        constexpr std::size_t record = 20, sum = 8;
        const bool anywhere = root.size() < record + sum || fuzz::one_in(8, random);
        fuzz::mutate_part(root, anywhere ? 0 : record, root.size() - (anywhere ? 0 : sum), max);
        if (!fuzz::one_in(16, random)) fuzz::repair_root(root);
    });
}

void fuzz::make_seeds(const seed_sink& take) {
    take("nothing_in_it", lsm::write_root(lsm::root_record()));
    take("small", lsm::write_root(small_root()));
    lsm::root_record wide = small_root();
    wide.log.push_back({2, 3, 8192});
    auto& levels = wide.trees.front().levels;
    levels.front().push_back(levels.front().front());
    levels.push_back({});
    levels.push_back({{}});
    take("runs_and_levels", lsm::write_root(wide));
}
