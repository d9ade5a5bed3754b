// SPDX-License-Identifier: BSL-1.0
#include <support/folder_files.hpp>
#include <support/formats.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <utility>

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
        BOOST_REQUIRE(healthy_.size() == 4);
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
    BOOST_TEST(v.errors == v.checked);
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
    support::store_folder(folder / "t", mixed);
    BOOST_CHECK_EXCEPTION(tree<Format>(folder / "t"), lsm::error,
                          support::is(lsm::errc::corruption));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace damage_test
