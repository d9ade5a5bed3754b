// SPDX-License-Identifier: BSL-1.0
#include "support/pch.hpp"

#include <lsm/storage/compression/lz4.hpp>
#include <lsm/storage/compression/zstd.hpp>
#include <lsm/storage/format/block.hpp>
#include <lsm/storage/format/json.hpp>
#include <lsm/storage/format/serialization.hpp>
#include <lsm/testing/storage_laws.hpp>

#include <boost/describe/class.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <cmath>
#include <cstdlib>

namespace {

struct reading {  // described
    std::int8_t grade = 0;
    std::string note;
    std::map<std::string, std::optional<float>> parts;
    bool operator==(const reading&) const = default;
};
BOOST_DESCRIBE_STRUCT(reading, (), (grade, note, parts))

struct parcel {  // a serialize() of its own
    char sort = 'a';
    bool fragile = false;
    lsm::byte_buffer content;
    std::array<std::byte, 2> mark{};
    bool operator==(const parcel&) const = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive & sort & fragile & content & mark;
    }
};

/// Text with bytes that are special to some format, and no UTF-8 where i is odd.
std::string odd_text(int i) {
    std::string text = " <a & \"b\">%25\n\t\\ \xc3\xa9" + std::to_string(i);
    text += '\0';
    if (i % 2 != 0) text += "\xff\x80\x01";
    return text;
}

/// The i-th of a series of objects; keys ascend.
template <class T>
T make(int i);
template <>
std::string make(int i) {
    return std::string(1, static_cast<char>('a' + i / 26)) + static_cast<char>('a' + i % 26) +
           odd_text(i);
}
template <>
int make(int i) {
    return i * 1000 - 5000;
}
template <>
double make(int i) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return std::array{
        -0.0, 0.1, infinity, -infinity, 5e-324, 1.7e308}[static_cast<unsigned>(i) % 6];
}
template <>
lsm::descending<std::uint64_t> make(int i) {
    return {std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(i)};
}
template <>
std::pair<std::string, std::optional<int>> make(int i) {
    return {make<std::string>(i / 2), i % 2 != 0 ? std::optional(i) : std::nullopt};
}
template <>
std::vector<std::uint16_t> make(int i) {
    return std::vector<std::uint16_t>(static_cast<std::size_t>(i), 65535);
}
template <>
reading make(int i) {
    return {static_cast<std::int8_t>(i - 60), odd_text(i), {{"x", 0.1f}, {odd_text(i), {}}}};
}
template <>
parcel make(int i) {
    return {static_cast<char>(i * 7),
            i % 2 == 0,
            lsm::byte_buffer(static_cast<std::size_t>(i), std::byte{0x80}),
            {std::byte{255}, std::byte{0}}};
}

template <class Key, class Value>
struct entry {
    Key key;
    lsm::sequence_number sequence;
    std::optional<Value> value;  // none in a tombstone
    bool operator==(const entry&) const = default;
};

template <class Key, class Value>
using entries = std::vector<entry<Key, Value>>;

/// So many keys, with one to three versions each, some of them tombstones.
template <class Key, class Value>
entries<Key, Value> make_entries(int keys) {
    entries<Key, Value> result;
    for (int i = 0; i < keys; ++i)
        for (int version = i % 3; version >= 0; --version) {
            const auto sequence = static_cast<lsm::sequence_number>(i * 3 + version + 1);
            auto value = (i + version) % 4 == 3 ? std::nullopt : std::optional(make<Value>(i));
            result.push_back({make<Key>(i), sequence, std::move(value)});
        }
    return result;
}

struct table {
    lsm::byte_buffer bytes;
    lsm::extent index;

    lsm::byte_buffer part(const lsm::extent& where) const {
        const auto part = lsm::byte_view(bytes).subspan(where.offset, where.bytes);
        return {part.begin(), part.end()};
    }
};

/// A format with the types of its keys and values.
template <class Format, class Key, class Value>
struct tables_of {
    using format = Format;
    using key = Key;
    using value = Value;
    using block = typename Format::template block<Key, Value>;

    static table build(const entries<Key, Value>& all, std::size_t block_bytes,
                       std::uint64_t id = 7) {
        Format format;
        format.block_bytes = block_bytes;
        auto builder = format.template build<Key, Value>({.id = id});
        table result;
        for (const auto& each : all) {
            const auto kind = each.value ? lsm::payload_kind::value : lsm::payload_kind::tombstone;
            builder.add(lsm::codec<Key>::as_view(each.key), each.sequence, kind,
                        each.value ? lsm::cell_of<Value>(*each.value) : lsm::cell<Value>());
            if (each.sequence % 5 == 0) lsm::append(result.bytes, builder.take());
        }
        result.index = builder.finish();
        lsm::append(result.bytes, builder.take());
        return result;
    }
    static auto index(const table& from) {
        return Format::template read_index<Key, Value>(from.part(from.index));
    }
    static entries<Key, Value> entries_in(const block& from) {
        entries<Key, Value> result;
        const auto all = from.window();
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::optional<Value> value;
            if (all.kinds[i] == lsm::payload_kind::value)
                value.emplace(lsm::codec<Value>::own(lsm::view_in<Value>(all.values[i])));
            result.push_back({lsm::codec<Key>::own(lsm::view_in<Key>(all.keys[i])),
                              all.sequences[i], std::move(value)});
        }
        return result;
    }
};

