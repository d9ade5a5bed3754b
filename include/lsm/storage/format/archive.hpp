// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/utf8.hpp>

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/archive/xml_iarchive.hpp>
#include <boost/archive/xml_oarchive.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/string.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <limits>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lsm {

namespace detail {

/// A text without the white space around it.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view space = " \t\r\n\v\f";
    text.remove_prefix((std::min)(text.find_first_not_of(space), text.size()));
    return text.substr(0, text.find_last_not_of(space) + 1);
}

}  // namespace detail

/// Boost's binary archives: numbers as this machine has them.
struct binary_archive {
    using out = boost::archive::binary_oarchive;
    using in = boost::archive::binary_iarchive;
    static constexpr std::string_view name = "serialization.binary";
    static constexpr std::string_view extension = "bin";
    static constexpr std::string_view magic = "boost.bin table\n";
    static constexpr std::string_view tail = "";  ///< what stands behind the last object
    static constexpr bool any_bytes = true;       ///< strings may hold any bytes

    /// The length that the archive will believe of the string at the head of @p rest.
    [[nodiscard]] static std::uint64_t string_length(std::string_view rest) noexcept {
        std::size_t length = 0;
        if (rest.size() >= sizeof(length)) std::memcpy(&length, rest.data(), sizeof(length));
        return length;
    }
};

/// Boost's text archives: words between spaces.
struct text_archive {
    using out = boost::archive::text_oarchive;
    using in = boost::archive::text_iarchive;
    static constexpr std::string_view name = "serialization.text";
    static constexpr std::string_view extension = "txt";
    static constexpr std::string_view magic = "boost.txt table\n";
    static constexpr std::string_view tail = "";
    static constexpr bool any_bytes = true;

    [[nodiscard]] static std::uint64_t string_length(std::string_view rest) noexcept {
        std::uint64_t length = 0;
        rest = detail::trimmed(rest);
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
        return error == std::errc() ? length : (std::numeric_limits<std::uint64_t>::max)();
    }
};

/// Boost's XML archives: an element for each number and string.
struct xml_archive {
    using out = boost::archive::xml_oarchive;
    using in = boost::archive::xml_iarchive;
    static constexpr std::string_view name = "serialization.xml";
    static constexpr std::string_view extension = "xml";
    static constexpr std::string_view magic = "boost.xml table\n";
    static constexpr std::string_view tail = "</boost_serialization>";
    static constexpr bool any_bytes = false;

    [[nodiscard]] static std::uint64_t string_length(std::string_view) noexcept { return 0; }
};

namespace detail {

/// Our streams keep to the classic locale themselves, and a member that changes its name stays
/// readable: names are for the reader's eye.
inline constexpr unsigned archive_flags =
    boost::archive::no_codecvt | boost::archive::no_xml_tag_checking;

/// A stream buffer that appends to bytes.
class archive_sink final : public std::streambuf {
public:
    explicit archive_sink(byte_buffer& out) : out_(out) {}

private:
    int_type overflow(int_type c) override {
        if (!traits_type::eq_int_type(c, traits_type::eof()))
            out_.push_back(static_cast<std::byte>(traits_type::to_char_type(c)));
        return traits_type::not_eof(c);
    }
    std::streamsize xsputn(const char* from, std::streamsize count) override {
        append(out_, as_bytes({from, static_cast<std::size_t>(count)}));
        return count;
    }

    byte_buffer& out_;
};

/// A stream buffer over bytes that somebody else owns.
class archive_source final : public std::streambuf {
public:
    explicit archive_source(byte_view bytes) {
        char* begin = const_cast<char*>(as_text(bytes).data());  // never written to
        setg(begin, begin, begin + bytes.size());
    }
    /// What has not been read.
    [[nodiscard]] std::string_view rest() const noexcept {
        return {gptr(), static_cast<std::size_t>(egptr() - gptr())};
    }
};

/// Throws if the string that is to be read next is said to be longer than all that is left: an
/// archive would allocate it before it looks.
template <class Archive>
void expect_string(const archive_source& source) {
    if (Archive::string_length(source.rest()) > source.rest().size())
        throw decode_error("archive: a string is longer than what is left");
}

/// Throws unless all has been read. An XML archive that does not find its end tag throws from its
/// destructor, so this must come before.
template <class Archive>
void expect_end(const archive_source& source) {
    if (trimmed(source.rest()) != Archive::tail)
        throw decode_error("archive: it does not end where its objects do");
}

template <std::size_t Bytes>
using unsigned_of = std::conditional_t<
    Bytes == 1, std::uint8_t,
    std::conditional_t<Bytes == 2, std::uint16_t,
                       std::conditional_t<Bytes == 4, std::uint32_t, std::uint64_t>>>;

/// The integer that stands for a number in an archive: of the same width, and for floating numbers,
/// characters and `bool` without a sign.
template <plain_number T>
using archived =
    std::conditional_t<std::is_integral_v<T> && std::is_signed_v<T> && !std::is_same_v<T, char> &&
                           !std::is_same_v<T, wchar_t>,
                       std::make_signed_t<unsigned_of<sizeof(T)>>, unsigned_of<sizeof(T)>>;

template <plain_number T>
[[nodiscard]] archived<T> to_archived(T value) noexcept {
    if constexpr (std::is_floating_point_v<T>)
        return std::bit_cast<archived<T>>(value);
    else
        return static_cast<archived<T>>(value);
}

template <plain_number T>
[[nodiscard]] T from_archived(archived<T> stored) noexcept {
    if constexpr (std::is_floating_point_v<T>)
        return std::bit_cast<T>(stored);
    else
        return static_cast<T>(stored);
}

[[nodiscard]] inline bool is_name(std::string_view text) noexcept {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto letter_or_digit = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    return !text.empty() && letter(text[0]) && std::ranges::all_of(text, letter_or_digit);
}

/// Spells bytes as printable text: `%`, control characters and, where the whole is not UTF-8, what
/// is not ASCII become `%` and two hex digits.
[[nodiscard]] inline std::string to_printable(std::string_view bytes) {
    const bool utf8 = is_utf8(bytes);
    std::string text;
    for (const char c : bytes) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20 || c == '%' || code == 0x7f || (code > 0x7f && !utf8)) {
            text += '%';
            text += "0123456789abcdef"[code >> 4];
            text += "0123456789abcdef"[code & 15];
        } else {
            text += c;
        }
    }
    return text;
}

