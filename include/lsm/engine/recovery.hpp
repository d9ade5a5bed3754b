// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/has_order.hpp>
#include <lsm/core/entropy.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/core/order.hpp>
#include <lsm/core/recovery_report.hpp>
#include <lsm/engine/log_replay.hpp>
#include <lsm/engine/stray_files.hpp>
#include <lsm/engine/table.hpp>
#include <lsm/engine/version.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Brings back a tree's durable state, in this order: `run` for root, shapes and tables, `replay` for
/// the log, `remove_orphans`. The medium is locked by then. Nothing is changed before all of it was
/// found good.
template <class Key, class Value, class Storage>
class recovery {
    using medium = typename Storage::medium;
    using table_type = table<Key, Value>;

public:
    template <class Options>
    recovery(table_resources<medium> from, const Options& options)
        : medium_(from.medium), tables_(std::move(from)), mode_(options.mode),
          crash_(options.crash), filter_seed_(options.filter_seed) {}

    /// The root and the version that it names. @throws error
    [[nodiscard]] std::pair<root_record, version<Key, Value>> run() {
        root_record root = load_root();
        tree_record& mine = root.trees.front();
        check_shape("key", mine.key_shape, codec<Key>::shape());
        check_shape("value", mine.value_shape, codec<Value>::shape());
        version<Key, Value> tables = open_tables(mine);
        number_above_all(root, tables);
        find_orphans(root);
        check_numbers(root);
        return {std::move(root), std::move(tables)};
    }

    /// Calls `insert(key, number, payload, floor)` for each operation that no table holds, and hands
    /// the log's segments over. @returns the last number there. @throws error
    template <class Insert, class Log>
    sequence_number replay(const root_record& root, Insert&& insert, Log& to) {
        const tree_record& mine = root.trees.front();
        log_replay<medium> from(*medium_, crash_);
        const auto lasts = from.run(root.log, [&](const log_group& group) {
            if (group.first <= mine.flushed) return false;
            replay_group(group, insert);
            return true;
        });
        report_ = from.report();
        report_.foreign_files = foreign_;
        for (std::size_t i = 0; i < lasts.size(); ++i) to.adopt(root.log[i], lasts[i]);
        return lasts.empty() ? no_sequence : lasts.back();
    }

    /// Removes what a crash left of a job or a log. Not in a tree that is only read.
    void remove_orphans() {
        if (mode_ == open_mode::read_only) return;
        for (const table_name& name : orphan_tables_) medium_->remove(name);
        for (const std::uint64_t number : orphan_segments_) medium_->remove_log_segment(number);
        report_.orphans_removed = orphan_tables_.size() + orphan_segments_.size();
    }

    [[nodiscard]] const recovery_report& report() const noexcept { return report_; }

private:
    /// Numbers resume above everything that is stored, whatever the root says of itself.
    static void number_above_all(root_record& root, const version<Key, Value>& tables) {
        tables.for_each_table([&](std::size_t, std::size_t, const auto& each) {
            root.last_sequence =
                (std::max)(root.last_sequence, each->index().properties.max_sequence);
            root.next_table_id = (std::max)(root.next_table_id, each->record().id + 1);
        });
    }

    void check_numbers(const root_record& root) const {
        for (const std::uint64_t each : {root.generation, root.next_table_id, root.last_sequence,
                                         root.next_log_segment, root.trees.front().flushed})
            if (each > last_number)
                throw error(errc::corruption, where() + ": nothing has number " +
                                                  std::to_string(each) +
                                                  ", which the root or a file's name says");
    }

    template <class Insert>
    void replay_group(const log_group& group, Insert& insert) {
        try {
            log_operations steps(group);
            for (sequence_number number = group.first; const auto step = steps.next(); ++number) {
                if (step->tree != 0) throw decode_error("an operation of an unknown tree");
                const bool is_value = step->kind == payload_kind::value;
                Key key = decode<Key>(step->key);
                if (!has_order<Key>(codec<Key>::as_view(key)))
                    throw decode_error("a key has no place in the order");
                insert(std::move(key), number,
                       is_value ? payload<Value>(decode<Value>(step->value))
                                : payload<Value>::tombstone(),
                       group.first - 1);
            }
        } catch (const decode_error& failure) {
            throw error(errc::corruption, where() + ": the log's commit number " +
                                              std::to_string(group.first) +
                                              " does not decode: " + failure.what());
        }
    }

