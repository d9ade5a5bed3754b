# SPDX-License-Identifier: BSL-1.0
"""Every safeguard that a test claims to hold: what it is, the code that is it, what is there without it,
and the test that must go red then. `scripts/sabotage` tries them one at a time."""

from typing import NamedTuple


class Safeguard(NamedTuple):
    name: str
    file: str  # below include/lsm
    code: str  # occurs once in the file
    without: str
    test: str  # a file below tests
    case: str  # Boost.Test's --run_test


DIRECTORY = "storage/medium/directory.hpp"
LOG = "engine/log.hpp"
REPLAY = "engine/log_replay.hpp"
RECORD = "storage/record/log_record.hpp"
ROOT = "storage/record/root_record.hpp"
STORE = "engine/store.hpp"
STATE = "engine/tree_state.hpp"
COMMIT = "engine/commit.hpp"
MAINTENANCE = "engine/maintenance.hpp"
JOB = "engine/job.hpp"
MERGE = "engine/table_writer.hpp"
RECOVERY = "engine/recovery.hpp"
INGESTION = "engine/ingestion.hpp"
COMPRESSED = "storage/format/block/compressed_block.hpp"
TABLE = "engine/table.hpp"
TABLE_FILE = "engine/table_file.hpp"
OPEN_FILES = "bounded/open_files"
RETAIN = "engine/retain_cursor.hpp"
PLAN = "engine/compaction_plan.hpp"
OPEN = "engine/open_tree.hpp"
PROCESS = "engine/process.hpp"
PAGED = "storage/format/paged.hpp"
POSIX = "storage/file_system/posix.hpp"
MAPPING = "storage/file_system/posix_mapping.hpp"

CRASH = ("simulation/crash", "crash/loses_nothing_that_a_level_promised")
STRONG = ("simulation/crash", "crash/loses_nothing_where_all_is_to_survive_a_loss_of_power")
AFTER_FAULT = ("simulation/crash_after_fault", "crash_after_fault/of_any_call_loses_nothing")
FAULTS = ("simulation/faults", "faults/lose_nothing_that_was_acknowledged")
LOG_RECORD = "log/record"
LOG_RECOVERY = "log/recovery"
DAMAGE = "faults/damage"
CALLS = "faults/system_calls"
BLOCKS = "storage/hostile_blocks"

