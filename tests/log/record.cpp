// SPDX-License-Identifier: BSL-1.0
#include <lsm/storage/record/log_record.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace lsm;

constexpr std::uint64_t segment_bytes = 8192;

/// A segment in memory, filled as the log fills a file.
class segment {
public:
    explicit segment(std::uint64_t seed, byte_buffer before = byte_buffer(segment_bytes))
        : header_{7, seed, before.size(), 42}, bytes_(std::move(before)),
          sum_(lsm::detail::log_origin(seed)) {
        put(0, write_log_header(header_));
        put_end_mark();
    }

    /// Adds a group of puts: value "v<number>" for key "k<number>".
    void add(sequence_number first, std::uint32_t count) {
        byte_buffer group;
        begin_group(group);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::string number = std::to_string(first + i);
            append_operation(group, 0, payload_kind::value);
            append_length(group, number.size() + 1);
            append(group, as_bytes("k" + number));
            append_length(group, number.size() + 1);
            append(group, as_bytes("v" + number));
        }
        sum_ = seal_group(group, first, count, header_.seed, end_, sum_);
        put(end_, group);
        ends_.push_back(end_ += padded_group(group.size()));
        put_end_mark();
    }
    void put(std::uint64_t at, byte_view what) {
        std::ranges::copy(what, bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    [[nodiscard]] const log_segment_header& header() const { return header_; }
    [[nodiscard]] std::uint64_t sum() const { return sum_; }
    [[nodiscard]] const byte_buffer& bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t end() const { return end_; }
    [[nodiscard]] const std::vector<std::uint64_t>& ends() const { return ends_; }

private:
    void put_end_mark() { put(end_, to_little_endian(lsm::detail::end_mark(sum_))); }

    log_segment_header header_;
    byte_buffer bytes_;
    std::uint64_t sum_;
    std::uint64_t end_ = lsm::detail::log_groups_begin;
    std::vector<std::uint64_t> ends_;
};

/// The first numbers of all groups that are shown.
std::vector<sequence_number> read(log_groups& groups) {
    std::vector<sequence_number> firsts;
    while (const auto group = groups.next()) firsts.push_back(group->first);
    return firsts;
}

/// The groups of @p bytes, as of the first segment of a log.
log_groups groups_of(byte_view bytes, const segment& of) {
    return {bytes, of.header().seed, lsm::detail::log_origin(of.header().seed)};
}

segment three_groups() {
    segment made(3);
    made.add(1, 1);
    made.add(2, 3);
    made.add(5, 2);
    return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_record)

BOOST_AUTO_TEST_CASE(a_header_reads_as_it_was_written) {
    const segment made = three_groups();
    BOOST_TEST((read_log_header(made.bytes(), "here") == made.header()));
}

BOOST_AUTO_TEST_CASE(any_bit_of_a_header_that_is_flipped_is_found) {
    const segment made = three_groups();
    for (std::size_t bit = 0; bit < 8 * lsm::detail::log_header_bytes; ++bit) {
        byte_buffer damaged = made.bytes();
        damaged[bit / 8] ^= std::byte{1} << (bit % 8);
        BOOST_CHECK_THROW((void)read_log_header(damaged, "here"), error);
    }
    BOOST_CHECK_THROW((void)read_log_header(byte_view(made.bytes()).first(100), "here"), error);
}

BOOST_AUTO_TEST_CASE(another_version_is_incompatible) {
    byte_buffer bytes = three_groups().bytes();
    bytes[8] = std::byte{1};
    const std::uint64_t sum = checksum(byte_view(bytes).first(48));
    std::ranges::copy(to_little_endian(sum), bytes.begin() + 48);
    BOOST_CHECK_EXCEPTION((void)read_log_header(bytes, "here"), error,
                          [](const error& e) { return e.which() == errc::incompatible; });
}

BOOST_AUTO_TEST_CASE(groups_and_operations_read_as_they_were_written) {
    const segment made = three_groups();
    log_groups groups = groups_of(made.bytes(), made);
    std::vector<std::string> found;
    while (const auto group = groups.next()) {
        log_operations steps(*group);
        while (const auto step = steps.next())
            found.push_back(std::string(as_text(step->key)) + std::string(as_text(step->value)));
    }
    BOOST_TEST((found == std::vector<std::string>{"k1v1", "k2v2", "k3v3", "k4v4", "k5v5", "k6v6"}));
    BOOST_TEST(groups.offset() == made.end());
    BOOST_TEST(groups.has_end_mark());
    BOOST_TEST(groups.end_of_later_groups() == made.end());
}

BOOST_AUTO_TEST_CASE(numbers_of_any_size_are_read) {
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{1} << 35,
          (std::numeric_limits<std::uint64_t>::max)()}) {
        byte_buffer group;
        begin_group(group);
        append_operation(group, number, payload_kind::tombstone);
        append_length(group, 0);
        const log_group read_back{1, 1, byte_view(group).subspan(lsm::detail::group_fixed_bytes)};
        log_operations steps(read_back);
        BOOST_TEST(steps.next()->tree == number);
        BOOST_TEST(!steps.next());
    }
}

