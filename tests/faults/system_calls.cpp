// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/file_system/posix.hpp>
#include <support/temporary_folder.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
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
bool halves = false;      // each write of more than a byte

/// Notes a call. @returns whether a signal interrupts it
bool note(const char* name, int descriptor, bool durable = false) {
    if (!notes) return false;
    struct stat status{};
    BOOST_REQUIRE(::fstat(descriptor, &status) == 0);
    calls.push_back({name, status.st_ino, durable});
    errno = EINTR;
    return std::exchange(interrupts, false);
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
    ~opened() { notes = false; }
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
    if (note("fsync", descriptor)) return -1;
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
extern "C" int fdatasync(int descriptor) {
    if (note("fdatasync", descriptor)) return -1;
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}
extern "C" ssize_t pwritev2(int descriptor, const iovec* parts, int, off_t offset, int flags) {
    if (note("pwritev2", descriptor, flags == RWF_DSYNC)) return -1;
    iovec part = *parts;
    if (halves && part.iov_len > 1) part.iov_len /= 2;
    return ::syscall(SYS_pwritev2, descriptor, &part, 1, offset, 0, flags);
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace system_calls_test
