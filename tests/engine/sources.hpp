// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>
#include <lsm/core/entry.hpp>
#include <lsm/engine/cursor.hpp>
#include <lsm/engine/merge_cursor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Sources of random entries for the cursors' tests, and the naive way to read them.
namespace support {

struct version {
    int key;
    lsm::sequence_number sequence;
    lsm::payload_kind kind;
    int value;
    friend bool operator==(const version&, const version&) = default;
};
using versions = std::vector<version>;

/// By key in a direction, newest first.
inline void sort_versions(versions& all, lsm::direction way) {
    std::ranges::sort(all, [&](const version& a, const version& b) {
        if (a.key != b.key) return (a.key < b.key) == (way == lsm::direction::forward);
        return a.sequence > b.sequence;
    });
}

/// Keys of the same order: numbers, or strings that lie outside themselves.
template <class Key>
Key make_key(int number) {
    if constexpr (std::is_same_v<Key, int>) {
        return number;
    } else {
        std::string digits = std::to_string(number + 2000);
        return std::string(30, 'k') + digits;
    }
}
/// The inverse.
inline int number_of(int key) {
    return key;
}
inline int number_of(std::string_view key) {
    return std::stoi(std::string(key.substr(30))) - 2000;
}

/// Entries as a source: in windows like a table's, loaded when they are needed and with all versions of
/// a key, unless the key has several; or like a memtable's, which end anywhere. What it shows is gone when
/// it moves.
template <class Key = int>
class vector_cursor final : public lsm::engine::cursor<Key, int> {
    using base = lsm::engine::cursor<Key, int>;

public:
    /// @param window about how many entries a window has
    vector_cursor(versions all, lsm::direction way, bool like_table, unsigned window,
                  std::mt19937& random)
        : way_(way), pends_(like_table) {
        sort_versions(all, way);
        bool is_long = false;  // whether the last window has one key, which has several
        for (const version& each : all) {
            const bool same_key = !parts_.empty() && parts_.back().back().key == each.key;
            const bool one_key = same_key && parts_.back().front().key == each.key;
            bool joins = !parts_.empty() && random() % window != 0;
            if (like_table && same_key) joins = joins || !one_key;
            if (like_table && !same_key) joins = joins && !is_long;
            is_long = like_table && same_key && (is_long || !joins);
            if (joins)
                parts_.back().push_back(each);
            else
                parts_.push_back({each});
        }
        if (way == lsm::direction::backward)
            for (versions& part : parts_) sort_versions(part, lsm::direction::forward);
    }

    void seek_first() override {
        sought_.reset();
        stand_at(0);
    }
    void seek(const typename base::key_view& sought) override {
        const int key = number_of(sought);
        sought_ = key;
        std::size_t at = 0;
        while (at < parts_.size() && !reaches(parts_[at], key)) ++at;
        if (pends_ && at > 0) --at;  // as a table, whose blocks' last keys are not known
        stand_at(at);
    }
    void next() override { stand_at(at_ + 1); }
    void load() override { show_part(); }

    int loads = 0;

private:
    [[nodiscard]] bool reaches(const versions& part, int key) const {
        return way_ == lsm::direction::forward ? part.back().key >= key : part.front().key <= key;
    }
    void stand_at(std::size_t at) {
        at_ = at;
        shown_.reset();
        if (at_ >= parts_.size()) return this->end();
        if (!pends_) return show_part();
        bound_ = make_key<Key>(way_ == lsm::direction::forward ? parts_[at_].front().key
                                                               : parts_[at_].back().key);
        this->wait_at(bound_);
    }
    void show_part() {
        ++loads;
        shown_.emplace(parts_[at_].size());
        for (const version& each : parts_[at_]) {
            if (sought_ &&
                (way_ == lsm::direction::forward ? each.key < *sought_ : each.key > *sought_))
                continue;
            shown_->keys().push(make_key<Key>(each.key));
            shown_->push_version(each.sequence, each.kind);
            shown_->values().push(each.value);
        }
        lsm::window_of<Key, int> window = shown_->window();
        if (std::ranges::all_of(parts_[at_], [](const version& each) {
                return each.kind == lsm::payload_kind::value;
            }))
            window.kinds = lsm::kind_column(lsm::payload_kind::value);
        this->show(window);
    }

