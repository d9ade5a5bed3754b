// SPDX-License-Identifier: BSL-1.0
#include <lsm/testing/history.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace lsm::testing;
using optional_number = std::optional<history_number>;

}  // namespace

BOOST_AUTO_TEST_SUITE(history_records)

BOOST_AUTO_TEST_CASE(a_write_with_its_times) {
    history_recorder recorder(1);
    std::uint64_t sequence = 0;
    recorder.of(0).write({{3, 17}}, [&] { ++sequence; });
    const history all = recorder.recorded();
    BOOST_REQUIRE(all.size() == 1U);
    BOOST_TEST(sequence == 1U);
    BOOST_TEST(describe(all[0]) == "[1, 2] thread 0: put 3=17");
}
BOOST_AUTO_TEST_CASE(a_batch_with_its_sequence_number) {
    history_recorder recorder(1);
    recorder.of(0).write({{3, 17}, {4, {}}}, [] { return std::uint64_t{9}; });
    BOOST_TEST(describe(recorder.recorded()[0]) ==
               "[1, 2] thread 0: batch put 3=17, erase 4 at sequence 9");
}
BOOST_AUTO_TEST_CASE(a_write_that_throws_as_one_that_never_returned) {
    history_recorder recorder(1);
    BOOST_CHECK_THROW(recorder.of(0).write({{3, {}}}, [] { throw std::runtime_error("no"); }),
                      std::runtime_error);
    BOOST_TEST(describe(recorder.recorded()[0]) == "[1, never] thread 0: erase 3");
}
BOOST_AUTO_TEST_CASE(a_read_that_throws_as_one_that_saw_nothing) {
    history_recorder recorder(1);
    const auto fails = []() -> optional_number { throw std::runtime_error("no"); };
    BOOST_CHECK_THROW(recorder.of(0).get(3, fails), std::runtime_error);
    BOOST_TEST(recorder.recorded()[0].looks.empty());
    BOOST_TEST((check_history(recorder.recorded()).outcome == history_outcome::linearizable));
}
BOOST_AUTO_TEST_CASE(what_reads_saw) {
    history_recorder recorder(1);
    auto& log = recorder.of(0);
    log.get(3, [] { return optional_number(17); });
    log.get(3, [] { return optional_number(); });
    log.scan(0, 5, [] { return history_entries{{1, 10}, {3, 17}}; });
    const std::array<history_number, 2> keys = {4, 3};
    log.multi_get(keys, [] { return std::vector<optional_number>{{}, 17}; });
    const history all = recorder.recorded();
    BOOST_TEST(describe(all[0]) == "[1, 2] thread 0: read 3 -> 17");
    BOOST_TEST(describe(all[1]) == "[3, 4] thread 0: read 3 -> nothing");
    BOOST_TEST(describe(all[2]) == "[5, 6] thread 0: read 0..5 -> {1=10 3=17}");
    BOOST_TEST(describe(all[3]) == "[7, 8] thread 0: at one moment 4 -> nothing, 3 -> 17");
}
BOOST_AUTO_TEST_CASE(what_a_snapshot_shows_later_as_of_its_moment) {
    history_recorder recorder(1);
    auto& log = recorder.of(0);
    const auto taken = log.snapshot([] {});
    log.write({{3, 17}}, [] {});
    log.look_at(taken, 3, std::nullopt);
    log.look_at(taken, 0, 5, {});
    BOOST_TEST(describe(recorder.recorded()[0]) ==
               "[1, 2] thread 0: at one moment 3 -> nothing, 0..5 -> {}");
}
BOOST_AUTO_TEST_CASE(threads_by_one_time) {
    history_recorder recorder(4);
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 1000; ++i)
                recorder.of(thread).get(0, [] { return optional_number(); });
        });
    for (std::thread& each : threads) each.join();
    std::vector<bool> used(8001);
    for (const auto& each : recorder.recorded())
        for (const std::uint64_t time : {each.invoked, each.returned}) {
            BOOST_REQUIRE(time < used.size());
            BOOST_REQUIRE(!used[time]);
            used[time] = true;
        }
}

BOOST_AUTO_TEST_SUITE_END()
