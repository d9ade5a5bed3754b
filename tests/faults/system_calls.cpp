// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/file_system/posix.hpp>
#include <support/temporary_folder.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/// What the system is asked for. No test can take a device's power away, so that what is to be on it is
/// looked for in the calls: this program has its own of those that put something there.
namespace system_calls_test {

struct call {
    std::string name;
    ino_t of = 0;  // the file's or folder's
    bool durable = false;
};

bool notes = false;  // while a test here runs, which has no other threads
std::vector<call> calls;
bool interrupts = false;  // the next call
std::map<std::string, int>
    refused;          // the error numbers of calls that the file system does not have
bool halves = false;  // each write of more than a byte

/// Notes a call. @returns whether a signal interrupts it
bool note(const char* name, int descriptor, bool durable = false) {
    if (!notes) return false;
    struct stat status{};
    BOOST_REQUIRE(::fstat(descriptor, &status) == 0);
    calls.push_back({name, status.st_ino, durable});
    errno = EINTR;
    return std::exchange(interrupts, false);
}

/// @returns whether the file system refuses the call
bool refuses(const std::string& name) {
    const auto found = refused.find(name);
    if (!notes || found == refused.end()) return false;
    errno = found->second;
    return true;
}

ino_t number_of(const std::string& path) {
    struct stat status{};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_ino;
}

/// A folder with a file, and no calls noted yet.
struct opened {
    support::temporary_folder place;
    lsm::posix_file_system::folder folder;
    lsm::posix_file_system::file file;