    lsm::direction way_;
    bool pends_;
    std::vector<versions> parts_;  // each ascending, in the direction's order
    std::size_t at_ = 0;
    Key bound_ = {};
    std::optional<int> sought_;
    std::optional<lsm::columns<Key, int>> shown_;
};

/// Sources of one history: newer ones hold the newer versions. Some are long enough for braids.
class history {
public:
    explicit history(std::mt19937& random)
        : random_(&random), keys_(random() % 16 == 0 ? 500 : 20), sources_(random() % 6) {
        const bool erases = random() % 4 != 0;
        for (versions& source : sources_)  // oldest first
            for (auto count = random() % (keys_ + keys_ / 4); count > 0; --count) {
                const auto kind = erases && random() % 3 == 0 ? lsm::payload_kind::tombstone
                                                              : lsm::payload_kind::value;
                source.push_back({static_cast<int>(random() % keys_), ++last_, kind,
                                  static_cast<int>(random() % 1000)});
            }
    }

    /// As many sources, a few entries each. Their keys alternate; in some histories, some keys are in
    /// several sources.
    history(std::mt19937& random, std::size_t sources, bool share_keys)
        : random_(&random), keys_(static_cast<unsigned>(4 * sources + 21)), window_(1U << 20),
          sources_(sources) {
        for (std::size_t i = 0; i < sources; ++i) {
            const auto add = [&](std::size_t key) {
                const auto kind =
                    random() % 8 == 0 ? lsm::payload_kind::tombstone : lsm::payload_kind::value;
                sources_[i].push_back({static_cast<int>(key), ++last_, kind, 0});
            };
            for (std::size_t row = 0; row < 4; ++row) add(row * sources + i);
            if (share_keys) add(random() % keys_);
        }
    }

    [[nodiscard]] lsm::sequence_number last() const noexcept { return last_; }
    /// Keys are below this number, and not negative.
    [[nodiscard]] unsigned keys() const noexcept { return keys_; }
    /// Everything, sorted.
    [[nodiscard]] versions all(lsm::direction way) const {
        versions sum;
        for (const versions& source : sources_) sum.insert(sum.end(), source.begin(), source.end());
        sort_versions(sum, way);
        return sum;
    }
    template <class Key = int>
    [[nodiscard]] lsm::engine::merge_cursor<Key, int> merge(lsm::direction way,
                                                            lsm::sequence_number at = 0) const {
        return {sources<Key>(way), way, at};
    }
    template <class Key>
    [[nodiscard]] typename lsm::engine::merge_cursor<Key, int>::sources
    sources(lsm::direction way) const {
        typename lsm::engine::merge_cursor<Key, int>::sources cursors(&memory_);
        for (auto source = sources_.rbegin(); source != sources_.rend(); ++source) {
            const bool like_table = (*random_)() % 2 == 0;
            const unsigned window = window_ > 0 ? window_ : keys_ > 20 ? 50 : like_table ? 3 : 1;
            cursors.emplace_back(lsm::engine::make_cursor<vector_cursor<Key>>(
                                     memory_, *source, way, like_table, window, *random_),
                                 way);
        }
        return cursors;
    }

private:
    std::mt19937* random_;
    unsigned keys_;
    unsigned window_ = 0;  // entries of a window; where 0, it depends
    std::vector<versions> sources_;
    mutable std::pmr::monotonic_buffer_resource memory_;  // for cursors
    lsm::sequence_number last_ = 0;
};

}  // namespace support
