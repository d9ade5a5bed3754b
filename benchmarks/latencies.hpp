// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bench {

using clock = std::chrono::steady_clock;

/// How long operations took, in buckets of a 16th of a power of two. To ask the clock
/// costs as much as a fast get, so only one operation in `stride` is timed.
class latencies {
public:
    explicit latencies(std::size_t stride = 8) : stride_(stride) {}

    /// Another one, empty, that times as often: for a thread of its own.
    [[nodiscard]] latencies alike() const { return latencies(stride_); }

    /// Calls @p operation, and times it if it is its turn.
    template <class F>
    void time(F&& operation) {
        if (++since_ < stride_) return operation();
        since_ = 0;
        const auto begin = clock::now();
        operation();
        const auto took = std::chrono::nanoseconds(clock::now() - begin).count();
        add(static_cast<std::uint64_t>(took));
    }

    void add(std::uint64_t nanoseconds) noexcept {
        ++buckets_[bucket_of(nanoseconds)];
        ++count_;
        most_ = (std::max)(most_, nanoseconds);
    }
    void add(const latencies& other) noexcept {
        for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
        count_ += other.count_;
        most_ = (std::max)(most_, other.most_);
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }
    /// What a share of the operations did not exceed, in nanoseconds.
    [[nodiscard]] std::uint64_t quantile(double share) const noexcept {
        const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            seen += buckets_[i];
            if (seen > rank) return (std::min)(middle_of(i), most_);
        }
        return most_;
    }

private:
    static constexpr std::uint64_t pieces = 16;  // buckets for each power of two

    static std::size_t bucket_of(std::uint64_t x) noexcept {
        const int power = (std::max)(static_cast<int>(std::bit_width(x)) - 5, 0);
        return static_cast<std::size_t>(static_cast<std::uint64_t>(power) * pieces + (x >> power));
    }
    static std::uint64_t middle_of(std::size_t bucket) noexcept {
        if (bucket < 2 * pieces) return bucket;
        const std::uint64_t power = bucket / pieces - 1;
        return ((bucket - power * pieces) << power) + (std::uint64_t{1} << power) / 2;
    }

    std::array<std::uint64_t, 61 * pieces> buckets_{};
    std::size_t stride_;
    std::size_t since_ = 0;
    std::uint64_t count_ = 0;
    std::uint64_t most_ = 0;
};

}  // namespace bench