BOOST_AUTO_TEST_CASE(any_bit_of_a_group_that_is_flipped_is_found) {
    const segment made = three_groups();
    for (std::uint64_t bit = 8 * lsm::detail::log_groups_begin; bit < 8 * made.end(); ++bit) {
        byte_buffer damaged = made.bytes();
        damaged[bit / 8] ^= std::byte{1} << (bit % 8);
        log_groups groups = groups_of(damaged, made);
        const auto whole = read(groups);
        const auto damaged_group = static_cast<std::size_t>(
            std::ranges::upper_bound(made.ends(), bit / 8) - made.ends().begin());
        if (whole.size() == 3) continue;  // padding between groups says nothing
        BOOST_TEST(whole.size() == damaged_group);
        if (damaged_group < 2)
            BOOST_TEST(groups.end_of_later_groups() == made.end());
        else
            BOOST_TEST(!groups.has_end_mark());
    }
}

BOOST_AUTO_TEST_CASE(a_log_cut_anywhere_ends_before_the_cut) {
    const segment made = three_groups();
    for (std::uint64_t cut = lsm::detail::log_groups_begin; cut < made.end(); ++cut) {
        byte_buffer zeroed = made.bytes();
        std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(cut), zeroed.end(), std::byte{});
        log_groups groups = groups_of(zeroed, made);
        (void)read(groups);
        BOOST_TEST(groups.offset() <= cut + 7);
        BOOST_TEST(groups.end_of_later_groups() == groups.offset());
        BOOST_TEST(!groups.has_end_mark());
        BOOST_TEST(groups.cut_end() > groups.offset());
        const bool at_a_group = cut == lsm::detail::log_groups_begin ||
                                std::ranges::find(made.ends(), cut) != made.ends().end();
        if (at_a_group) BOOST_TEST(groups.is_blank());
    }
}

BOOST_AUTO_TEST_CASE(a_segment_without_groups_has_an_end_mark) {
    const segment made(3);
    log_groups groups = groups_of(made.bytes(), made);
    BOOST_TEST(!groups.next());
    BOOST_TEST(groups.is_empty());
    BOOST_TEST(groups.has_end_mark());
    log_groups zeros(byte_view(made.bytes()).first(lsm::detail::log_groups_begin), 3, 1);
    BOOST_TEST(!zeros.has_end_mark());
}

/// The chain goes on from segment to segment.
BOOST_AUTO_TEST_CASE(a_first_group_follows_the_last_one_before_it) {
    const segment made = three_groups();
    log_groups other(made.bytes(), made.header().seed, made.sum());
    BOOST_TEST(!other.next());
    BOOST_TEST(!other.has_end_mark());
    BOOST_TEST(other.end_of_later_groups() == made.end());
}

BOOST_AUTO_TEST_CASE(groups_of_an_earlier_use_are_not_shown) {
    segment old(3);
    for (sequence_number number = 1; number <= 40; ++number) old.add(number, 1);
    segment now(4, old.bytes());
    now.add(101, 1);
    log_groups groups = groups_of(now.bytes(), now);
    BOOST_TEST((read(groups) == std::vector<sequence_number>{101}));
    BOOST_TEST(groups.has_end_mark());
    BOOST_TEST(groups.end_of_later_groups() == now.end());
}

