// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/pins.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <csignal>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/// One owner: whoever else opens a tree, or inherits it, finds itself refused and changes nothing.
namespace forked_test {

using tree = support::disk_tree<int, std::string>;
using support::is;

tree::options with_threads(std::size_t threads) {
    tree::options how;
    how.maintenance_threads = threads;
    how.memtable.max_entries = 20;
    how.compaction.trigger_runs = 3;
    how.log.segment_bytes = 16384;
    return how;
}

struct stamp {
    std::string name;
    mode_t mode;
    off_t bytes;
    long long modified, changed;
    bool operator==(const stamp&) const = default;
};
/// What a mutating call would leave traces in: modes, lengths and times of a folder and its files.
std::map<std::string, stamp> stamps_of(const std::string& folder) {
    std::vector<std::string> names{folder};
    for (const auto& each : std::filesystem::directory_iterator(folder))
        names.push_back(each.path().string());
    std::map<std::string, stamp> all;
    for (const std::string& name : names) {
        struct stat status{};
        BOOST_REQUIRE(::lstat(name.c_str(), &status) == 0);
        const auto number = [](const timespec& time) {
            return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
        };
        all[name] = {name, status.st_mode, status.st_size, number(status.st_mtim),
                     number(status.st_ctim)};
    }
    return all;
}

/// A child that does `f`, and lives until it is asked to end. @returns through `end` what `f` returns
class child {
public:
    explicit child(const std::function<int()>& f) {
        BOOST_REQUIRE(::pipe(hold_) == 0);
        BOOST_REQUIRE(::pipe(done_) == 0);
        id_ = ::fork();
        if (id_ != 0) return;
        ::alarm(20);  // one that waits for ever fails
        int outcome = 99;
        try {
            outcome = f();
        } catch (...) {
        }
        char byte = 0;
        if (::write(done_[1], &byte, 1) != 1) ::_exit(98);
        ::close(hold_[1]);
        static_cast<void>(::read(hold_[0], &byte, 1));
        ::_exit(outcome);
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child() {
        for (const int each : {hold_[0], hold_[1], done_[0], done_[1]}) ::close(each);
    }
    /// Returns when `f` has returned.
    void wait() {
        ::close(done_[1]);
        done_[1] = -1;
        char byte = 0;
        BOOST_TEST(::read(done_[0], &byte, 1) == 1);
    }
    int end() {
        ::close(hold_[1]);
        hold_[1] = -1;
        int status = -1;
        ::waitpid(id_, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t id_ = -1;
    int hold_[2] = {-1, -1}, done_[2] = {-1, -1};
};

template <class F>
bool is_refused(F f) {
    try {
        f();
        return false;
    } catch (const lsm::error& failure) {
        return failure.which() == lsm::errc::locked;
    }
}
/// @returns 0, or which call was not refused
int use_inherited(tree& t) {
    int call = 1;
    for (const auto& use : std::vector<std::function<void()>>{
             [&] { t.put(7, "child"); }, [&] { t.erase(1); }, [&] { static_cast<void>(t.get(1)); },
             [&] { static_cast<void>(t.scan().begin()); }, [&] { t.flush(); }, [&] { t.compact(); },
             [&] { t.sync(); }, [&] { static_cast<void>(t.maintain()); }, [&] { t.resume(); },
             [&] { static_cast<void>(t.stats()); }, [&] { t.close(); }}) {
        if (!is_refused(use)) return call;
        ++call;
    }
    return 0;
}

BOOST_AUTO_TEST_SUITE(faults_one_owner)

BOOST_AUTO_TEST_CASE(of_many_threads_that_open_one_wins) {
    const support::temporary_folder folder;
    for (int round = 0; round < 20; ++round) {
        std::vector<std::optional<tree>> opened(4);
        std::vector<std::thread> crew;
        std::atomic<int> refused = 0;
        for (auto& each : opened)
            crew.emplace_back([&] {
                if (is_refused([&] { each.emplace(folder / "t"); })) ++refused;
            });
        for (std::thread& each : crew) each.join();
        BOOST_TEST(refused == 3);
        for (auto& each : opened)
            if (each) each->put(round, "won");
    }
    BOOST_TEST(support::keys_of(tree(folder / "t").scan()).size() == 20U);
}

BOOST_AUTO_TEST_CASE(an_alias_of_the_folder_is_the_same_tree) {
    const support::temporary_folder folder;
    std::filesystem::create_directory_symlink(folder / "t", folder / "alias");
    tree t{folder / "t"};
    t.put(1, "one");
    const auto before = stamps_of(folder / "t");
    for (const std::string& alias : {folder / "alias", folder / "./t", folder / "alias/../t"})
        BOOST_CHECK_EXCEPTION(tree{alias}, lsm::error, is(lsm::errc::locked));
    BOOST_TEST((stamps_of(folder / "t") == before));
    t.close();
    BOOST_TEST(tree(folder / "alias").get(1).value() == "one");
}

BOOST_AUTO_TEST_CASE(a_forked_child_is_refused_and_its_end_touches_nothing) {
    for (const std::size_t threads : {0U, 2U}) {
        const support::temporary_folder folder;
        std::optional<tree> t(std::in_place, folder / "t", with_threads(threads));
        for (int i = 0; i < 10; ++i) t->put(i, "parent");
        const auto before = stamps_of(folder / "t");
        child inherits([&] {
            const int outcome = use_inherited(*t);
            t.reset();
            return outcome;
        });
        inherits.wait();
        BOOST_TEST((stamps_of(folder / "t") == before));
        for (int i = 0; i < 100; ++i) t->put(i, "goes on");
        t->flush();
        t->close();
        BOOST_TEST(tree(folder / "t").get(99).value() == "goes on");
        BOOST_TEST(inherits.end() == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_child_that_keeps_what_it_inherited_keeps_no_lock) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    t.put(1, "one");
    child inherits([] { return 0; });
    inherits.wait();
    t.close();
    BOOST_TEST(tree(folder / "t").get(1).value() == "one");
    BOOST_TEST(inherits.end() == 0);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_child_does_not_give_the_lock_away) {
    const support::temporary_folder folder;
    std::optional<tree> t(std::in_place, folder / "t");
    child inherits([&] {
        t.reset();
        return 0;
    });
    inherits.wait();
    BOOST_CHECK_EXCEPTION(tree{folder / "t"}, lsm::error, is(lsm::errc::locked));
    BOOST_TEST(inherits.end() == 0);
    BOOST_CHECK_EXCEPTION(tree{folder / "t"}, lsm::error, is(lsm::errc::locked));
}

BOOST_AUTO_TEST_CASE(the_end_of_an_inherited_view_does_not_give_the_lock_away) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    t.put(1, "one");
    auto view = t.scan();
    t.close();  // the view alone keeps the lock
    child inherits([&] {
        view = {};
        return 0;
    });
    inherits.wait();
    BOOST_CHECK_EXCEPTION(tree{folder / "t"}, lsm::error, is(lsm::errc::locked));
    BOOST_TEST(inherits.end() == 0);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_mapping_in_a_child_leaves_its_own_memory_alone) {
    constexpr std::size_t bytes = std::size_t{8} << 20;
    const support::temporary_folder folder;
    auto files = lsm::posix_file_system().open_folder(folder / "t", true);
    auto file = files->create("file");
    file.preallocate(bytes);
    auto mapped = file.map(bytes);  // in the parent alone
    child inherits([&] {
        // What the child maps now may lie where the parent has the file.
        std::vector<char*> own;
        for (int i = 0; i < 64; ++i)
            own.push_back(static_cast<char*>(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
        const auto all_of_own = [&](auto&& each_piece) {
            for (char* at : own)
                for (std::size_t i = 0; i < bytes; i += bytes / 32) each_piece(at[i]);
        };
        all_of_own([](char& piece) { piece = 1; });
        mapped->before_sync();
        bool kept = true;
        all_of_own([&](const char& piece) { kept = kept && piece == 1; });
        if (!kept) return 2;
        mapped.reset();
        for (char* at : own)
            if (::msync(at, bytes, MS_ASYNC) != 0) return 1;  // it is mapped no more
        return 0;
    });
    inherits.wait();
    BOOST_TEST(inherits.end() == 0);
}

BOOST_AUTO_TEST_CASE(a_child_may_not_read_a_view_and_its_end_leaves_the_files) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    t.put(1, "one");
    t.compact();
    auto view = t.scan();
    t.put(1, "two");
    t.compact();  // the view alone keeps the file of the first table
    const auto before = stamps_of(folder / "t");
    child inherits([&] {
        const bool refused = is_refused([&] { static_cast<void>(view.begin()); });
        view = {};
        return refused ? 0 : 1;
    });
    inherits.wait();
    BOOST_TEST((stamps_of(folder / "t") == before));
    BOOST_TEST(support::entries_of(view).front().second == "one");
    BOOST_TEST(inherits.end() == 0);
}

BOOST_AUTO_TEST_CASE(a_child_lets_go_of_pins_whoever_holds_their_lock) {
    using lsm::engine::pin;
    lsm::engine::pin_set pins;
    std::vector<pin> many;  // so that to list them takes long, under the lock
    for (lsm::sequence_number i = 1; i <= 200'000; ++i) many.emplace_back(pins, i);
    std::atomic<bool> stops = false;
    std::thread other([&] {
        while (!stops) static_cast<void>(pins.all());
    });
    for (int round = 0; round < 20; ++round) {
        std::optional<pin> mine(std::in_place, pins, 7);
        child inherits([&] {
            std::optional<pin> copy = mine;
            copy.reset();
            mine.reset();
            return 0;
        });
        inherits.wait();
        BOOST_TEST(inherits.end() == 0);
    }
    stops = true;
    other.join();
}

BOOST_AUTO_TEST_CASE(a_child_forked_while_threads_work_ends) {
    const support::temporary_folder folder;
    for (int round = 0; round < 40; ++round) {
        std::optional<tree> t(std::in_place, folder / "t", with_threads(2));
        for (int i = 0; i < 100 + round; ++i) t->put(i, "parent");
        child inherits([&] {
            t.reset();
            return 0;
        });
        inherits.wait();
        BOOST_TEST(inherits.end() == 0);
        t->close();
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace forked_test
