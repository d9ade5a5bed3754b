// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/epochs.hpp>
#include <lsm/engine/published.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <thread>

namespace {

/// Counts how many of its kind there are.
class counted : public lsm::engine::reclaimable {
public:
    explicit counted(int& alive) : alive_(&alive) { ++*alive_; }
    ~counted() { --*alive_; }

private:
    int* alive_;
};

/// Takes a moment to go, and tells.
class slow : public lsm::engine::reclaimable {
public:
    slow(std::atomic<bool>& going, std::atomic<bool>& gone) : going_(&going), gone_(&gone) {}
    ~slow() {
        *going_ = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        *gone_ = true;
    }

private:
    std::atomic<bool>* going_;
    std::atomic<bool>* gone_;
};

using guard = lsm::engine::epochs::guard;

struct fixture {
    int alive = 0;
    lsm::engine::epochs when;
    lsm::engine::published<counted> current{when};

    void replace() { current.replace(std::make_shared<const counted>(alive)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(epochs, fixture)

BOOST_AUTO_TEST_CASE(what_is_replaced_goes_when_nobody_reads) {
    replace();
    replace();
    BOOST_TEST(alive == 1);
    current.replace(nullptr);
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(what_a_reader_may_have_found_stays_until_it_leaves) {
    replace();
    {
        const auto reader = current.read();
        replace();
        replace();
        BOOST_TEST(alive == 3);
    }
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(a_reader_that_came_later_holds_up_nothing_older) {
    replace();
    std::optional<guard> early(when.enter());
    replace();
    const guard late = when.enter();
    early.reset();
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(what_is_shared_outlives_the_epoch) {
    replace();
    auto held = current.share();
    replace();
    BOOST_TEST(alive == 2);
    held.reset();
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(takes_more_readers_than_places) {
    replace();
    std::deque<guard> readers;
    for (int i = 0; i < 100; ++i) readers.push_back(when.enter());
    replace();
    for (int i = 0; i < 64; ++i) readers.pop_front();
    BOOST_TEST(alive == 2);
    readers.clear();
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(draining_waits_for_the_readers_that_are_here) {
    replace();
    std::atomic<bool> left = false;
    std::optional<guard> here(when.enter());
    replace();
    std::thread reader([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        left = true;
        here.reset();
    });
    when.drain();
    BOOST_TEST(left);
    BOOST_TEST(alive == 1);
    reader.join();
}

BOOST_AUTO_TEST_CASE(draining_waits_for_no_reader_that_came_later) {
    replace();
    std::optional<guard> here(when.enter());
    replace();
    const guard later = when.enter();
    here.reset();
    when.drain();
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(draining_waits_for_those_that_let_go) {
    for (int round = 0; round < 3; ++round) {
        std::atomic<bool> going = false;
        std::atomic<bool> gone = false;
        lsm::engine::published<slow> last{when};
        last.replace(std::make_shared<const slow>(going, gone));
        std::thread other([&] { last.replace(nullptr); });
        while (!going) std::this_thread::yield();
        when.drain();
        BOOST_TEST(gone);
        other.join();
    }
}

BOOST_AUTO_TEST_SUITE_END()
