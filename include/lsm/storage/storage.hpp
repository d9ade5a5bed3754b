// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/storage/format/table_index.hpp>
#include <lsm/storage/format/table_plan.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lsm {

namespace detail {

/// A number with at least four digits, so that files sort as their numbers do for a while.
[[nodiscard]] inline std::string padded(std::uint64_t number) {
    std::string digits = std::to_string(number);
    if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
    return digits;
}
[[nodiscard]] inline std::optional<std::uint64_t> parse_digits(std::string_view digits) {
    if (digits.empty() || digits.size() > 19) return std::nullopt;
    std::uint64_t number = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return number;
}

}  // namespace detail

/// A table's name on a medium: its number and its format's extension. Names are made of nothing
/// else, so that no stored byte can lead out of the medium.
struct table_name {
    std::uint64_t id = 0;
    std::string extension;

    /// As a file: `sstable_0007.json`.
    [[nodiscard]] std::string file_name() const {
        return "sstable_" + detail::padded(id) + "." + extension;
    }

    /// The inverse; nothing for any other name.
    [[nodiscard]] static std::optional<table_name> parse(std::string_view file_name);

    auto operator<=>(const table_name&) const = default;
};

inline std::optional<table_name> table_name::parse(std::string_view file_name) {
    constexpr std::string_view stem = "sstable_";
    if (!file_name.starts_with(stem)) return std::nullopt;
    const std::size_t dot = file_name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto id = detail::parse_digits(file_name.substr(stem.size(), dot - stem.size()));
    if (!id) return std::nullopt;
    table_name name{*id, std::string(file_name.substr(dot + 1))};
    if (name.file_name() != file_name) return std::nullopt;  // one spelling a table
    return name;
}

/// A log segment's file: `log_0007`, and the inverse.
[[nodiscard]] inline std::string log_file_name(std::uint64_t number) {
    return "log_" + detail::padded(number);
}
[[nodiscard]] inline std::optional<std::uint64_t> parse_log_file_name(std::string_view file_name) {
    constexpr std::string_view stem = "log_";
    if (!file_name.starts_with(stem)) return std::nullopt;
    const auto number = detail::parse_digits(file_name.substr(stem.size()));
    if (!number || log_file_name(*number) != file_name) return std::nullopt;  // one spelling each
    return number;
}

/// What became of a root's replacement.
enum class replace_result {
    ok,      ///< the next root is durable
    unknown  ///< it may be the next root or the old one that a crash leaves: stop writing
};

/// @name What the storage slot asks for
/// A storage policy is `basic_storage<Format, Medium, AlsoReads...>`, or a struct with its members.
/// docs/concepts.md explains each concept; `lsm::testing::check_format` and
/// `check_medium` test the laws.
/// @{

/// `name`, `version` and `extension`: what a format is called, in the root and in files' names.
template <class F>
concept format_has_identity = requires {
    { F::name } -> std::convertible_to<std::string_view>;
    { F::version } -> std::convertible_to<std::uint32_t>;
    { F::extension } -> std::convertible_to<std::string_view>;
};

/// `build<Key, Value>(plan)`: a builder with `add`, `bytes`, `entries`, `finish` and `take`.
template <class F, class Key, class Value>
concept format_has_builder =
    requires(const F& format) { format.template build<Key, Value>(table_plan{}); } &&
    requires(decltype(std::declval<const F&>().template build<Key, Value>(table_plan{}))& builder,
             const std::remove_cvref_t<view_of<Key>>& key, const cell<Value>& value) {
        builder.add(key, sequence_number{}, payload_kind::value, value);
        { builder.bytes() } -> std::convertible_to<std::uint64_t>;
        { builder.entries() } -> std::convertible_to<std::uint64_t>;
        { builder.finish() } -> std::same_as<extent>;
        { builder.take() } -> std::same_as<byte_buffer>;
    };

/// Optional, `is_beginning(head)`: whether a file with these first bytes, up to 64, can be one of the format's
/// tables. Without, the extension decides whether a file is another program's.
template <class F>
concept format_knows_its_beginning = requires(byte_view head) {
    { F::is_beginning(head) } -> std::same_as<bool>;
};

