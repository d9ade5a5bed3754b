// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "input.hpp"

#include <boost/describe/class.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the index says of a package. Described, so its members have names in JSON tables.
struct package {
    std::string version;
    std::string section;
    std::optional<std::uint64_t> installed_kib;
    std::string summary;
    std::vector<std::string> depends;  ///< names only, of alternatives the first

    bool operator==(const package&) const = default;
};
BOOST_DESCRIBE_STRUCT(package, (), (version, section, installed_kib, summary, depends))

namespace versions {

/// Debian's order of characters: `~` before the end, the end before letters, those before the rest.
inline int weight(std::string_view text) {
    if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return 0;
    if (text[0] == '~') return -1;
    const bool letter = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    return static_cast<unsigned char>(text[0]) + (letter ? 0 : 256);
}

/// Takes the leading digits off, without leading zeros.
inline std::string_view take_digits(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
}

/// Compares parts that hold neither epoch nor revision: texts and numbers in turn.
inline std::strong_ordering compare_part(std::string_view a, std::string_view b) {
    while (!a.empty() || !b.empty()) {
        while (weight(a) != 0 || weight(b) != 0) {
            if (const auto order = weight(a) <=> weight(b); order != 0) return order;
            a.remove_prefix(1);
            b.remove_prefix(1);
        }
        const std::string_view x = take_digits(a), y = take_digits(b);
        if (const auto order = x.size() <=> y.size(); order != 0) return order;
        if (const auto order = x <=> y; order != 0) return order;
    }
    return std::strong_ordering::equal;
}

/// Epoch, upstream version and revision of `epoch:upstream-revision`.
struct parts {
    std::string_view epoch, upstream, revision;

    explicit parts(std::string_view text) {
        if (const std::size_t colon = text.find(':'); colon != text.npos) {
            epoch = text.substr(0, colon);
            text.remove_prefix(colon + 1);
        }
        const std::size_t dash = text.rfind('-');
        upstream = text.substr(0, dash);
        if (dash != text.npos) revision = text.substr(dash + 1);
    }
};

/// Whether Debian calls version @p a older than @p b.
inline bool older(std::string_view a, std::string_view b) {
    const parts x(a), y(b);
    for (const auto part : {&parts::epoch, &parts::upstream, &parts::revision})
        if (const auto order = compare_part(x.*part, y.*part); order != 0) return order < 0;
    return false;
}

}  // namespace versions

/// A package index, one package a name.
struct package_index {
    std::map<std::string, package> packages;
    std::size_t stanzas = 0;
    std::size_t superseded = 0;  ///< stanzas of a name whose greatest version is another stanza's
};

namespace detail {

inline std::vector<std::string> names_of(std::string_view depends) {
    std::vector<std::string> names;
    while (!depends.empty()) {
        std::string_view one = cut(depends, ',');
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        one = one.substr(0, one.find_first_of(" (|:"));
        if (!one.empty()) names.emplace_back(one);
    }
    return names;
}

/// The lines of one stanza, by the names of their fields.
using stanza = std::map<std::string, std::string, std::less<>>;

inline std::string field(const stanza& from, std::string_view name) {
    const auto found = from.find(name);
    return found == from.end() ? std::string() : found->second;
}

/// An index may list a name more than once: other versions, other architectures. The greatest
/// version stays, of equal ones the first.
inline void add(package_index& to, const stanza& from, const line_reader& in) {
    const std::string name = field(from, "Package");
    package is{field(from, "Version"), field(from, "Section"), std::nullopt,
               field(from, "Description"), names_of(field(from, "Depends"))};
    if (name.empty()) in.fail("the stanza that ends here names no Package");
    if (is.version.empty()) in.fail("the stanza of " + name + " names no Version");
    if (const std::string size = field(from, "Installed-Size"); !size.empty())
        is.installed_kib = in.number(size);
    ++to.stanzas;
    const auto [at, is_new] = to.packages.try_emplace(name, is);
    if (is_new) return;
    ++to.superseded;
    if (versions::older(at->second.version, is.version)) at->second = std::move(is);
}

}  // namespace detail

/// Reads what `apt-cache dumpavail` prints: stanzas of `Field: value` lines, an empty line between
/// two. Lines that begin with a space carry a field on; nothing here needs them.
/// @throws input_error
inline package_index read_packages(const std::string& path) {
    package_index result;
    line_reader in(path);
    detail::stanza fields;
    for (std::string line; in.next(line);) {
        if (line.empty()) {
            if (!fields.empty()) detail::add(result, fields, in);
            fields.clear();
            continue;
        }
        if (line.front() == ' ' || line.front() == '\t') continue;
        std::string_view rest = line;
        const std::string_view name = cut(rest, ':');
        if (name.size() == line.size()) in.fail("neither a field nor the end of a stanza");
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        fields.insert_or_assign(std::string(name), std::string(rest));
    }
    if (!fields.empty()) detail::add(result, fields, in);
    if (result.packages.empty()) in.fail("there is not one package in it");
    return result;
}
