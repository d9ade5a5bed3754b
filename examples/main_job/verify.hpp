// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// A tree's answer is not the one that a `std::map` of the same input gives.
class wrong_answer : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline std::string spell(const std::string& key) {
    return key;
}
inline std::string spell(char32_t key) {
    char text[16];
    std::snprintf(text, sizeof(text), "U+%04X", static_cast<unsigned>(key));
    return text;
}

/// Throws `wrong_answer` unless both are equal.
template <class A, class B>
void expect_equal(const std::string& what, const A& got, const B& expected) {
    if (!(got == expected)) throw wrong_answer(what + ": the tree and the map differ");
}

/// Compares a scan with the entries that a map has, one by one.
template <class Scan, class Iterator>
void verify_scan(const std::string& stage, Scan&& scan, Iterator expected, Iterator end) {
    for (auto [key, value] : scan) {
        if (expected == end)
            throw wrong_answer(stage + ": the scan goes on behind the map's last key");
        if (key != expected->first || value != expected->second)
            throw wrong_answer(stage + ": the scan is wrong where the map has " +
                               spell(expected->first));
        ++expected;
    }
    if (expected != end)
        throw wrong_answer(stage + ": the scan ends before " + spell(expected->first));
}

/// Compares everything that a tree or a snapshot can be asked with a map.
template <class Readable, class Key, class Value>
void verify(const std::string& stage, const Readable& reads, const std::map<Key, Value>& expected) {
    verify_scan(stage, reads.scan(), expected.begin(), expected.end());
    verify_scan(stage + ", reversed", reads.scan().reversed(), expected.rbegin(), expected.rend());
    for (const auto& [key, value] : expected)
        if (reads.get(key) != value)
            throw wrong_answer(stage + ": get(" + spell(key) + ") is wrong");
}

/// Checks that keys which the map lacks are not in the tree either.
template <class Readable, class Key, class Value>
void verify_absent(const std::string& stage, const Readable& reads,
                   const std::map<Key, Value>& expected, const std::vector<Key>& keys) {
    for (const Key& key : keys)
        if (!expected.contains(key) && (reads.contains(key) || reads.get(key)))
            throw wrong_answer(stage + ": " + spell(key) + " should not be there");
}
