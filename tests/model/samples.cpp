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

}  // namespace support
