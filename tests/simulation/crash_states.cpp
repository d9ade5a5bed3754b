// SPDX-License-Identifier: BSL-1.0
#include <lsm/testing/crash_states.hpp>
#include <lsm/testing/simulated_file_system.hpp>
#include <simulation/disks.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace lsm::testing;
using lsm::as_bytes;

namespace crash_states_test {

/// What a root's replacement does, and then a log's.
void write_some(const simulated_disk& disk) {
    auto folder = simulation::opened(disk);
    simulation::write_file(folder, "root", "old");
    folder.sync();
    simulation::write_file(folder, "next", "new root");
    folder.rename("next", "root");
    folder.sync();
    auto log = folder.create("log");
    log.preallocate(10'000);
    auto mapping = log.map(10'000);
    mapping->store(4'000, lsm::byte_buffer(200, std::byte{1}));
    log.write_at_durably(9'000, as_bytes("durable"));
    folder.remove("root");
}

std::vector<std::string> names_of(const disk_trace& trace, const crash_sampling& sampling = {}) {
    std::vector<std::string> names;
    for_each_crash_state(
        trace, [&](const crash_state& state) { names.push_back(state.name); }, sampling);
    return names;
}

BOOST_AUTO_TEST_SUITE(crash_states)

/// `zeros-0` is what `lost-0` is, and `first-1` what `only-0` is: equal ones come once.
BOOST_AUTO_TEST_CASE(are_these_after_two_writes_that_are_not_synced) {
    const simulated_disk disk;
    auto folder = simulation::opened(disk);
    auto file = folder.create("a");
    folder.sync();
    file.append(as_bytes("AAAA"));
    file.append(as_bytes("BB"));
    std::vector<std::string> last;
    for (const std::string& name : names_of(disk.trace()))
        if (name.starts_with("after-6/") || name.starts_with("in-6/")) last.push_back(name);
    const std::vector<std::string> expected = {
        "in-6/process/torn-1",     "after-6/process/kept",    "after-6/power/none",
        "after-6/power/all",       "after-6/power/lost-0",    "after-6/power/only-0",
        "after-6/power/torn-1",    "after-6/power/zeros-1",   "after-6/power/zeros",
        "after-6/power/garbage-0", "after-6/power/garbage-1", "after-6/power/garbage"};
    BOOST_TEST(last == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(are_the_same_again_and_one_can_be_played_alone) {
    const simulated_disk disk;
    write_some(disk);
    const disk_trace trace = disk.trace();
    const auto names = names_of(trace);
    BOOST_TEST(names == names_of(trace), boost::test_tools::per_element());
    BOOST_TEST(std::set<std::string>(names.begin(), names.end()).size() == names.size());
    for (const std::string& name : names)
        BOOST_TEST(names_of(trace, {.only = name}) == std::vector{name},
                   boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sampled_are_a_part_that_the_seed_decides) {
    const simulated_disk disk;
    write_some(disk);
    const disk_trace trace = disk.trace();
    const auto all = names_of(trace);
    std::set<std::string> together;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto some = names_of(trace, {.every = 4, .seed = seed});
        BOOST_TEST(some.size() < all.size());
        together.insert(some.begin(), some.end());
    }
    for (const std::string& name : all) BOOST_TEST(together.contains(name));
}

BOOST_AUTO_TEST_CASE(do_not_change_one_another_or_the_disk) {
    const simulated_disk disk;
    write_some(disk);
    std::vector<std::pair<simulated_disk, std::uint64_t>> all;
    for_each_crash_state(disk.trace(), [&](const crash_state& state) {
        all.emplace_back(state.disk(), state.left.seen().hash());
    });
    const auto before = disk.state().seen().hash();
    for (auto& [left, hash] : all) {
        BOOST_TEST(left.state().seen().hash() == hash);
        auto folder = simulation::opened(left);
        folder.remove("log");
        simulation::write_file(folder, "log", "overwritten");
    }
    BOOST_TEST(disk.state().seen().hash() == before);
}

BOOST_AUTO_TEST_CASE(of_a_process_lose_later_what_it_had_not_synced) {
    const simulated_disk disk;
    auto folder = simulation::opened(disk);
    simulation::write_file(folder, "a", "text");
    std::set<std::string> left;
    for_each_crash_state(disk.trace(),
                         [&](const crash_state& state) {
                             BOOST_TEST(simulation::text_of(state.disk(), "a") == "text");
                             left = simulation::after_power_loss(state.disk(), "a");
                         },
                         {.only = "after-5/process/kept"});
    BOOST_TEST(left == (std::set<std::string>{"missing", "text"}));
}

BOOST_AUTO_TEST_CASE(in_a_durable_write_cut_it_and_count_as_before_it) {
    const simulated_disk disk;
    auto folder = simulation::opened(disk);
    auto file = folder.create("a");
    folder.sync();
    file.write_at_durably(0, as_bytes("1234"));
    for_each_crash_state(disk.trace(), [&](const crash_state& state) {
        const std::string text = simulation::text_of(state.disk(), "a");
        if (state.name.starts_with("in-5/")) BOOST_TEST(state.position == 4U);
        if (state.position == 5) BOOST_TEST(text == "1234");
    });
    const auto names = names_of(disk.trace());
    BOOST_TEST((std::ranges::find(names, "in-5/power/torn-2") != names.end()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace crash_states_test