BOOST_AUTO_TEST_CASE(groups_of_an_earlier_use_whose_tag_is_the_same_are_none) {
    constexpr std::uint64_t earlier = 3, later = 3 + 8;
    BOOST_REQUIRE(lsm::detail::group_tag(later) == lsm::detail::group_tag(earlier));
    segment old(earlier);
    for (sequence_number number = 1; number <= 40; ++number) old.add(number, 1);
    segment now(later, old.bytes());
    now.add(101, 1);
    log_groups groups = groups_of(now.bytes(), now);
    BOOST_TEST((read(groups) == std::vector<sequence_number>{101}));
    BOOST_TEST(groups.end_of_later_groups() == now.end());
}

/// As a value may hold, of a commit that a crash cut off.
BOOST_AUTO_TEST_CASE(a_copy_of_a_group_in_another_place_is_none) {
    segment made = three_groups();
    const std::uint64_t begin = lsm::detail::log_groups_begin;
    const lsm::byte_buffer before = made.bytes();
    made.put(made.end() + 64, lsm::byte_view(before).subspan(begin, made.end() - begin));
    log_groups groups = groups_of(made.bytes(), made);
    BOOST_TEST(read(groups).size() == 3U);
    BOOST_TEST(groups.end_of_later_groups() == made.end());
}

BOOST_AUTO_TEST_CASE(a_group_that_does_not_follow_is_not_shown) {
    const segment made = three_groups();
    segment other(3);
    other.add(9, 1);  // as long as the first group of the other one
    byte_buffer exchanged = made.bytes();
    const auto begin = static_cast<std::ptrdiff_t>(lsm::detail::log_groups_begin);
    std::copy(other.bytes().begin() + begin,
              other.bytes().begin() + static_cast<std::ptrdiff_t>(other.end()),
              exchanged.begin() + begin);
    log_groups groups = groups_of(exchanged, made);
    BOOST_TEST((read(groups) == std::vector<sequence_number>{9}));
    BOOST_TEST(groups.end_of_later_groups() == made.end());
}

BOOST_AUTO_TEST_CASE(of_two_marks_the_farther_whole_one_counts) {
    segment made = three_groups();
    BOOST_TEST(read_log_mark(made.bytes(), 3) == 0U);
    made.put(512, write_log_mark(3, 5000));
    made.put(1024, write_log_mark(3, 6000));
    BOOST_TEST(read_log_mark(made.bytes(), 3) == 6000U);
    made.put(1024, as_bytes("torn"));
    BOOST_TEST(read_log_mark(made.bytes(), 3) == 5000U);
    BOOST_TEST(read_log_mark(made.bytes(), 4) == 0U);
}

BOOST_AUTO_TEST_CASE(whatever_the_bytes_reading_ends_soon) {
    // Every eight bytes a group seems to begin that reaches to the end.
    segment made(3, byte_buffer(1 << 20));
    for (std::uint64_t at = lsm::detail::log_groups_begin; at + 36 < made.bytes().size(); at += 8) {
        byte_buffer word;
        if (at % 16 == 0)
            append_number(word, std::uint64_t{1});
        else {
            append_number(word, static_cast<std::uint32_t>(made.bytes().size() - at - 64));
            append_number(word, lsm::detail::group_tag(3));
        }
        made.put(at, word);
    }
    log_groups groups = groups_of(made.bytes(), made);
    BOOST_TEST(read(groups).empty());
    // It has checked enough by then, and takes the next one for a group.
    BOOST_TEST(groups.end_of_later_groups() > groups.offset());
}

BOOST_AUTO_TEST_CASE(operations_of_random_bytes_are_read_or_refused) {
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        byte_buffer bytes(random() % 40);
        for (std::byte& each : bytes) each = static_cast<std::byte>(random() % 5);
        log_operations steps(log_group{1, static_cast<std::uint32_t>(random() % 5 + 1), bytes});
        try {
            while (steps.next()) {
            }
        } catch (const decode_error&) {
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