using formats = boost::mp11::mp_list<
    lsm::block_format, lsm::basic_block_format<lsm::bloom_filter, lsm::lz4_compression>,
    lsm::basic_block_format<lsm::bloom_filter, lsm::zstd_compression>, lsm::json_format,
    lsm::serialization_format<>, lsm::serialization_format<lsm::text_archive>,
    lsm::serialization_format<lsm::xml_archive>>;

using contents =
    boost::mp11::mp_list<std::pair<std::string, int>, std::pair<int, reading>,
                         std::pair<lsm::descending<std::uint64_t>, double>,
                         std::pair<std::pair<std::string, std::optional<int>>, std::string>,
                         std::pair<std::vector<std::uint16_t>, parcel>>;

template <class Format, class Content>
using tables = tables_of<Format, typename Content::first_type, typename Content::second_type>;

using all_tables = boost::mp11::mp_product<tables, formats, contents>;

/// One of the types of content is enough for what depends on the format only.
template <class Format>
using table_of_readings = tables<Format, std::pair<int, reading>>;
using tables_of_each_format = boost::mp11::mp_transform<table_of_readings, formats>;

/// A locale as those of some countries: 1.000,5
struct grouping_by_thousands : std::numpunct<char> {
    char do_thousands_sep() const override { return '.'; }
    char do_decimal_point() const override { return ','; }
    std::string do_grouping() const override { return "\3"; }
};

struct global_locale {
    explicit global_locale(const std::locale& during) : before(std::locale::global(during)) {}
    ~global_locale() { std::locale::global(before); }
    std::locale before;
};

/// Whether bytes that may be damaged are read. Nothing but a `decode_error` may be thrown.
bool decodes(auto read) {
    try {
        read();
        return true;
    } catch (const lsm::decode_error&) {
        return false;
    }
}

