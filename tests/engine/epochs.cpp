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

/// What a thread does that another one waits for: over only a while after that one has said so.
struct moment {
    std::atomic<bool> begun = false;
    std::atomic<bool> waited_for = false;
    std::atomic<bool> over = false;

    void pass() {
        begun = true;
        while (!waited_for) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        over = true;
    }
};

/// Goes only after a moment.
class slow : public lsm::engine::reclaimable {
public:
    explicit slow(moment& takes) : takes_(&takes) {}
    ~slow() { takes_->pass(); }

private:
    moment* takes_;
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
    moment reading;
    std::optional<guard> here(when.enter());
    replace();
    std::thread reader([&] {
        reading.pass();
        here.reset();
    });
    reading.waited_for = true;
    when.drain();
    BOOST_TEST(reading.over);
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
        moment letting_go;
        lsm::engine::published<slow> last{when};
        last.replace(std::make_shared<const slow>(letting_go));
        std::thread other([&] { last.replace(nullptr); });
        while (!letting_go.begun) std::this_thread::yield();
        letting_go.waited_for = true;
        when.drain();
        BOOST_TEST(letting_go.over);
        other.join();
    }
}

BOOST_AUTO_TEST_SUITE_END()
