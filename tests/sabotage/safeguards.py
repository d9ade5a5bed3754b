# SPDX-License-Identifier: BSL-1.0
"""Every safeguard that a test claims to hold: what it is, the code that is it, what is there without it,
and the test that must go red then. `scripts/sabotage` tries them one at a time."""

from typing import NamedTuple


class Safeguard(NamedTuple):
    name: str
    file: str  # below include/lsm
    code: str  # occurs once in the file
    without: str
    room: str  # test_<room>
    tests: str  # Boost.Test's --run_test


DIRECTORY = "storage/medium/directory.hpp"
LOG = "engine/log.hpp"
REPLAY = "engine/log_replay.hpp"
RECORD = "storage/record/log_record.hpp"
ROOT = "storage/record/root_record.hpp"
STORE = "engine/store.hpp"
STATE = "engine/tree_state.hpp"
COMMIT = "engine/commit.hpp"
RECOVERY = "engine/recovery.hpp"
TABLE = "engine/table.hpp"
RETAIN = "engine/retain_cursor.hpp"
PLAN = "engine/compaction_plan.hpp"
POSIX = "storage/file_system/posix.hpp"

SAFEGUARDS = [
    # What is on the device, and when.
    Safeguard("table: sync of its bytes", DIRECTORY, "        file_.sync();\n        folder_->sync();",
              "        folder_->sync();", "simulation", "crash"),
    Safeguard("table: sync of its name", DIRECTORY, "        file_.sync();\n        folder_->sync();",
              "        file_.sync();", "simulation", "crash"),
    Safeguard("root: sync of its bytes", DIRECTORY, "        next.append(bytes);\n        next.sync();",
              "        next.append(bytes);", "simulation", "crash"),
    Safeguard("root: replaced by renaming", DIRECTORY,
              "        file next = folder_.create(next_root_name);",
              "        folder_.remove(root_name);\n"
              "        file next = folder_.create(next_root_name);", "simulation", "crash"),
    Safeguard("root: sync of its name", DIRECTORY, "    try {\n        folder_.sync();\n    } catch (...) {\n"
              "        return replace_result::unknown;",
              "    try {\n    } catch (...) {\n        return replace_result::unknown;", "simulation",
              "crash"),
    Safeguard("log: sync of a segment's bytes", DIRECTORY, "        made.preallocate(bytes);\n        made.sync();",
              "        made.preallocate(bytes);", "simulation", "crash"),
    Safeguard("log: sync of a segment's name", DIRECTORY, "        made.sync();\n        folder_.sync();",
              "        made.sync();", "simulation", "crash"),
    Safeguard("log: sync of a name used again", DIRECTORY, "    spare.name_ = name;\n    folder_.sync();",
              "    spare.name_ = name;", "simulation", "crash"),
    Safeguard("log: sync of a segment's header", LOG, "        prepared_->file->sync();", "", "simulation",
              "crash"),
    Safeguard("log: a segment is on the device before the next begins", LOG,
              "std::uint64_t group_bytes) {\n        sync();", "std::uint64_t group_bytes) {",
              "simulation", "crash"),
    Safeguard("log: a strong commit waits", LOG, "        if (!all_before_durable) return sync();",
              "        if (!all_before_durable) return;", "simulation", "crash"),
    Safeguard("log: a strong commit's own bytes", LOG, "        active_->file->write_durably(at, batch_);",
              "        active_->file->write(at, batch_);", "simulation", "crash"),
    Safeguard("log: sync means sync", LOG, "            to->file->sync();", "", "simulation", "crash"),
    Safeguard("folder: synced on opening", DIRECTORY, "    folder_.remove(next_root_name);\n    folder_.sync();",
              "    folder_.remove(next_root_name);", "simulation", "crash"),
    # What is named before what.
    Safeguard("log: named by the root before it takes groups", STORE, "                next.log.push_back(made);",
              "", "simulation", "crash"),
    Safeguard("root: unclean before anything is begun", STORE,
              "        if (root.clean) edit_root([](root_record& next) { next.clean = false; });", "", "simulation",
              "crash"),
    Safeguard("log: what is not flushed stays", LOG, "            if (each.last > flushed) return false;", "",
              "simulation", "crash"),
    Safeguard("root: says what is flushed", STATE, "            mine.flushed = flushed;", "", "simulation",
              "crash"),
    Safeguard("root: an unknown outcome ends all writing", STORE, "            root_unknown = true;", "",
              "simulation", "faults"),
    Safeguard("log: no group after a failed write", LOG, "            batch_.clear();\n            broken_.store(true);",
              "            batch_.clear();", "simulation", "faults"),
    Safeguard("commit: hidden where the log failed", COMMIT, "            active_->abort(before_ + 1, last_);", "",
              "simulation", "faults"),
    Safeguard("recovery: orphans are removed", RECOVERY,
              "        for (const table_name& name : orphan_tables_) medium_->remove(name);", "", "simulation",
              "crash"),
    # What is checked.
    Safeguard("log: the sum of a group", RECORD,
              "        if (check && sum != checksum(segment_.subspan(offset + 8, bytes - 8),\n"
              "                                     detail::group_seed(epoch_, offset)))\n"
              "            return std::nullopt;", "", "log", "log_record"),
    Safeguard("log: the chain", RECORD, "        if (!here || here->previous != previous_) return std::nullopt;",
              "        if (!here) return std::nullopt;", "log", "log_record"),
    Safeguard("log: the length of a group", RECORD, "            length > left - detail::group_header_bytes)",
              "            false)", "log", "log_record"),
    Safeguard("log: the sum of the header", RECORD,
              "        checksum(segment.first(sum_at)) !=\n"
              "            from_little_endian<std::uint64_t>(segment.data() + sum_at))", "        false)", "log",
              "log_record"),
    Safeguard("log: the mark", REPLAY,
              "        if (mark > end) throw damaged(\"it was on the device up to byte \" + std::to_string(mark));",
              "", "log", "log_recovery"),
    Safeguard("log: whole commits behind a break", REPLAY, "        if (!lost_power(header) && later > end)",
              "        if (false)", "log", "log_recovery"),
    Safeguard("log: a cut end is reported", REPLAY,
              "        report_.bytes_dropped = (std::max)(later, groups.cut_end()) - end;", "", "log",
              "log_recovery"),
    Safeguard("log: the length of a segment", REPLAY, "found != record.bytes)", "found < 1)", "log",
              "log_recovery"),
    Safeguard("log: segments follow each other", REPLAY,
              "        if (header.previous_end != end_ || header.previous_sum != sum_)", "        if (false)", "log",
              "log_recovery"),
    Safeguard("log: tag or chain shows a cut", RECORD,
              "        return from_little_endian<std::uint32_t>(at + 20) == detail::group_tag(epoch_) ||",
              "        return false && from_little_endian<std::uint32_t>(at + 20) == detail::group_tag(epoch_) ||",
              "log", "log_record"),
    Safeguard("log: a lost root is not a new tree", RECOVERY, "        if (!medium_->list_log_segments().empty())",
              "        if (false)", "log", "log_recovery"),
    Safeguard("log: bounded where the memtable is not", "engine/maintenance.hpp",
              "               state_.store.log.appended() - appended_before_ >= log_share();",
              "               false;", "log", "log_recovery"),
    Safeguard("recovery: numbers resume above the log", STATE,
              "        store.last_sequence = (std::max)(root.last_sequence, last);",
              "        store.last_sequence = root.last_sequence;", "log", "log_recovery"),
    Safeguard("root: its checksum", ROOT, "        if (expected != found)", "        if (false)", "faults", "*"),
    Safeguard("table: a block's checksum", TABLE, "    if (found != from.checksum)", "    if (false)", "faults", "*"),
    # What a compaction may forget.
    Safeguard("compaction: a tombstone above older data stays", RETAIN,
              "all_see && !may_hold_older_(key));", "all_see);", "engine", "*"),
    Safeguard("compaction: what a snapshot sees stays", RETAIN,
              "        const bool needed = newest || some_pin_in(number, newer_);",
              "        const bool needed = newest;", "engine", "*"),
    Safeguard("compaction: a tombstone that a snapshot needs stays", RETAIN,
              "        const bool all_see = pins_.empty() || number <= pins_.front();",
              "        const bool all_see = true;", "engine", "*"),
    Safeguard("compaction: inputs are contiguous in age", PLAN,
              "            if ((position < input.position) == (position < output)) return true;",
              "            return true;", "engine", "*"),
    Safeguard("compaction: a run's tables stay disjoint", PLAN,
              "            if (position == output)", "            if (false)", "engine", "*"),
    Safeguard("compaction: no table is taken twice", PLAN, "        if (input.table->busy) {",
              "        if (false) {", "engine", "*"),
    # Owners and files.
    Safeguard("owner: one at a time", DIRECTORY, "    if (!folder_.lock(mode == open_mode::read_only))",
              "    if (false)", "faults", "*"),
    Safeguard("owner: not a forked child", STATE, "        if (!is_owner())", "        if (false)", "faults", "*"),
    Safeguard("files: no link is followed", POSIX, "O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK",
              "O_RDONLY | O_CLOEXEC | O_NONBLOCK", "faults", "*"),
    Safeguard("files: mode 0600 whatever the umask", POSIX, "if (::fchmod(number, 0600) != 0)", "if (false)", "faults",
              "*"),
    Safeguard("mapping: stored from the front on", POSIX, "constexpr std::size_t step = 32;",
              "constexpr std::size_t step = std::size_t{1} << 40;", "faults", "*"),
]
