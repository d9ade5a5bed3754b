// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/open_files.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

namespace {

/// Files, and what opening them gives.
struct fixture {
    lsm::engine::open_files limited{4};
    std::deque<lsm::engine::kept_file> files{200};

    ~fixture() {
        for (auto& each : files) limited.forget(each);
    }
    void open(std::size_t which) { limited.keep(files[which], std::make_shared<int>(1)); }
    void read(std::size_t which) {
        if (!files[which].use()) limited.keep_instead(files[which], std::make_shared<int>(1));
    }
    /// Which are open.
    [[nodiscard]] std::vector<std::size_t> kept() const {
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < files.size(); ++i)
            if (files[i].peek()) all.push_back(i);
        return all;
    }
};

using list = std::vector<std::size_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(open_files, fixture)

BOOST_AUTO_TEST_CASE(keep_the_first_that_are_opened) {
    for (std::size_t i = 0; i < 6; ++i) open(i);
    BOOST_TEST(kept() == (list{0, 1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(keep_the_last_that_are_read) {
    for (std::size_t i = 0; i < 4; ++i) open(i);
    for (std::size_t i = 4; i < 9; ++i) read(i);
    BOOST_TEST(kept() == (list{5, 6, 7, 8}), boost::test_tools::per_element());
    BOOST_TEST(limited.size() == 4U);
}

BOOST_AUTO_TEST_CASE(keep_what_is_read_often) {
    for (std::size_t i = 0; i < 3; ++i) read(i);
    for (std::size_t i = 3; i < files.size(); ++i) {
        for (const std::size_t hot : {0U, 1U, 2U}) read(hot);
        read(i);
    }
    BOOST_TEST(kept() == (list{0, 1, 2, 199}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(close_a_file_only_after_its_last_read) {
    open(0);
    const std::weak_ptr<const void> file = files[0].peek();
    auto reading = files[0].use();
    limited.forget(files[0]);
    BOOST_TEST(kept().empty());
    BOOST_TEST(!file.expired());
    reading.reset();
    BOOST_TEST(file.expired());
}

BOOST_AUTO_TEST_CASE(keep_none_where_none_may_be) {
    lsm::engine::open_files none(0);
    none.keep(files[0], std::make_shared<int>(1));
    none.keep_instead(files[0], std::make_shared<int>(1));
    BOOST_TEST(kept().empty());
    BOOST_TEST(!none.close_some());
}

BOOST_AUTO_TEST_CASE(are_fewer_after_a_shortage_and_more_again_later) {
    for (std::size_t i = 0; i < 4; ++i) open(i);
    BOOST_TEST(limited.close_some());
    BOOST_TEST(limited.size() == 3U);
    for (std::size_t i = 4; i < 4 + 63; ++i) read(i);
    BOOST_TEST(limited.size() == 3U);
    for (std::size_t i = 67; i < 200; ++i) read(i);
    BOOST_TEST(limited.size() == 4U);
}

BOOST_AUTO_TEST_CASE(can_all_be_closed) {
    for (std::size_t i = 0; i < 4; ++i) open(i);
    int rounds = 0;
    while (limited.close_some()) ++rounds;
    BOOST_TEST(rounds == 4);
    BOOST_TEST(kept().empty());
    read(7);
    BOOST_TEST(limited.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
