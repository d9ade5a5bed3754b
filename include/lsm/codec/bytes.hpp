// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/trait.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/stored_length.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lsm {

/// The writing visitor that makes bytes: numbers little-endian in their own width, lengths and
/// counts as `u32`, an optional's presence as one byte, records as their fields one after another.
/// The whole is described in docs/file_format.md.
/// @throws error `invalid_argument` from members that write a length or a count, if it needs more than 32 bits
class byte_writer {
public:
    explicit byte_writer(byte_buffer& out) : out_(out) {}

    template <plain_number T>
    void number(T value) {
        append_number(out_, value);
    }
    void text(std::string_view value) { bytes(as_bytes(value)); }
    void bytes(byte_view value) {
        length(value.size());
        append(out_, value);
    }
    void fixed(byte_view value) { append(out_, value); }
    void begin_record() {}
    void field(std::string_view) {}
    void end_record() {}
    void begin_sequence(std::size_t count) { length(count); }
    void item() {}
    void end_sequence() {}
    void begin_optional(bool present) { number(static_cast<std::uint8_t>(present)); }
    void end_optional() {}

private:
    void length(std::size_t count) {
        number(detail::stored_length(count, "a text, bytes or a sequence"));
    }

    byte_buffer& out_;
};

/// The writing visitor that only counts the bytes which `byte_writer` would make.
class byte_counter {
public:
    template <plain_number T>
    void number(T) {
        count_ += sizeof(T);
    }
    void text(std::string_view value) { count_ += 4 + value.size(); }
    void bytes(byte_view value) { count_ += 4 + value.size(); }
    void fixed(byte_view value) { count_ += value.size(); }
    void begin_record() {}
    void field(std::string_view) {}
    void end_record() {}
    void begin_sequence(std::size_t) { count_ += 4; }
    void item() {}
    void end_sequence() {}
    void begin_optional(bool) { count_ += 1; }
    void end_optional() {}

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
    std::uint64_t count_ = 0;
};

/// The reading visitor over bytes. Every length is checked against what is left before it is used,
/// so that damaged bytes neither read past the end nor allocate more than they could fill.
/// @throws decode_error from every member, when the bytes are not what the codec asks for
class byte_reader {
public:
    explicit byte_reader(byte_view in) : in_(in) {}

    template <plain_number T>
    T number() {
        const byte_view from = take(sizeof(T));
        if constexpr (std::same_as<T, bool>) {
            if (from[0] > std::byte{1}) fail("a bool is neither 0 nor 1");
            return from[0] == std::byte{1};
        } else {
            return from_little_endian<T>(from.data());
        }
    }
    std::string_view text() { return as_text(bytes()); }
    byte_view bytes() { return take(number<std::uint32_t>()); }
    void fixed(std::span<std::byte> to) { std::ranges::copy(take(to.size()), to.begin()); }
    void begin_record() {}
    void field(std::string_view) {}
    void end_record() {}
    std::size_t begin_sequence() {
        const std::size_t count = number<std::uint32_t>();
        if (count > left()) fail("a sequence has more elements than bytes are left");
        return count;
    }
    void item() {}
    void end_sequence() {}
    bool begin_optional() { return number<bool>(); }
    void end_optional() {}

    /// Bytes not read yet.
    [[nodiscard]] std::size_t left() const noexcept { return in_.size() - at_; }
    /// Bytes read so far.
    [[nodiscard]] std::size_t position() const noexcept { return at_; }
    /// The next @p count bytes.
    byte_view take(std::size_t count) {
        if (count > left())
            fail("needs " + std::to_string(count) + " bytes, " + std::to_string(left()) + " left");
        const byte_view taken = in_.subspan(at_, count);
        at_ += count;
        return taken;
    }
    /// To be called when the last thing was read.
    void expect_end() const {
        if (left() != 0) fail(std::to_string(left()) + " bytes more than expected");
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw decode_error("at byte " + std::to_string(at_) + ": " + what);
    }

private:
    byte_view in_;
    std::size_t at_ = 0;
};

/// How many bytes `encode` would append.
template <has_codec T>
[[nodiscard]] std::uint64_t encoded_bytes(const std::remove_cvref_t<view_of<T>>& object) {
    byte_counter out;
    codec<T>::write(out, object);
    return out.count();
}

/// Appends the bytes of an object, or of its view.
template <has_codec T>
void encode(byte_buffer& out, const std::remove_cvref_t<view_of<T>>& object) {
    byte_writer writer(out);
    codec<T>::write(writer, object);
}

/// The object in @p in, which holds nothing else.
/// @throws decode_error
template <has_codec T>
[[nodiscard]] T decode(byte_view in) {
    byte_reader reader(in);
    T object = codec<T>::template read<byte_reader>(reader);
    reader.expect_end();
    return object;
}

}  // namespace lsm
