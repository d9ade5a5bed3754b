// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/medium/directory.hpp>
#include <lsm/testing/crash_states.hpp>
#include <lsm/testing/simulated_file_system.hpp>
#include <lsm/testing/storage_laws.hpp>
#include <simulation/disks.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstddef>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

using namespace lsm::testing;
using lsm::as_bytes;
using simulation::after_power_loss;
using simulation::opened;
using simulation::text_of;

namespace disk_test {

using texts = std::set<std::string>;
const std::string missing = "missing";

/// A call fails with an errno.
auto fails_with(int number) {
    return [number](const lsm::error& failure) {
        return failure.which() == lsm::errc::io && failure.system_errno() == number;
    };
}

BOOST_AUTO_TEST_SUITE(simulated_disk)

BOOST_AUTO_TEST_CASE(a_directory_on_it_is_a_medium) {
    const lsm::testing::simulated_disk disk;
    check_medium<lsm::directory<simulated_file_system>>({simulated_file_system(disk), "medium"});
}

BOOST_AUTO_TEST_CASE(a_name_can_be_lost_though_the_content_is_durable) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    file.append(as_bytes("text"));
    file.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{missing, "text"}));
    folder.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{"text"}));
}

BOOST_AUTO_TEST_CASE(content_can_be_lost_though_the_name_is_durable) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    folder.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{""}));
    file.append(as_bytes("text"));
    BOOST_TEST(after_power_loss(disk, "a") ==
               (texts{"", "t", "te", "tex", "text", std::string(4, '\0'), simulation::garbage(4)}));
    file.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{"text"}));
}

BOOST_AUTO_TEST_CASE(a_later_write_can_be_kept_without_the_earlier_one) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    folder.sync();
    file.append(as_bytes("A"));
    file.append(as_bytes("B"));
    const texts left = after_power_loss(disk, "a");
    BOOST_TEST(left.contains("A"));
    BOOST_TEST(left.contains(std::string("\0B", 2)));
}

BOOST_AUTO_TEST_CASE(a_rename_happens_at_once_or_not) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    simulation::write_file(folder, "a", "old");
    simulation::write_file(folder, "b", "new");
    folder.sync();
    folder.rename("b", "a");
    BOOST_TEST(after_power_loss(disk, "a") == (texts{"old", "new"}));
    for (const auto& [a, b] : simulation::after_power_loss(disk, "a", "b"))
        BOOST_TEST((a == "new" ? b == missing : b == "new"));
    folder.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{"new"}));
}

BOOST_AUTO_TEST_CASE(a_file_comes_back_if_its_removal_is_lost) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    simulation::write_file(folder, "a", "text");
    folder.sync();
    folder.remove("a");
    BOOST_TEST(text_of(disk, "a") == missing);
    BOOST_TEST(after_power_loss(disk, "a") == (texts{missing, "text"}));
}

BOOST_AUTO_TEST_CASE(a_folder_is_durable_when_it_has_been_opened) {
    const lsm::testing::simulated_disk disk;
    (void)opened(disk);
    int lost = 0;
    for_each_crash_state(disk.trace(), [&](const crash_state& state) {
        const bool is_there =
            simulated_file_system(state.disk()).open_folder("folder", false).has_value();
        lost += is_there ? 0 : 1;
        if (state.position == 2) BOOST_TEST(is_there);
    });
    BOOST_TEST(lost > 0);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_synced_is_lost_with_a_folder_that_is_not) {
    lsm::testing::simulated_disk disk;
    disk.inject({.kind = fault_kind::io_error, .at = 3});
    BOOST_CHECK_EXCEPTION(opened(disk), lsm::error, fails_with(EIO));
    disk.heal();
    auto folder = *simulated_file_system(disk).open_folder("folder", false);
    simulation::write_file(folder, "a", "text");
    folder.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{missing, "text"}));
}

