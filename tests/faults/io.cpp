// SPDX-License-Identifier: BSL-1.0
#include <support/faulty_file_system.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using tree = lsm::basic_lsm_tree<int, std::string, lsm::ordered_map_memtable,
                                 lsm::block_storage<lsm::directory<support::faulty_file_system>>,
                                 lsm::full_merge_compaction>;
using map = std::map<int, std::string>;

map contents(const tree& t) {
    map all;
    for (const auto& entry : t.scan()) all.insert(entry);
    return all;
}

/// A script on a tree whose files fail at one call, in step with a map.
class faulty_script {
public:
    explicit faulty_script(const support::file_faults& faults) {
        support::file_faults::here() = faults;
        if (!open()) {
            support::file_faults::here() = {};
            BOOST_REQUIRE(open());
            support::file_faults::here() = faults;
        }
    }
    ~faulty_script() { support::file_faults::here() = {}; }
    faulty_script(const faulty_script&) = delete;
    faulty_script& operator=(const faulty_script&) = delete;

    /// @returns whether the fault was reached
    bool run() {
        for (int i = 0; i < 30; ++i) put(i % 12, "value " + std::to_string(i));
        for (int i = 0; i < 6; ++i) erase(2 * i);
        batch();
        flush([&] { tree_->flush(); });
        read();
        for (int i = 20; i < 30; ++i) put(i, "late " + std::to_string(i));
        flush([&] { tree_->compact(); });
        for (int i = 0; i < 3; ++i) put(i, "last");
        read();
        const auto& faults = support::file_faults::here();
        const bool reached = faults.calls >= faults.fail_at;
        support::file_faults::here() = {};
        after_the_fault();
        return reached;
    }

private:
    bool open() {
        try {
            tree_.emplace(folder_ / "t", tree::options{.memtable = {.max_entries = 5},
                                                       .storage = {support::blocks_of(64)},
                                                       .compaction = {.trigger_runs = 3},
                                                       .cache_bytes = 0});
            return true;
        } catch (const lsm::error& failure) {
            BOOST_TEST(failure.which() == lsm::errc::io);
            return false;
        }
    }
    /// A write happens, or says that it has not.
    template <class F, class G>
    void attempt(F write, G model) {
        try {
            write();
        } catch (const lsm::error&) {
            return;
        }
        model();
        history_.push_back(map_);
    }
    void put(int key, const std::string& value) {
        attempt([&] { tree_->put(key, value); }, [&] { map_[key] = value; });
    }
    void erase(int key) {
        attempt([&] { tree_->erase(key); }, [&] { map_.erase(key); });
    }
    void batch() {
        tree::write_batch steps;
        for (int key = 0; key < 8; ++key) steps.put(key, "batch");
        attempt([&] { tree_->write(steps); },
                [&] {
                    for (int key = 0; key < 8; ++key) map_[key] = "batch";
                });
    }
    template <class F>
    void flush(F f) {
        try {
            f();
            durable_ = history_.size() - 1;
        } catch (const lsm::error&) {
        }
    }
    /// A read is right, or says that it cannot be.
    void read() {
        for (int key = 0; key < 30; ++key) try {
                const auto found = map_.find(key);
                const std::optional<std::string> value = tree_->get(key);
                BOOST_TEST(value.has_value() == (found != map_.end()));
                if (value && found != map_.end()) BOOST_TEST(*value == found->second);
            } catch (const lsm::error&) {
            }
        try {
            BOOST_TEST((contents(*tree_) == map_));
        } catch (const lsm::error&) {
        }
    }
    void after_the_fault() {
        BOOST_TEST((contents(*tree_) == map_));
        bool stopped = false;  // the root's state is unknown: what is in memory cannot be saved
        try {
            tree_->flush();
            tree_->close();
        } catch (const lsm::error& failure) {
            BOOST_TEST(failure.which() == lsm::errc::read_only);
            stopped = true;
        }
        tree_.reset();
        BOOST_REQUIRE_NO_THROW(tree_.emplace(folder_ / "t"));
        const map recovered = contents(*tree_);
        const auto from = history_.begin() +
                          static_cast<std::ptrdiff_t>(stopped ? durable_ : history_.size() - 1);
        BOOST_TEST((std::find(from, history_.end(), recovered) != history_.end()));
        check_no_orphans();
    }
    void check_no_orphans() const {
        const std::filesystem::directory_iterator files(folder_ / "t");
        const auto count = std::distance(begin(files), end(files));
        BOOST_TEST(static_cast<std::size_t>(count) == tree_->stats().tables.size() + 1);
    }

    support::temporary_folder folder_;
    std::optional<tree> tree_;
    map map_;
    std::vector<map> history_{{}};
    std::size_t durable_ = 0;  // index of the state that was flushed last
};

/// @returns how many runs it took until one met no fault
std::uint64_t run_all(support::file_faults faults) {
    for (faults.fail_at = 1;; ++faults.fail_at)
        BOOST_TEST_CONTEXT("call " << faults.fail_at << (faults.for_ever ? " and all later" : ""))
    if (!faulty_script(faults).run()) return faults.fail_at;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(faults_io)

BOOST_AUTO_TEST_CASE(one_failing_call_loses_nothing) {
    BOOST_TEST(run_all({.number = EIO}) > 100U);
}

BOOST_AUTO_TEST_CASE(a_device_that_goes_away_loses_nothing_that_was_flushed) {
    BOOST_TEST(run_all({.for_ever = true, .number = EIO}) > 100U);
}

BOOST_AUTO_TEST_CASE(one_write_without_space_loses_nothing) {
    BOOST_TEST(run_all({.only_writes = true, .number = ENOSPC}) > 50U);
}

BOOST_AUTO_TEST_CASE(a_full_disk_loses_nothing_that_was_flushed) {
    BOOST_TEST(run_all({.for_ever = true, .only_writes = true, .number = ENOSPC}) > 50U);
}

BOOST_AUTO_TEST_SUITE_END()