    opened()
        : folder(*lsm::posix_file_system().open_folder(place / "t", true)),
          file(folder.create("file")) {
        calls.clear();
        halves = false;
        notes = true;
    }
    opened(const opened&) = delete;
    opened& operator=(const opened&) = delete;
    ~opened() {
        notes = false;
        refused.clear();
    }
    /// Whether the one call noted is this one.
    [[nodiscard]] bool is_called(const std::string& name, const std::string& of) const {
        return calls.size() == 1 && calls[0].name == name && calls[0].of == number_of(place / of);
    }
    [[nodiscard]] std::string content() const {
        std::string all(100, '\0');
        all.resize(file.read(0, std::as_writable_bytes(std::span(all))));
        return all;
    }
};

extern "C" int fsync(int descriptor) {
    if (note("fsync", descriptor) || refuses("fsync")) return -1;
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
extern "C" int fdatasync(int descriptor) {
    if (note("fdatasync", descriptor)) return -1;
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}
extern "C" ssize_t pwritev2(int descriptor, const iovec* parts, int, off_t offset, int flags) {
    if (note("pwritev2", descriptor, flags == RWF_DSYNC)) return -1;
    if (flags != 0 && refuses("pwritev2")) return -1;
    iovec part = *parts;
    if (halves && part.iov_len > 1) part.iov_len /= 2;
    return ::syscall(SYS_pwritev2, descriptor, &part, 1, offset, 0, flags);
}

extern "C" int fchmod(int descriptor, mode_t mode) {
    if (refuses("fchmod")) return -1;
    return static_cast<int>(::syscall(SYS_fchmod, descriptor, mode));
}
extern "C" int flock(int descriptor, int how) {
    if (refuses("flock")) return -1;
    return static_cast<int>(::syscall(SYS_flock, descriptor, how));
}
extern "C" int posix_fallocate(int descriptor, off_t offset, off_t bytes) {
    if (refuses("posix_fallocate")) return errno;
    return ::syscall(SYS_fallocate, descriptor, 0, offset, bytes) == 0 ? 0 : errno;
}

BOOST_AUTO_TEST_SUITE(faults_system_calls)

BOOST_AUTO_TEST_CASE(a_sync_is_one_of_the_file) {
    opened on;
    on.file.sync();
    BOOST_TEST(on.is_called("fsync", "t/file"));
}

BOOST_AUTO_TEST_CASE(a_sync_of_data_is_one_of_the_file) {
    opened on;
    on.file.sync_data();
    BOOST_TEST(on.is_called("fdatasync", "t/file"));
}

BOOST_AUTO_TEST_CASE(a_sync_of_names_is_one_of_the_folder) {
    opened on;
    on.folder.sync();
    BOOST_TEST(on.is_called("fsync", "t"));
}

BOOST_AUTO_TEST_CASE(a_durable_write_says_so_and_another_does_not) {
    opened on;
    on.file.write_at(0, lsm::as_bytes("some"));
    BOOST_TEST((on.is_called("pwritev2", "t/file") && !calls[0].durable));
    calls.clear();
    on.file.write_at_durably(0, lsm::as_bytes("some"));
    BOOST_TEST((on.is_called("pwritev2", "t/file") && calls[0].durable));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_made_or_empty_is_named_on_the_device) {
    opened on;
    for (int i = 0; i < 2; ++i) {
        calls.clear();
        BOOST_TEST(lsm::posix_file_system().open_folder(on.place / "new", true).has_value());
        BOOST_TEST(on.is_called("fsync", "."));
    }
}

BOOST_AUTO_TEST_CASE(a_new_file_is_none_that_was_there_and_no_link) {
    opened on;
    std::filesystem::create_symlink("victim", on.place / "t/link");
    for (const char* name : {"file", "link"})
        BOOST_CHECK_THROW((void)on.folder.create(name), lsm::error);
    BOOST_TEST(!std::filesystem::exists(on.place / "t/victim"));
}

BOOST_AUTO_TEST_CASE(a_call_that_a_signal_interrupts_is_made_again) {
    opened on;
    for (const auto& f : std::vector<std::function<void()>>{
             [&] { on.file.sync(); }, [&] { on.file.sync_data(); }, [&] { on.folder.sync(); },
             [&] { on.file.write_at(0, lsm::as_bytes("some")); }}) {
        calls.clear();
        interrupts = true;
        BOOST_CHECK_NO_THROW(f());
        BOOST_TEST(calls.size() == 2U);
    }
    BOOST_TEST(on.content() == "some");
}

BOOST_AUTO_TEST_CASE(a_write_that_is_cut_short_goes_on) {
    opened on;
    halves = true;
    on.file.write_at_durably(0, lsm::as_bytes("some bytes"));
    BOOST_TEST(on.content() == "some bytes");
    for (const call& each : calls) BOOST_TEST(each.durable);
}

BOOST_AUTO_TEST_CASE(a_file_system_that_does_not_sync_folders_is_used_all_the_same) {
    opened on;
    for (const int number : {EINVAL, ENOTSUP}) {
        refused = {{"fsync", number}};
        BOOST_CHECK_NO_THROW(on.folder.sync());
        BOOST_CHECK_NO_THROW((void)lsm::posix_file_system().open_folder(on.place / "new", true));
        BOOST_CHECK_THROW(on.file.sync(), lsm::error);  // of a file's bytes there is no doubt
    }
    refused = {{"fsync", EIO}};
    BOOST_CHECK_THROW(on.folder.sync(), lsm::error);
}

BOOST_AUTO_TEST_CASE(a_file_system_that_does_not_lock_folders_says_so) {
    opened on;
    for (const int number : {ENOTSUP, ENOSYS, ENOLCK, EBADF}) {
        refused = {{"flock", number}};
        BOOST_CHECK(on.folder.lock(false) == lsm::lock_result::unsupported);
    }
    refused = {{"flock", EIO}};
    BOOST_CHECK_THROW((void)on.folder.lock(false), lsm::error);
    refused.clear();
    BOOST_CHECK(on.folder.lock(false) == lsm::lock_result::taken);
}

BOOST_AUTO_TEST_CASE(a_file_system_that_reserves_nothing_gets_zeros) {
    opened on;
    const std::size_t bytes = (std::size_t{1} << 17) + 1000;
    for (const int number : {ENOTSUP, EINVAL, ENOSYS}) {
        refused = {{"posix_fallocate", number}};
        const std::string name = "zeros " + std::to_string(number);
        auto file = on.folder.create(name);
        file.preallocate(bytes);
        std::vector<std::byte> all(bytes + 1, std::byte{1});
        BOOST_TEST(file.read(0, all) == bytes);
        BOOST_TEST(static_cast<std::size_t>(std::count(all.begin(), all.end(), std::byte{})) ==
                   bytes);
        struct stat status{};
        BOOST_REQUIRE(::stat((on.place / ("t/" + name)).c_str(), &status) == 0);
        BOOST_TEST(static_cast<std::size_t>(status.st_blocks) * 512 >= bytes);  // no hole
    }
    refused = {{"posix_fallocate", ENOSPC}};
    BOOST_CHECK_EXCEPTION(on.file.preallocate(10), lsm::error, [](const lsm::error& failure) {
        return failure.system_errno() == ENOSPC;
    });
}

BOOST_AUTO_TEST_CASE(a_file_system_whose_modes_are_the_mounts_is_used_all_the_same) {
    opened on;
    refused = {{"fchmod", EPERM}};
    BOOST_CHECK_NO_THROW((void)on.folder.create("new"));
    refused = {{"fchmod", EIO}};
    BOOST_CHECK_THROW((void)on.folder.create("newer"), lsm::error);
}

BOOST_AUTO_TEST_CASE(a_durable_write_that_a_file_system_does_not_have_is_a_write_and_a_sync) {
    opened on;
    refused = {{"pwritev2", EOPNOTSUPP}};
    on.file.write_at_durably(0, lsm::as_bytes("some"));
    BOOST_TEST(on.content() == "some");
    BOOST_TEST(calls.back().name == "fdatasync");
}

BOOST_AUTO_TEST_CASE(a_file_is_locked_against_every_other_opening_of_it) {
    using enum lsm::lock_result;
    opened on;
    const auto again = [&] { return *on.folder.open_as("file", lsm::file_access::write); };
    {
        auto reader = *on.folder.open("file");
        auto other = *on.folder.open("file");
        BOOST_CHECK(reader.lock(true) == taken);
        BOOST_CHECK(other.lock(true) == taken);
        BOOST_CHECK(again().lock(false) == held);
    }
    auto writer = again();
    BOOST_CHECK(writer.lock(false) == taken);
    BOOST_CHECK(again().lock(false) == held);
    BOOST_CHECK(again().lock(true) == held);
    auto moved = std::move(writer);
    BOOST_CHECK(again().lock(true) == held);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace system_calls_test
