// SPDX-License-Identifier: BSL-1.0
#include <lsm/core/error.hpp>
#include <lsm/engine/log.hpp>
#include <lsm/storage/storage.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Which calls a log makes, and when: what reaches the device, in which order, and which segment is next.
namespace {

using lsm::byte_view;
using lsm::durability;

/// Notes the calls on segments; `fails` is the one that throws.
struct notes {
    std::vector<std::string> calls;
    std::string fails;

    void add(const std::string& call) {
        calls.push_back(call);
        if (call == fails) throw lsm::error(lsm::errc::io, call);
    }
    /// What was noted since the last time.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> stores;  // place and bytes
    std::vector<std::string> take() { return std::exchange(calls, {}); }
};

struct noting_medium {
    std::shared_ptr<notes> to = std::make_shared<notes>();

    class log_segment {
    public:
        log_segment(std::shared_ptr<notes> on, std::uint64_t number)
            : to_(std::move(on)), name_(std::to_string(number)) {}
        [[nodiscard]] static bool is_mapped() noexcept { return true; }
        void write(std::uint64_t offset, byte_view bytes) {
            to_->stores.push_back({offset, bytes.size()});
            if (offset < lsm::detail::log_groups_begin && offset > 0) to_->add("mark " + name_);
        }
        void write_durably(std::uint64_t offset, byte_view) {
            to_->add((offset < lsm::detail::log_groups_begin ? "mark durably " : "write durably ") +
                     name_);
        }
        void sync() { to_->add("sync " + name_); }

        std::shared_ptr<notes> to_;
        std::string name_;
    };
    [[nodiscard]] log_segment create_log_segment(std::uint64_t number, std::uint64_t, bool) const {
        to->add("create " + std::to_string(number));
        return {to, number};
    }
    void reuse_log_segment(log_segment& spare, std::uint64_t number) const {
        to->add("rename " + spare.name_ + " " + std::to_string(number));
        spare.name_ = std::to_string(number);
    }
    void remove_log_segment(std::uint64_t number) const {
        to->add("remove " + std::to_string(number));
    }
    [[nodiscard]] static std::string boot_id() { return "boot"; }
};

using list = std::vector<std::string>;

/// A log with segments for a few commits of about 400 bytes each.
struct subject {
    std::shared_ptr<noting_medium> medium = std::make_shared<noting_medium>();
    lsm::engine::log<noting_medium> log{medium, {.segment_bytes = 6144, .sync_bytes = 1000}, true};
    lsm::sequence_number last = 0;
    std::uint64_t next_number = 0;

