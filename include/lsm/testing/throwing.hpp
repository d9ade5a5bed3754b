// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>

#include <atomic>
#include <compare>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace lsm::testing {

/// What a `throwing_key` throws when its turn has come.
class injected_failure : public std::runtime_error {
public:
    injected_failure() : std::runtime_error("injected failure") {}
};

/// As long as it lives, lets the n-th call fail of those that count themselves, on any thread; n
/// counts from 1. One at a time.
class fail_at_call {
public:
    explicit fail_at_call(std::uint64_t n) noexcept { left_ = n; }
    fail_at_call(const fail_at_call&) = delete;
    fail_at_call& operator=(const fail_at_call&) = delete;
    ~fail_at_call() { left_ = 0; }

    /// Whether the n-th call has been made and has failed, also if nobody was told.
    [[nodiscard]] bool failed() const noexcept { return left_ == 0; }

    /// To be called by what may fail.
    /// @throws injected_failure
    static void count() {
        std::uint64_t left = left_;
        while (left != 0 && !left_.compare_exchange_weak(left, left - 1)) {
        }
        if (left == 1) throw injected_failure();
    }

private:
    inline static std::atomic<std::uint64_t> left_ = 0;
};

/// Whether moving may fail as well: then a move is a copy.
enum class throwing_moves : bool { no, yes };

/// A number, usable as a key and as a value, whose comparing, copying and encoding may fail by
/// `fail_at_call`. It owns memory, so that a sanitizer sees what a failure leaves behind.
template <throwing_moves Moves>
class throwing_key {
public:
    explicit throwing_key(int number) : number_(std::make_unique<int>(number)) {}
    throwing_key(const throwing_key& other) : number_(copy_of(other)) {}
    throwing_key(throwing_key&& other) noexcept(Moves == throwing_moves::no)
        : number_(taken_from(other)) {}
    throwing_key& operator=(const throwing_key& other) {
        number_ = copy_of(other);
        return *this;
    }
    throwing_key& operator=(throwing_key&& other) noexcept(Moves == throwing_moves::no) {
        number_ = taken_from(other);
        return *this;
    }
    ~throwing_key() = default;

    [[nodiscard]] int number() const noexcept { return *number_; }

    friend bool operator<(const throwing_key& a, const throwing_key& b) {
        fail_at_call::count();
        return *a.number_ < *b.number_;
    }

private:
    static std::unique_ptr<int> copy_of(const throwing_key& other) {
        fail_at_call::count();
        return std::make_unique<int>(*other.number_);
    }
    static std::unique_ptr<int> taken_from(throwing_key& other) noexcept(Moves ==
                                                                         throwing_moves::no) {
        if constexpr (Moves == throwing_moves::yes)
            return copy_of(other);
        else
            return std::move(other.number_);
    }

    std::unique_ptr<int> number_;
};

}  // namespace lsm::testing

/// Encoding may fail, too.
template <lsm::testing::throwing_moves Moves>
struct lsm::codec<lsm::testing::throwing_key<Moves>>
    : lsm::decoded_codec<lsm::testing::throwing_key<Moves>> {
    static void write(auto& out, const lsm::testing::throwing_key<Moves>& object) {
        lsm::testing::fail_at_call::count();
        out.number(object.number());
    }
    template <class In>
    static lsm::testing::throwing_key<Moves> read(In& in) {
        return lsm::testing::throwing_key<Moves>(in.template number<int>());
    }
    static std::string shape() { return "i32"; }
};
