// SPDX-License-Identifier: BSL-1.0
#include <support/folder_files.hpp>
#include <support/formats.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// Changed, cut and missing files give an error that names the place, or right answers: never
/// wrong ones.
namespace damage_test {

template <class Format>
using tree =
    lsm::basic_lsm_tree<std::string, int, lsm::ordered_map_memtable,
                        lsm::basic_storage<Format, lsm::directory<>>, lsm::full_merge_compaction>;

using map = std::map<std::string, int>;
using files = support::folder_files;

/// A closed tree of three tables, with tombstones, and what it holds.
template <class Format>
class victim {
public:
    victim() {
        tree<Format> t{path_, settings()};
        for (int i = 0; i < 6; ++i) t.put("key " + std::to_string(i), 1000 + i);
        t.flush();
        for (int i = 0; i < 6; i += 2) t.erase("key " + std::to_string(i));
        t.put("key 1", 2001);
        t.flush();
        t.put("key 0", 3000);
        t.put("key 7", 3007);
        t.close();
        healthy_ = support::load_folder(path_);
        BOOST_REQUIRE(healthy_.size() == 5);
    }

    [[nodiscard]] const files& healthy() const noexcept { return healthy_; }

    /// Opens a damaged copy of which @p name is the damaged file.
    void check(const files& damaged, const std::string& name) {
        ++checked;
        support::store_folder(path_, damaged);
        try {
            tree<Format> t{path_, settings()};
            const bool right = answers_right(t);
            if (!right) ++silent;
            BOOST_CHECK_MESSAGE(right, "wrong answers, and no error, of damage to " << name);
        } catch (const lsm::error& failure) {
            ++errors;
            const std::string what = failure.what();
            BOOST_CHECK_MESSAGE(what.find(path_) != std::string::npos,
                                "the error names no place: " << what);
            if (what.find(name) != std::string::npos) ++named;
        }
    }

    std::size_t checked = 0;
    std::size_t errors = 0;
    std::size_t named = 0;
    std::size_t silent = 0;

private:
    static typename tree<Format>::options settings() {
        typename tree<Format>::options all;
        all.storage.format.block_bytes = 32;
        return all;
    }
    static bool answers_right(const tree<Format>& t) {
        static const map expected{
            {"key 0", 3000}, {"key 1", 2001}, {"key 3", 1003}, {"key 5", 1005}, {"key 7", 3007}};
        map scanned;
        for (const auto& entry : t.scan()) scanned.insert(entry);
        bool right = scanned == expected;
        for (int i = 0; i < 9; ++i) {
            const std::string key = "key " + std::to_string(i);
            const auto value = t.get(key);
            const auto found = expected.find(key);
            right = right && value.has_value() == (found != expected.end()) &&
                    (!value || *value == found->second);
        }
        return right;
    }

