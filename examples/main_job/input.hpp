// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

/// An input is not what it should be: says which file, which line, and what.
class input_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The lines of a text file, which knows where it is.
class line_reader {
public:
    explicit line_reader(const std::string& path) : path_(path), in_(path) {
        if (!in_) throw input_error(path + ": cannot be read");
    }

    /// @returns false at the end of the file
    bool next(std::string& line) {
        ++number_;
        if (std::getline(in_, line)) return true;
        if (in_.bad()) fail("cannot be read any further");
        return false;
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw input_error(path_ + ", line " + std::to_string(number_) + ": " + what);
    }
    /// The number that @p text is.
    [[nodiscard]] std::uint64_t number(std::string_view text, int base = 10) const {
        std::uint64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [after, error] = std::from_chars(text.data(), end, value, base);
        if (error != std::errc() || after != end || text.empty())
            fail("\"" + std::string(text) + "\" is no number");
        return value;
    }

private:
    std::string path_;
    std::ifstream in_;
    std::size_t number_ = 0;
};

/// Takes the text before the next @p separator, or all that is left, off the front of @p rest.
inline std::string_view cut(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return part;
}