SAFEGUARDS = [
    # What is on the device, and when.
    Safeguard("table: sync of its bytes", DIRECTORY, "        file_.sync();\n        folder_->sync();",
              "        folder_->sync();", *CRASH),
    Safeguard("table: sync of its name", DIRECTORY, "        file_.sync();\n        folder_->sync();",
              "        file_.sync();", *CRASH),
    Safeguard("root: sync of its bytes", DIRECTORY, "        next.append(bytes);\n        next.sync();",
              "        next.append(bytes);", *CRASH),
    Safeguard("root: sync of its name", DIRECTORY, "    try {\n        folder_.sync();\n    } catch (...) {\n"
              "        return replace_result::unknown;",
              "    try {\n    } catch (...) {\n        return replace_result::unknown;", *CRASH),
    Safeguard("root: replaced at once", DIRECTORY, "        file next = folder_.create(next_root_name);",
              "        folder_.remove(root_name);\n        file next = folder_.create(next_root_name);", *CRASH),
    Safeguard("log: sync of a segment's length", DIRECTORY, "        made.preallocate(bytes);\n        made.sync();",
              "        made.preallocate(bytes);", *CRASH),
    Safeguard("log: sync of a segment's name", DIRECTORY, "        made.sync();\n        folder_.sync();",
              "        made.sync();", *CRASH),
    Safeguard("log: sync of a name used again", DIRECTORY, "    spare.name_ = name;\n    folder_.sync();",
              "    spare.name_ = name;", *CRASH),
    Safeguard("log: sync of a segment's header", LOG,
              "        prepared_->file->sync();  // not `write_durably`, which would give up the mapping\n", "",
              *CRASH),
    Safeguard("log: a segment is on the device before the next begins", LOG,
              "std::uint64_t group_bytes) {\n        sync();", "std::uint64_t group_bytes) {", *CRASH),
    Safeguard("log: a strong commit waits for what was before it", LOG,
              "        if (!all_before_durable) return sync();", "        if (!all_before_durable) return;", *CRASH),
    Safeguard("log: a strong commit's own bytes", LOG, "        active_->file->write_durably(at, batch_);",
              "        active_->file->write(at, batch_);", *STRONG),
    Safeguard("log: sync syncs", LOG, "            to->file->sync();", "", *CRASH),
    Safeguard("folder: synced on opening", DIRECTORY, "    folder_.remove(next_root_name);\n    folder_.sync();",
              "    folder_.remove(next_root_name);", "simulation/unsynced_names",
              "unsynced_names/of_a_root_are_synced_before_anything_follows_from_it"),
    # The order of things.
    Safeguard("tables: the root before their removal", STATE,
              "        const table_ids gone = edit.gone();\n",
              "        const table_ids gone = edit.gone();\n"
              "        before->tables->for_each_table([&](std::size_t, std::size_t, const auto& each) {\n"
              "            if (gone.contains(each->record().id))\n"
              "                store.medium->remove({each->record().id, each->record().extension});\n"
              "        });\n", *CRASH),
    Safeguard("log: the root before a segment goes", STATE,
              "        const table_ids gone = edit.gone();\n",
              "        const table_ids gone = edit.gone();\n        store.log.drop_all_but_needed(flushed);\n",
              *CRASH),
    Safeguard("log: the root before its end", STATE,
              "        if (clean && store.root.clean) return;",
              "        if (clean && store.root.clean) return;\n        store.log.drop_all();", *CRASH),
    Safeguard("log: named by the root before it takes groups", STORE,
              "            edit_root([&](root_record& next) { next.log.push_back(made); });", "", *CRASH),
    Safeguard("root: unclean before anything is begun", STORE,
              "        if (root.clean) edit_root([](root_record& next) { next.clean = false; });", "", *CRASH),
    Safeguard("log: what is not flushed stays", LOG, "            if (each.last > flushed) return false;", "",
              LOG_RECOVERY, "log_recovery/a_compaction_lets_no_segment_go_that_memory_needs"),
    Safeguard("log: what is not flushed stays named", LOG,
              "            if (each.last > flushed) records.push_back(each.record);", "", *CRASH),
    Safeguard("log: no two uses of a file share an epoch", STORE, "root.generation + 1, group_bytes", "1, group_bytes",
              *CRASH),
    Safeguard("root: says what is flushed", STATE, "            mine.flushed = flushed;", "", *CRASH),
    # What follows a failure.
    Safeguard("root: an unknown outcome ends all writing", STORE, "            root_unknown = true;\n", "",
              *AFTER_FAULT),
    Safeguard("log: what the root may name stays", STORE, "            if (!root_unknown) log.unprepare();",
              "            log.unprepare();", *AFTER_FAULT),
    Safeguard("table: what the root may name stays", JOB,
              "        if (merge_ && state_.store.root_unknown) merge_->hand_over();", "", *AFTER_FAULT),
    Safeguard("log: no second sync after a failed one", LOG,
              "            // Which pages are on the device is not known, and a second try would not tell.\n"
              "            broken_.store(true);", "", "simulation/crash_after_fault",
              "crash_after_fault/of_a_sync_that_no_other_makes_good_loses_nothing"),
    Safeguard("commit: hidden where the log failed", COMMIT, "            active_->abort(before_ + 1, last_);", "",
              *FAULTS),
    Safeguard("commit: no write after a failed one", COMMIT,
              "            state_.fail(std::current_exception());\n            for (request* each", "            for (request* each",
              *FAULTS),
    Safeguard("resume: all is written anew before writes go on", OPEN,
              "            maintenance_.flush_everything([&] { state_.end_log(false); });\n"
              "            state_.forgive();", "            state_.forgive();", "simulation/crash_after_fault",
              "crash_after_fault/of_a_sync_that_no_other_makes_good_loses_nothing"),
    Safeguard("root: what a failed replacement left is removed", DIRECTORY,
              "    folder_.remove(next_root_name);\n    {", "    {", "simulation/resume",
              "resume/goes_on_after_any_call_that_failed_once"),
    Safeguard("root: a renaming may fail and have happened", DIRECTORY,
              "        if (failure.system_errno() != EIO) throw;", "        throw;", "simulation/late_rename",
              "late_rename/*"),
    Safeguard("recovery: tables that no root names are removed", RECOVERY,
              "        for (const table_name& name : orphan_tables_) medium_->remove(name);", "", *CRASH),
    Safeguard("recovery: segments that no root names are removed", RECOVERY,
              "        for (const std::uint64_t number : orphan_segments_) medium_->remove_log_segment(number);", "",
              *CRASH),
    Safeguard("recovery: table numbers resume above what was removed", RECOVERY,
              "            root.next_table_id = (std::max)(root.next_table_id, name.id + 1);", "            (void)name;",
              *CRASH),
    Safeguard("recovery: segment numbers resume above what was removed", RECOVERY,
              "            root.next_log_segment = (std::max)(root.next_log_segment, number + 1);",
              "            (void)number;", *CRASH),
    # What the system is asked for.
    Safeguard("calls: a file is synced", POSIX,
              "        if (detail::retried([&] { return ::fsync(descriptor_.get()); }) != 0)\n"
              "            detail::throw_io(\"syncing \" + path_);\n    }\n    /// The same", "    }\n    /// The same",
              CALLS, "faults_system_calls/a_sync_is_one_of_the_file"),
    Safeguard("calls: a file's data are synced", POSIX,
              "        if (detail::retried([&] { return ::fdatasync(descriptor_.get()); }) != 0)\n"
              "            detail::throw_io(\"syncing \" + path_);\n", "", CALLS,
              "faults_system_calls/a_sync_of_data_is_one_of_the_file"),
    Safeguard("calls: a folder is synced", POSIX,
              "        if (detail::retried([&] { return ::fsync(descriptor_.get()); }) != 0)\n"
              "            detail::throw_io(\"syncing \" + path_);\n    }\n    /// The names",
              "    }\n    /// The names", CALLS, "faults_system_calls/a_sync_of_names_is_one_of_the_folder"),
    Safeguard("calls: a durable write says so", POSIX, "write_at(offset, bytes, RWF_DSYNC);",
              "write_at(offset, bytes, 0);", CALLS,
              "faults_system_calls/a_durable_write_says_so_and_another_does_not"),
    Safeguard("calls: a new folder's name is synced", POSIX,
              "        if (parent.get() < 0 || ::fsync(parent.get()) != 0)", "        if (parent.get() < 0)", CALLS,
              "faults_system_calls/a_folder_that_is_made_or_empty_is_named_on_the_device"),
    Safeguard("calls: an interrupted one is made again", POSIX, "    while (result < 0 && errno == EINTR);",
              "    while (false);", CALLS, "faults_system_calls/a_call_that_a_signal_interrupts_is_made_again"),
    Safeguard("calls: a write that was cut short goes on", POSIX,
              "        offset += static_cast<std::uint64_t>(written);", "        break;", CALLS,
              "faults_system_calls/a_write_that_is_cut_short_goes_on"),
    # What is checked: the log.
    Safeguard("log: the sum of the header", RECORD,
              " ||\n        checksum(segment.first(sum_at)) !=\n"
              "            from_little_endian<std::uint64_t>(segment.data() + sum_at))", ")", LOG_RECORD,
              "log_record/any_bit_of_a_header_that_is_flipped_is_found"),
    Safeguard("log: the version of the format", RECORD,
              "version != detail::log_version)", "version == 0)", LOG_RECORD,
              "log_record/another_version_is_incompatible"),
    Safeguard("log: the sum of a group", RECORD, "        const bool check = !budget || *budget >= bytes;",
              "        const bool check = false;", LOG_RECORD,
              "log_record/any_bit_of_a_group_that_is_flipped_is_found"),
    Safeguard("log: the chain of groups", RECORD,
              "        if (!here || here->previous != previous_) return std::nullopt;",
              "        if (!here) return std::nullopt;", LOG_RECORD,
              "log_record/a_group_that_does_not_follow_is_not_shown"),
    Safeguard("log: the epoch of a group", RECORD, "return epoch * 0x9e3779b97f4a7c15U + offset;", "return offset;",
              LOG_RECORD, "log_record/groups_of_an_earlier_use_whose_tag_is_the_same_are_none"),
    Safeguard("log: the place of a group", RECORD, "return epoch * 0x9e3779b97f4a7c15U + offset;",
              "return epoch * 0x9e3779b97f4a7c15U;", LOG_RECORD,
              "log_record/a_copy_of_a_group_in_another_place_is_none"),
    Safeguard("log: the length of a group lies in the segment", RECORD,
              " ||\n            length > left - detail::group_header_bytes)", ")", LOG_RECORD,
              "log_record/whatever_the_bytes_reading_ends_soon"),
    Safeguard("log: reading any bytes ends soon", RECORD,
              "        if (budget) *budget -= check ? bytes : 0;\n", "", LOG_RECORD,
              "log_record/whatever_the_bytes_reading_ends_soon"),
    Safeguard("log: tag or chain shows a cut", RECORD,
              " ||\n               from_little_endian<std::uint64_t>(at + 8) == previous_;", ";", LOG_RECORD,
              "log_record/any_bit_of_a_group_that_is_flipped_is_found"),
    Safeguard("log: an operation lies in its group", RECORD,
              "        if (count > left_.size()) throw decode_error(\"a group ends within an operation\");\n", "",
              LOG_RECORD, "log_record/operations_of_random_bytes_are_read_or_refused"),
    Safeguard("log: of two marks one is always whole", LOG,
              "lsm::detail::log_mark_begin * (1 + of.marks % 2);", "lsm::detail::log_mark_begin;", LOG_RECOVERY,
              "log_recovery/a_mark_leaves_the_one_before_it_whole"),
    Safeguard("log: sync moves the mark", LOG, "            mark(*to, end, false);", "", LOG_RECOVERY,
              "log_recovery/after_sync_no_commit_may_go"),
    Safeguard("log: strong commits move the mark", LOG, "        mark(*active_, end, true);", "", LOG_RECOVERY,
              "log_recovery/strong_commits_move_the_mark_along"),
    Safeguard("log: what the mark says must be there", REPLAY,
              "        if (mark > end) throw damaged(\"it was on the device up to byte \" + std::to_string(mark));",
              "", LOG_RECOVERY, "log_recovery/after_sync_no_commit_may_go"),
    Safeguard("log: whole commits behind a break", REPLAY, "        if (!lost_power(header) && later > end)",
              "        if (false)", LOG_RECOVERY,
              "log_recovery/damage_before_the_last_commit_is_corruption_or_reported"),
    Safeguard("log: a cut end is reported", REPLAY,
              "        report_.bytes_dropped = (std::max)(later, groups.cut_end()) - end;", "", LOG_RECOVERY,
              "log_recovery/damage_before_the_last_commit_is_corruption_or_reported"),
    Safeguard("log: the length of a segment", REPLAY, "found != record.bytes)", "found < 1)", LOG_RECOVERY,
              "log_recovery/a_log_of_any_other_length_is_corruption"),
    Safeguard("log: a segment is the one that the root names", REPLAY,
              "header.number != record.number || header.epoch != record.epoch ||\n"
              "            header.bytes != record.bytes)", "false)", LOG_RECOVERY,
              "log_recovery/a_part_of_an_earlier_log_is_corruption"),
    Safeguard("log: segments follow each other", REPLAY,
              "        if (header.previous_end != end_ || header.previous_sum != sum_)", "        if (false)",
              LOG_RECOVERY, "log_recovery/damage_in_any_but_the_last_segment_is_corruption"),
    Safeguard("log: numbers ascend", REPLAY, "group->first <= last_ || group->count == 0)", "false)", LOG_RECOVERY,
              "log_recovery/a_commit_of_a_number_that_was_before_is_corruption"),
    Safeguard("log: numbers have an end", REPLAY, "last_ < group->first || last_ > last_number)", "false)",
              LOG_RECOVERY, "log_recovery/a_commit_of_a_number_that_none_can_have_is_corruption"),
    Safeguard("log: a lost root is not a new tree", RECOVERY, "        if (!medium_->list_log_segments().empty())",
              "        if (false)", LOG_RECOVERY, "log_recovery/a_log_without_its_root_is_corruption"),
    Safeguard("log: a segment that was made longer does not stay", LOG,
              "each.record.bytes == usual_bytes_ &&", "", LOG_RECOVERY,
              "log_recovery/a_segment_that_a_large_commit_made_longer_does_not_stay"),
    Safeguard("log: bounded where the memtable is not", MAINTENANCE,
              "state_.store.log.appended() - appended_before_ >= log_share();", "false;", LOG_RECOVERY,
              "log_recovery/the_log_is_bounded_where_the_memtable_is_not"),
    Safeguard("recovery: numbers resume above the log", STATE,
              "        store.last_sequence = (std::max)(root.last_sequence, last);",
              "        store.last_sequence = root.last_sequence;", LOG_RECOVERY,
              "log_recovery/resumes_the_numbers_above_the_log"),
    # What is checked: the root and the tables.
    Safeguard("root: its checksum", ROOT, "        if (expected != found)", "        if (false)", "faults/forged",
              "faults_forged/any_bit_of_a_root_that_is_flipped_is_found"),
    Safeguard("root: an older one after an orderly close", RECOVERY, "            if (root.clean && younger)",
              "            if (false)", DAMAGE, "faults_damage/by_an_older_root_is_never_silent*"),
    Safeguard("root: tables without one", RECOVERY, "        if (!tables.empty())", "        if (false)", "tree/open",
              "tree_open/refuses_tables_without_a_root"),
    Safeguard("table: a block's checksum", TABLE_FILE, "        if (found != from.checksum)", "        if (false)", DAMAGE,
              "faults_damage/of_any_byte_is_never_silent*"),
    Safeguard("table: its length", TABLE_FILE, "        if (opened.bytes() != bytes_)", "        if (false)",
              "faults/forged", "faults_forged/a_table_longer_than_its_file_is_corruption"),
    Safeguard("table: a block lies in it", TABLE_FILE,
              "        if (from.offset > bytes_ || from.bytes > bytes_ - from.offset)", "        if (false)", "faults/forged",
              "faults_forged/an_index_*"),
    Safeguard("table: its number", TABLE, "            if (index.properties.id != record.id)", "            if (false)",
              "faults/forged", "faults_forged/a_table_of_another_number_is_corruption"),
    Safeguard("table: the order of a block's entries", PAGED,
              "            if (order > 0 || (order == 0 && all.sequences[i - 1] <= all.sequences[i]))",
              "            if (false)", BLOCKS, "hostile_blocks/with_entries_out_of_order_are_refused"),
    Safeguard("table: the order of an index", PAGED,
              "            if (before && compare(index.view(*before), index.view(each)) >= 0)",
              "            if (false)", BLOCKS, "hostile_blocks/with_an_index_out_of_order_are_refused"),
    Safeguard("table: a block has no more entries than bytes", "storage/format/block.hpp",
              "    if (header.count > in.left()) in.fail(\"a block has more entries than bytes\");", "", BLOCKS,
              "hostile_blocks/with_a_count_that_they_cannot_hold_take_no_memory"),
    Safeguard("types: the shapes of keys and values", RECOVERY, "        if (stored == asked) return;",
              "        if (true) return;", "faults/owner", "faults_incompatible/*"),
    # What a compaction may forget.
    Safeguard("compaction: a tombstone above older data stays", RETAIN,
              " &&\n                 !may_hold_older_(key));", ");", "engine/cursors",
              "engine_retain_cursor/changes_nothing_that_any_reader_sees"),
    Safeguard("compaction: what a snapshot sees stays", RETAIN,
              "        const bool needed = newest || some_pin_in(number, newer_);",
              "        const bool needed = newest;", "engine/cursors",
              "engine_retain_cursor/changes_nothing_that_any_reader_sees"),
    Safeguard("compaction: a tombstone that a snapshot needs stays", RETAIN,
              "        return pins_.empty() || number <= pins_.front();", "        return true;",
              "engine/cursors", "engine_retain_cursor/changes_nothing_that_any_reader_sees"),
    Safeguard("compaction: a number stays where something is older", RETAIN, "oldest_ && all_see(number)",
              "all_see(number)", "engine/cursors", "engine_retain_cursor/changes_nothing_that_any_reader_sees"),
    Safeguard("compaction: the pins are asked for", JOB, "state_.store.pins->all(),", "std::vector<sequence_number>(),",
              "tree/snapshot",
              "tree_snapshot/holds_through_flush_and_compaction"),
    Safeguard("compaction: older tables are asked for", JOB,
              "compare<key_view>((*at)->first_key(), key) <= 0;", "false;", *CRASH),
    Safeguard("compaction: inputs are contiguous in age", PLAN,
              "            if ((position < input.position) == (position < output)) return true;",
              "            if (true) return true;", "engine/compaction_plan",
              "engine_compaction_plan/refuses_jobs_that_would_not_and_says_why"),
    Safeguard("compaction: a run's tables stay disjoint", PLAN,
              "            if (position == output)", "            if (false)",
              "engine/compaction_plan", "engine_compaction_plan/refuses_jobs_that_would_not_and_says_why"),
    Safeguard("compaction: no table is taken twice", PLAN, "        if (input.table->busy) {", "        if (false) {",
              "engine/compaction_plan",
              "engine_compaction_plan/refuses_jobs_that_would_not_and_says_why"),
    Safeguard("compaction: inputs are live", PLAN, " || inputs.size() != job.inputs.size())", ")",
              "engine/compaction_plan", "engine_compaction_plan/refuses_jobs_that_would_not_and_says_why"),
    Safeguard("compaction: data is dropped only where that is acknowledged", JOB,
              "plan_.kind == job_kind::drop && !state_.options.allow_drop)", "false)", "tree/maintenance",
              "tree_drop/is_refused_unless_it_is_acknowledged"),
    Safeguard("compaction: all versions of a key stay in one table", MERGE, "(is_full && !continues(key))", "is_full",
              "tree/snapshot", "tree_compact/keeps_all_versions_of_a_key_in_one_table"),
    # Bulk loads.
    Safeguard("ingest: entries come in the order of their keys", INGESTION,
              "if (last_key_ && compare<key_view>(codec<Key>::as_view(*last_key_), key) >= 0)", "if (false)",
              "tree/ingest", "tree_ingest/refuses_what_is_not_sorted_and_changes_nothing"),
    Safeguard("ingest: what is in memory goes to tables first", OPEN,
              "            maintenance_.freeze();\n            maintenance_.flush_all();\n            try", "            try",
              "tree/ingest", "tree_ingest/is_newer_than_all_before_and_older_than_all_after"),
    Safeguard("ingest: a number of its own", INGESTION, "number_(to.store.last_sequence.load() + 1)",
              "number_(to.store.last_sequence.load())", "tree/ingest",
              "tree_ingest/is_not_seen_by_older_snapshots"),
    Safeguard("ingest: the number counts as given", STATE,
              "        store.last_sequence.store(number, std::memory_order_release);\n", "", "tree/ingest",
              "tree_ingest/takes_sorted_entries"),
    # Compressed blocks.
    Safeguard("compression: a block does not claim too much", COMPRESSED,
              "    if (!is_plausible(header, fewer.size())) in.fail", "    if (false) in.fail",
              "storage/compression", "compression/of_hostile_blocks_is_refused*"),
    Safeguard("compression: a policy that is not named is refused", "storage/format/block.hpp",
              "        if (!is_known) throw unknown_compression(called);\n", "", "storage/compression",
              "compression/that_is_not_named_is_refused_on_opening*"),
    # Memory.
    Safeguard("arena: a piece lies in its chunk", "memtable/arena.hpp",
              "needed > static_cast<std::size_t>(end_ - next_)", "bytes > static_cast<std::size_t>(end_ - next_)",
              "memtable/arena", "arena_take/does_not_align_its_way_out_of_a_chunk"),
    # Owners and files.
    Safeguard("owner: one at a time", DIRECTORY, "    if (!folder_.lock(mode == open_mode::read_only))",
              "    if (false)", "faults/owner", "faults_locked/*"),
    Safeguard("owner: not a forked child", STATE,
              "[[nodiscard]] bool is_owner() const noexcept { return forks::count() == owner_; }",
              "[[nodiscard]] bool is_owner() const noexcept { return true; }", "faults/forked",
              "faults_one_owner/a_forked_child_is_refused_and_its_end_touches_nothing"),
    Safeguard("owner: a child does not give the lock back", POSIX, "if (locked_by_ == ::getpid()) ::flock(", "::flock(",
              "faults/forked", "faults_one_owner/the_end_of_an_inherited_view_does_not_give_the_lock_away"),
    Safeguard("owner: the lock goes though a child has it too", POSIX,
              "        if (locked_by_ == ::getpid()) ::flock(descriptor_.get(), LOCK_UN);\n", "", "faults/forked",
              "faults_one_owner/a_child_that_keeps_what_it_inherited_keeps_no_lock"),
    Safeguard("owner: a child does not wait for its parent's threads", PROCESS,
              "        if (forks::count() == owner)\n", "        if (true)\n", "faults/forked",
              "faults_one_owner/a_child_forked_while_threads_work_ends"),
    Safeguard("mapping: a child leaves its own memory alone", MAPPING, "if (at_ && owner_ == ::getpid()) ::munmap",
              "if (at_) ::munmap", "faults/forked",
              "faults_one_owner/the_end_of_a_mapping_in_a_child_leaves_its_own_memory_alone"),
    Safeguard("mapping: a child lets go of no pages of its own", MAPPING, "if (at_ && owner_ == ::getpid()) ::madvise",
              "if (at_) ::madvise", "faults/forked",
              "faults_one_owner/the_end_of_a_mapping_in_a_child_leaves_its_own_memory_alone"),
    Safeguard("owner: a child does not wait for the pins", "engine/pins.hpp",
              "    void remove(sequence_number at) noexcept {\n        if (!is_owner()) return;\n",
              "    void remove(sequence_number at) noexcept {\n", "faults/forked",
              "faults_one_owner/a_child_lets_go_of_pins_whoever_holds_their_lock"),
    Safeguard("owner: a child removes no table", TABLE, "        if (!this->cache().is_owner()) return;", "",
              "faults/forked", "faults_one_owner/a_child_may_not_read_a_view_and_its_end_leaves_the_files"),
    Safeguard("owner: a child reads no view", "scan_view.hpp", "        if (!of->at.is_owned())", "        if (false)",
              "faults/forked", "faults_one_owner/a_child_may_not_read_a_view_and_its_end_leaves_the_files"),
    Safeguard("mapping: stored from the front on", MAPPING, "constexpr std::size_t step = 32;",
              "constexpr std::size_t step = std::size_t{1} << 40;", "faults/store",
              "faults_store/that_is_cut_short_leaves_no_commit_behind_a_hole"),
    Safeguard("filters: each tree has a seed of its own", RECOVERY, "lsm::detail::unguessable_number()",
              "std::uint64_t{7}", "tree/table_filters", "tree_table_filters/make_other_mistakes_in_each_tree"),
    Safeguard("b_tree: a leaf is linked before its parent shows it", "memtable/b_tree/tree.hpp",
              "            link();\n            at.node->append(right);  // first: who goes too far left still gets right\n"
              "            Shape::between_stores();\n",
              "            at.node->append(right);\n            Shape::between_stores();\n            link();\n",
              "memtable/b_tree", "b_tree_memtable_split/*"),
    Safeguard("files: tables beyond max_open_files keep none", TABLE_FILE, "        if (files_->take()) kept_",
              "        kept_", OPEN_FILES, "bounded_open_files/tables_beyond_max_open_files_are_read_all_the_same"),
    Safeguard("files: a place comes back with its table", TABLE_FILE, "        if (kept_) files_->give_back();", "",
              OPEN_FILES, "bounded_open_files/places_are_used_again"),
    Safeguard("files: no link is followed for reading", POSIX, "O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK",
              "O_RDONLY | O_CLOEXEC | O_NONBLOCK", "faults/owner",
              "faults_files/that_are_symbolic_links_are_refused"),
    Safeguard("files: a new file is new", POSIX, "O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC",
              "O_RDWR | O_CREAT | O_CLOEXEC", CALLS, "faults_system_calls/a_new_file_is_none_that_was_there_and_no_link"),
    Safeguard("files: only regular ones", POSIX, "        if (!S_ISREG(status.st_mode))", "        if (false)",
              "faults/owner", "faults_files/that_are_folders_are_refused"),
    Safeguard("files: mode 0600 whatever the umask", POSIX, "if (::fchmod(number, 0600) != 0)", "if (false)",
              "faults/owner", "faults_files/belong_to_their_owner_alone_whatever_the_umask"),
    Safeguard("files: mode 0700 whatever the umask", POSIX, "if (missing && ::fchmod(number, 0700) != 0)",
              "if (false)", "faults/owner", "faults_files/belong_to_their_owner_alone_whatever_the_umask"),
    Safeguard("braid: the newer of equal keys first", "engine/braid.hpp",
              "compare<key_view>(view_in<Key>(a), view_in<Key>(b)) < 0;",
              "compare<key_view>(view_in<Key>(a), view_in<Key>(b)) <= 0;", "engine/cursors",
              "engine_merge_cursor/gives_all_entries_in_order"),
    Safeguard("braid: numbers that a reader does not see are told apart", "engine/braid.hpp",
              "!each.sequences.are_seen_at(at) || !each.kinds.are_values()", "!each.kinds.are_values()",
              "engine/cursors", "engine_visible_cursor/shows_what_a_naive_reader_sees*"),
    Safeguard("merge: a block not read yet bounds a braid", "engine/merge_cursor.hpp",
              "            if (each.at_end()) continue;", "            if (each.at_end() || each.pending()) continue;",
              "engine/cursors", "engine_merge_cursor/gives_all_entries_in_order"),
    Safeguard("merge: a window's last key bounds a braid", "engine/merge_cursor.hpp", "from.left() - 1);",
              "from.left());", "engine/cursors", "engine_merge_cursor/gives_all_entries_in_order"),
    Safeguard("scan: a plain part holds nothing that its reader does not see", "engine/visible_cursor.hpp",
              "is_plain_ = found && all_seen_ && part_", "is_plain_ = found && part_", "engine/cursors",
              "engine_visible_cursor/shows_what_a_naive_reader_sees*"),
]


def table():
    """The list of all of them in docs/reliability.md."""
    rows = [f"| {each.name} | `{each.file}` | `{each.test}`: `{each.case}` |" for each in SAFEGUARDS]
    return "\n".join(["| safeguard | where it is | what goes red without it |", "| --- | --- | --- |", *rows]) + "\n"
