// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/medium/directory.hpp>
#include <lsm/storage/medium/memory.hpp>
#include <lsm/testing/storage_laws.hpp>

#include <boost/test/unit_test.hpp>

#include "support/temporary_folder.hpp"

BOOST_AUTO_TEST_SUITE(media)

BOOST_AUTO_TEST_CASE(a_directory_keeps_the_laws) {
    const support::temporary_folder folder;
    lsm::testing::check_medium<lsm::directory<>>(folder / "medium");
}

BOOST_AUTO_TEST_CASE(a_directory_of_mapped_tables_keeps_the_laws) {
    const support::temporary_folder folder;
    lsm::testing::check_medium<lsm::directory<lsm::posix_file_system, lsm::mapped_reads>>(folder /
                                                                                          "medium");
}

BOOST_AUTO_TEST_CASE(a_memory_disk_keeps_the_laws) {
    lsm::testing::check_medium<lsm::memory_medium>(lsm::memory_disk());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(table_name)

BOOST_AUTO_TEST_CASE(has_one_spelling) {
    BOOST_CHECK_EQUAL((lsm::table_name{7, "json"}.file_name()), "sstable_0007.json");
    BOOST_CHECK_EQUAL((lsm::table_name{12345, "lsm"}.file_name()), "sstable_12345.lsm");
    BOOST_CHECK((lsm::table_name::parse("sstable_0007.json") == lsm::table_name{7, "json"}));
    for (const char* other :
         {"sstable_7.json", "sstable_00007.json", "sstable_.json", "sstable_0007",
          "sstable_-007.json", "root", "sstable_99999999999999999999.json"})
        BOOST_CHECK_MESSAGE(!lsm::table_name::parse(other), other);
}

BOOST_AUTO_TEST_SUITE_END()
