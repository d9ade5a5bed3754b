// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
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

    /// The same range over another key type, which converts to the key or is its view: `closed("a", "b")` is one
    /// of `const char*`. A type that orders its keys in another way does neither.
    template <class Other>
        requires(!std::same_as<Other, Key> && std::constructible_from<Key, const Other&> &&
                 (std::convertible_to<const Other&, Key> || std::convertible_to<const Key&, Other>))
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

/// The range of the keys that begin with a text, for key types that order as texts or the other way round. Where
/// the library does not know that of a type, there is none: a text's successor may be no end of its keys.
template <class Key>
struct range_of_prefix {};

/// Strings order by unsigned bytes. So those that begin with a text end before the shortest string that is
/// greater than each of them; after 0xff… there is none.
template <class Allocator>
struct range_of_prefix<std::basic_string<char, std::char_traits<char>, Allocator>> {
    using key = std::basic_string<char, std::char_traits<char>, Allocator>;

    [[nodiscard]] static key_range<key> of(std::string_view text) {
        std::string_view kept = text;
        while (kept.ends_with('\xff')) kept.remove_suffix(1);
        if (kept.empty()) return at_least(key(text));
        key end(kept);
        end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
        return half_open(key(text), std::move(end));
    }
};

/// What `prefix` returns: converts to a `key_range` of strings, and of `descending` ones.
class text_prefix {
public:
    explicit text_prefix(std::string text) : text_(std::move(text)) {}

    template <class Key>
        requires requires(std::string_view text) { range_of_prefix<Key>::of(text); }
    operator key_range<Key>() const {  // NOLINT(google-explicit-constructor)
        return range_of_prefix<Key>::of(text_);
    }

private:
    std::string text_;
};

/// All keys that begin with @p text, in trees of strings or `descending` strings. For a key type with an order of
/// its own, name both ends: `half_open`.
[[nodiscard]] inline text_prefix prefix(std::string text) {
    return text_prefix(std::move(text));
}

}  // namespace lsm
