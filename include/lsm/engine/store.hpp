// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/pins.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace lsm::engine {

/// What trees that live together share: the medium with its root, the numbers that are given out,
/// the cache, and the pins. For now each tree has a store of its own, in which it is tree 0.
template <class Medium>
struct store {
    std::shared_ptr<Medium> medium;  ///< tables hold it too, for as long as readers hold them
    std::string where;               ///< for messages, also after closing
    std::shared_ptr<block_cache> cache;
    std::shared_ptr<pin_set> pins = std::make_shared<pin_set>();
    root_record root;                             ///< as it is on the medium
    sequence_number last_sequence = no_sequence;  ///< of the last write that readers see
    std::uint64_t next_table_id = 0;
    bool root_unknown = false;  ///< a root's replacement has an unknown outcome: no more writes

    /// Opens the medium, and locks it. The root is recovery's. @throws error
    store(const typename Medium::location& location, open_mode mode, std::size_t cache_bytes)
        : medium(std::make_shared<Medium>(location, mode)), where(medium->describe()),
          cache(std::make_shared<block_cache>(cache_bytes)) {}

    /// Replaces the root, with what every root says filled in. @throws error
    void replace_root(root_record next) {
        next.generation = root.generation + 1;
        next.next_table_id = next_table_id;
        next.last_sequence = last_sequence;
        if (medium->replace_root(write_root(next)) != replace_result::ok) {
            root_unknown = true;
            throw error(errc::io,
                        where + "/root: cannot tell whether it was replaced: reopen the tree");
        }
        root = std::move(next);
    }

    /// Says whether the root tells all that may be on the medium: no longer before the first table
    /// is begun, and again at an orderly close. @throws error
    void mark_clean(bool clean) {
        if (root.clean == clean) return;
        root_record next = root;
        next.clean = clean;
        replace_root(std::move(next));
    }

    /// Lets go of everything; only what readers still hold stays.
    void release() noexcept {
        cache.reset();
        medium.reset();
    }
};

}  // namespace lsm::engine
