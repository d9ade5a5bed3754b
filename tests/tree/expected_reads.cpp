// SPDX-License-Identifier: BSL-1.0
#include <support/trees.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Which reads a medium hears of before they come. Each key has a block of its own here.
namespace expected_reads_test {

struct heard {
    enum kind { expected, read } what;
    const void* where;  // the table
    std::uint64_t offset, bytes;

    [[nodiscard]] bool holds(const heard& other) const {
        return where == other.where && offset <= other.offset &&
               other.offset + other.bytes <= offset + bytes;
    }
};
std::vector<heard> all_heard;  // by this thread

/// Memory that notes what it is told and asked for.
class noting_medium : public lsm::memory_medium {
public:
    using memory_medium::memory_medium;

    class table_reader {
    public:
        explicit table_reader(memory_medium::table_reader from) : from_(std::move(from)) {}
        table_reader(table_reader&&) = default;

        [[nodiscard]] std::uint64_t bytes() const { return from_.bytes(); }
        void read(std::uint64_t offset, std::span<std::byte> to) const {
            all_heard.push_back({heard::read, this, offset, to.size()});
            from_.read(offset, to);
        }
        void expect(std::uint64_t offset, std::uint64_t bytes) const noexcept {
            all_heard.push_back({heard::expected, this, offset, bytes});
        }

    private:
        memory_medium::table_reader from_;
    };

    [[nodiscard]] table_reader open(const lsm::table_name& name) const {
        return table_reader(memory_medium::open(name));
    }
};

using tree = lsm::basic_lsm_tree<int, std::string, lsm::skip_list_memtable,
                                 lsm::block_storage<noting_medium>, lsm::full_merge_compaction>;

tree make_tree(int runs, std::size_t memory_bytes = 0, std::size_t files = 512) {
    tree t{lsm::memory_disk(),
           {.storage = {support::blocks_of(1)},
            .memory_bytes = memory_bytes,
            .max_open_files = files}};
    for (int run = 0; run < runs; ++run) {
        for (int key = 0; key < 3000; ++key) t.put(runs * key + run, std::string(1000, 'x'));
        t.flush();
    }
    all_heard.clear();
    return t;
}

std::vector<heard> only(heard::kind what) {
    std::vector<heard> some;
    std::ranges::copy_if(all_heard, std::back_inserter(some),
                         [&](const heard& each) { return each.what == what; });
    return some;
}
std::size_t first(heard::kind what) {
    const auto found = std::ranges::find(all_heard, what, &heard::what);
    return static_cast<std::size_t>(found - all_heard.begin());
}
/// How many blocks were read that nobody had said before would be.
std::ptrdiff_t surprises() {
    std::ptrdiff_t count = 0;
    for (auto at = all_heard.begin(); at != all_heard.end(); ++at)
        count +=
            at->what == heard::read && std::none_of(all_heard.begin(), at, [&](const heard& e) {
                return e.what == heard::expected && e.holds(*at);
            });
    return count;
}
std::uint64_t bytes(const std::vector<heard>& of) {
    return std::accumulate(of.begin(), of.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const heard& each) { return sum + each.bytes; });
}

BOOST_AUTO_TEST_SUITE(tree_expected_reads)

BOOST_AUTO_TEST_CASE(are_none_for_one_key) {
    const tree t = make_tree(1);
    BOOST_TEST(t.contains(17));
    BOOST_TEST(all_heard.size() == 1U);
}

BOOST_AUTO_TEST_CASE(are_all_that_a_group_of_keys_waits_for) {
    const tree t = make_tree(1);
    const std::vector<int> keys{5, 900, 31, 2000, 777};
    BOOST_TEST(std::ranges::all_of(t.multi_get(keys), [](const auto& v) { return v.has_value(); }));
    BOOST_TEST(only(heard::expected).size() == 5U);
    BOOST_TEST(first(heard::read) == 5U);
    BOOST_TEST(surprises() == 0);
}

BOOST_AUTO_TEST_CASE(are_none_where_the_cache_has_the_blocks) {
    const tree t = make_tree(1, std::size_t{64} << 20);
    for (int key = 0; key < 3000; ++key) BOOST_TEST(t.contains(key));
    all_heard.clear();
    BOOST_TEST(t.multi_get(std::vector{5, 900, 31}).size() == 3U);
    BOOST_TEST(std::ranges::distance(t.scan()) == 3000);
    BOOST_TEST(all_heard.size() == 0U);
}

BOOST_AUTO_TEST_CASE(of_a_seek_are_those_of_every_run) {
    const tree t = make_tree(3);
    const auto forward = t.scan(lsm::at_least(1000));
    BOOST_TEST((*forward.begin()).key() == 1000);
    BOOST_TEST(first(heard::read) == 3U);
    all_heard.clear();
    const auto backward = t.scan(lsm::at_most(1000)).reversed();
    BOOST_TEST((*backward.begin()).key() == 1000);
    BOOST_TEST(first(heard::read) == 3U);
}

BOOST_AUTO_TEST_CASE(of_a_long_scan_are_a_window_ahead) {
    const tree t = make_tree(1);
    const auto check = [&](const auto& view) {
        all_heard.clear();
        BOOST_TEST(std::ranges::distance(view) == 3000);
        BOOST_TEST(only(heard::read).size() == 3000U);
        BOOST_TEST(surprises() <= 3);
        // Each byte once, in few and growing pieces.
        const std::vector<heard> asked = only(heard::expected);
        BOOST_TEST(bytes(asked) <= bytes(only(heard::read)));
        BOOST_TEST(asked.size() < 12U);
        BOOST_TEST(asked[0].bytes < asked[1].bytes);
        // The last window is asked for before the one before it is read.
        const auto last = std::ranges::find(all_heard, asked.back().offset, &heard::offset);
        const auto before = std::ranges::find_if(all_heard, [&](const heard& each) {
            return each.what == heard::read && asked[asked.size() - 2].holds(each);
        });
        BOOST_TEST((last < before));
    };
    check(t.scan());
    check(t.scan().reversed());
}

BOOST_AUTO_TEST_CASE(of_a_short_scan_are_none) {
    const tree t = make_tree(1);
    auto two = t.scan() | std::views::take(2);
    for (const auto& each : two) BOOST_TEST(each.value().size() == 1000U);
    BOOST_TEST(only(heard::expected).size() == 0U);
}

BOOST_AUTO_TEST_CASE(are_none_of_a_file_that_is_opened_for_each_read) {
    const tree t = make_tree(1, 0, 0);
    BOOST_TEST(t.multi_get(std::vector{5, 900, 31}).size() == 3U);
    BOOST_TEST(std::ranges::distance(t.scan()) == 3000);
    BOOST_TEST(only(heard::expected).size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace expected_reads_test
