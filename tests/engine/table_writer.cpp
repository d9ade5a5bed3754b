// SPDX-License-Identifier: BSL-1.0
#include <lsm/engine/table_writer.hpp>
#include <lsm/storage/format/block.hpp>
#include <lsm/storage/medium/memory.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace {

/// A format of a user, which does not look at its blocks itself. Its builder drops a key.
template <bool IndexTells>
struct dropping_format {
    static constexpr std::string_view name = lsm::block_format::name;
    static constexpr std::uint32_t version = lsm::block_format::version;
    static constexpr std::string_view extension = lsm::block_format::extension;
    static constexpr int dropped = 7;

    template <class Key, class Value>
    using block = lsm::block_format::block<Key, Value>;

    template <class Key, class Value>
    struct builder : lsm::block_format::builder<Key, Value> {
        using base = lsm::block_format::builder<Key, Value>;
        explicit builder(const lsm::table_plan& plan) : base(plan, lsm::block_format()) {}
        void add(int key, lsm::sequence_number sequence, lsm::payload_kind kind, int value) {
            if (key != dropped) base::add(key, sequence, kind, value);
        }
    };
    template <class Key, class Value>
    [[nodiscard]] builder<Key, Value> build(const lsm::table_plan& plan) const {
        return builder<Key, Value>(plan);
    }
    template <class Key, class Value>
    static lsm::table_index<Key> read_index(lsm::byte_view bytes) {
        auto index = lsm::block_format::read_index<Key, Value>(bytes);
        if (!IndexTells) ++index.properties.entries;
        return index;
    }
};

/// Writes the keys from @p first on to a table. @returns how many tables are on the medium then
template <class Format>
std::size_t write_hundred(int first) {
    const auto medium =
        std::make_shared<lsm::memory_medium>(lsm::memory_disk(), lsm::open_mode::open_or_create);
    const lsm::engine::table_resources<lsm::memory_medium> resources{
        medium,
        std::make_shared<lsm::engine::block_cache>(0, std::make_shared<lsm::engine::epochs>()),
        std::make_shared<lsm::engine::open_files>(0), 0,
        std::make_shared<lsm::engine::building_memory>()};
    using writer = lsm::engine::table_writer<int, int, Format, lsm::memory_medium>;
    writer to({resources,
               Format(),
               [] { return std::uint64_t{1}; },
               0,
               true,
               (std::numeric_limits<std::uint64_t>::max)(),
               {}});
    try {
        for (int key = first; key < first + 100; ++key)
            to.add(key, 1, lsm::payload_kind::value, key);
        to.finish();
    } catch (const lsm::error& failure) {
        BOOST_TEST((failure.which() == lsm::errc::invalid_argument));
        BOOST_TEST(std::string(failure.what()).find("Nothing is lost") != std::string::npos);
    }
    return medium->list().size();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_table_writer)

BOOST_AUTO_TEST_CASE(refuses_a_table_that_does_not_hold_what_was_added) {
    BOOST_TEST(write_hundred<lsm::block_format>(0) == 1U);
    BOOST_TEST(write_hundred<dropping_format<true>>(8) == 1U);  // drops nothing
    BOOST_TEST(write_hundred<dropping_format<true>>(0) == 0U);
    BOOST_TEST(write_hundred<dropping_format<true>>(7) == 0U);
}

BOOST_AUTO_TEST_CASE(reads_the_blocks_of_formats_that_do_not_check_them) {
    BOOST_TEST(write_hundred<dropping_format<false>>(0) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
