// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <kill/life.hpp>

#include <lsm/basic_lsm_tree.hpp>
#include <lsm/compaction/full_merge.hpp>
#include <lsm/storage/basic_storage.hpp>
#include <lsm/storage/medium/directory.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kill_loop {

/// One process of a life.
template <class Memtable, class Storage>
class child {
    using tree =
        lsm::basic_lsm_tree<int, std::string, Memtable, Storage, lsm::full_merge_compaction>;

public:
    child(const life& of, model before, oracle& told)
        : life_(of), model_(std::move(before)), told_(told) {}

    void run(bool ends) {
        const auto begin = std::chrono::steady_clock::now();
        tree opened(life_.path, options());
        const auto spent = std::chrono::steady_clock::now() - begin;
        told_.opening_microseconds = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(spent).count());
        check_contents(opened);
        check_report(opened.recovered());
        if (life_.threads == 0) check_files(opened);
        if (told_.failed) return;
        told_.reached = phase::checked;
        if (ends) return end(opened);
        begin_writing();
        write(opened);
    }

private:
    [[nodiscard]] typename tree::options options() const {
        typename tree::options how;
        how.memtable.max_entries = life_.memtable_entries;
        how.memtable.max_bytes = std::size_t{1} << 16;
        how.compaction.trigger_runs = life_.trigger_runs;
        how.compaction.max_table_bytes = 1 << 15;
        how.storage.format.block_bytes = 512;
        how.durability = life_.usual;
        how.log = life_.log;
        how.maintenance_threads = life_.threads;
        how.memory_bytes = 8 * 4096;
        return how;
    }

    // What opening found.

    void check_contents(const tree& opened) {
        std::array<contents, writers> found;
        for (auto [key, value] : opened.scan()) {
            const auto writer = static_cast<std::size_t>(key / keys_of_writer);
            found.at(writer).emplace(key, value);
        }
        for (int writer = 0; writer < writers; ++writer)
            check_writer(writer, found[static_cast<std::size_t>(writer)]);
    }
    /// The keys of a writer are what some prefix of its steps left: no less than was promised.
    void check_writer(int writer, const contents& found) {
        const auto at = static_cast<std::size_t>(writer);
        const std::uint64_t begun = told_.of[at].begun, required = told_.of[at].required;
        writer_state& now = model_[at];
        now.go_to(life_.seed, writer, required);
        while (now.now != found && now.steps < begun) now.go_to(life_.seed, writer, now.steps + 1);
        if (now.now != found) {
            told_.fail("writer " + std::to_string(writer) + ": what was found is no prefix of " +
                       std::to_string(begun) + " steps with at least " + std::to_string(required));
        }
        told_.of[at].recovered = now.steps;
    }
    void check_report(const lsm::recovery_report& report) {
        told_.groups = report.groups;
        told_.bytes_dropped = report.bytes_dropped;
        told_.orphans = report.orphans_removed;
        if (report.possibly_acknowledged) told_.fail("a kill took acknowledged writes");
        if ((report.bytes_dropped > 0) == report.reason.empty()) told_.fail("a drop has no reason");
        if (report.bytes_dropped == 0) return;
        bool unfinished = false;
        for (const writer_page& each : told_.of)
            unfinished = unfinished || each.recovered < each.begun;
        if (!unfinished) told_.fail("dropped, though no write was unfinished: " + report.reason);
    }
    /// There is nothing but what the root names; a kill may leave the next root unfinished.
    void check_files(const tree& opened) {
        std::set<std::string> known{"root", "root.next", "lsm.lock"};
        for (const auto& table : opened.stats().tables) known.insert(table.file);
        for (const auto& each : std::filesystem::directory_iterator(life_.path))
            if (const std::string name = each.path().filename(); !known.contains(name))
                told_.fail("an orphan after opening: " + name);
    }

    /// Closes, and opens twice more: an orderly end leaves nothing to recover.
    void end(tree& opened) {
        opened.compact();
        opened.close();
        typename tree::options how = options();
        how.mode = lsm::open_mode::read_only;
        const tree again(life_.path, how);
        for (writer_page& each : told_.of) each.begun = each.required = each.recovered.load();
        check_contents(again);
        const lsm::recovery_report report = again.recovered();
        if (report.groups + report.bytes_dropped + report.orphans_removed > 0)
            told_.fail("an orderly close left something to recover");
        check_files(again);
        told_.reached = phase::closed;
    }

    // Writing.

    /// What was found is durable, so it is what counts from now on.
    void begin_writing() {
        for (writer_page& each : told_.of)
            each.begun = each.acknowledged = each.required = each.recovered.load();
        told_.reached = phase::writing;
    }
    void write(tree& to) {
        std::vector<std::thread> threads;
        for (int writer = 0; writer < writers; ++writer)
            threads.emplace_back([this, writer, &to] {
                try {
                    write_as(writer, to);
                } catch (const std::exception& failure) {
                    told_.fail("writer " + std::to_string(writer) + ": " + failure.what());
                }
            });
        for (std::thread& each : threads) each.join();
    }
    [[noreturn]] void write_as(int writer, tree& to) {
        writer_page& mine = told_.of[static_cast<std::size_t>(writer)];
        for (std::uint64_t number = mine.begun + 1;; ++number) {
            random next(life_.seed ^ (number * writers + static_cast<std::uint64_t>(writer)));
            auto level = life_.usual;
            if (life_.mixed) level = static_cast<lsm::durability>(next.below(3));
            std::array<std::uint64_t, writers> before;
            for (std::size_t i = 0; i < writers; ++i) before[i] = told_.of[i].acknowledged;
            mine.begun = number;
            do_step(to, step_of(life_.seed, writer, number), level);
            mine.acknowledged = number;
            if (level != lsm::durability::none) {
                oracle::raise(mine.required, number);
                for (std::size_t i = 0; i < writers; ++i)
                    oracle::raise(told_.of[i].required, before[i]);
            }
            maintain(to, next.below(400));
        }
    }
    static void do_step(tree& to, step what, lsm::durability level) {
        if (what.size() == 1 && what[0].value)
            return to.put(what[0].key, std::move(*what[0].value), level);
        if (what.size() == 1) return to.erase(what[0].key, level);
        typename tree::write_batch batch;
        for (change& each : what) {
            if (each.value)
                batch.put(each.key, std::move(*each.value));
            else
                batch.erase(each.key);
        }
        to.write(std::move(batch), level);
    }
    static void maintain(tree& to, std::uint64_t chance) {
        if (chance == 0) to.flush();
        if (chance == 1) to.compact();
        if (chance == 2) to.sync();
    }

    const life& life_;
    model model_;
    oracle& told_;
};

}  // namespace kill_loop
