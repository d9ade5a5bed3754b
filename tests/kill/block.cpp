// SPDX-License-Identifier: BSL-1.0
#include <kill/child.hpp>

#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/storage/format/block.hpp>

#include <utility>

namespace kill_loop {

void block_skip_list(const life& of, model before, oracle& told, bool ends) {
    child<lsm::skip_list_memtable, lsm::block_storage<>>(of, std::move(before), told).run(ends);
}
void block_map(const life& of, model before, oracle& told, bool ends) {
    child<lsm::ordered_map_memtable, lsm::block_storage<>>(of, std::move(before), told).run(ends);
}

}  // namespace kill_loop
