// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/format/block.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

/// Blocks and indexes that no builder makes, behind their checksums.
namespace {

using encoding = lsm::block_encoding<lsm::bloom_filter, lsm::no_compression>;
using block = lsm::block_format::block<int, int>;
using entries = std::vector<std::pair<int, lsm::sequence_number>>;

/// A block with these keys and numbers, whatever their order.
lsm::byte_buffer block_of(const entries& all) {
    encoding::block_writer<int, int> writer;
    for (const auto& [key, number] : all)
        writer.add(key, number, lsm::payload_kind::value, lsm::cell_of<int>(0));
    lsm::byte_buffer bytes;
    writer.finish(bytes);
    return bytes;
}

/// An index of blocks that begin with these keys.
lsm::byte_buffer index_of(std::vector<int> first_keys, int last_key) {
    lsm::table_index<int> index;
    index.blocks.resize(first_keys.size());
    index.first_keys = std::move(first_keys);
    index.last_key = last_key;
    lsm::byte_buffer bytes;
    encoding::write_index(bytes, index);
    return bytes;
}
void read_index(const lsm::byte_buffer& bytes) {
    (void)lsm::block_format::read_index<int, int>(bytes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_blocks)

BOOST_AUTO_TEST_CASE(with_entries_out_of_order_are_refused) {
    BOOST_CHECK_NO_THROW(block{block_of({{1, 5}, {1, 4}, {2, 9}})});
    for (const entries& all : {entries{{2, 5}, {1, 4}}, entries{{1, 4}, {1, 5}},
                               entries{{1, 5}, {1, 5}}, entries{{1, 5}, {2, 4}, {1, 3}}})
        BOOST_CHECK_THROW(block{block_of(all)}, lsm::decode_error);
}

BOOST_AUTO_TEST_CASE(with_a_count_that_they_cannot_hold_take_no_memory) {
    using pair = std::pair<int, int>;               // decoded one by one
    lsm::byte_buffer bytes(24);                     // a header, of empty columns
    std::fill_n(bytes.begin(), 4, std::byte{255});  // the count
    BOOST_CHECK_THROW((lsm::block_format::block<pair, pair>{bytes}), lsm::decode_error);
}

BOOST_AUTO_TEST_CASE(with_an_index_out_of_order_are_refused) {
    BOOST_CHECK_NO_THROW(read_index(index_of({1, 2, 3}, 3)));
    BOOST_CHECK_THROW(read_index(index_of({1, 3, 2}, 4)), lsm::decode_error);
    BOOST_CHECK_NO_THROW(read_index(index_of({1, 1, 2}, 2)));
    BOOST_CHECK_THROW(read_index(index_of({1, 1}, 4)), lsm::decode_error);
    BOOST_CHECK_THROW(read_index(index_of({1, 2, 3}, 2)), lsm::decode_error);
}

BOOST_AUTO_TEST_SUITE_END()