    support::temporary_folder folder_;
    std::string path_ = folder_ / "t";
    files healthy_;
};

template <class Format>
void print(const char* what, const victim<Format>& v) {
    BOOST_TEST_MESSAGE(Format::name << ", " << what << ": " << v.checked << " damaged, " << v.errors
                                    << " errors (" << v.named << " name the file), "
                                    << v.checked - v.errors - v.silent << " right, " << v.silent
                                    << " silent");
}

BOOST_AUTO_TEST_SUITE(faults_damage)

BOOST_AUTO_TEST_CASE_TEMPLATE(of_any_byte_is_never_silent, Format, support::formats) {
    victim<Format> v;
    std::mt19937 random(1);
    for (const auto& [name, bytes] : v.healthy())
        for (std::size_t at = 0; at < bytes.size(); ++at)
            for (const unsigned mask : {1U << (random() % 8), 0xffU}) {
                files damaged = v.healthy();
                damaged[name][at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ mask);
                v.check(damaged, name);
            }
    print("flipped", v);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(by_cutting_or_growing_is_never_silent, Format, support::formats) {
    victim<Format> v;
    for (const auto& [name, bytes] : v.healthy()) {
        files damaged = v.healthy();
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            damaged[name] = bytes.substr(0, length);
            v.check(damaged, name);
        }
        for (const std::size_t more : {1U, 100U}) {
            damaged[name] = bytes + std::string(more, '\0');
            v.check(damaged, name);
        }
    }
    print("cut", v);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_whole_files_is_never_silent, Format, support::formats) {
    victim<Format> v;
    for (const auto& [name, bytes] : v.healthy()) {
        files damaged = v.healthy();
        damaged.erase(name);
        v.check(damaged, name);
        for (const auto& [other, others] : v.healthy()) {
            damaged = v.healthy();
            damaged[name] = others;  // instead of it
            if (name != other) v.check(damaged, name);
            damaged[other] = bytes;  // swapped
            if (name < other) v.check(damaged, name);
        }
    }
    print("swapped", v);
    BOOST_TEST(v.errors == v.checked - 1);  // without the lock file, all is there
}

/// The number of the first operation in a segment of the log; 0 if there is none.
lsm::sequence_number first_number_in(const std::string& segment) {
    const auto bytes = lsm::as_bytes(segment);
    const auto previous = lsm::from_little_endian<std::uint64_t>(bytes.data() + 4096 + 8);
    const auto seed = lsm::read_log_header(bytes, "").seed;
    const auto group = lsm::log_groups(bytes, seed, previous).next();
    return group ? group->first : 0;
}

/// A folder after each of some steps, flushes, ingestions and closings among them. What is in it as files is what
/// a process that was killed there would have left.
template <class Format>
std::vector<files> folders_of_a_life(const std::string& path) {
    std::vector<files> all;
    typename tree<Format>::options small;
    small.log.segment_bytes = 8192;
    for (int session = 0; session < 2; ++session) {
        tree<Format> t{path, small};
        for (int step = 0; step < 2; ++step) {
            const std::string key = std::to_string(10 * session + step);
            t.put("put " + key, step);
            all.push_back(support::load_folder(path));
            t.flush();
            all.push_back(support::load_folder(path));
            t.ingest(map{{"ingested " + key, step}});
            all.push_back(support::load_folder(path));
        }
        t.compact();
        all.push_back(support::load_folder(path));
        t.close();
        all.push_back(support::load_folder(path));
    }
    return all;
}

/// Calls `check(folder with a younger root, folder with the older one)` for each two of a life.
template <class Format, class F>
std::size_t for_each_older_root(const std::string& path, F check) {
    const std::vector<files> life = folders_of_a_life<Format>(path);
    std::size_t count = 0;
    for (std::size_t now = 1; now < life.size(); ++now)
        for (std::size_t before = 0; before < now; ++before) {
            if (life[before].at("root") == life[now].at("root")) continue;
            files mixed = life[now];
            mixed["root"] = life[before].at("root");
            check(std::move(mixed));
            ++count;
        }
    return count;
}

BOOST_AUTO_TEST_CASE_TEMPLATE(by_an_older_copy_of_the_root_is_never_silent, Format,
                              support::formats) {
    const support::temporary_folder folder;
    const std::string path = folder / "t";
    const auto count = for_each_older_root<Format>(path, [&](const files& mixed) {
        support::store_folder(path, mixed);
        BOOST_CHECK_EXCEPTION(tree<Format>{path}, lsm::error, support::is(lsm::errc::corruption));
        BOOST_TEST((support::load_folder(path) == mixed));  // and nothing is removed
    });
    BOOST_TEST(count > 80U);
}

/// Without the lock file, and its note of the newest root, a segment of the log that the root does not name tells.
BOOST_AUTO_TEST_CASE_TEMPLATE(
    by_an_older_root_without_a_note_is_never_silent_where_a_log_is_younger, Format,
    support::formats) {
    const support::temporary_folder folder;
    const std::string path = folder / "t";
    std::size_t younger = 0;
    (void)for_each_older_root<Format>(path, [&](files mixed) {
        mixed.erase("lsm.lock");
        const auto root = lsm::read_root(lsm::as_bytes(mixed.at("root")), "");
        const bool has_younger = std::ranges::any_of(mixed, [&](const auto& file) {
            const auto number = lsm::parse_log_file_name(file.first);
            return number &&
                   std::ranges::none_of(root.log,
                                        [&](const auto& each) { return each.number == *number; }) &&
                   first_number_in(file.second) > root.trees.front().flushed;
        });
        if (!has_younger) return;
        ++younger;
        support::store_folder(path, mixed);
        BOOST_CHECK_EXCEPTION(tree<Format>{path}, lsm::error, support::is(lsm::errc::corruption));
    });
    BOOST_TEST(younger > 5U);
}

/// A root that was put back from before the last flush.
BOOST_AUTO_TEST_CASE_TEMPLATE(by_an_older_root_is_never_silent, Format, support::formats) {
    const support::temporary_folder folder;
    {
        tree<Format>(folder / "t").put("a", 1);
    }
    const files before = support::load_folder(folder / "t");
    {
        tree<Format>(folder / "t").put("a", 2);
    }
    files mixed = support::load_folder(folder / "t");
    mixed["root"] = before.at("root");
    mixed.erase("lsm.lock");  // in which the newer one is noted
    support::store_folder(folder / "t", mixed);
    BOOST_CHECK_EXCEPTION(tree<Format>(folder / "t"), lsm::error,
                          support::is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace damage_test
