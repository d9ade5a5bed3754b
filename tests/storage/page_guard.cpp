// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/medium/directory.hpp>
#include <support/temporary_folder.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

namespace {

using lsm::detail::page_guard;

constexpr std::uint64_t page = 4096;

/// A file of four pages in a folder, mapped.
struct mapped {
    support::temporary_folder place;
    lsm::posix_file_system::folder folder =
        *lsm::posix_file_system().open_folder(place / "t", true);
    lsm::posix_file_system::file file = folder.create("file");
    std::optional<lsm::posix_file_system::mapping> at = map();

    [[nodiscard]] std::optional<lsm::posix_file_system::mapping> map() {
        file.preallocate(4 * page);
        return file.map(4 * page);
    }
    void cut(std::uint64_t bytes) { std::filesystem::resize_file(place / "t/file", bytes); }
};

std::atomic<int> others = 0;
void other_handler(int) {
    ++others;
}

/// A process's own handler of SIGBUS, for as long as a test.
struct own_handler {
    struct sigaction before{};
    own_handler() {
        struct sigaction own{};
        own.sa_handler = &other_handler;
        ::sigaction(SIGBUS, &own, &before);
        others = 0;
    }
    ~own_handler() { ::sigaction(SIGBUS, &before, nullptr); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(storage_page_guard)

BOOST_AUTO_TEST_CASE(a_store_to_a_page_that_the_file_lost_is_an_error) {
    mapped m;
    if (!m.at) return;  // a file system that is not mapped
    m.at->store(page, lsm::as_bytes("some"));
    m.cut(page);
    BOOST_CHECK_NO_THROW(m.at->store(0, lsm::as_bytes("there")));
    BOOST_CHECK_THROW(m.at->store(3 * page, lsm::as_bytes("lost")), lsm::error);
    BOOST_CHECK_THROW(m.at->store(0, lsm::as_bytes("from then on")), lsm::error);
    BOOST_CHECK_NO_THROW(m.map()->store(3 * page, lsm::as_bytes("in another mapping")));
}

BOOST_AUTO_TEST_CASE(a_store_over_many_lost_pages_is_one_error) {
    mapped m;
    if (!m.at) return;
    m.cut(0);
    BOOST_CHECK_THROW(m.at->store(100, lsm::as_bytes(std::string(3 * page, 'x'))), lsm::error);
}

BOOST_AUTO_TEST_CASE(each_thread_has_its_own) {
    mapped lost, whole;
    if (!lost.at) return;
    std::atomic<bool> stop = false;
    std::atomic<int> failed = 0;
    std::thread other([&] {
        for (; !stop; std::this_thread::yield()) try {
                whole.at->store(0, lsm::as_bytes("some"));
            } catch (const lsm::error&) {
                ++failed;
            }
    });
    for (int i = 0; i < 100; ++i) {
        auto at = lost.map();
        lost.cut(0);
        BOOST_CHECK_THROW(at->store(page, lsm::as_bytes("lost")), lsm::error);
    }
    stop = true;
    other.join();
    BOOST_TEST(failed == 0);
}

BOOST_AUTO_TEST_CASE(any_other_signal_goes_to_the_handler_that_was_there) {
    const own_handler own;
    BOOST_TEST(page_guard::install());
    BOOST_TEST(page_guard::install());
    ::raise(SIGBUS);
    BOOST_TEST(others == 1);
    const mapped m;  // finds the handler installed
    ::raise(SIGBUS);
    BOOST_TEST(others == 2);
}

BOOST_AUTO_TEST_CASE(a_handler_that_came_later_gets_what_is_passed_on) {
    BOOST_TEST(page_guard::install());
    const own_handler own;
    mapped m;
    if (!m.at) return;
    ::raise(SIGBUS);
    BOOST_TEST(others == 1);
    m.cut(0);
    BOOST_CHECK_THROW(m.at->store(page, lsm::as_bytes("lost")), lsm::error);
    BOOST_TEST(others == 1);
}

BOOST_AUTO_TEST_CASE(a_mapped_read_of_a_page_that_the_file_lost_is_an_error) {
    using medium = lsm::directory<lsm::posix_file_system, lsm::mapped_reads>;
    const support::temporary_folder place;
    medium m(place / "t", lsm::open_mode::open_or_create);
    const lsm::table_name name{1, "lsm"};
    {
        auto writer = m.create(name);
        writer.append(lsm::as_bytes(std::string(4 * page, 'x')));
        writer.commit();
    }
    const auto reader = m.open(name);
    std::array<std::byte, 10> some;
    BOOST_CHECK_NO_THROW(reader.read(3 * page, some));
    std::filesystem::resize_file(place / ("t/" + name.file_name()), page);
    BOOST_CHECK_THROW(reader.read(3 * page, some), lsm::error);
    BOOST_CHECK_NO_THROW(reader.read(0, some));
}

BOOST_AUTO_TEST_SUITE_END()
