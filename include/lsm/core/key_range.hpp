// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>

namespace lsm {

/// One end of a key range.
template <class Key>
struct bound {
    Key key;
    bool inclusive;
};

/// The keys between two ends, either of which may be missing. A lower end above the upper one is a
/// range of no keys, not an error. Made by `all`, `half_open`, `closed`, `open`, `at_least`,
/// `greater_than`, `at_most`, `less_than` and `prefix`, whose results convert to it.
template <class Key>
struct key_range {
    std::optional<bound<Key>> lower;
    std::optional<bound<Key>> upper;

    key_range() = default;
    key_range(std::optional<bound<Key>> lower_end, std::optional<bound<Key>> upper_end)
        : lower(std::move(lower_end)), upper(std::move(upper_end)) {}

    /// The same range over another key type: `closed("a", "b")` is one of `const char*`.
    template <class Other>
        requires(!std::same_as<Other, Key> && std::constructible_from<Key, const Other&>)
    key_range(const key_range<Other>& other)  // NOLINT(google-explicit-constructor)
        : lower(convert(other.lower)), upper(convert(other.upper)) {}

private:
    template <class Other>
    static std::optional<bound<Key>> convert(const std::optional<bound<Other>>& end) {
        if (!end) return std::nullopt;
        return bound<Key>{Key(end->key), end->inclusive};
    }
};

/// [lo, hi): with `lo`, without `hi`.
template <class Key>
[[nodiscard]] key_range<Key> half_open(Key lo, Key hi) {
    return {bound<Key>{std::move(lo), true}, bound<Key>{std::move(hi), false}};
}

/// [lo, hi]: with both ends.
template <class Key>
[[nodiscard]] key_range<Key> closed(Key lo, Key hi) {
    return {bound<Key>{std::move(lo), true}, bound<Key>{std::move(hi), true}};
}

/// (lo, hi): without either end.
template <class Key>
[[nodiscard]] key_range<Key> open(Key lo, Key hi) {
    return {bound<Key>{std::move(lo), false}, bound<Key>{std::move(hi), false}};
}

/// All keys from `lo` on.
template <class Key>
[[nodiscard]] key_range<Key> at_least(Key lo) {
    return {bound<Key>{std::move(lo), true}, std::nullopt};
}

/// All keys after `lo`.
template <class Key>
[[nodiscard]] key_range<Key> greater_than(Key lo) {
    return {bound<Key>{std::move(lo), false}, std::nullopt};
}

/// All keys up to and with `hi`.
template <class Key>
[[nodiscard]] key_range<Key> at_most(Key hi) {
    return {std::nullopt, bound<Key>{std::move(hi), true}};
}

/// All keys before `hi`.
template <class Key>
[[nodiscard]] key_range<Key> less_than(Key hi) {
    return {std::nullopt, bound<Key>{std::move(hi), false}};
}

/// All strings that begin with @p text. Strings order by unsigned bytes, so they end before the
/// shortest string that is greater than every one of them; after 0xff… there is none.
[[nodiscard]] inline key_range<std::string> prefix(std::string text) {
    std::string end = text;
    while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
    if (end.empty()) return at_least(std::move(text));
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return half_open(std::move(text), std::move(end));
}

}  // namespace lsm
