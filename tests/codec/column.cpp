// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(codec_column)

BOOST_AUTO_TEST_CASE(refuses_more_entries_than_were_announced) {
    lsm::column<int> numbers(1);
    numbers.push(1);
    BOOST_CHECK_THROW(numbers.push(2), lsm::decode_error);
    lsm::column<std::string> texts(1);
    texts.push_cell("a");
    BOOST_CHECK_THROW(texts.push_nothing(), lsm::decode_error);
    BOOST_TEST(texts.cells().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