    root_record load_root() {
        const std::optional<byte_buffer> stored = medium_->load_root();
        if (!stored) return make_root();
        if (mode_ == open_mode::create)
            throw error(errc::invalid_argument, where() + " holds a tree already: open it instead");
        root_record root = read_root(*stored, where() + "/root");
        if (root.trees.size() != 1 || root.trees.front().id != 0)
            throw error(errc::incompatible, where() + "/root: expected one tree with id 0, got " +
                                                std::to_string(root.trees.size()) + " trees");
        if (newest_root() > root.generation)
            throw error(errc::corruption, where() + "/root has generation " +
                                              std::to_string(root.generation) +
                                              ", but generation " + std::to_string(newest_root()) +
                                              " was written: an older copy took its place: restore "
                                              "the root that belongs to the other files");
        return root;
    }
    /// The generation that the root has at least; 0 where the medium notes none.
    [[nodiscard]] std::uint64_t newest_root() const {
        if constexpr (medium_notes_roots<medium>)
            return medium_->newest_root();
        else
            return 0;
    }
    /// Only where there is nothing at all: tables without a root have lost it.
    root_record make_root() {
        for (const table_name& name : medium_->list())
            if (strays().is_table(name))
                throw error(errc::corruption,
                            where() + "/root is missing, though there are tables (" +
                                name.file_name() + "): restore the root, or take the tables away");
        if (mode_ == open_mode::open || mode_ == open_mode::read_only)
            throw error(errc::invalid_argument, where() + " holds no tree");
        for (const std::uint64_t number : medium_->list_log_segments())
            if (strays().is_log_segment(number))
                throw error(errc::corruption, where() +
                                                  "/root is missing, though there is a log (" +
                                                  log_file_name(number) +
                                                  "): restore the root, or take the log away");
        if (newest_root() > 0)
            throw error(errc::corruption,
                        where() + "/root is missing, though generation " +
                            std::to_string(newest_root()) +
                            " of it was written: restore the folder, or empty it");
        root_record root;
        root.clean = true;
        const std::uint64_t seed = filter_seed_ ? *filter_seed_ : lsm::detail::unguessable_number();
        root.trees.push_back(
            {0, "", codec<Key>::shape(), codec<Value>::shape(), {}, {}, no_sequence, seed});
        if (medium_->replace_root(write_root(root)) != replace_result::ok)
            throw error(errc::io, where() + "/root: cannot tell whether it was written");
        return root;
    }
    void check_shape(const std::string& of, const std::string& stored, const std::string& asked) {
        if (stored == asked) return;
        throw error(errc::incompatible, where() + ": the " + of + " type differs: stored " +
                                            stored + ", opened with " + asked);
    }

    version<Key, Value> open_tables(const tree_record& mine) {
        std::vector<std::vector<engine::run<Key, Value>>> levels;
        for (const level_record& level : mine.levels) {
            auto& runs = levels.emplace_back();
            for (const run_record& records : level) {
                auto& run = runs.emplace_back();
                for (const table_record& record : records) run.push_back(open_table(record));
                check_disjoint(run);
            }
        }
        return {levels, mine.filter_seed};
    }
    std::shared_ptr<table_type> open_table(const table_record& record) {
        std::shared_ptr<table_type> opened;
        std::string known;
        Storage::any_format([&]<class Format>() {
            if (record.format != Format::name || record.version != Format::version) {
                known += " " + label(std::string(Format::name), Format::version);
                return false;
            }
            if (record.extension != Format::extension)  // names are made of nothing that is stored
                throw error(errc::corruption,
                            where() + "/root: table " + std::to_string(record.id) +
                                " is in format " + std::string(Format::name) +
                                ", whose files have another extension than it says");
            opened = stored_table<Key, Value, Format, medium>::open(tables_, record);
            return true;
        });
        const std::string file =
            where() + "/" + table_name{record.id, record.extension}.file_name();
        if (!opened)
            throw error(errc::incompatible,
                        file + " is in format " + label(record.format, record.version) +
                            ", this tree reads" + known + ": name its format in basic_storage");
        check_shape("key", opened->index().properties.key_shape, codec<Key>::shape());
        check_shape("value", opened->index().properties.value_shape, codec<Value>::shape());
        return opened;
    }
    static std::string label(const std::string& name, std::uint32_t version) {
        return name + "/" + std::to_string(version);
    }
    void check_disjoint(const engine::run<Key, Value>& tables) const {
        for (std::size_t i = 1; i < tables.size(); ++i)
            if (compare(tables[i - 1]->last_key(), tables[i]->first_key()) >= 0)
                throw error(errc::corruption,
                            where() + ": tables " + std::to_string(tables[i - 1]->record().id) +
                                " and " + std::to_string(tables[i]->record().id) +
                                " of one run overlap: the root and the tables do not fit");
    }

