// SPDX-License-Identifier: BSL-1.0
#include <lsm/memtable/skip_list.hpp>
#include <lsm/testing/simulated_file_system.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// Renaming a file may fail with EIO though it happened: POSIX promises the opposite for every other
/// failure only.
namespace late_rename_test {

using lsm::testing::simulated_disk;
using lsm::testing::simulated_file_system;

/// Files of which the next one that is renamed is, and that is said to have failed.
class late_file_system {
public:
    static constexpr bool may_be_remote = false;
    using file = simulated_file_system::file;
    class folder : public simulated_file_system::folder {
        using base = simulated_file_system::folder;

    public:
        folder(base opened, std::shared_ptr<bool> fails)
            : base(std::move(opened)), fails_(std::move(fails)) {}
        void rename(const std::string& from, const std::string& to) {
            base::rename(from, to);
            if (std::exchange(*fails_, false)) throw lsm::error(lsm::errc::io, "renaming", EIO);
        }

    private:
        std::shared_ptr<bool> fails_;
    };

    explicit late_file_system(const simulated_disk& disk) : files_(disk) {}

    void fail_next() { *fails_ = true; }
    [[nodiscard]] std::string boot_id() const { return files_.boot_id(); }
    [[nodiscard]] std::optional<folder> open_folder(const std::string& path,
                                                    bool may_create) const {
        auto opened = files_.open_folder(path, may_create);
        if (!opened) return std::nullopt;
        return folder(std::move(*opened), fails_);
    }

private:
    simulated_file_system files_;
    std::shared_ptr<bool> fails_ = std::make_shared<bool>(false);
};

using tree = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                 lsm::block_storage<lsm::directory<late_file_system>>,
                                 lsm::full_merge_compaction>;

/// A tree with one commit, whose root is renamed by `f` and is said not to be.
template <class F>
void replace_late(const simulated_disk& disk, F f) {
    late_file_system files(disk);
    tree t{{files, "t"}};
    t.put(1, "one");
    files.fail_next();
    BOOST_CHECK_EXCEPTION(f(t), lsm::error, support::is(lsm::errc::io));
    BOOST_TEST(t.get(1).value() == "one");
    BOOST_CHECK_EXCEPTION(t.put(3, "three"), lsm::error, support::is(lsm::errc::read_only));
}

BOOST_AUTO_TEST_SUITE(late_rename)

BOOST_AUTO_TEST_CASE(of_a_root_leaves_the_table_that_it_names) {
    const simulated_disk disk;
    replace_late(disk, [](tree& t) { t.flush(); });
    BOOST_TEST((tree{{late_file_system(disk), "t"}}).get(1).value() == "one");
}

BOOST_AUTO_TEST_CASE(of_a_root_leaves_the_segment_that_it_names) {
    const simulated_disk disk;
    replace_late(disk,
                 [](tree& t) { t.put(2, std::string(lsm::log_options().segment_bytes, '2')); });
    BOOST_TEST((tree{{late_file_system(disk), "t"}}).get(1).value() == "one");
}

/// A spare that keeps neither name for certain is given up, and writes go on in another segment.
BOOST_AUTO_TEST_CASE(of_a_spare_segment_does_not_block_writes) {
    const simulated_disk disk;
    late_file_system files(disk);
    {
        tree t{{files, "t"}, {.log = {.segment_bytes = 8192}}};
        const auto fill = [&] {
            for (int i = 0; i < 200; ++i) t.put(i, std::string(50, 'x'));
        };
        fill();
        t.flush();  // leaves spares
        files.fail_next();
        BOOST_CHECK_EXCEPTION(fill(), lsm::error, support::is(lsm::errc::io));
        BOOST_CHECK_NO_THROW(fill());
        t.put(1000, "last");
    }
    tree again{{files, "t"}};
    BOOST_TEST(again.get(1000).value() == "last");
    BOOST_TEST(again.recovered().orphans_removed == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace late_rename_test
