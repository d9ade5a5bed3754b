// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/file_system/posix.hpp>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/// What a process leaves that ends in the middle of a store to a mapping.
namespace store_test {

constexpr std::size_t page = 4096;
constexpr std::size_t most_behind = 32;  // less than any commit in the log

/// Two pages of shared memory of which only the first can be stored to.
class half_of_two_pages {
public:
    half_of_two_pages()
        : at_(static_cast<std::byte*>(::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE,
                                             MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
        BOOST_REQUIRE(at_ != MAP_FAILED);
        BOOST_REQUIRE(::mprotect(at_ + page, page, PROT_NONE) == 0);
    }
    half_of_two_pages(const half_of_two_pages&) = delete;
    half_of_two_pages& operator=(const half_of_two_pages&) = delete;
    ~half_of_two_pages() { ::munmap(at_, 2 * page); }

    /// Stores in a child, which the second page kills.
    void store_and_die(std::size_t offset, std::size_t bytes) const {
        const pid_t child = ::fork();
        if (child == 0) {
            ::signal(SIGSEGV, SIG_DFL);
            lsm::posix_file_system::mapping to(at_, 2 * page, "pages");
            const std::vector<std::byte> ones(bytes, std::byte{1});
            to.store(offset, ones);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
    }
    /// How many bytes were stored without a hole before them, and how many in all.
    struct stored {
        std::size_t whole, all;
    };
    [[nodiscard]] stored since(std::size_t offset) const {
        stored sum{0, 0};
        for (std::size_t i = offset; i < page; ++i) {
            if (at_[i] == std::byte{1} && sum.whole == i - offset) ++sum.whole;
            sum.all += at_[i] == std::byte{1};
        }
        return sum;
    }

private:
    std::byte* at_;
};

BOOST_AUTO_TEST_SUITE(faults_store)

BOOST_AUTO_TEST_CASE(that_is_cut_short_leaves_no_commit_behind_a_hole) {
    for (std::size_t fits = 1; fits < page; fits = fits * 3 / 2 + 1)
        for (std::size_t bytes = fits + 1; bytes < page; bytes = bytes * 3 / 2) {
            const half_of_two_pages memory;
            memory.store_and_die(page - fits, bytes);
            const auto left = memory.since(page - fits);
            BOOST_TEST(left.all - left.whole < most_behind, fits << " of " << bytes);
            BOOST_TEST(left.whole + most_behind > fits, fits << " of " << bytes);
        }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace store_test