/// The inverse of `to_printable`. @throws decode_error
[[nodiscard]] inline std::string from_printable(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            bytes += text[at];
            continue;
        }
        const std::string_view digits = text.substr(at + 1, 2);
        std::uint8_t code = 0;
        if (digits.size() != 2 ||
            std::from_chars(digits.data(), digits.data() + 2, code, 16).ptr != digits.data() + 2)
            throw decode_error("archive: % without two hex digits");
        bytes += static_cast<char>(code);
        at += 2;
    }
    return bytes;
}

/// The writing visitor onto an archive: its numbers and strings, one after another, each under the
/// name of its field.
template <class Archive>
class archive_writer {
public:
    explicit archive_writer(typename Archive::out& out) : out_(out) {}

    template <plain_number T>
    void number(T value) {
        save(to_archived(value));
    }
    void text(std::string_view value) {
        save(Archive::any_bytes ? std::string(value) : to_printable(value));
    }
    void bytes(byte_view value) { text(as_text(value)); }
    void fixed(byte_view value) { text(as_text(value)); }
    void begin_record() {}
    void field(std::string_view name) { name_ = is_name(name) ? name : "part"; }
    void end_record() {}
    void begin_sequence(std::size_t count) { number(static_cast<std::uint64_t>(count)); }
    void item() { name_ = "item"; }
    void end_sequence() {}
    void begin_optional(bool present) { number(present); }
    void end_optional() {}

private:
    template <class T>
    void save(const T& value) {
        out_ << boost::serialization::make_nvp(name_.c_str(), value);
    }

    typename Archive::out& out_;
    std::string name_ = "part";
};

/// The reading visitor over an archive. What `text` and `bytes` return is valid as long as the
/// reader.
/// @throws decode_error or boost::archive::archive_exception from every member, when the archive
/// does not hold what the codec asks for
template <class Archive>
class archive_reader {
public:
    /// @param source what @p in reads from
    archive_reader(typename Archive::in& in, const archive_source& source)
        : in_(in), source_(source) {}

    template <plain_number T>
    T number() {
        archived<T> stored{};
        in_ >> boost::serialization::make_nvp("part", stored);
        if constexpr (std::is_same_v<T, bool>)
            if (stored > 1) fail("a bool is neither 0 nor 1");
        return from_archived<T>(stored);
    }
    std::string_view text() {
        expect_string<Archive>(source_);
        std::string value;
        in_ >> boost::serialization::make_nvp("part", value);
        if constexpr (!Archive::any_bytes) value = from_printable(value);
        return texts_.emplace_front(std::move(value));
    }
    byte_view bytes() { return as_bytes(text()); }
    void fixed(std::span<std::byte> to) {
        const byte_view from = bytes();
        if (from.size() != to.size()) fail("bytes of another number than the type says");
        std::ranges::copy(from, to.begin());
    }
    void begin_record() {}
    void field(std::string_view) {}
    void end_record() {}
    std::size_t begin_sequence() {
        const auto count = number<std::uint64_t>();
        if (count > source_.rest().size()) fail("a sequence has more elements than bytes are left");
        return static_cast<std::size_t>(count);
    }
    void item() {}
    void end_sequence() {}
    bool begin_optional() { return number<bool>(); }
    void end_optional() {}

    [[noreturn]] void fail(const std::string& what) const {
        throw decode_error("archive: " + what);
    }

private:
    typename Archive::in& in_;
    const archive_source& source_;
    std::forward_list<std::string> texts_;  // what views refer to
};

}  // namespace detail

}  // namespace lsm