/// Reads @p bytes with one bit flipped in each byte in turn; the checksum must tell.
void check_flips(lsm::byte_buffer bytes, const lsm::extent& where, auto read) {
    BOOST_REQUIRE_EQUAL(lsm::checksum(bytes), where.checksum);
    std::mt19937 random(3);
    int unseen = 0;
    for (std::byte& byte : bytes) {
        const auto flip = std::byte{1} << (random() % 8);
        byte ^= flip;
        if (lsm::checksum(bytes) == where.checksum) ++unseen;
        (void)decodes([&] { read(bytes); });
        byte ^= flip;
    }
    BOOST_TEST(unseen == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(table_format)

BOOST_AUTO_TEST_CASE_TEMPLATE(gives_back_the_entries, Tables, all_tables) {
    const auto all = make_entries<typename Tables::key, typename Tables::value>(60);
    const table made = Tables::build(all, 300);
    const auto index = Tables::index(made);
    entries<typename Tables::key, typename Tables::value> read;
    for (const lsm::extent& where : index.blocks) {
        const typename Tables::block block(made.part(where));
        for (auto& each : Tables::entries_in(block)) read.push_back(std::move(each));
    }
    BOOST_TEST(index.blocks.size() > 3U);
    BOOST_TEST((read == all));
}

/// Of every third key so many versions that they fill several blocks.
BOOST_AUTO_TEST_CASE_TEMPLATE(gives_a_key_with_many_versions_blocks_of_its_own, Tables,
                              all_tables) {
    using key = typename Tables::key;
    using value = typename Tables::value;
    std::vector<lsm::testing::stored_entry<key, value>> all;
    for (int i = 0; i < 12; ++i)
        for (int version = i % 3 == 1 ? 60 : i % 2; version >= 0; --version)
            all.push_back({make<key>(i), static_cast<lsm::sequence_number>(version),
                           version % 4 == 3 ? std::nullopt : std::optional(make<value>(i))});
    for (const std::size_t block_bytes : {0, 1, 200, 400, 1'000'000}) {
        typename Tables::format format;
        format.block_bytes = block_bytes;
        lsm::testing::check_format(format, all);
        const auto index = lsm::testing::detail::build_table(format, 1, all).index;
        const auto blocks_of = [&](int i) {
            return std::ranges::count(index.first_keys, make<key>(i));
        };
        BOOST_TEST(blocks_of(0) <= 1);
        BOOST_TEST((block_bytes > 400 || (blocks_of(1) > 1 && blocks_of(10) > 1)));
        BOOST_TEST((block_bytes <= 400 || index.blocks.size() == 1));
    }
}

/// What the index repeats with each block must be small beside the block.
BOOST_AUTO_TEST_CASE_TEMPLATE(repeats_a_large_key_seldom, Format, formats) {
    std::vector<lsm::testing::stored_entry<std::string, int>> all;
    for (lsm::sequence_number version = 100; version > 0; --version)
        all.push_back({std::string(10'000, 'k'), version, 1});
    Format format;
    format.block_bytes = 100;
    const auto made = lsm::testing::detail::build_table(format, 1, all);
    BOOST_TEST(made.index.blocks.size() > 1U);
    BOOST_TEST(made.index.blocks.size() <= 100U / 16 + 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(says_what_it_holds, Tables, all_tables) {
    using key = typename Tables::key;
    const auto all = make_entries<key, typename Tables::value>(20);
    const table made = Tables::build(all, 300);
    const auto index = Tables::index(made);
    const lsm::table_properties& properties = index.properties;
    BOOST_TEST(properties.id == 7U);
    BOOST_TEST(properties.entries == all.size());
    BOOST_TEST(properties.tombstones ==
               static_cast<std::size_t>(std::ranges::count_if(
                   all, [](const auto& each) { return !each.value.has_value(); })));
    BOOST_TEST(properties.min_sequence == 1U);
    BOOST_TEST(properties.max_sequence == 59U);
    BOOST_TEST(properties.key_shape == lsm::codec<key>::shape());
    BOOST_TEST(properties.value_shape == lsm::codec<typename Tables::value>::shape());
    BOOST_TEST((index.last_key == make<key>(19)));
    const auto& first = lsm::codec<key>::as_view(all.front().key);
    BOOST_TEST((index.candidate(first, lsm::hash_of<key>(first)) == 0U));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(may_be_empty, Tables, all_tables) {
    const table made = Tables::build({}, 300);
    const auto index = Tables::index(made);
    BOOST_TEST(index.blocks.empty());
    BOOST_TEST(!index.last_key.has_value());
    BOOST_TEST(index.properties.entries == 0U);
}

/// The tree refuses to put such a key, so its bytes are damaged.
BOOST_AUTO_TEST_CASE_TEMPLATE(refuses_keys_without_a_place_in_the_order, Format, formats) {
    using nan_tables = tables_of<Format, double, int>;
    const table made = nan_tables::build({{std::nan(""), 1, 1}}, 300);
    BOOST_CHECK_THROW((void)nan_tables::index(made), lsm::decode_error);
    lsm::byte_buffer block = made.part({0, made.index.offset, 0});
    const std::size_t head = nan_tables::build({}, 300).index.offset;  // what stands before blocks
    block.erase(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(head));
    BOOST_CHECK_THROW((void)typename nan_tables::block(block), lsm::decode_error);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(shows_every_flipped_bit, Tables, tables_of_each_format) {
    const auto all = make_entries<typename Tables::key, typename Tables::value>(4);
    const table made = Tables::build(all, 150);
    for (const lsm::extent& where : Tables::index(made).blocks)
        check_flips(made.part(where), where, [](const lsm::byte_buffer& bytes) {
            (void)typename Tables::block(bytes).window();
        });
    check_flips(made.part(made.index), made.index, [&](const lsm::byte_buffer& bytes) {
        table damaged = made;
        std::ranges::copy(bytes,
                          damaged.bytes.begin() + static_cast<std::ptrdiff_t>(made.index.offset));
        (void)Tables::index(damaged);
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(is_not_harmed_by_blocks_cut_off_anywhere, Tables,
                              tables_of_each_format) {
    const auto all = make_entries<typename Tables::key, typename Tables::value>(3);
    const table made = Tables::build(all, 10'000);
    const lsm::byte_buffer whole = made.part(Tables::index(made).blocks.at(0));
    for (std::size_t size = 0; size < whole.size(); ++size)
        (void)decodes([&] {  // text may still make sense when it is cut
            const typename Tables::block block({whole.data(), whole.data() + size});
            BOOST_TEST(block.window().size() <= all.size());
        });
}

/// A cache that counted columns in place twice would hold half of what it may.
BOOST_AUTO_TEST_CASE(counts_columns_in_place_once) {
    using numbers = tables_of<lsm::block_format, int, double>;
    const table made = numbers::build(make_entries<int, double>(500), 100'000);
    const lsm::byte_buffer bytes = made.part(numbers::index(made).blocks.at(0));
    const numbers::block block(bytes);
    BOOST_TEST(block.bytes() >= bytes.size());
    BOOST_TEST(block.bytes() < bytes.size() + 500);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(does_not_depend_on_the_locale, Tables, tables_of_each_format) {
    const auto all = make_entries<typename Tables::key, typename Tables::value>(20);
    const table made = Tables::build(all, 100'000);
    const global_locale during(std::locale(std::locale(), new grouping_by_thousands));
    BOOST_TEST((Tables::build(all, 100'000).bytes == made.bytes));
    const typename Tables::block block(made.part(Tables::index(made).blocks.at(0)));
    BOOST_TEST((Tables::entries_in(block) == all));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keeps_every_bit_of_floating_numbers, Format, formats) {
    using value = std::pair<float, double>;
    using of_numbers = tables_of<Format, int, value>;
    std::mt19937_64 random(4);
    entries<int, value> all;
    for (int i = 0; i < 2'000; ++i) {
        const auto bits = random() | (i % 3 == 0 ? 0x7ff0'0000'0000'0000 : 0);
        all.push_back({i, 1,
                       value(std::bit_cast<float>(static_cast<std::uint32_t>(bits >> 32)),
                             std::bit_cast<double>(bits))});
    }
    const table made = of_numbers::build(all, 1'000'000);
    const typename of_numbers::block block(made.part(of_numbers::index(made).blocks.at(0)));
    const auto bits_of = [](const value& of) {
        return std::pair(std::bit_cast<std::uint32_t>(of.first),
                         std::bit_cast<std::uint64_t>(of.second));
    };
    const auto read = of_numbers::entries_in(block);
    BOOST_TEST(std::ranges::equal(read, all, [&](const auto& a, const auto& b) {
        return bits_of(*a.value) == bits_of(*b.value);
    }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(json_table)

using stock = tables_of<lsm::json_format, std::string, int>;

BOOST_AUTO_TEST_CASE(reads_as_text) {
    const table made =
        stock::build({{"apple", 4, std::nullopt}, {"apple", 1, 3}, {"fig", 2, 5}}, 60);
    BOOST_TEST(lsm::as_text(made.bytes) == R"({
  "format": "lsm table", "version": 1,
  "entries": [
    {"key": "apple", "sequence": 4, "erased": true},
    {"key": "apple", "sequence": 1, "value": 3},
    {"key": "fig", "sequence": 2, "value": 5}
  ],
  "id": 7,
  "key_shape": "text",
  "value_shape": "i32",
  "count": 3,
  "tombstones": 1,
  "min_sequence": 1,
  "max_sequence": 4,
  "min_key": "apple",
  "max_key": "fig",
  "blocks": [
    {"offset": 55, "bytes": 101, "checksum": "488a62981ddebde3", "first_key": "apple"},
    {"offset": 156, "bytes": 47, "checksum": "74e29e02894b0091", "first_key": "fig"}
  ],
  "index": {"offset": 203, "bytes": 371, "checksum": "8693af7c5d8a88d8"}
}
)");
}

BOOST_AUTO_TEST_CASE(may_be_empty_and_still_reads_as_text) {
    BOOST_TEST(lsm::as_text(stock::build({}, 60, 8).bytes) == R"({
  "format": "lsm table", "version": 1,
  "entries": [
  ],
  "id": 8,
  "key_shape": "text",
  "value_shape": "i32",
  "count": 0,
  "tombstones": 0,
  "min_sequence": 18446744073709551615,
  "max_sequence": 0,
  "blocks": [
  ],
  "index": {"offset": 55, "bytes": 175, "checksum": "33ef4e35ee8d5091"}
}
)");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(is_json_to_other_programs, Content, contents) {
    using checked = tables<lsm::json_format, Content>;
    const auto file = std::filesystem::temp_directory_path() / "lsm_formats_test.json";
    for (const int keys : {0, 1, 30}) {
        const auto all = make_entries<typename checked::key, typename checked::value>(keys);
        std::ofstream(file, std::ios::binary) << lsm::as_text(checked::build(all, 300).bytes);
        const std::string command = "python3 -m json.tool \"" + file.string() + "\" > /dev/null";
        BOOST_TEST(std::system(command.c_str()) == 0);
    }
    std::filesystem::remove(file);
}

BOOST_AUTO_TEST_CASE(of_other_keys_is_named_before_a_key_is_read) {
    const table made = stock::build({{"fig", 1, 5}}, 60);
    const lsm::byte_buffer index = made.part(made.index);
    try {
        (void)lsm::json_format::read_index<std::uint32_t, int>(index);
        BOOST_ERROR("nothing was thrown");
    } catch (const lsm::decode_error& failure) {
        BOOST_TEST(failure.what() == std::string("the table's keys are text, not u32"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
