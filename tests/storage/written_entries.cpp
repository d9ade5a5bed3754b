// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/format/written_entries.hpp>
#include <support/fickle_key.hpp>
#include <support/formats.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using support::fault;
using support::fickle;

/// Writes a table whose keys ascend in their second part.
template <class Format>
lsm::byte_buffer write_table(const std::vector<fickle>& keys) {
    Format format;
    format.block_bytes = 200;
    auto build = format.template build<fickle, int>(lsm::table_plan{});
    for (const fickle& key : keys)
        build.add(key, 1, lsm::payload_kind::value, lsm::cell_of<int>(7));
    build.finish();
    return build.take();
}

std::vector<fickle> many_keys() {
    std::vector<fickle> keys;
    for (int i = 0; i < 100; ++i) keys.push_back({i / 10, i % 10});
    return keys;
}

auto names(const std::string& part) {
    return [part](const lsm::error& failure) {
        const std::string what = failure.what();
        return failure.which() == lsm::errc::invalid_argument &&
               what.find("{a: i32, b: i32}") != std::string::npos &&
               what.find(part) != std::string::npos;
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(written_entries)

BOOST_AUTO_TEST_CASE_TEMPLATE(are_what_a_block_decodes_to, Format, support::formats) {
    BOOST_CHECK_NO_THROW(write_table<Format>(many_keys()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(tell_that_a_codec_loses_a_part_of_a_key, Format, support::formats) {
    const support::wrong_codec wrong(fault::loses_a_part);
    BOOST_CHECK_EXCEPTION(write_table<Format>(many_keys()), lsm::error, names("entry 1 of"));
    BOOST_CHECK_EXCEPTION(write_table<Format>({{7, 1}}), lsm::error, names("0x0700000000000000"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(tell_that_keys_decode_to_another_order, Format, support::formats) {
    const support::wrong_codec wrong(fault::turns_order);
    BOOST_CHECK_EXCEPTION(write_table<Format>(many_keys()), lsm::error, names("another key"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(tell_that_a_block_does_not_decode, Format, support::formats) {
    const support::wrong_codec wrong(fault::writes_too_little);
    BOOST_CHECK_EXCEPTION(write_table<Format>(many_keys()), lsm::error, names("does not decode"));
}

BOOST_AUTO_TEST_CASE(know_their_number_their_numbers_and_their_kinds) {
    using value = int;
    lsm::detail::written_entries<int> written;
    written.add(1, 0, 9, lsm::payload_kind::value);
    written.add(1, 0, 8, lsm::payload_kind::tombstone);
    const auto of = [](std::size_t count, lsm::sequence_number second, lsm::payload_kind kind) {
        lsm::columns<int, value> all(count);
        for (std::size_t i = 0; i < count; ++i) {
            all.keys().push(1);
            all.values().push(0);
            i == 0 ? all.push_version(9, lsm::payload_kind::value) : all.push_version(second, kind);
        }
        return all;
    };
    const auto check = [&](const lsm::columns<int, value>& decoded) {
        written.expect<value>(decoded.window(), 0);
    };
    BOOST_CHECK_NO_THROW(check(of(2, 8, lsm::payload_kind::tombstone)));
    BOOST_CHECK_THROW(check(of(1, 8, lsm::payload_kind::tombstone)), lsm::error);
    BOOST_CHECK_THROW(check(of(3, 8, lsm::payload_kind::tombstone)), lsm::error);
    BOOST_CHECK_THROW(check(of(2, 7, lsm::payload_kind::tombstone)), lsm::error);
    BOOST_CHECK_THROW(check(of(2, 8, lsm::payload_kind::value)), lsm::error);
}

BOOST_AUTO_TEST_CASE(know_texts_by_their_hashes_in_their_order) {
    lsm::detail::written_entries<std::string> written;
    for (const char* const key : {"a", "b"})
        written.add(key, lsm::hash_of<std::string>(key, 3), 1, lsm::payload_kind::value);
    const auto check = [&](const std::string& first, const std::string& second) {
        lsm::columns<std::string, int> all(2);
        for (const std::string* const key : {&first, &second}) {
            all.keys().push(*key);
            all.values().push(0);
            all.push_version(1, lsm::payload_kind::value);
        }
        written.expect<int>(all.window(), 3);
    };
    BOOST_CHECK_NO_THROW(check("a", "b"));
    BOOST_CHECK_THROW(check("a", "c"), lsm::error);
    BOOST_CHECK_THROW(check("b", "a"), lsm::error);
}

BOOST_AUTO_TEST_CASE(come_in_order_or_are_refused) {
    const auto is_refused = [](int key, lsm::sequence_number number) {
        auto build = lsm::block_format().build<int, int>(lsm::table_plan{});
        build.add(5, 5, lsm::payload_kind::value, 0);
        try {
            build.add(key, number, lsm::payload_kind::value, 0);
        } catch (const lsm::error& failure) {
            return failure.which() == lsm::errc::invalid_argument;
        }
        return false;
    };
    BOOST_TEST(!is_refused(6, 9));
    BOOST_TEST(!is_refused(5, 4));
    BOOST_TEST(is_refused(5, 5));
    BOOST_TEST(is_refused(5, 6));
    BOOST_TEST(is_refused(4, 9));
}

BOOST_AUTO_TEST_SUITE_END()
