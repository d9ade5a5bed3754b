// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/format/block/column_layout.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

/// What a layout makes of some objects, with a tombstone's value behind each.
template <class Layout, class T>
lsm::byte_buffer written(const std::vector<T>& objects) {
    typename Layout::writer writer;
    for (const T& each : objects) {
        writer.add(each);
        writer.add_nothing();
    }
    lsm::byte_buffer bytes;
    writer.finish(bytes);
    return bytes;
}

/// That a big-endian machine writes what another one reads in place, and reads it.
template <class T>
void check_layouts(const std::vector<T>& objects) {
    using swapped = lsm::detail::swapped_layout<T>;
    const lsm::byte_buffer bytes = written<swapped>(objects);
    BOOST_TEST((bytes == written<lsm::detail::in_place_layout<T>>(objects)));
    lsm::byte_reader in(bytes);
    const auto column = swapped::read(in, 2 * objects.size(), lsm::kind_column());
    for (std::size_t i = 0; i < objects.size(); ++i)
        BOOST_TEST((column.cells()[2 * i] == objects[i]));
    lsm::byte_reader wrong(bytes);
    BOOST_CHECK_THROW((void)swapped::read(wrong, 2 * objects.size() - 1, lsm::kind_column()),
                      lsm::decode_error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(column_layout)

BOOST_AUTO_TEST_CASE(of_a_big_endian_machine_has_the_bytes_of_any_other) {
    check_layouts<std::uint64_t>({0, 1, 0x0102'0304'0506'0708});
    check_layouts<std::int16_t>({-1, 258});
    check_layouts<double>({-0.5, 1e300});
    check_layouts<std::array<std::byte, 3>>({{std::byte{1}, std::byte{2}, std::byte{3}}});
}

BOOST_AUTO_TEST_SUITE_END()