/// `read_index<Key, Value>(bytes)`: the resident part of a table.
template <class F, class Key, class Value>
concept format_has_index = requires(byte_view bytes) {
    { F::template read_index<Key, Value>(bytes) } -> std::same_as<table_index<Key>>;
};

/// `block<Key, Value>(byte_buffer)` with `window()` and `bytes()`: a decoded block. Where it can also be
/// made of `(byte_buffer, std::pmr::memory_resource*)`, it is, and keeps its bytes there.
template <class F, class Key, class Value>
concept format_has_block =
    std::constructible_from<typename F::template block<Key, Value>, byte_buffer> &&
    requires(const typename F::template block<Key, Value>& block) {
        { block.window() } -> std::same_as<window_of<Key, Value>>;
        { block.bytes() } -> std::convertible_to<std::size_t>;
    };

/// All of the above: what a table's bytes are.
template <class F, class Key, class Value>
concept table_format = format_has_identity<F> && format_has_builder<F, Key, Value> &&
                       format_has_index<F, Key, Value> && format_has_block<F, Key, Value>;

/// `location`, and a constructor from a location and an `open_mode`.
template <class M>
concept medium_has_location = std::constructible_from<M, const typename M::location&, open_mode>;

/// Tables: `create`, `open`, `remove` and `list`.
template <class M>
concept medium_has_tables =
    requires(M& medium, const table_name& name) {
        medium.create(name);
        medium.open(name);
        medium.remove(name);
        { medium.list() } -> std::same_as<std::vector<table_name>>;
    } &&
    requires(decltype(std::declval<M&>().create(table_name{}))& writer, byte_view bytes) {
        writer.append(bytes);
        writer.commit();
    } &&
    requires(const decltype(std::declval<M&>().open(table_name{}))& reader,
             std::span<std::byte> to) {
        { reader.bytes() } -> std::convertible_to<std::uint64_t>;
        reader.read(std::uint64_t{}, to);
    };

/// The root: `load` and `replace`.
template <class M>
concept medium_has_root = requires(M& medium, byte_view bytes) {
    { medium.load_root() } -> std::same_as<std::optional<byte_buffer>>;
    { medium.replace_root(bytes) } -> std::same_as<replace_result>;
    { medium.describe() } -> std::convertible_to<std::string>;
};

/// Optional, `newest_root` and `note_root`: which root is the newest that was ever there, so that an older one
/// in its place is found out.
template <class M>
concept medium_notes_roots = requires(M& medium, std::uint64_t generation) {
    { medium.newest_root() } -> std::same_as<std::uint64_t>;
    medium.note_root(generation);
};

/// The log's segments: pieces of a fixed length whose space is reserved when they are made.
template <class M>
concept medium_has_log =
    requires(M& medium, std::uint64_t number) {
        medium.create_log_segment(number, std::uint64_t{}, bool{});
        medium.remove_log_segment(number);
        { medium.list_log_segments() } -> std::same_as<std::vector<std::uint64_t>>;
        { medium.boot_id() } -> std::convertible_to<std::string>;
    } &&
    requires(M& medium, std::uint64_t number,
             decltype(std::declval<M&>().create_log_segment(0, 0, true))& segment,
             byte_view bytes) {
        medium.reuse_log_segment(segment, number);
        segment.write(std::uint64_t{}, bytes);
        segment.write_durably(std::uint64_t{}, bytes);
        segment.sync();
    } &&
    requires(const M& medium, std::span<std::byte> to) {
        { medium.open_log_segment(std::uint64_t{}).bytes() } -> std::convertible_to<std::uint64_t>;
        medium.open_log_segment(std::uint64_t{}).read(std::uint64_t{}, to);
    };

/// All of the above: where bytes live.
template <class M>
concept storage_medium =
    medium_has_location<M> && medium_has_tables<M> && medium_has_root<M> && medium_has_log<M>;

/// @}

}  // namespace lsm
