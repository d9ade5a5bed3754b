// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <random>
#include <string>
#include <vector>

/// The keys that are put and looked for. Each kind makes the i-th of any number of distinct keys.
namespace bench {

/// Scatters numbers one to one: the finalizer of MurmurHash3.
inline std::uint64_t scatter(std::uint64_t n) noexcept {
    n = (n ^ (n >> 33)) * 0xff51afd7ed558ccdU;
    n = (n ^ (n >> 33)) * 0xc4ceb9fe1a85ec53U;
    return n ^ (n >> 33);
}

/// 8-byte numbers in no order.
struct random_numbers {
    using key = std::uint64_t;
    static constexpr const char* name = "Random 8-byte numbers";
    static key make(std::uint64_t i) noexcept { return scatter(i); }
};

/// 8-byte numbers in ascending order.
struct ascending_numbers {
    using key = std::uint64_t;
    static constexpr const char* name = "Ascending 8-byte numbers";
    static key make(std::uint64_t i) noexcept { return i; }
};

/// 16 bytes that differ from the first on.
struct random_text {
    using key = std::string;
    static constexpr const char* name = "Random text of 16 bytes";
    static key make(std::uint64_t i) {
        char digits[17];
        std::snprintf(digits, sizeof digits, "%016llx",
                      static_cast<unsigned long long>(scatter(i)));
        return digits;
    }
};

/// 20 bytes, the first four of which are the same: of a million keys, a hundred share their head.
struct user_names {
    using key = std::string;
    static constexpr const char* name = "Names of 20 bytes, whose first four are the same";
    static key make(std::uint64_t i) {
        constexpr std::uint64_t modulus = 10'000'000'000'000'000U;
        constexpr std::uint64_t odd = 6'180'339'887'498'949U;  // no factor in common with it
        const auto digits =
            static_cast<std::uint64_t>(static_cast<unsigned __int128>(i) * odd % modulus);
        char text[21];
        std::snprintf(text, sizeof text, "user%016llu", static_cast<unsigned long long>(digits));
        return text;
    }
};

/// All keys of a kind, and an order to visit them in that is not the one they were made in.
template <class Kind>
struct key_set {
    std::vector<typename Kind::key> present;
    std::vector<typename Kind::key> absent;
    std::vector<std::uint32_t> order;

    explicit key_set(std::size_t count) : order(count) {
        for (std::size_t i = 0; i < count; ++i) {
            present.push_back(Kind::make(i));
            absent.push_back(Kind::make(i + count));
        }
        std::iota(order.begin(), order.end(), 0U);
        std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    }
};

}  // namespace bench
