// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entry.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/epochs.hpp>
#include <lsm/engine/log.hpp>
#include <lsm/engine/monitor.hpp>
#include <lsm/engine/pins.hpp>
#include <lsm/engine/process.hpp>
#include <lsm/engine/table_file.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace lsm::engine {

/// What trees that live together share: the medium with its log and root, the numbers that are given
/// out, the cache, and the pins. For now each tree has a store of its own, in which it is tree 0.
template <class Medium>
struct store {
    std::shared_ptr<Medium> medium;  ///< tables hold it too, for as long as readers hold them
    std::string where;               ///< for messages, also after closing
    std::shared_ptr<epochs> readers =
        std::make_shared<epochs>();  ///< who may look at what was replaced
    std::shared_ptr<block_cache> cache;
    std::shared_ptr<open_files> files;
    std::shared_ptr<building_memory> building = std::make_shared<building_memory>();
    std::uint64_t filter_seed = 0;  ///< as the root that was recovered says
    std::shared_ptr<pin_set> pins = std::make_shared<pin_set>();
    std::atomic<sequence_number> last_sequence = no_sequence;  ///< of the last write readers see
    std::atomic<std::uint64_t> next_table_id = 0;
    /// Written by the writer whose turn it is; its thread safety is its own.
    engine::log<Medium> log;
    /// Held while a segment of the log is prepared, and while the log ends. Before `changes`.
    std::mutex preparing;

    /// Guards what follows, and all that becomes live: held while the root is replaced, and while a
    /// read state is published. No reader takes it. Its release wakes the threads that wait for a change.
    monitor changes;
    root_record root;                    ///< as it is on the medium
    std::uint64_t next_log_segment = 0;  ///< above all that were begun, also in vain
    /// A root's replacement has an unknown outcome: no more writes.
    std::atomic<bool> root_unknown = false;

    /// Opens the medium, and locks it. The root is recovery's. @throws error
    template <class Options>
    store(const typename Medium::location& location, const Options& options)
        : medium(std::make_shared<Medium>(location, options.mode)), where(medium->describe()),
          cache(make_owned<block_cache>(options.memory_bytes, readers)),
          files(std::make_shared<open_files>(options.max_open_files)),
          log(medium, options.log,
              options.log.maps && options.durability != durability::power_loss) {
        if constexpr (requires { medium->on_shortage([] { return false; }); })
            medium->on_shortage([closable = files] { return closable->close_some(); });
    }

    [[nodiscard]] table_resources<Medium> for_tables() const {
        return {medium, cache, files, filter_seed, building};
    }

    /// Replaces the root by itself as `edit(root)` leaves it, with what every root says filled in.
    /// @pre `changes` is held. @throws error
    template <class Edit>
    void edit_root(Edit&& edit) {
        check_root();
        root_record next = root;
        next.generation = root.generation + 1;
        next.next_table_id = next_table_id.load();
        next.last_sequence = last_sequence.load();
        next.next_log_segment = next_log_segment;
        edit(next);
        if (medium->replace_root(write_root(next)) != replace_result::ok) {
            root_unknown = true;
            throw error(errc::io,
                        where + "/root: cannot tell whether it was replaced: reopen the tree");
        }
        root = std::move(next);
        if constexpr (medium_notes_roots<Medium>) medium->note_root(root.generation);
    }
    /// @throws error where it is not known which of two roots the medium has: then nothing that one of
    /// them names may be touched
    void check_root() const {
        if (root_unknown)
            throw error(errc::read_only,
                        where + "/root: cannot tell what it is after a failure: reopen the tree");
    }

    /// Says that the root does not tell all that may be on the medium, before anything is begun.
    /// @pre `changes` is held. @throws error
    void mark_unclean() {
        if (root.clean) edit_root([](root_record& next) { next.clean = false; });
    }

    /// Makes room for groups of so many bytes in the log: changes over to the next segment if need be,
    /// which it prepares unless a thread has. The writer's whose turn it is.
    /// @throws error; then the log is as it was, and may be tried again
    void make_room(std::uint64_t group_bytes) {
        log.check_whole();
        check_root();
        if (log.has_room(group_bytes)) return;
        const std::scoped_lock one(preparing);
        while (!log.has_room(group_bytes)) {
            if (!log.has_next()) prepare_segment(group_bytes);
            log.activate();
        }
    }
    /// Prepares the log's next segment if `log::next_is_due` has said so. Any thread. A failure that
    /// leaves the root as it was is not told: the writer tries again when it needs the segment.
    /// @throws error where it is not known which of two roots the medium has
    void prepare_ahead() {
        const std::scoped_lock one(preparing);
        if (!log.take_due() || log.has_next()) return;
        try {
            prepare_segment(0);
        } catch (...) {
            if (root_unknown) throw;
        }
    }

    /// Lets go of everything; only what readers still hold stays.
    void release() noexcept {
        cache.reset();
        medium.reset();
        log.release();
    }

private:
    /// Makes a segment that the root names before the segment takes a group. @pre `preparing` is held.
    /// @throws error; then the log is as it was
    void prepare_segment(std::uint64_t group_bytes) {
        std::uint64_t number = 0;
        {
            const std::scoped_lock lock(changes);
            mark_unclean();
            number = next_log_segment++;
        }
        try {
            const log_segment_record made = log.prepare(number, group_bytes);
            const std::scoped_lock lock(changes);
            edit_root([&](root_record& next) { next.log.push_back(made); });
            log.accept();
        } catch (...) {
            if (!root_unknown) log.unprepare();  // the root may name it else
            throw;
        }
    }
};

}  // namespace lsm::engine
