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
#include <utility>
#include <vector>

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

BOOST_AUTO_TEST_CASE(readers_without_a_place_hold_up_only_what_was_retired_since_they_came) {
    replace();
    std::deque<guard> early;
    for (int i = 0; i < 100; ++i) early.push_back(when.enter());
    replace();
    std::deque<guard> late;
    for (int i = 0; i < 100; ++i) late.push_back(when.enter());
    early.clear();
    BOOST_TEST(alive == 1);
    replace();
    BOOST_TEST(alive == 2);
    late.clear();
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(keeps_no_more_than_the_readers_of_the_moment_where_there_are_always_many) {
    std::deque<guard> readers;
    for (int i = 0; i < 1000; ++i) {
        readers.push_back(when.enter());
        if (readers.size() > 100) readers.pop_front();
        replace();
        BOOST_REQUIRE(alive <= 102);
    }
}

BOOST_AUTO_TEST_CASE(readers_without_a_place_may_move) {
    replace();
    std::deque<guard> readers;
    for (int i = 0; i < 67; ++i) readers.push_back(when.enter());
    std::optional<guard> moved(std::move(readers[65]));
    readers.clear();
    replace();
    BOOST_TEST(alive == 2);
    moved.reset();
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(a_reader_that_stands_aside_holds_up_only_what_it_found) {
    replace();
    {
        auto reader = current.read();
        reader.aside([&] {
            replace();
            replace();
            BOOST_TEST(alive == 2);
        });
        replace();  // it is back
        BOOST_TEST(alive == 3);
    }
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(a_reader_whose_wait_fails_has_ended) {
    replace();
    auto reader = current.read();
    BOOST_CHECK_THROW(reader.aside([] { throw 1; }), int);
    replace();
    replace();
    BOOST_TEST(alive == 2);
}

/// So that one reader that stands still does not make all others look for it.
BOOST_AUTO_TEST_CASE(a_reader_that_came_later_seldom_collects) {
    auto last = std::make_shared<const counted>(alive);
    lsm::engine::reclaimable::publish(last);
    when.retire(*last);
    last.reset();
    for (int i = 0; i < 255; ++i) static_cast<void>(when.enter());
    BOOST_TEST(alive == 1);
    static_cast<void>(when.enter());
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(a_reader_that_leaves_lets_go_of_a_bounded_number) {
    std::optional<guard> here(when.enter());
    for (int i = 0; i < 2500; ++i) replace();
    here.reset();
    BOOST_TEST(alive == 1500);
    replace();
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(what_many_threads_read_stays) {
    struct marked : lsm::engine::reclaimable {
        std::atomic<bool> is_there = true;
        ~marked() { is_there = false; }
    };
    lsm::engine::published<marked> shown{when};
    shown.replace(std::make_shared<const marked>());
    std::atomic<int> reading = 80, wrong = 0;
    std::vector<std::thread> readers;
    for (int i = reading; i-- > 0;)
        readers.emplace_back([&] {
            for (int n = 0; n < 30; ++n) {
                auto seen = shown.read();
                if (n % 3 == 0) seen.aside([] { std::this_thread::yield(); });
                std::this_thread::yield();
                if (!seen->is_there) ++wrong;
            }
            --reading;
        });
    while (reading > 0) shown.replace(std::make_shared<const marked>());
    for (std::thread& each : readers) each.join();
    shown.replace(nullptr);
    when.drain();
    BOOST_TEST(wrong == 0);
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
