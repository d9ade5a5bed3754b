// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

/// @file
/// What keys and values look like. A benchmark speaks of entries by number; a shape makes of number
/// and version a key and a value, and tells from what an engine shows whether it is right.
///
/// Keys of consecutive numbers are not consecutive: there is an absent key behind each, and no
/// engine gains from a dense range. Values beyond eight bytes do not compress.

namespace bench {

using number = std::uint32_t;
using version = std::uint32_t;

/// A finaliser of splitmix64 (Steele, Lea, Flood, 2014): looks random, and is its own for each input.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

inline constexpr int spread_bits = 24;

/// An integer that orders as the number does, with 24 bits of noise behind it.
[[nodiscard]] constexpr std::uint64_t spread(number of, bool absent) noexcept {
    const std::uint64_t noise = mix(of) & ((std::uint64_t{1} << spread_bits) - 2);
    return (std::uint64_t{of} << spread_bits) | noise | std::uint64_t{absent};
}
[[nodiscard]] constexpr number spread_from(std::uint64_t key) noexcept {
    return static_cast<number>(key >> spread_bits);
}

/// What a value begins with: half tells the number, half the version.
[[nodiscard]] constexpr std::uint64_t stamp(number of, version at) noexcept {
    return (mix(of) & 0xffffffff00000000U) | at;
}

[[nodiscard]] constexpr std::uint64_t big_endian(std::uint64_t x) noexcept {
    return std::endian::native == std::endian::big ? x : __builtin_bswap64(x);
}
[[nodiscard]] inline std::uint64_t load_integer(const void* from) noexcept {
    std::uint64_t x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

/// Random bytes that values are cut from.
[[nodiscard]] inline const char* noise_for(std::uint64_t stamped) {
    constexpr std::size_t bytes = std::size_t{1} << 16;
    constexpr std::size_t longest = 8192;
    static const std::string pool = [] {
        std::string made(bytes + longest, '\0');
        for (std::size_t i = 0; i + 8 <= made.size(); i += 8) {
            const std::uint64_t x = mix(i);
            std::memcpy(made.data() + i, &x, sizeof x);
        }
        return made;
    }();
    return pool.data() + (mix(stamped) & (bytes - 1));
}

/// Values of any length, as the bytes that they are.
struct value_bytes {
    static void make(char* to, std::size_t size, number of, version at) {
        const std::uint64_t first = stamp(of, at);
        std::memcpy(to, &first, sizeof first);
        std::memcpy(to + sizeof first, noise_for(first), size - sizeof first);
    }
    /// Whether they are the value of a version from @p least to @p most.
    static bool right(std::string_view seen, std::size_t size, number of, version least,
                      version most) {
        if (seen.size() != size) return false;
        const std::uint64_t first = load_integer(seen.data());
        const auto at = static_cast<version>(first);
        return first == stamp(of, at) && at >= least && at <= most &&
               std::memcmp(seen.data() + sizeof first, noise_for(first), size - sizeof first) == 0;
    }
};

/// Objects and views that are bytes, as an engine of bytes takes them.
[[nodiscard]] inline std::string_view bytes_of(std::string_view text) noexcept {
    return text;
}
template <std::size_t N>
[[nodiscard]] std::string_view bytes_of(const std::array<std::byte, N>& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), N};
}

/// 8/8: integers. In engines of bytes the key is big-endian, so that it orders.
struct integers {
    static constexpr std::string_view name = "8/8";
    static constexpr std::size_t entry_bytes = 16;
    using key = std::uint64_t;
    using value = std::uint64_t;

    static void make_key(key& to, number of, bool absent = false) { to = spread(of, absent); }
    static void make_value(value& to, number of, version at) { to = stamp(of, at); }
    static number number_of(key seen) { return spread_from(seen); }
    static number number_of(std::string_view seen) {
        return seen.size() == 8 ? spread_from(big_endian(load_integer(seen.data()))) : ~number{0};
    }
    static bool right(value seen, number of, version least, version most) {
        const auto at = static_cast<version>(seen);
        return seen == stamp(of, at) && at >= least && at <= most;
    }
    static bool right(std::string_view seen, number of, version least, version most) {
        return seen.size() == 8 && right(load_integer(seen.data()), of, least, most);
    }
};

