// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/engine/table.hpp>
#include <lsm/engine/version.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// Brings back a tree's durable state, in this order: root, shapes, tables, orphans. The medium is
/// locked by then. Nothing is changed before all of it was found good.
template <class Key, class Value, class Storage>
class recovery {
    using medium = typename Storage::medium;
    using table_type = table<Key, Value>;

public:
    recovery(std::shared_ptr<medium> from, std::shared_ptr<block_cache> cache, open_mode mode)
        : medium_(std::move(from)), cache_(std::move(cache)), mode_(mode) {}

    /// The root and the version that it names. @throws error
    [[nodiscard]] std::pair<root_record, version<Key, Value>> run() {
        root_record root = load_root();
        tree_record& tree = root.trees.front();
        check_shape("key", tree.key_shape, codec<Key>::shape());
        check_shape("value", tree.value_shape, codec<Value>::shape());
        version<Key, Value> tables = open_tables(tree);
        number_above_all(root, tables);
        for_each_orphan(root, [&](const table_name& name) {
            if (mode_ != open_mode::read_only) medium_->remove(name);
        });
        return {std::move(root), std::move(tables)};
    }

private:
    /// Numbers resume above everything that is stored, whatever the root says of itself.
    static void number_above_all(root_record& root, const version<Key, Value>& tables) {
        tables.for_each_table([&](std::size_t, std::size_t, const auto& each) {
            root.last_sequence =
                (std::max)(root.last_sequence, each->index().properties.max_sequence);
            root.next_table_id = (std::max)(root.next_table_id, each->record().id + 1);
        });
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
        return root;
    }
    /// Only where there is nothing at all: tables without a root have lost it.
    root_record make_root() {
        const auto tables = medium_->list();
        if (!tables.empty())
            throw error(errc::corruption, where() + "/root is missing, though there are tables (" +
                                              tables.front().file_name() +
                                              "): restore the root, or take the tables away");
        if (mode_ == open_mode::open || mode_ == open_mode::read_only)
            throw error(errc::invalid_argument, where() + " holds no tree");
        root_record root;
        root.clean = true;
        root.trees.push_back({0, "", codec<Key>::shape(), codec<Value>::shape(), {}, {}});
        if (medium_->replace_root(write_root(root)) != replace_result::ok)
            throw error(errc::io, where() + "/root: cannot tell whether it was written");
        return root;
    }
    void check_shape(const std::string& of, const std::string& stored, const std::string& asked) {
        if (stored == asked) return;
        throw error(errc::incompatible, where() + ": the " + of + " type differs: stored " +
                                            stored + ", opened with " + asked);
    }

    version<Key, Value> open_tables(const tree_record& tree) {
        version<Key, Value> tables;
        for (const level_record& level : tree.levels) {
            auto& runs = tables.levels.emplace_back();
            for (const run_record& records : level) {
                auto& run = runs.emplace_back();
                for (const table_record& record : records) run.push_back(open_table(record));
                check_disjoint(run);
            }
        }
        return tables;
    }
    std::shared_ptr<table_type> open_table(const table_record& record) {
        std::shared_ptr<table_type> opened;
        std::string known;
        Storage::any_format([&]<class Format>() {
            if (record.format != Format::name || record.version != Format::version) {
                known += " " + label(std::string(Format::name), Format::version);
                return false;
            }
            opened = stored_table<Key, Value, Format, medium>::open(medium_, cache_, record);
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

    /// Tables that the root does not name are what a crash left of a job, unless the tree was
    /// closed in order and the table is younger than the root: then the root is an old one.
    template <class F>
    void for_each_orphan(const root_record& root, F&& f) {
        std::vector<table_name> orphans;
        for (table_name& name : medium_->list()) {
            if (is_live(root, name)) continue;
            if (root.clean && name.id >= root.next_table_id)
                throw error(errc::corruption,
                            where() + "/" + name.file_name() +
                                " is younger than the root, which was written by an orderly close: "
                                "restore the root that belongs to it");
            orphans.push_back(std::move(name));
        }
        std::ranges::for_each(orphans, f);
    }
    static bool is_live(const root_record& root, const table_name& name) {
        for (const level_record& level : root.trees.front().levels)
            for (const run_record& run : level)
                for (const table_record& table : run)
                    if (table.id == name.id && table.extension == name.extension) return true;
        return false;
    }
    [[nodiscard]] std::string where() const { return medium_->describe(); }

    std::shared_ptr<medium> medium_;
    std::shared_ptr<block_cache> cache_;
    open_mode mode_;
};

}  // namespace lsm::engine
