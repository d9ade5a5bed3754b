// SPDX-License-Identifier: BSL-1.0
// A table format of one's own: lines of words, for `grep` and `cut`. What a codec names becomes
// words through two visitors; blocks and the index are lines of them; `paged_format` does the rest.

#include <lsm/lsm.hpp>
#include <lsm/storage/format/paged.hpp>
#include <lsm/testing/storage_laws.hpp>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace {

//! [writer]
/// The widest number of a kind, as which the others are written and checked.
template <lsm::plain_number T>
using widest =
    std::conditional_t<std::floating_point<T>, T,
                       std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;

/// Makes words of what a codec names: numbers as they are spoken, texts behind their length, as in
/// `5:apple`, so that they may hold anything. A space ends a word.
class word_writer {
public:
    explicit word_writer(std::string& out) : out_(out) {}

    template <lsm::plain_number T>
    void number(T value) {
        char digits[64];
        const auto end = std::to_chars(digits, std::end(digits), widest<T>(value)).ptr;
        word({digits, end});
    }
    void text(std::string_view value) {
        word(std::to_string(value.size()).append(":").append(value));
    }
    void bytes(lsm::byte_view value) { text(lsm::as_text(value)); }
    void fixed(lsm::byte_view value) { bytes(value); }
    void begin_sequence(std::size_t count) { number(count); }
    void begin_optional(bool present) { number(present); }

    // Where a part ends is clear without a mark.
    void begin_record() {}
    void field(std::string_view) {}
    void end_record() {}
    void item() {}
    void end_sequence() {}
    void end_optional() {}

private:
    void word(std::string_view text) { out_.append(text).append(" "); }

    std::string& out_;
};
//! [writer]

//! [reader]
/// The inverse. Bytes on disk may be anybody's: it believes nothing that it has not checked.
class word_reader {
public:
    explicit word_reader(lsm::byte_view in) : in_(lsm::as_text(in)) {}

    template <lsm::plain_number T>
    T number() {
        const auto wide = parsed<widest<T>>();
        const auto value = static_cast<T>(wide);
        if constexpr (std::integral<T>)
            if (widest<T>(value) != wide) fail("a number is too great for its type");
        return value;
    }
    std::string_view text() {
        const auto size = parsed<std::uint64_t>(':');
        if (size >= in_.size()) fail("a text is longer than what is left");
        const std::string_view value = in_.substr(0, size);
        in_.remove_prefix(size);
        skip(' ');
        return value;
    }
    lsm::byte_view bytes() { return lsm::as_bytes(text()); }
    void fixed(std::span<std::byte> to) {
        const lsm::byte_view value = bytes();
        if (value.size() != to.size()) fail("bytes of another number than the type says");
        std::ranges::copy(value, to.begin());
    }
    std::size_t begin_sequence() {
        const auto count = parsed<std::uint64_t>();
        if (count > in_.size()) fail("a sequence has more elements than bytes are left");
        return count;
    }
    bool begin_optional() { return number<bool>(); }
    void begin_record() {}
    void field(std::string_view) {}
    void end_record() {}
    void item() {}
    void end_sequence() {}
    void end_optional() {}

    void end_line() { skip('\n'); }
    [[nodiscard]] bool at_end() const { return in_.empty(); }
    [[noreturn]] void fail(const std::string& what) const {
        throw lsm::decode_error("words: " + what);
    }

private:
    template <class T>
    T parsed(char end = ' ') {
        T value{};
        const auto [after, error] = std::from_chars(in_.data(), in_.data() + in_.size(), value);
        if (error != std::errc()) fail("a number is expected");
        in_.remove_prefix(static_cast<std::size_t>(after - in_.data()));
        skip(end);
        return value;
    }
    void skip(char expected) {
        if (!in_.starts_with(expected)) fail("a separator is missing");
        in_.remove_prefix(1);
    }

    std::string_view in_;
};
//! [reader]

//! [encoding]
/// A line for each entry: its sequence number (0: it is older than every reader, and its key's oldest
/// version), what it is (1: a value, 2: an erasure), key, value.
struct word_encoding {
    static constexpr std::string_view name = "words";
    static constexpr std::uint32_t version = 1;
    static constexpr std::string_view extension = "words";
    static constexpr std::size_t default_block_bytes = 4096;

    static void begin_table(lsm::byte_buffer& out) { append(out, "# lsm words 1\n"); }

    template <class Key, class Value>
    class block_writer {
    public:
        void add(const std::remove_cvref_t<lsm::view_of<Key>>& key, lsm::sequence_number sequence,
                 lsm::payload_kind kind, const lsm::cell<Value>& value) {
            word_writer out(lines_);
            out.number(sequence);
            out.number(static_cast<std::uint8_t>(kind));
            lsm::codec<Key>::write(out, key);
            if (kind == lsm::payload_kind::value)
                lsm::codec<Value>::write(out, lsm::view_in<Value>(value));
            lines_ += '\n';
        }
        [[nodiscard]] std::size_t bytes() const noexcept { return lines_.size(); }
        void finish(lsm::byte_buffer& out) {
            append(out, lines_);
            lines_.clear();
        }