/// Keys of a fixed length: the number, big-endian, and noise.
template <std::size_t Bytes>
struct fixed_keys {
    using key = std::array<std::byte, Bytes>;

    static void make_key(key& to, number of, bool absent = false) {
        const std::uint64_t head = big_endian(spread(of, absent));
        std::memcpy(to.data(), &head, sizeof head);
        for (std::size_t at = 8; at < Bytes; at += 8) {
            const std::uint64_t tail = mix(of + at);
            std::memcpy(to.data() + at, &tail, sizeof tail);
        }
    }
    static number number_of(const key& seen) { return number_of(bytes_of(seen)); }
    static number number_of(std::string_view seen) {
        return seen.size() == Bytes ? spread_from(big_endian(load_integer(seen.data())))
                                    : ~number{0};
    }
};

/// Keys of 20 to 32 characters: "user", 16 hexadecimal digits, and up to 12 letters.
struct text_keys {
    using key = std::string;

    static void make_key(key& to, number of, bool absent = false) {
        const std::uint64_t head = spread(of, absent);
        const std::uint64_t noise = mix(head);
        to.assign("user");
        for (int shift = 60; shift >= 0; shift -= 4) to += "0123456789abcdef"[(head >> shift) & 15];
        to.append("abcdefghijkl", noise % 13);
    }
    static number number_of(std::string_view seen) {
        if (seen.size() < 20) return ~number{0};
        std::uint64_t head = 0;
        for (const char c : seen.substr(4, 16))
            head = head * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
        return spread_from(head);
    }
};

/// Values of a fixed length, held in the object itself.
template <std::size_t Bytes>
struct fixed_values {
    using value = std::array<std::byte, Bytes>;
    static void make_value(value& to, number of, version at) {
        value_bytes::make(reinterpret_cast<char*>(to.data()), Bytes, of, at);
    }
    static bool right(const value& seen, number of, version least, version most) {
        return value_bytes::right(bytes_of(seen), Bytes, of, least, most);
    }
    static bool right(std::string_view seen, number of, version least, version most) {
        return value_bytes::right(seen, Bytes, of, least, most);
    }
};

/// Values held as a string.
template <std::size_t Bytes>
struct text_values {
    using value = std::string;
    static void make_value(value& to, number of, version at) {
        to.resize(Bytes);
        value_bytes::make(to.data(), Bytes, of, at);
    }
    static bool right(std::string_view seen, number of, version least, version most) {
        return value_bytes::right(seen, Bytes, of, least, most);
    }
};

struct small : fixed_keys<16>, fixed_values<100> {
    static constexpr std::string_view name = "16/100";
    static constexpr std::size_t entry_bytes = 116;
};
struct text : text_keys, text_values<100> {
    static constexpr std::string_view name = "string/100";
    static constexpr std::size_t entry_bytes = 126;
};
struct medium : fixed_keys<16>, text_values<1024> {
    static constexpr std::string_view name = "16/1024";
    static constexpr std::size_t entry_bytes = 1040;
};
struct large : fixed_keys<24>, text_values<4096> {
    static constexpr std::string_view name = "24/4096";
    static constexpr std::size_t entry_bytes = 4120;
};

using shapes = std::tuple<integers, small, text, medium, large>;

/// A key or a value as the bytes that an engine of bytes stores.
template <class Object>
class stored {
public:
    explicit stored(const Object& of) : bytes_(bytes_of(of)) {}
    [[nodiscard]] std::string_view view() const noexcept { return bytes_; }

private:
    std::string_view bytes_;
};
template <>
class stored<std::uint64_t> {
public:
    explicit stored(std::uint64_t of) : bytes_(std::bit_cast<std::array<char, 8>>(of)) {}
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), 8}; }

private:
    std::array<char, 8> bytes_;
};

/// The same of a key, whose bytes order as it does.
template <class Key>
[[nodiscard]] stored<Key> stored_key(const Key& key) {
    if constexpr (std::is_same_v<Key, std::uint64_t>)
        return stored<Key>(big_endian(key));
    else
        return stored<Key>(key);
}

}  // namespace bench
