// SPDX-License-Identifier: BSL-1.0
#include <support/model_room.hpp>

#include <boost/test/unit_test.hpp>

namespace support {

text_samples make_text_samples() {
    text_samples samples;
    for (int i = 0; i < 150; ++i) samples.keys.push_back("key " + std::to_string(i));
    samples.keys.push_back("");
    samples.keys.push_back(std::string("\0\xff\"<&>\xc3\xa9", 8));
    samples.keys.push_back("\xff\xff");
    samples.value = [](std::mt19937_64& random) {
        const std::uint64_t number = random();
        if (number % 100 == 0) return std::string(5000, static_cast<char>('a' + number % 26));
        return number % 50 == 1 ? std::string() : "value " + std::to_string(number);
    };
    return samples;
}

std::vector<std::uint64_t> model_seeds() {
    if (const char* const seed = std::getenv("LSM_SEED")) return {std::stoull(seed)};
    return {1, 2, 3, 4, 5};
}

std::size_t model_operations() {
    return std::getenv("LSM_LONG") ? std::size_t{2000000} : std::size_t{20000};
}

void run_text_model(const text_tree_maker& make) {
    const text_samples samples = make_text_samples();
    for (const std::uint64_t seed : model_seeds())
        BOOST_CHECK_NO_THROW(lsm::testing::run_model(make, samples, seed, model_operations()));
}

namespace {

using any_text_tree = lsm::testing::any_tree<std::string, std::string>;

/// A tree of a few keys, of which each write stays to be seen: by a snapshot that is held.
class giants {
public:
    explicit giants(std::unique_ptr<any_text_tree> of) : tree_(std::move(of)) {}

    /// One write: of half of them, the key is the same for a long time.
    void write(std::size_t hot) {
        const std::size_t key = random_() % 2 == 0 ? hot % keys_.size() : below(keys_.size());
        if (random_() % 8 == 0) {
            tree_->erase(keys_[key]);
            now_.erase(key);
        } else {
            now_[key] = random_();
            tree_->put(keys_[key], value_of(now_[key]));
        }
        held_.push_back({tree_->take_snapshot(), now_});
    }
    void check() {
        std::vector<std::optional<std::string>> expected;
        for (std::size_t key = 0; key < keys_.size(); ++key)
            expected.push_back(value_in(now_, key));
        BOOST_TEST((tree_->multi_get(keys_) == expected));
        for (int i = 0; i < 40 && !held_.empty(); ++i) {
            const moment& at = held_[below(held_.size())];
            const std::size_t key = below(keys_.size());
            BOOST_TEST((at.taken->get(keys_[key]) == value_in(at.numbers, key)));
            if (i % 10 == 0) check_scans(at, key);
        }
    }
    void flush() { tree_->flush(); }
    void compact() { tree_->compact(); }
    void let_go_of_most() {
        std::vector<moment> few;
        for (std::size_t i = 0; i < held_.size(); i += 7) few.push_back(std::move(held_[i]));
        held_ = std::move(few);
    }
    void reopen() {
        held_.clear();
        tree_->reopen();
    }

private:
    /// What makes each key's value, by the key's place.
    using contents = std::map<std::size_t, std::uint64_t>;
    struct moment {
        std::unique_ptr<any_text_tree::snapshot> taken;
        contents numbers;
    };

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    static std::string value_of(std::uint64_t number) {
        if (number % 64 == 0) return std::string(100'000, static_cast<char>('a' + number % 26));
        return std::to_string(number);
    }
    static std::optional<std::string> value_in(const contents& from, std::size_t key) {
        const auto found = from.find(key);
        return found == from.end() ? std::nullopt : std::optional(value_of(found->second));
    }
    void check_scans(const moment& at, std::size_t end) {
        any_text_tree::entries from_there, up_to_there;
        for (const auto& [key, number] : at.numbers) {
            if (key >= end) from_there.emplace_back(keys_[key], value_of(number));
            if (key <= end) up_to_there.emplace_back(keys_[key], value_of(number));
        }
        std::ranges::reverse(up_to_there);
        BOOST_TEST(
            (at.taken->scan(lsm::at_least(keys_[end]), lsm::direction::forward) == from_there));
        BOOST_TEST(
            (at.taken->scan(lsm::at_most(keys_[end]), lsm::direction::backward) == up_to_there));
    }

    static constexpr std::size_t largest = lsm::max_key_bytes - 4;  // and its length

    std::mt19937_64 random_{1};
    // Ascending.
    std::vector<std::string> keys_ = {"", "b", std::string(largest, 'k'),
                                      std::string(largest - 1, 'k') + 'l', "z"};
    std::unique_ptr<any_text_tree> tree_;
    contents now_;
    std::vector<moment> held_;  // end before the tree does
};

}  // namespace

void run_giants(const text_tree_maker& make) {
    const std::size_t writes = std::getenv("LSM_LONG") ? 3000 : 120;
    giants all(make());
    for (std::size_t i = 0; i < writes; ++i) {
        all.write(5 * i / writes);
        if (i % (writes / 3) == writes / 6) all.flush();
    }
    all.check();
    all.compact();
    all.check();
    all.let_go_of_most();
    all.compact();
    all.check();
    all.reopen();
    all.check();
}

}  // namespace support