    private:
        std::string lines_;
    };

    template <class Key, class Value>
    static lsm::columns<Key, Value> read_block(lsm::byte_view bytes) {
        const std::string_view lines = lsm::as_text(bytes);
        // There are at most so many entries; texts may hold line ends too.
        lsm::columns<Key, Value> block(static_cast<std::size_t>(std::ranges::count(lines, '\n')) +
                                       1);
        for (word_reader in(bytes); !in.at_end(); in.end_line()) {
            const auto sequence = in.number<lsm::sequence_number>();
            const auto kind = in.number<std::uint8_t>();
            if (!lsm::is_payload_kind(kind)) in.fail("unknown payload kind");
            block.push_version(sequence, static_cast<lsm::payload_kind>(kind));
            block.keys().read_from(in);
            if (static_cast<lsm::payload_kind>(kind) == lsm::payload_kind::value)
                block.values().read_from(in);
            else
                block.values().push_nothing();
        }
        return block;
    }

    template <class Key>
    static void write_index(lsm::byte_buffer& bytes, const lsm::table_index<Key>& index);
    template <class Key>
    static lsm::table_index<Key> read_index(lsm::byte_view bytes);

    static void end_table(lsm::byte_buffer& out, const lsm::extent& index) {
        append(out, "# index at " + std::to_string(index.offset) + '\n');
    }

private:
    static void append(lsm::byte_buffer& out, std::string_view text) {
        lsm::append(out, lsm::as_bytes(text));
    }
};
//! [encoding]

//! [index]
template <class Key>
void word_encoding::write_index(lsm::byte_buffer& bytes, const lsm::table_index<Key>& index) {
    std::string line;
    word_writer out(line);
    const lsm::table_properties& is = index.properties;
    for (const auto number : {is.id, is.entries, is.tombstones, is.min_sequence, is.max_sequence})
        out.number(number);
    out.text(is.key_shape);
    out.text(is.value_shape);
    out.begin_sequence(index.blocks.size());
    for (std::size_t i = 0; i < index.blocks.size(); ++i) {
        const lsm::extent& block = index.blocks[i];
        for (const auto number : {block.offset, block.bytes, block.checksum}) out.number(number);
        lsm::codec<Key>::write(out, index.view(index.first_keys[i]));
    }
    out.begin_optional(index.last_key.has_value());
    if (index.last_key) lsm::codec<Key>::write(out, index.view(*index.last_key));
    append(bytes, line + '\n');
}

template <class Key>
lsm::table_index<Key> word_encoding::read_index(lsm::byte_view bytes) {
    word_reader in(bytes);
    lsm::table_index<Key> index;
    lsm::table_properties& is = index.properties;
    for (auto* number : {&is.id, &is.entries, &is.tombstones, &is.min_sequence, &is.max_sequence})
        *number = in.number<std::uint64_t>();
    is.key_shape = in.text();
    is.value_shape = in.text();
    for (std::size_t count = in.begin_sequence(); count > 0; --count) {
        lsm::extent block;
        for (auto* number : {&block.offset, &block.bytes, &block.checksum})
            *number = in.number<std::uint64_t>();
        index.blocks.push_back(block);
        index.first_keys.push_back(lsm::codec<Key>::template read<word_reader>(in));
    }
    if (in.begin_optional())
        index.last_key.emplace(lsm::codec<Key>::template read<word_reader>(in));
    in.end_line();
    return index;
}
//! [index]

//! [format]
using word_format = lsm::paged_format<word_encoding>;
//! [format]

}  // namespace

int main() {
    //! [laws]
    using entry = lsm::testing::stored_entry<std::string, double>;
    const std::vector<entry> entries{
        {"", 3, 0.5}, {"a b\nc", 9, {}}, {"a b\nc", 1, -1e300}, {"z", 7, 1.0 / 3}};
    lsm::testing::check_format(word_format{}, entries);
    word_format short_blocks;
    short_blocks.block_bytes = 1;
    lsm::testing::check_format(short_blocks, entries);
    lsm::testing::check_format_damage(word_format{}, entries);
    std::cout << "the format keeps its laws\n";
    //! [laws]

    //! [tree]
    using storage = lsm::basic_storage<word_format, lsm::directory<>>;
    using tree = lsm::lsm_tree<std::string, double, lsm::skip_list_memtable, storage>;
    {
        tree heights("heights");
        heights.put("Galdhøpiggen", 2469);
        heights.put("Kebnekaise", 2096.8);
        heights.put("Møllehøj", 170.86);
        heights.flush();
        heights.erase("Møllehøj");
    }
    const tree heights("heights");
    for (auto [mountain, metres] : heights.scan())
        std::cout << mountain << ": " << metres << " m\n";
    for (const lsm::table_statistics& table : heights.stats().tables)
        std::cout << '\n'
                  << table.file << ":\n"
                  << std::ifstream(std::filesystem::path("heights") / table.file).rdbuf();
    //! [tree]
}
