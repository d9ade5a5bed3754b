// SPDX-License-Identifier: BSL-1.0
#include <kill/child.hpp>

#include <lsm/memtable/ordered_map.hpp>
#include <lsm/memtable/skip_list.hpp>
#include <lsm/storage/format/serialization.hpp>

#include <utility>

namespace kill_loop {

void archive_skip_list(const life& of, model before, oracle& told, bool ends) {
    child<lsm::skip_list_memtable, lsm::serialization_storage<>>(of, std::move(before), told)
        .run(ends);
}
void archive_map(const life& of, model before, oracle& told, bool ends) {
    child<lsm::ordered_map_memtable, lsm::serialization_storage<>>(of, std::move(before), told)
        .run(ends);
}

}  // namespace kill_loop
