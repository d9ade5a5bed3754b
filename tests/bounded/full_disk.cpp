// SPDX-License-Identifier: BSL-1.0
#include <lsm/testing/simulated_file_system.hpp>
#include <bounded/steady.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

/// A disk without space is an error, nothing is lost by it, and it ends when there is space again.
namespace full_disk_test {

/// A disk in memory that can be filled.
class simulated {
public:
    using medium = lsm::directory<lsm::testing::simulated_file_system>;
    [[nodiscard]] medium::location where() const {
        return {lsm::testing::simulated_file_system(disk_), "t"};
    }
    /// Leaves so many bytes.
    void fill(std::uint64_t bytes = 0) {
        std::uint64_t used = 0;
        auto folder = *lsm::testing::simulated_file_system(disk_).open_folder("t", false);
        for (const std::string& name : folder.list())
            if (const auto file = folder.open(name)) used += file->bytes();
        disk_.set_capacity(used + bytes);
    }
    void free() { disk_.set_capacity(std::uint64_t{1} << 40); }

private:
    lsm::testing::simulated_disk disk_;
};

/// A file system of a few megabytes in memory, where a file beside the tree takes the space.
class mounted {
public:
    using medium = lsm::directory<>;
    explicit mounted(std::string at) : at_(std::move(at)) {}
    [[nodiscard]] std::string where() const { return at_ + "/t"; }
    void fill(std::uint64_t bytes = 0) {
        const int ballast = ::open((at_ + "/ballast").c_str(), O_CREAT | O_WRONLY, 0600);
        off_t end = 0;
        while (::posix_fallocate(ballast, end, 4096) == 0) end += 4096;
        const auto left = static_cast<off_t>((bytes + 4095) / 4096 * 4096);
        if (::ftruncate(ballast, end > left ? end - left : 0) != 0) std::abort();
        ::close(ballast);
    }
    void free() { std::filesystem::remove(at_ + "/ballast"); }

private:
    std::string at_;
};

/// A process may mount what only it sees, where the system allows it. @returns whether it does
bool mount_small(const std::string& at) {
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    static_cast<void>(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
    return ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=4m") == 0;
}

/// A tree on a disk, and what it should hold. Failed checks are counted: some run in a child.
template <class Disk>
class scenario {
    using tree =
        lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                            lsm::block_storage<typename Disk::medium>, lsm::full_merge_compaction>;

public:
    explicit scenario(Disk& on, std::size_t entries) : disk_(on), tree_(on.where(), how(entries)) {}

    /// Puts values that begin with their keys: blocks store only once what they share.
    void put(int from, int to, const std::string& end) {
        for (int i = from; i < to; ++i) {
            const std::string value = std::to_string(i) + end;
            tree_.put(i, value);
            expected_[i] = value;
        }
    }
    /// Writes until there is no space. What failed is not there.
    void put_until_full(int from, const std::string& value) {
        for (int i = from; i < from + 100'000; ++i) {
            try {
                tree_.put(i, value);
                expected_[i] = value;
            } catch (const lsm::error& failure) {
                expect(failure.which() == lsm::errc::io && failure.system_errno() == ENOSPC,
                       failure.what());
                expect(!tree_.contains(i), "a write that failed is there");
                return;
            }
        }
        expect(false, "the disk was never full");
    }
    void fails(const std::function<void(tree&)>& what) {
        try {
            what(tree_);
            expect(false, "it found space");
        } catch (const lsm::error& failure) {
            expect(failure.which() == lsm::errc::io && failure.system_errno() == ENOSPC,
                   failure.what());
        }
        check();
    }
    void check() { check(tree_); }
    tree& operator*() { return tree_; }

    /// Frees the space, goes on, and opens again. @returns how many checks failed
    int end() {
        disk_.free();
        if (tree_.background_error()) tree_.resume();
        put(5000, 5100, "after");
        tree_.flush();
        check();
        tree_.close();
        tree again{disk_.where(), how(1 << 20)};
        check(again);
        expect(again.recovered().orphans_removed == 0, "orphans");
        expect(again.recovered().groups == 0, "groups");
        return failures_;
    }

private:
    static typename tree::options how(std::size_t entries) {
        typename tree::options made;
        made.memtable.max_entries = entries;
        made.log = {.segment_bytes = 16384, .sync_bytes = 1 << 20, .max_bytes = 1 << 24};
        return made;
    }
    void check(const tree& of) {
        std::map<int, std::string> found;
        for (auto [key, value] : of.scan()) found.emplace(key, value);
        expect(found == expected_, "what is read differs");
        for (const auto& [key, value] : expected_)
            expect(of.get(key) == value, "a key is not found");
    }
    void expect(bool holds, const std::string& what) {
        if (holds) return;
        ++failures_;
        std::fprintf(stderr, "a full disk: %s\n", what.c_str());
    }

    Disk& disk_;
    tree tree_;
    std::map<int, std::string> expected_;
    int failures_ = 0;
};

constexpr std::size_t never_full = 1 << 20;

template <class Disk>
int in_flush(Disk& disk) {
    scenario<Disk> s(disk, never_full);
    s.put(0, 300, std::string(100, 'a'));
    disk.fill(4096);
    s.fails([](auto& t) { t.flush(); });
    s.fails([](auto& t) { t.resume(); });
    return s.end();
}
template <class Disk>
int in_compaction(Disk& disk) {
    scenario<Disk> s(disk, never_full);
    for (int run = 0; run < 3; ++run) {
        s.put(100 * run, 100 * run + 200, std::string(100, static_cast<char>('a' + run)));
        (*s).flush();
    }
    disk.fill(4096);
    s.fails([](auto& t) { t.compact(); });
    return s.end();
}
template <class Disk>
int in_growth_of_log(Disk& disk) {
    scenario<Disk> s(disk, never_full);
    s.put(0, 10, "a");
    disk.fill(40'000);
    s.put_until_full(1000, std::string(200, 'b'));
    s.check();
    return s.end();
}
/// Flushes in the background of writes run into it.
template <class Disk>
int behind_writes(Disk& disk) {
    scenario<Disk> s(disk, 50);
    s.put(0, 500, std::string(100, 'a'));
    disk.fill(12'000);
    try {
        s.put(500, 1000, std::string(100, 'b'));
    } catch (const lsm::error&) {
    }
    s.check();
    return s.end();
}

/// 0: all is well; 77: this process may not mount.
template <class Script>
int on_mounted(Script script) {
    const support::temporary_folder folder;
    return bounded::in_child([&] {
        if (!mount_small(folder.path().string())) return 77;
        mounted disk(folder.path().string());
        return script(disk);
    });
}

template <class Script>
void on_both(const char* where, Script script) {
    simulated disk;
    BOOST_TEST(script(disk) == 0);
    const int outcome = on_mounted(script);
    std::printf("a full disk %s: simulated, %s\n", where,
                outcome == 77 ? "no mount allowed" : "mounted");
    BOOST_TEST((outcome == 0 || outcome == 77), outcome);
}

BOOST_AUTO_TEST_SUITE(bounded_full_disk)

BOOST_AUTO_TEST_CASE(in_a_flush) {
    on_both("in a flush", [](auto& disk) { return in_flush(disk); });
}
BOOST_AUTO_TEST_CASE(in_a_compaction) {
    on_both("in a compaction", [](auto& disk) { return in_compaction(disk); });
}
/// Compactions pause, and tell the listener; flushes still fit, so the tree takes writes.
BOOST_AUTO_TEST_CASE(in_a_compaction_leaves_the_tree_writable) {
    struct counts_errors : lsm::event_listener {
        std::atomic<int> errors = 0;
        void on_error(const std::exception_ptr&) noexcept override { ++errors; }
    };
    using tree =
        lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                            lsm::block_storage<simulated::medium>, lsm::full_merge_compaction>;
    constexpr std::uint64_t one_flush = 8000;
    constexpr int entries = 40;
    for (const std::size_t threads : {0U, 1U}) {
        simulated disk;
        const auto listener = std::make_shared<counts_errors>();
        tree::options how;
        how.memtable.max_entries = entries;
        how.compaction.trigger_runs = 3;
        how.log.enabled = false;
        how.maintenance_threads = threads;
        how.listener = listener;
        tree t{disk.where(), how};
        std::mt19937 draw(1);
        int keys = 0;
        const auto add_run = [&] {
            for (int i = 0; i < entries; ++i) {
                std::string value(100, ' ');
                for (char& each : value) each = static_cast<char>('a' + draw() % 26);
                t.put(keys++, value);
            }
            t.flush();
        };
        const auto comes = [&](auto is_there) {
            for (int i = 0; i < 2000 && !is_there(t.stats()); ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(threads * 10));
            return is_there(t.stats());
        };
        for (int run = 0; run < 2; ++run) add_run();
        for (int run = 0; run < 2; ++run) {
            disk.fill(one_flush);
            BOOST_CHECK_NO_THROW(add_run());
            BOOST_TEST(comes([](const auto& now) { return now.compactions_paused; }));
        }
        BOOST_TEST(!t.background_error());
        BOOST_TEST(listener->errors > 0);
        BOOST_TEST((t.stats().tables.size() == 4 && t.stats().failed_compactions > 0));
        disk.free();
        for (int run = 0; threads == 0 && run < 4; ++run) add_run();
        BOOST_TEST(comes([](const auto& now) { return now.compactions > 0; }));
        BOOST_TEST(!t.stats().compactions_paused);
        BOOST_TEST(support::keys_of(t.scan()).size() == static_cast<std::size_t>(keys));
    }
}
BOOST_AUTO_TEST_CASE(where_the_log_grows) {
    on_both("where the log grows", [](auto& disk) { return in_growth_of_log(disk); });
}
BOOST_AUTO_TEST_CASE(behind_writes_that_return) {
    on_both("behind writes", [](auto& disk) { return behind_writes(disk); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace full_disk_test