BOOST_AUTO_TEST_CASE(a_write_that_is_to_be_durable_implies_nothing_of_others) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    folder.sync();
    file.write_at(0, as_bytes("xx"));
    file.write_at_durably(1, as_bytes("D"));
    const texts left = after_power_loss(disk, "a");
    BOOST_TEST(left.contains(std::string("\0D", 2)));
    BOOST_TEST(left.contains("xD"));
    for (const std::string& text : left) BOOST_TEST((text.size() == 2 && text[1] == 'D'));
}

BOOST_AUTO_TEST_CASE(a_preallocated_length_is_durable_after_sync_but_not_after_sync_data) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    folder.sync();
    file.preallocate(4);
    file.write_at(0, as_bytes("A"));
    file.sync_data();
    BOOST_TEST(text_of(disk, "a") == std::string("A\0\0\0", 4));
    BOOST_TEST(after_power_loss(disk, "a") == (texts{"A", {"A\0\0\0", 4}}));
    file.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{{"A\0\0\0", 4}}));
}

BOOST_AUTO_TEST_CASE(a_mappings_pages_are_kept_or_lost_one_by_one) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    file.preallocate(8192);
    file.sync();
    folder.sync();
    auto mapping = file.map(8192);
    BOOST_REQUIRE(mapping.has_value());
    mapping->store(4095, as_bytes("ab"));
    texts seen;
    for (const std::string& text : after_power_loss(disk, "a")) seen.insert(text.substr(4095, 2));
    BOOST_TEST(seen == (texts{std::string(2, '\0'), {"a\0", 2}, {"\0b", 2}, "ab"}));
    file.sync_data();
    BOOST_TEST(after_power_loss(disk, "a").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_mapping_cannot_be_stored_into_past_its_end_or_the_files) {
    const lsm::testing::simulated_disk disk;
    auto file = opened(disk).create("a");
    file.preallocate(8);
    BOOST_CHECK_THROW(file.map(4)->store(4, as_bytes("x")), std::out_of_range);
    BOOST_CHECK_THROW(file.map(16)->store(8, as_bytes("x")), std::out_of_range);
    const lsm::testing::simulated_disk plain({.maps = false});
    BOOST_TEST(!opened(plain).create("a").map(4).has_value());
}

BOOST_AUTO_TEST_CASE(a_sync_that_fails_makes_nothing_durable_and_the_next_one_does) {
    lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    folder.sync();
    file.append(as_bytes("x"));
    disk.inject({.kind = fault_kind::io_error});
    BOOST_CHECK_EXCEPTION(file.sync(), lsm::error, fails_with(EIO));
    BOOST_TEST(after_power_loss(disk, "a").contains(""));
    file.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{"x"}));
}

BOOST_AUTO_TEST_CASE(a_sync_that_loses_is_never_made_good_by_a_later_one) {
    lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    folder.sync();
    file.append(as_bytes("x"));
    disk.inject({.kind = fault_kind::sync_loses});
    BOOST_CHECK_EXCEPTION(file.sync(), lsm::error, fails_with(EIO));
    file.append(as_bytes("y"));
    BOOST_CHECK_NO_THROW(file.sync());
    BOOST_TEST(text_of(disk, "a") == "xy");
    const texts left = after_power_loss(disk, "a");
    BOOST_TEST(left.contains(std::string("\0y", 2)));
    file.write_at(0, as_bytes("z"));
    file.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{"zy"}));
}

BOOST_AUTO_TEST_CASE(a_folders_sync_that_fails_is_made_good_by_the_next_one) {
    lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    simulation::write_file(folder, "a", "text");
    disk.inject({.kind = fault_kind::io_error});
    BOOST_CHECK_THROW(folder.sync(), lsm::error);
    BOOST_TEST(after_power_loss(disk, "a").contains(missing));
    folder.sync();
    BOOST_TEST(after_power_loss(disk, "a") == (texts{"text"}));
}

BOOST_AUTO_TEST_CASE(a_short_write_does_half) {
    lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    auto file = folder.create("a");
    disk.inject({.kind = fault_kind::short_write, .at = 2});
    file.append(as_bytes("1234"));
    BOOST_CHECK_EXCEPTION(file.append(as_bytes("5678")), lsm::error, fails_with(EIO));
    file.append(as_bytes("9"));
    BOOST_TEST(text_of(disk, "a") == "1234569");
}