    void prepare() {
        (void)log.prepare(next_number++, 0);
        log.accept();
    }
    void begin_next() {
        prepare();
        log.activate();
    }
    void commit(durability level = durability::process_crash) {
        lsm::byte_buffer group;
        lsm::begin_group(group);
        group.resize(400);
        log.append(group, ++last, 1);
        log.commit(level);
    }
    list calls() { return medium->to->take(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_log)

BOOST_AUTO_TEST_CASE(a_segment_that_was_prepared_takes_groups_without_a_call) {
    subject s;
    s.begin_next();
    s.commit();
    s.prepare();
    BOOST_TEST((s.calls() == list{"create 0", "sync 0", "create 1", "sync 1"}));
    s.log.activate();
    s.commit();
    BOOST_TEST(s.calls().empty());
}

BOOST_AUTO_TEST_CASE(an_end_mark_stands_behind_each_group_before_the_groups_are_stored) {
    subject s;
    s.begin_next();
    for (int i = 0; i < 2; ++i) {
        lsm::byte_buffer group;
        lsm::begin_group(group);
        group.resize(400);
        s.log.append(group, ++s.last, 1);
    }
    s.medium->to->stores.clear();
    s.log.commit(durability::process_crash);
    const auto& stores = s.medium->to->stores;
    BOOST_REQUIRE(stores.size() == 3U);
    const std::uint64_t begin = lsm::detail::log_groups_begin, each = (stores[0].first - begin) / 2;
    BOOST_TEST((stores[0] == std::pair(begin + 2 * each, std::uint64_t{8})));
    BOOST_TEST((stores[1] == std::pair(begin + each, std::uint64_t{8})));
    BOOST_TEST((stores[2] == std::pair(begin, 2 * each + 8)));
}

BOOST_AUTO_TEST_CASE(the_next_segment_is_due_once_when_half_is_full) {
    subject s;
    BOOST_TEST(!s.log.next_is_due());
    s.begin_next();  // its header takes more than half
    BOOST_TEST(s.log.next_is_due());
    BOOST_TEST(!s.log.next_is_due());
    BOOST_TEST(s.log.take_due());
    BOOST_TEST(!s.log.take_due());
    BOOST_TEST(!s.log.next_is_due());
    s.begin_next();
    BOOST_TEST(s.log.next_is_due());
    s.prepare();
    BOOST_TEST(!s.log.take_due());  // it is there
}

BOOST_AUTO_TEST_CASE(segments_reach_the_device_in_their_order) {
    subject s;
    for (int i = 0; i < 3; ++i) {
        s.begin_next();
        s.commit();
    }
    (void)s.calls();
    s.log.sync();
    BOOST_TEST((s.calls() == list{"sync 0", "sync 1", "sync 2", "mark 2"}));
    s.log.sync();
    BOOST_TEST(s.calls().empty());
}

BOOST_AUTO_TEST_CASE(a_segment_without_groups_is_marked_for_those_before_it) {
    subject s;
    s.begin_next();
    s.commit();
    s.begin_next();
    (void)s.calls();
    s.log.sync();
    BOOST_TEST((s.calls() == list{"sync 0", "mark 1"}));
}

BOOST_AUTO_TEST_CASE(a_strong_commit_waits_for_the_segments_before_it) {
    subject s;
    s.begin_next();
    s.commit();
    s.begin_next();
    (void)s.calls();
    s.commit(durability::power_loss);
    BOOST_TEST((s.calls() == list{"sync 0", "sync 1", "mark 1"}));
    s.commit(durability::power_loss);
    BOOST_TEST((s.calls() == list{"write durably 1"}));
}

/// The next segment's mark says that the whole of those before was on the device.
BOOST_AUTO_TEST_CASE(a_first_strong_commit_is_marked) {
    subject s;
    for (int i = 0; i < 2; ++i) {
        s.begin_next();
        (void)s.calls();
        const std::string number = std::to_string(i);
        s.commit(durability::power_loss);
        BOOST_TEST((s.calls() == list{"write durably " + number, "mark durably " + number}));
    }
}

BOOST_AUTO_TEST_CASE(bytes_of_all_segments_count_for_the_next_sync) {
    subject s;
    s.begin_next();
    s.commit();
    s.begin_next();
    s.commit();
    BOOST_TEST(!s.log.sync_due());
    s.commit();
    BOOST_TEST(s.log.sync_due());
    s.log.sync();
    BOOST_TEST(!s.log.sync_due());
}

BOOST_AUTO_TEST_CASE(what_is_in_tables_is_not_synced) {
    subject s;
    s.begin_next();
    s.commit();
    s.begin_next();
    (void)s.calls();
    s.log.drop_all_but_needed(s.last);
    s.log.sync();
    BOOST_TEST(s.calls().empty());
    BOOST_TEST(s.log.needed(s.last).size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_root_names_the_segment_that_is_next) {
    subject s;
    s.begin_next();
    s.commit();
    s.prepare();
    const auto named = s.log.needed(s.last);
    BOOST_REQUIRE(named.size() == 2U);
    BOOST_TEST(named[0].number == 0U);
    BOOST_TEST(named[1].number == 1U);
    BOOST_TEST(s.log.bytes() == 2 * 6144U);
}

/// A first segment's record says what its first group follows, for the segments before it are gone.
BOOST_AUTO_TEST_CASE(the_root_says_what_the_first_segment_follows) {
    subject s;
    s.begin_next();
    const auto origin = s.log.needed(0).front();
    BOOST_TEST(origin.previous_sum == lsm::detail::log_origin(origin.seed));
    s.commit();
    s.begin_next();
    const auto next = s.log.needed(s.last).front();
    BOOST_TEST(next.number == 1U);
    BOOST_TEST(next.previous_sum != 0U);
    BOOST_TEST(next.previous_sum != lsm::detail::log_origin(next.seed));
}

BOOST_AUTO_TEST_CASE(a_spare_that_cannot_be_renamed_is_given_up) {
    subject s;
    for (int i = 0; i < 3; ++i) {
        s.begin_next();
        s.commit();
    }
    s.log.drop_all_but_needed(s.last - 1);
    (void)s.calls();
    s.medium->to->fails = "rename 0 3";
    BOOST_CHECK_THROW(s.prepare(), lsm::error);
    s.log.unprepare();
    BOOST_TEST((s.calls() == list{"rename 0 3", "remove 0", "remove 3"}));
    s.begin_next();
    BOOST_TEST((s.calls() == list{"rename 1 4", "sync 4"}));
}

BOOST_AUTO_TEST_CASE(every_use_of_a_segment_has_a_seed_of_its_own) {
    subject s;
    s.begin_next();
    const auto first = s.log.needed(0).front().seed;
    s.log.drop_all();
    s.begin_next();
    BOOST_TEST(s.log.needed(0).front().seed != first);
}

BOOST_AUTO_TEST_CASE(a_log_that_ended_begins_small_again) {
    subject s;
    s.begin_next();
    s.prepare();
    (void)s.calls();
    s.log.drop_all();
    BOOST_TEST((s.calls() == list{"remove 0", "remove 1"}));
    BOOST_TEST(s.log.bytes() == 0U);
    BOOST_TEST(!s.log.has_next());
    BOOST_TEST(!s.log.has_room(1));
}

BOOST_AUTO_TEST_SUITE_END()
