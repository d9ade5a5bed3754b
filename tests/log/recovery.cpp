// SPDX-License-Identifier: BSL-1.0
#include <support/temporary_folder.hpp>

#include <lsm/lsm.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>

namespace {

namespace fs = std::filesystem;
using tree = lsm::lsm_tree<int, std::string>;
using contents = std::map<int, std::string>;

constexpr std::uint64_t groups_begin = lsm::detail::log_groups_begin;

lsm::log_options small_log() {
    return {.segment_bytes = 8192, .sync_bytes = 1 << 20};
}

/// Merges all tables when it is told to, and not before.
struct merge_when_told : lsm::full_merge_compaction {
    static inline bool told = false;

    [[nodiscard]] std::vector<lsm::compaction_job> plan(lsm::compaction_view view) const {
        view.requested = std::exchange(told, false);
        return full_merge_compaction::plan(view);
    }
};

/// The files of a tree that is open, as a crash of its process would leave them.
void copy_files(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::copy(from, to);
}
std::string load(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void store(const fs::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}
contents contents_of(const tree& from) {
    contents all;
    for (auto [key, value] : from.scan()) all.emplace(key, value);
    return all;
}
fs::path only_log_of(const fs::path& folder) {
    fs::path found;
    for (const auto& each : fs::directory_iterator(folder))
        if (each.path().filename().string().starts_with("log_")) {
            BOOST_REQUIRE(found.empty());
            found = each.path();
        }
    BOOST_REQUIRE(!found.empty());
    return found;
}

/// The log with another number in its first commit, and the checksum that belongs to it.
std::string with_first_number(std::string log, lsm::sequence_number number) {
    const lsm::byte_view bytes = lsm::as_bytes(log);
    const auto seed = lsm::read_log_header(bytes, "log").seed;
    const auto origin = lsm::detail::log_origin(seed);
    lsm::log_groups groups(bytes, seed, origin);
    const auto first = groups.next();
    lsm::byte_buffer forged(bytes.data() + groups_begin,
                            first->operations.data() + first->operations.size());
    lsm::seal_group(forged, number, first->count, seed, groups_begin, origin);
    return log.replace(groups_begin, forged.size(), lsm::as_text(forged));
}
/// Where the last commit ends, of a log that is one segment.
std::size_t end_of(const std::string& log) {
    const lsm::byte_view bytes = lsm::as_bytes(log);
    const auto seed = lsm::read_log_header(bytes, "log").seed;
    lsm::log_groups groups(bytes, seed, lsm::detail::log_origin(seed));
    while (groups.next()) {
    }
    return groups.offset();
}
auto says(const std::string& part) {
    return [part](const lsm::error& failure) {
        return std::string(failure.what()).find(part) != std::string::npos;
    };
}

/// A tree with ten commits in its log, one of them a batch, and a copy of its files.
struct killed {
    support::temporary_folder folder;
    std::vector<contents> prefixes{{}};  ///< after each commit

    killed(lsm::durability level = lsm::durability::process_crash) {
        tree t{folder / "live", {.durability = level, .log = small_log()}};
        contents now;
        for (int i = 0; i < 10; ++i) {
            tree::write_batch batch;
            for (int k = 0; k < (i == 5 ? 4 : 1); ++k) {
                batch.put(10 * i + k, "value " + std::to_string(i));
                now[10 * i + k] = "value " + std::to_string(i);
            }
            t.write(std::move(batch));
            prefixes.push_back(now);
        }
        copy_files(folder / "live", folder / "copy");
        kept_ = load(only_log_of(folder / "copy"));
    }
    /// Opens a fresh copy whose log is @p log.
    [[nodiscard]] tree open(const std::string& log, tree::options how = {}) const {
        copy_files(folder / "live_files", folder / "again");
        store(only_log_of(folder / "again"), log);
        return tree(folder / "again", std::move(how));
    }
    [[nodiscard]] const std::string& log() const { return kept_; }
    void keep() { copy_files(folder / "copy", folder / "live_files"); }

private:
    std::string kept_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(log_recovery)

BOOST_AUTO_TEST_CASE(brings_back_what_was_in_memory_only) {
    const killed made;
    tree t{made.folder / "copy"};
    BOOST_TEST((contents_of(t) == made.prefixes.back()));
    BOOST_TEST(t.recovered().groups == 10U);
    BOOST_TEST(t.recovered().operations == 13U);
    BOOST_TEST(t.recovered().bytes_dropped == 0U);
    BOOST_TEST(t.stats().log_bytes == 0U);  // it is in a table now
}

BOOST_AUTO_TEST_CASE(resumes_the_numbers_above_the_log) {
    const killed made;
    tree t{made.folder / "copy"};
    const auto before = t.stats().last_sequence;
    BOOST_TEST(before == 13U);
    t.put(0, "newest");
    BOOST_TEST(t.stats().last_sequence == before + 1);
    t.close();
    BOOST_TEST(tree(made.folder / "copy").get(0).value() == "newest");
}

BOOST_AUTO_TEST_CASE(read_only_changes_nothing) {
    const killed made;
    const std::string before = load(only_log_of(made.folder / "copy"));
    {
        tree t{made.folder / "copy", {.mode = lsm::open_mode::read_only}};
        BOOST_TEST((contents_of(t) == made.prefixes.back()));
    }
    BOOST_TEST((load(only_log_of(made.folder / "copy")) == before));
}

BOOST_AUTO_TEST_CASE(a_second_crash_during_recovery_loses_nothing) {
    killed made;
    made.keep();
    tree t = made.open(made.log());
    t.put(1000, "after");
    copy_files(made.folder / "again", made.folder / "twice");
    tree twice{made.folder / "twice"};
    BOOST_TEST(twice.get(1000).value() == "after");
    BOOST_TEST(contents_of(twice).size() == made.prefixes.back().size() + 1);
}

BOOST_AUTO_TEST_CASE(a_process_that_died_in_its_last_commit_left_all_before) {
    killed made;
    made.keep();
    std::string log = made.log();
    std::size_t end = end_of(log);
    while (log[end - 1] == '\0') --end;  // padding says nothing
    log[end - 3] = static_cast<char>(log[end - 3] + 1);
    const tree t = made.open(log);
    BOOST_TEST((contents_of(t) == made.prefixes[9]));
    BOOST_TEST(t.recovered().bytes_dropped > 0U);
    BOOST_TEST(!t.recovered().possibly_acknowledged);
    BOOST_TEST(t.recovered().reason.find("log_0000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_commit_of_a_number_that_none_can_have_is_corruption) {
    killed made;
    made.keep();
    BOOST_CHECK_EXCEPTION((void)made.open(with_first_number(made.log(), lsm::max_sequence)),
                          lsm::error, says("no commit has number"));
}

BOOST_AUTO_TEST_CASE(a_commit_of_a_number_that_was_before_is_corruption) {
    killed made;
    made.keep();
    BOOST_CHECK_EXCEPTION((void)made.open(with_first_number(made.log(), lsm::no_sequence)),
                          lsm::error, says("commits out of order"));
}

BOOST_AUTO_TEST_CASE(a_part_of_an_earlier_log_is_corruption) {
    const support::temporary_folder folder;
    std::string earlier;
    for (int life = 0; life < 2; ++life) {
        tree t{folder / "live", {.log = small_log()}};
        t.put(life, "value");
        copy_files(folder / "live", folder / "copy");
        if (life == 0) earlier = load(only_log_of(folder / "copy"));
    }
    store(only_log_of(folder / "copy"), earlier);
    BOOST_CHECK_EXCEPTION(tree(folder / "copy"), lsm::error, says("files were exchanged"));
}

/// Whatever part of a log's end was zeroed, no commit goes in silence.
BOOST_AUTO_TEST_CASE(a_tail_of_zeros_is_corruption_or_reported) {
    killed made;
    made.keep();
    const std::string& log = made.log();
    const std::size_t end = end_of(log) + lsm::detail::end_mark_bytes;
    std::size_t refused = 0, reported = 0;
    for (std::size_t from = groups_begin; from < end; ++from) {
        std::string zeroed = log;
        std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(from), zeroed.end(), '\0');
        if (zeroed == log) continue;
        try {
            const tree t = made.open(zeroed, {.mode = lsm::open_mode::read_only});
            BOOST_TEST(t.recovered().bytes_dropped > 0U, "zeros from byte " << from);
            ++reported;
        } catch (const lsm::error& e) {
            BOOST_TEST((e.which() == lsm::errc::corruption));
            ++refused;
        }
    }
    BOOST_TEST(refused >= 10U);  // where a commit begins
    BOOST_TEST(reported > 100U);
}

/// The bytes of a commit for its place, sealed with the seed of another tree's log, are a value that was cut
/// short, and no commit. With the same seed they would be one: that is why seeds are random.
BOOST_AUTO_TEST_CASE(a_value_that_looks_like_a_commit_is_none) {
    const support::temporary_folder folder;
    const auto log_with = [&](const std::string& value, const lsm::log_options& how) {
        fs::remove_all(folder / "live");
        tree t{folder / "live", {.log = how}};
        t.put(1, value);
        copy_files(folder / "live", folder / "copy");
        return load(only_log_of(folder / "copy"));
    };
    const auto open_cut = [&](std::string log) {
        log[groups_begin] = static_cast<char>(log[groups_begin] ^ 1);
        store(only_log_of(folder / "copy"), log);
        return tree{folder / "copy"}.recovered();
    };
    for (const bool random : {true, false}) {
        lsm::log_options how = small_log();
        if (!random) how.seed = 7;
        std::string value(400, 'x');
        const std::string known = log_with(value, how);
        const auto seed = lsm::read_log_header(lsm::as_bytes(known), "log").seed;
        const std::size_t begin = known.find(value), place = (begin + 7) / 8 * 8;
        lsm::byte_buffer group;
        lsm::begin_group(group);
        lsm::seal_group(group, 50, 1, seed, place, 1);
        value.replace(place - begin, group.size(), lsm::as_text(group));
        const std::string log = log_with(value, how);
        BOOST_REQUIRE(log.find(value) == begin);
        if (random)
            BOOST_TEST(open_cut(log).bytes_dropped > 0U);
        else
            BOOST_CHECK_EXCEPTION(open_cut(log), lsm::error, says("whole commits follow"));
    }
}

BOOST_AUTO_TEST_CASE(damage_before_the_last_commit_is_corruption_or_reported) {
    killed made;
    made.keep();
    const std::size_t end = end_of(made.log());
    std::uint64_t refused = 0, reported = 0, right = 0;
    for (std::size_t at = 0; at < end + 64; ++at) {
        if (at == 128) at = 500;  // what is between is not read
        if (at == 1100) at = groups_begin - 16;
        std::string log = made.log();
        log[at] = static_cast<char>(log[at] ^ 1);
        try {
            const tree t = made.open(log);
            const contents found = contents_of(t);
            if (found == made.prefixes.back()) {
                ++right;
            } else {
                BOOST_TEST((found == made.prefixes[9]), "byte " << at);
                BOOST_TEST(t.recovered().bytes_dropped > 0U, "byte " << at << " is silent");
                ++reported;
            }
        } catch (const lsm::error& e) {
            BOOST_TEST(
                (e.which() == lsm::errc::corruption || e.which() == lsm::errc::incompatible));
            BOOST_TEST(std::string(e.what()).find("log_0000") != std::string::npos);
            ++refused;
        }
    }
    BOOST_TEST_MESSAGE(refused << " refused, " << reported << " reported, " << right << " right");
    BOOST_TEST(refused > 500U);
    BOOST_TEST(reported > 10U);
}

BOOST_AUTO_TEST_CASE(after_sync_no_commit_may_go) {
    const support::temporary_folder folder;
    {
        tree t{folder / "live", {.log = small_log()}};
        for (int i = 0; i < 10; ++i) t.put(i, "value");
        t.sync();
        copy_files(folder / "live", folder / "copy");
    }
    const fs::path file = only_log_of(folder / "copy");
    const std::string log = load(file);
    const std::size_t end = end_of(log);
    for (std::size_t at = groups_begin; at < end; ++at) {
        std::string damaged = log;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        store(file, damaged);
        try {
            const tree t{folder / "copy",
                         {.mode = lsm::open_mode::read_only, .crash = lsm::crash_kind::power_loss}};
            BOOST_TEST(contents_of(t).size() == 10U);  // padding says nothing
        } catch (const lsm::error& e) {
            BOOST_TEST((e.which() == lsm::errc::corruption));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_mark_leaves_the_one_before_it_whole) {
    const support::temporary_folder folder;
    tree t{folder / "t", {.log = small_log()}};
    std::vector<std::uint64_t> marks;
    for (int i = 0; i < 2; ++i) {
        t.put(i, "value");
        t.sync();
        std::string log = load(only_log_of(folder / "t"));
        const auto seed = lsm::read_log_header(lsm::as_bytes(log), "log").seed;
        marks.push_back(lsm::read_log_mark(lsm::as_bytes(log), seed));
        if (i == 0) continue;
        for (const std::uint64_t torn : {512U, 1024U}) {
            std::string one = log;
            one[torn] = static_cast<char>(one[torn] ^ 1);
            const auto left = lsm::read_log_mark(lsm::as_bytes(one), seed);
            BOOST_TEST((left == marks[0] || left == marks[1]));
        }
    }
    BOOST_TEST((groups_begin < marks[0] && marks[0] < marks[1]));
}

BOOST_AUTO_TEST_CASE(strong_commits_move_the_mark_along) {
    const support::temporary_folder folder;
    tree t{folder / "t",
           {.durability = lsm::durability::power_loss,
            .log = {.segment_bytes = 8192, .sync_bytes = 256}}};
    for (int i = 0; i < 20; ++i) t.put(i, "value");
    const std::string log = load(only_log_of(folder / "t"));
    const lsm::byte_view bytes = lsm::as_bytes(log);
    const auto seed = lsm::read_log_header(bytes, "log").seed;
    BOOST_TEST(lsm::read_log_mark(bytes, seed) + 256 + 64 > end_of(log));
}

BOOST_AUTO_TEST_CASE(a_loss_of_power_may_take_what_was_not_synced) {
    killed made;
    made.keep();
    std::string log = made.log();
    log[groups_begin + 100] = static_cast<char>(log[groups_begin + 100] ^ 1);
    BOOST_CHECK_THROW((void)made.open(log), lsm::error);  // no power was lost
    const tree t = made.open(log, {.crash = lsm::crash_kind::power_loss});
    BOOST_TEST((contents_of(t) == made.prefixes[1]));
    BOOST_TEST(t.recovered().possibly_acknowledged);
    BOOST_TEST(t.recovered().bytes_dropped > 0U);
}

BOOST_AUTO_TEST_CASE(a_log_of_any_other_length_is_corruption) {
    killed made;
    made.keep();
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{71},
                                     std::size_t{4096}, std::size_t{5000}, std::size_t{8191}})
        BOOST_CHECK_THROW((void)made.open(made.log().substr(0, length)), lsm::error);
    BOOST_CHECK_THROW((void)made.open(made.log() + "x"), lsm::error);
}

BOOST_AUTO_TEST_CASE(a_log_that_is_missing_is_corruption) {
    const killed made;
    fs::remove(only_log_of(made.folder / "copy"));
    BOOST_CHECK_EXCEPTION(tree(made.folder / "copy"), lsm::error,
                          [](const auto& e) { return e.which() == lsm::errc::corruption; });
}

BOOST_AUTO_TEST_CASE(a_log_without_its_root_is_corruption) {
    const killed made;
    for (const char* name : {"copy/root", "copy/lsm.lock"}) fs::remove(made.folder / name);
    BOOST_CHECK_EXCEPTION(tree(made.folder / "copy"), lsm::error,
                          [](const auto& e) { return e.which() == lsm::errc::corruption; });
    BOOST_TEST(!fs::exists(made.folder / "copy/root"));
}

BOOST_AUTO_TEST_CASE(goes_over_several_segments) {
    const support::temporary_folder folder;
    contents expected;
    {
        tree t{folder / "live", {.log = small_log()}};
        for (int i = 0; i < 500; ++i) {
            t.put(i, std::string(50, 'x'));
            expected[i] = std::string(50, 'x');
        }
        BOOST_TEST(t.stats().log_bytes > 5 * 8192U);
        copy_files(folder / "live", folder / "copy");
    }
    {
        const tree t{folder / "copy"};
        BOOST_TEST((contents_of(t) == expected));
        BOOST_TEST(t.recovered().groups == 500U);
    }
}

/// With strong commits the mark of a segment may lag behind its end; that of the next one says that it was
/// on the device.
BOOST_AUTO_TEST_CASE(damage_in_any_but_the_last_segment_is_corruption) {
    for (const auto level : {lsm::durability::process_crash, lsm::durability::power_loss}) {
        const support::temporary_folder folder;
        {
            tree t{folder / "live", {.durability = level, .log = small_log()}};
            for (int i = 0; i < 150; ++i) t.put(i, std::string(50, 'x'));
            if (level == lsm::durability::process_crash) t.sync();
            copy_files(folder / "live", folder / "copy");
        }
        const fs::path first = folder / "copy/log_0000";
        const std::string log = load(first);
        for (std::size_t at = groups_begin; at < log.size(); at += 13) {
            std::string damaged = log;
            damaged[at] = static_cast<char>(damaged[at] ^ 16);
            store(first, damaged);
            try {
                const tree t{
                    folder / "copy",
                    {.mode = lsm::open_mode::read_only, .crash = lsm::crash_kind::power_loss}};
                BOOST_TEST(contents_of(t).size() == 150U);
            } catch (const lsm::error& e) {
                BOOST_TEST((e.which() == lsm::errc::corruption));
            }
        }
    }
}

/// By what stays when a file gets another name.
std::set<ino_t> log_files_of(const fs::path& folder) {
    std::set<ino_t> files;
    for (const auto& each : fs::directory_iterator(folder)) {
        struct stat status{};
        if (each.path().filename().string().starts_with("log_") &&
            ::stat(each.path().c_str(), &status) == 0)
            files.insert(status.st_ino);
    }
    return files;
}

BOOST_AUTO_TEST_CASE(a_flush_lets_segments_go_and_uses_them_again) {
    const support::temporary_folder folder;
    tree t{folder / "t", {.log = small_log()}};
    std::uint64_t most_bytes = 0;
    std::set<ino_t> in_use;
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 200; ++i) {
            t.put(i, std::string(50, 'x'));
            most_bytes = (std::max)(most_bytes, t.stats().log_bytes);
        }
        t.flush();
        BOOST_TEST(t.stats().log_bytes <= 8192U);
        if (round == 2) in_use = log_files_of(folder / "t");
    }
    BOOST_TEST(in_use.size() > 2U);
    const std::set<ino_t> in_the_end = log_files_of(folder / "t");
    BOOST_TEST(std::ranges::includes(in_the_end, in_use));
    BOOST_TEST(in_the_end.size() <= most_bytes / 8192);
}

BOOST_AUTO_TEST_CASE(a_segment_that_a_large_commit_made_longer_does_not_stay) {
    const support::temporary_folder folder;
    tree t{folder / "t", {.log = small_log()}};
    t.put(1, std::string(100'000, 'x'));
    t.put(2, "on");
    t.flush();
    t.put(3, "on");
    t.flush();
    for (const auto& each : fs::directory_iterator(folder / "t"))
        if (each.path().filename().string().starts_with("log_"))
            BOOST_TEST(each.file_size() == 8192U);
}

BOOST_AUTO_TEST_CASE(a_compaction_lets_no_segment_go_that_memory_needs) {
    const support::temporary_folder folder;
    lsm::lsm_tree<int, std::string, lsm::skip_list_memtable, lsm::block_storage<>, merge_when_told>
        t{folder / "live", {.log = small_log()}};
    int key = 0;
    const auto put_many = [&] {
        for (const int end = key + 150; key < end; ++key) t.put(key, std::string(50, 'x'));
    };
    for (int run = 0; run < 2; ++run) {
        t.put(-run, "in a table");
        t.flush();
    }
    put_many();
    merge_when_told::told = true;
    BOOST_TEST(t.maintain());
    BOOST_TEST(t.stats().compactions == 1U);
    put_many();
    copy_files(folder / "live", folder / "copy");
    BOOST_TEST(contents_of(tree(folder / "copy")).size() == 301U);
}

BOOST_AUTO_TEST_CASE(the_log_is_bounded_where_the_memtable_is_not) {
    const support::temporary_folder folder;
    tree t{folder / "t",
           {.log = {.segment_bytes = 8192, .sync_bytes = 1 << 20, .max_bytes = 32768}}};
    for (int i = 0; i < 5000; ++i) t.put(i % 3, "the same keys again and again");
    BOOST_TEST(t.stats().flushes > 3U);
    BOOST_TEST(t.stats().log_bytes <= 32768 + 2 * 8192U);
}

BOOST_AUTO_TEST_CASE(segments_grow_with_what_is_written) {
    constexpr std::size_t mib = 1 << 20;
    const support::temporary_folder folder;
    tree t{folder / "t", {.memtable = {.max_bytes = 1 << 30}, .log = {.max_bytes = 1 << 30}}};
    const auto log_after = [&](int puts) {
        for (int i = 0; i < puts; ++i) t.put(i, std::string(mib, 'x'));
        return t.stats().log_bytes;
    };
    BOOST_TEST(log_after(1) == 4 * mib);
    BOOST_TEST(log_after(4) == (4 + 8) * mib);
    BOOST_TEST(log_after(8) == (4 + 8 + 16) * mib);
    BOOST_TEST(log_after(16) == (4 + 8 + 16 + 16) * mib);
}

bool has_log(const fs::path& folder) {
    return std::ranges::any_of(fs::directory_iterator(folder), [](const auto& each) {
        return each.path().filename().string().starts_with("log_");
    });
}

BOOST_AUTO_TEST_CASE(a_tree_that_was_emptied_or_compacted_has_no_log) {
    const support::temporary_folder folder;
    tree t{folder / "t", {.log = small_log()}};
    for (int i = 0; i < 200; ++i) t.put(i, std::string(50, 'x'));
    t.flush();
    BOOST_TEST(has_log(folder / "t"));  // the next writes go on in it
    t.compact();
    BOOST_TEST(!has_log(folder / "t"));
    BOOST_TEST(t.stats().log_bytes == 0U);
    for (int i = 0; i < 200; ++i) t.erase(i);
    t.compact();
    t.put(1, "one");
    t.erase(1);
    BOOST_TEST(has_log(folder / "t"));
    t.flush();
    BOOST_TEST(!has_log(folder / "t"));
    t.put(2, "two");
    copy_files(folder / "t", folder / "copy");
    BOOST_TEST((contents_of(tree{folder / "copy"}) == contents{{2, "two"}}));
}

/// Where the file of a mapping is cut, a store to it gets SIGBUS.
BOOST_AUTO_TEST_CASE(a_segment_that_loses_pages_ends_writing_and_not_the_process) {
    for (const std::uintmax_t left : {0U, 4096U}) {
        const support::temporary_folder folder;
        {
            tree t{folder / "t", {.log = small_log()}};
            t.put(1, "one");
            fs::resize_file(only_log_of(folder / "t"), left);
            BOOST_CHECK_EXCEPTION(t.put(2, "two"), lsm::error, says("lost a page"));
            BOOST_CHECK_EXCEPTION(t.put(2, "two"), lsm::error, says("takes no writes"));
            BOOST_TEST((contents_of(t) == contents{{1, "one"}}));
            t.resume();
            t.put(3, "three");
        }
        BOOST_TEST((contents_of(tree{folder / "t"}) == contents{{1, "one"}, {3, "three"}}));
    }
}

BOOST_AUTO_TEST_CASE(an_orderly_close_leaves_no_log) {
    const support::temporary_folder folder;
    {
        tree t{folder / "t"};
        t.put(1, "one");
    }
    for (const auto& each : fs::directory_iterator(folder / "t"))
        BOOST_TEST(!each.path().filename().string().starts_with("log_"));
    BOOST_TEST(tree(folder / "t").recovered().groups == 0U);
}

BOOST_AUTO_TEST_CASE(a_commit_larger_than_a_segment_fits) {
    const support::temporary_folder folder;
    {
        tree t{folder / "live", {.log = small_log()}};
        t.put(1, std::string(100000, 'x'));
        copy_files(folder / "live", folder / "copy");
    }
    BOOST_TEST(tree(folder / "copy").get(1).value().size() == 100000U);
}

BOOST_AUTO_TEST_CASE(without_a_log_only_the_weakest_writes_are_taken) {
    const support::temporary_folder folder;
    tree t{folder / "t", {.log = {.enabled = false}}};
    t.put(1, "one");
    BOOST_CHECK_EXCEPTION(t.put(2, "two", lsm::durability::power_loss), lsm::error,
                          [](const auto& e) { return e.which() == lsm::errc::invalid_argument; });
    BOOST_TEST(!t.contains(2));
    BOOST_TEST(!fs::exists(folder / "t/log_0000"));
}

BOOST_AUTO_TEST_CASE(without_a_log_sync_brings_all_to_tables) {
    const support::temporary_folder folder;
    tree t{folder / "t", {.log = {.enabled = false}}};
    t.put(1, "one");
    t.sync();
    copy_files(folder / "t", folder / "copy");
    BOOST_TEST((contents_of(tree{folder / "copy"}) == contents{{1, "one"}}));
}

BOOST_AUTO_TEST_CASE(each_write_may_say_its_own_durability) {
    const support::temporary_folder folder;
    tree t{folder / "t"};
    t.put(1, "one", lsm::durability::none);
    t.put(2, "two", lsm::durability::power_loss);
    t.erase(1, lsm::durability::power_loss);
    tree::write_batch batch;
    batch.put(3, "three");
    t.write(std::move(batch), lsm::durability::process_crash);
    copy_files(folder / "t", folder / "copy");
    BOOST_TEST((contents_of(tree{folder / "copy"}) == contents{{2, "two"}, {3, "three"}}));
}

BOOST_AUTO_TEST_SUITE_END()