BOOST_AUTO_TEST_CASE(a_full_disk_takes_what_fits_and_removing_makes_room) {
    lsm::testing::simulated_disk disk({.capacity = 6});
    auto folder = opened(disk);
    simulation::write_file(folder, "a", "1234");
    auto file = folder.create("b");
    BOOST_CHECK_EXCEPTION(file.preallocate(3), lsm::error, fails_with(ENOSPC));
    BOOST_CHECK_EXCEPTION(file.append(as_bytes("567")), lsm::error, fails_with(ENOSPC));
    BOOST_TEST(text_of(disk, "b") == "56");
    file.write_at(0, as_bytes("65"));
    folder.remove("a");
    file.append(as_bytes("789"));
    BOOST_TEST(text_of(disk, "b") == "65789");
}

BOOST_AUTO_TEST_CASE(a_fault_strikes_the_calls_of_its_kind_once_or_for_ever) {
    lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    disk.inject({.kind = fault_kind::too_many_files, .at = 2});
    auto file = folder.create("a");
    file.append(as_bytes("text"));
    BOOST_CHECK_EXCEPTION((void)folder.create("b"), lsm::error, fails_with(EMFILE));
    BOOST_CHECK_NO_THROW((void)folder.create("b"));
    BOOST_TEST(disk.strikes() == 1U);
    disk.inject({.for_ever = true, .calls = fault_calls::mutating});
    BOOST_TEST(text_of(disk, "a") == "text");
    BOOST_CHECK_EXCEPTION(file.append(as_bytes("x")), lsm::error, fails_with(EIO));
    BOOST_CHECK_EXCEPTION(folder.remove("a"), lsm::error, fails_with(EIO));
    disk.inject({.kind = fault_kind::interrupted, .for_ever = true});
    BOOST_CHECK_NO_THROW(file.append(as_bytes("x")));
    BOOST_TEST(disk.strikes() == 1U);
    disk.heal();
    BOOST_TEST(text_of(disk, "a") == "textx");
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_changes_what_one_read_returns) {
    lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    simulation::write_file(folder, "a", "AA");
    disk.inject({.kind = fault_kind::flipped_bit, .bit = 9});
    BOOST_TEST(text_of(disk, "a") == "AC");
    BOOST_TEST(text_of(disk, "a") == "AA");
}

BOOST_AUTO_TEST_CASE(the_boot_id_changes_with_a_loss_of_power_only) {
    const lsm::testing::simulated_disk disk;
    const std::string id = simulated_file_system(disk).boot_id();
    for_each_crash_state(disk.trace(), [&](const crash_state& state) {
        const bool same = simulated_file_system(state.disk()).boot_id() == id;
        BOOST_TEST(same == (state.cause == crash_cause::process));
    });
}

BOOST_AUTO_TEST_CASE(a_folder_has_one_owner_or_many_readers) {
    const lsm::testing::simulated_disk disk;
    {
        auto owner = opened(disk), other = opened(disk);
        BOOST_TEST((owner.lock(false) == lsm::lock_result::taken));
        auto moved = std::move(owner);
        BOOST_TEST((other.lock(true) == lsm::lock_result::held));
    }
    auto one = opened(disk), two = opened(disk), three = opened(disk);
    BOOST_TEST((one.lock(true) == lsm::lock_result::taken));
    BOOST_TEST((two.lock(true) == lsm::lock_result::taken));
    BOOST_TEST((three.lock(false) == lsm::lock_result::held));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_opened_is_not_writable) {
    const lsm::testing::simulated_disk disk;
    auto folder = opened(disk);
    simulation::write_file(folder, "a", "text");
    BOOST_CHECK_EXCEPTION(folder.open("a")->append(as_bytes("x")), lsm::error, fails_with(EBADF));
    BOOST_CHECK_EXCEPTION((void)folder.create("a"), lsm::error, fails_with(EEXIST));
    BOOST_CHECK_EXCEPTION(folder.rename("b", "c"), lsm::error, fails_with(ENOENT));
    BOOST_TEST(!folder.open("b").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace disk_test
