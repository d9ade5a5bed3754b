// SPDX-License-Identifier: BSL-1.0
#include <support/folder_files.hpp>
#include <support/formats.hpp>
#include <support/temporary_folder.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// The files of a tree whose process was killed, with changed, cut and missing bytes: an error that
/// names the place, or right answers. Only the log's end may go, where it was not yet on the device,
/// and then the report says so.
namespace damage_killed_test {

template <class Format>
using tree =
    lsm::basic_lsm_tree<std::string, int, lsm::skip_list_memtable,
                        lsm::basic_storage<Format, lsm::directory<>>, lsm::full_merge_compaction>;

using map = std::map<std::string, int>;

/// Copied while it was open: two tables with tombstones; in the log three commits that are on the
/// device, and four that are not known to be.
template <class Format>
class killed {
public:
    killed() {
        tree<Format> t{path_ + " live", settings({})};
        for (int i = 0; i < 6; ++i) t.put(key(i), 1000 + i);
        t.flush();
        for (int i = 0; i < 6; i += 2) t.erase(key(i));
        t.flush();
        const auto commit = [&](typename tree<Format>::write_batch batch) {
            t.write(std::move(batch));
            states_.emplace_back();
            for (const auto& entry : t.scan()) states_.back().insert(entry);
        };
        for (int i = 0; i < 7; ++i) {
            typename tree<Format>::write_batch batch;
            batch.put(key(i), 2000 + i);
            if (i % 3 == 2) batch.erase(key(i - 1));
            commit(std::move(batch));
            if (i == 2) t.sync();
        }
        healthy_ = support::load_folder(path_ + " live");
        BOOST_REQUIRE(healthy_.size() == 5);
    }

    [[nodiscard]] const support::folder_files& healthy() const noexcept { return healthy_; }

    /// Opens a damaged copy of which @p name is the damaged file.
    void check(const support::folder_files& damaged, const std::string& name,
               lsm::crash_kind crash = lsm::crash_kind::detect) {
        ++checked_;
        support::store_folder(path_, damaged);
        try {
            const tree<Format> t{path_, settings(crash)};
            const map found = contents(t);
            if (found == states_.back()) return;
            const bool said = may_remain(found, crash) && t.recovered().bytes_dropped > 0 &&
                              t.recovered().reason.find(name) != std::string::npos;
            BOOST_CHECK_MESSAGE(said, "wrong answers, and no word, of damage to " << name);
            ++(said ? reported_ : silent_);
        } catch (const lsm::error& failure) {
            ++errors_;
            const std::string what = failure.what();
            BOOST_CHECK_MESSAGE(what.find(path_) != std::string::npos,
                                "the error names no place: " << what);
        }
    }

    void print(const char* what) const {
        BOOST_TEST_MESSAGE(Format::name << " killed, " << what << ": " << checked_ << " damaged, "
                                        << errors_ << " errors, " << reported_ << " reported, "
                                        << checked_ - errors_ - reported_ - silent_ << " right, "
                                        << silent_ << " silent");
    }
    [[nodiscard]] std::size_t errors() const noexcept { return errors_; }
    [[nodiscard]] std::size_t reported() const noexcept { return reported_; }

private:
    static constexpr std::ptrdiff_t synced = 3;  // commits

    static std::string key(int i) { return "key " + std::to_string(i); }
    static typename tree<Format>::options settings(lsm::crash_kind crash) {
        typename tree<Format>::options all;
        all.storage.format.block_bytes = 32;
        all.log.segment_bytes = 4096 + 1024;
        all.crash = crash;
        return all;
    }
    /// What a scan shows, if every lookup agrees.
    static map contents(const tree<Format>& t) {
        map scanned;
        for (const auto& entry : t.scan()) scanned.insert(entry);
        for (int i = 0; i < 11; ++i) {
            const auto value = t.get(key(i));
            const auto found = scanned.find(key(i));
            BOOST_CHECK(value.has_value() == (found != scanned.end()) &&
                        (!value || *value == found->second));
        }
        return scanned;
    }
    /// A process that ends cuts its last commit short, at most; a machine, what was not synced.
    [[nodiscard]] bool may_remain(const map& found, lsm::crash_kind crash) const {
        const auto first =
            crash == lsm::crash_kind::detect ? states_.end() - 2 : states_.begin() + (synced - 1);
        return std::find(first, states_.end(), found) != states_.end();
    }

    support::temporary_folder folder_;
    std::string path_ = folder_ / "t";
    support::folder_files healthy_;
    std::vector<map> states_;  // after each commit
    std::size_t checked_ = 0, errors_ = 0, reported_ = 0, silent_ = 0;
};

BOOST_AUTO_TEST_SUITE(faults_damage_killed)

BOOST_AUTO_TEST_CASE_TEMPLATE(of_any_byte_is_never_silent, Format, support::formats) {
    killed<Format> v;
    std::mt19937 random(1);
    for (const auto& [name, bytes] : v.healthy())
        for (std::size_t at = 0; at < bytes.size(); ++at)
            for (const auto crash : {lsm::crash_kind::detect, lsm::crash_kind::power_loss}) {
                auto damaged = v.healthy();
                damaged[name][at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
                v.check(damaged, name, crash);
            }
    v.print("flipped");
    BOOST_TEST(v.errors() > 500U);
    BOOST_TEST(v.reported() > 50U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(by_cutting_or_growing_is_never_silent, Format, support::formats) {
    killed<Format> v;
    for (const auto& [name, bytes] : v.healthy()) {
        auto damaged = v.healthy();
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            damaged[name] = bytes.substr(0, length);
            v.check(damaged, name);
        }
        for (const std::size_t more : {1U, 100U}) {
            damaged[name] = bytes + std::string(more, '\0');
            v.check(damaged, name);
        }
        damaged.erase(name);
        v.check(damaged, name);
    }
    v.print("cut");
    BOOST_TEST(v.reported() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace damage_killed_test
