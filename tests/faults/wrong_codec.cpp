// SPDX-License-Identifier: BSL-1.0
#include <support/fickle_key.hpp>
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace wrong_codec_test {

using support::fault;
using support::fickle;
using tree = support::memory_tree<fickle, int>;

bool names_the_type(const lsm::error& failure) {
    return failure.which() == lsm::errc::invalid_argument &&
           std::string(failure.what()).find(lsm::codec<fickle>::shape()) != std::string::npos;
}

void put_hundred(tree& t) {
    for (int i = 99; i >= 0; --i) t.put({i / 10, i % 10}, i);
}
bool shows_hundred(const tree& t) {
    int expected = 0;
    for (const auto& [key, value] : t.scan()) {
        if (key != fickle{expected / 10, expected % 10} || value != expected) return false;
        ++expected;
    }
    return expected == 100;
}

BOOST_AUTO_TEST_SUITE(faults_wrong_codec)

BOOST_AUTO_TEST_CASE(is_found_by_a_flush_and_nothing_is_lost) {
    for (const fault how : {fault::loses_a_part, fault::turns_order, fault::writes_too_little}) {
        tree t{lsm::memory_disk(), {.log = {.enabled = false}}};
        put_hundred(t);
        {
            const support::wrong_codec wrong(how);
            BOOST_CHECK_EXCEPTION(t.flush(), lsm::error, names_the_type);
            BOOST_TEST(shows_hundred(t));
        }
        t.flush();  // of a codec that was mended
        BOOST_TEST(shows_hundred(t));
    }
}

BOOST_AUTO_TEST_CASE(is_found_by_a_compaction_and_nothing_is_lost) {
    for (const fault how : {fault::loses_a_part, fault::turns_order, fault::writes_too_little}) {
        tree t{lsm::memory_disk(), {.log = {.enabled = false}}};
        put_hundred(t);
        t.flush();
        put_hundred(t);
        t.flush();
        for (const auto& entry : t.scan()) (void)entry;  // so that all is decoded
        {
            const support::wrong_codec wrong(how);
            BOOST_CHECK_EXCEPTION(t.compact(), lsm::error, names_the_type);
            BOOST_TEST(t.stats().tables.size() == 2U);
            BOOST_TEST(shows_hundred(t));
        }
        t.compact();
        BOOST_TEST(shows_hundred(t));
    }
}

BOOST_AUTO_TEST_CASE(is_found_by_an_ingestion_and_nothing_has_changed) {
    for (const fault how : {fault::loses_a_part, fault::turns_order, fault::writes_too_little}) {
        tree t{lsm::memory_disk(), {.log = {.enabled = false}}};
        put_hundred(t);
        t.flush();
        const support::wrong_codec wrong(how);
        const std::vector<std::pair<fickle, int>> more = {{{3, 3}, 1}, {{20, 1}, 2}, {{20, 2}, 3}};
        BOOST_CHECK_EXCEPTION(t.ingest(more), lsm::error, names_the_type);
        BOOST_TEST(t.stats().tables.size() == 1U);
        BOOST_TEST(shows_hundred(t));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wrong_codec_test