    /// What the root does not name is another program's, or what a crash left of a job or a log, or it is younger
    /// than the root: then the root is an old one. Numbers resume above it, since what is removed comes
    /// back if power is lost before the removal is on the device.
    void find_orphans(root_record& root) {
        const auto refuse_if = [&](bool younger, const std::string& file, const char* than) {
            if (younger)
                throw error(errc::corruption, where() + "/" + file + " is younger than the root" +
                                                  than + ": restore the root that belongs to it");
        };
        const std::uint64_t first_new_table = root.next_table_id;
        const std::vector<std::pair<std::uint64_t, std::string>> live = live_in(root);
        for (table_name& name : medium_->list()) {
            if (std::ranges::binary_search(live, std::pair(name.id, name.extension))) continue;
            resume_above(root.next_table_id, name.id);
            if (!strays().is_table(name)) {
                foreign_.push_back(name.file_name());
                continue;
            }
            refuse_if(root.clean && name.id >= first_new_table, name.file_name(),
                      ", which was written by an orderly close");
            orphan_tables_.push_back(std::move(name));
        }
        const std::uint64_t first_new_segment = root.next_log_segment;
        for (const std::uint64_t number : medium_->list_log_segments()) {
            const auto is_it = [&](const auto& each) { return each.number == number; };
            if (std::ranges::any_of(root.log, is_it)) continue;
            const std::string file = log_file_name(number);
            resume_above(root.next_log_segment, number);
            if (!strays().is_log_segment(number)) {
                foreign_.push_back(file);
                continue;
            }
            refuse_if(root.clean && number >= first_new_segment, file,
                      ", which was written by an orderly close");
            // A number that this root had given out may be that of a segment whose groups an earlier opening
            // dropped after a loss of power.
            refuse_if(number >= first_new_segment &&
                          strays().is_of_a_younger_root(number, root.trees.front().flushed),
                      file, ", and only a root that named it let it be written to");
            orphan_segments_.push_back(number);
        }
    }
    /// No tree gets to the upper half of the numbers: a file of such a name is in no way.
    static void resume_above(std::uint64_t& next, std::uint64_t number) noexcept {
        if (number <= last_number / 2) next = (std::max)(next, number + 1);
    }
    [[nodiscard]] stray_files<Storage> strays() const noexcept {
        return stray_files<Storage>(*medium_);
    }
    /// The ids and extensions of the tables that the root names, sorted.
    static std::vector<std::pair<std::uint64_t, std::string>> live_in(const root_record& root) {
        std::vector<std::pair<std::uint64_t, std::string>> live;
        for (const level_record& level : root.trees.front().levels)
            for (const run_record& run : level)
                for (const table_record& table : run) live.emplace_back(table.id, table.extension);
        std::ranges::sort(live);
        return live;
    }
    [[nodiscard]] std::string where() const { return medium_->describe(); }

    std::shared_ptr<medium> medium_;
    table_resources<medium> tables_;
    open_mode mode_;
    crash_kind crash_;
    std::optional<std::uint64_t> filter_seed_;
    std::vector<table_name> orphan_tables_;
    std::vector<std::uint64_t> orphan_segments_;
    std::vector<std::string> foreign_;
    recovery_report report_;
};

}  // namespace lsm::engine
