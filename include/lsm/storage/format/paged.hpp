// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>
#include <lsm/codec/column.hpp>
#include <lsm/codec/hash.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/order.hpp>
#include <lsm/storage/compression/compression.hpp>
#include <lsm/storage/filter/filter.hpp>
#include <lsm/storage/format/table_index.hpp>
#include <lsm/storage/format/table_plan.hpp>
#include <lsm/storage/format/written_entries.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lsm {

namespace detail {

/// What the encodings of binary tables share: 16 bytes in front that tell the kind in an editor
/// too, the binary index, and a footer that lets tools find the index without the root.
/// @tparam Kind has the 16 bytes as `magic`
template <class Kind>
struct binary_frame {
    static void begin_table(byte_buffer& out) {
        static_assert(Kind::magic.size() == 16);
        append(out, as_bytes(Kind::magic));
    }
    template <class Key>
    static void write_index(byte_buffer& out, const table_index<Key>& index) {
        write_binary_index(out, index);
    }
    template <class Key>
    static table_index<Key> read_index(byte_view bytes) {
        byte_reader in(bytes);
        auto index = read_binary_index<Key>(in);
        in.expect_end();
        return index;
    }
    static void end_table(byte_buffer& out, const extent& index) {
        append_number(out, index.offset);
        append_number(out, index.bytes);
        append_number(out, index.checksum);
        append(out, as_bytes(Kind::magic));
    }
};

}  // namespace detail

namespace detail {

/// A block's bytes as its encoding wrote them. @throws decode_error
template <class Encoding>
[[nodiscard]] byte_buffer decompressed(byte_buffer bytes) {
    if constexpr (requires { Encoding::decompress(std::move(bytes)); })
        return Encoding::decompress(std::move(bytes));
    else
        return bytes;
}

/// The policies that an encoding names; else none.
template <class Encoding>
struct filter_of {
    using type = no_filter;
};
template <class Encoding>
    requires requires { typename Encoding::filter_policy; }
struct filter_of<Encoding> {
    using type = typename Encoding::filter_policy;
};
template <class Encoding>
struct compression_of {
    using type = no_compression;
};
template <class Encoding>
    requires requires { typename Encoding::compression_policy; }
struct compression_of<Encoding> {
    using type = typename Encoding::compression_policy;
};

}  // namespace detail

/// A table made of blocks and one index: what all formats of this library are. A sorted stream of
/// entries is cut into blocks of about `block_bytes`, mostly at key borders; the index has one line a
/// block. A key whose versions do not fit a block has several, and shares none of them with another key.
/// How a block, the index and what stands around them look in bytes is the encoding's, and so is what
/// the format is called:
///
/// | member of `Encoding` | meaning |
/// | --- | --- |
/// | `name`, `version`, `extension` | in the root, and in files' names |
/// | `default_block_bytes` | unless the format is given another |
/// | `begin_table(out)` | appends what stands before the first block |
/// | `block_writer<Key, Value>` | `add(key, sequence, kind, value)`, `bytes()`, `finish(out)`, after which it begins the next block; a copy of it does the same |
/// | `read_block<Key, Value>(bytes) -> columns` | the inverse; may borrow from the bytes |
/// | `write_index(out, index)` | appends the index; it may look at `out`, the table so far |
/// | `read_index<Key>(bytes) -> table_index` | the inverse |
/// | `end_table(out, extent)` | appends what stands after the index |
/// | `filter_policy` | optional: the filter that the index gets, which it writes and reads |
/// | `compression_policy` | optional, with `compress(out, begin, policy, plan) -> name`, what to do with each block, and `decompress(block) -> block` |
///
/// @tparam Encoding see above
template <class Encoding>
struct paged_format {
    static constexpr std::string_view name = Encoding::name;
    static constexpr std::uint32_t version = Encoding::version;
    static constexpr std::string_view extension = Encoding::extension;
    /// The builder compares each block with what was added, so the engine does not read the blocks back.
    static constexpr bool checks_blocks = true;

    using filter_policy = typename detail::filter_of<Encoding>::type;
    using compression_policy = typename detail::compression_of<Encoding>::type;

    /// End a block at the first key after so many bytes, and a block of one key's versions at the first of
    /// them. More than `most_block_bytes` are taken for that.
    std::size_t block_bytes = Encoding::default_block_bytes;
    /// So that a block with the largest entry, too, has lengths below 2^32.
    static constexpr std::size_t most_block_bytes = std::size_t{1} << 30;
    [[no_unique_address]] filter_policy filter = {};
    [[no_unique_address]] compression_policy compression = {};

    template <class Key, class Value>
    class builder;
    template <class Key, class Value>
    class block;
    template <class Key, class Value>
    using index = table_index<Key>;

    /// Begins a table.
    template <class Key, class Value>
    [[nodiscard]] builder<Key, Value> build(const table_plan& plan) const {
        return {plan, *this};
    }

    /// Whether a file with these first bytes can be such a table, or was to become one.
    [[nodiscard]] static bool is_beginning(byte_view head) {
        byte_buffer own;
        Encoding::begin_table(own);
        return begin_alike(head, own);
    }

    /// The resident part from its bytes. @throws decode_error
    template <class Key, class Value>
    [[nodiscard]] static table_index<Key> read_index(byte_view bytes) {
        table_index<Key> result = Encoding::template read_index<Key>(bytes);
        if (result.last_key.has_value() == result.blocks.empty())
            throw decode_error("an index has blocks and no last key, or the reverse");
        check_order(result);
        return result;
    }

private:
    template <class Key>
    static void check_order(const table_index<Key>& index) {
        const Key* before = nullptr;
        for (const Key& each : index.first_keys) {
            if (!has_order<Key>(index.view(each)))
                throw decode_error("a key has no place in the order");
            if (before && compare(index.view(*before), index.view(each)) > 0)
                throw decode_error("the blocks' first keys do not ascend");
            before = &each;
        }
        if (!before) return;
        const auto order = has_order<Key>(index.view(*index.last_key))
                               ? compare(index.view(*before), index.view(*index.last_key))
                               : std::weak_ordering::greater;
        if (order > 0) throw decode_error("the last key comes before a block's first");
        const bool last_is_long = index.first_keys.size() > 1 &&
                                  compare(index.view(before[-1]), index.view(*before)) == 0;
        if (last_is_long && order < 0)
            throw decode_error("a key with several blocks shares the last one");
    }
};

/// Turns a sorted stream of entries into a table's bytes. It does no I/O: whoever drives it takes
/// the bytes and puts them where they belong.
///
/// 1. A block ends at the first new key after `block_bytes`.
/// 2. A block that begins with a key ends within the versions of that key after `block_bytes`, too. The next
///    block begins with the same key, and ends at the next new key at the latest.
/// 3. A block that begins with another key ends before a key whose versions would make the block twice
///    as large. Then 2. holds for that key.
///
/// 4. Each block is decoded from its bytes, once these are complete, and compared with what was added:
///    `written_entries`.
///
/// So the index alone tells a reader where the newest version of a key is, and which block has the next ones.
template <class Encoding>
template <class Key, class Value>
class paged_format<Encoding>::builder {
    using key_view = std::remove_cvref_t<view_of<Key>>;

public:
    builder(const table_plan& plan, const paged_format& how) : plan_(plan), how_(how) {
        how_.block_bytes = (std::min)(how_.block_bytes, most_block_bytes);
        index_.properties.id = plan.id;
        index_.properties.key_shape = codec<Key>::shape();
        index_.properties.value_shape = codec<Value>::shape();
        Encoding::begin_table(out_);
    }

    /// Adds an entry, which comes after the last one: greater key, or same key and lower number.
    /// @throws error `invalid_argument` if it does not, or if a codec does not read what it writes
    void add(const key_view& key, sequence_number sequence, payload_kind kind,
             const cell<Value>& value) {
        const bool same_key = follows_same_key(key, sequence);
        const bool is_full = in_block_ > 0 && block_.bytes() >= how_.block_bytes;
        if (!same_key) {
            if (is_full || continues_) finish_block();
            last_key_.emplace(codec<Key>::own(key));
            key_begin_ = in_block_;
            if constexpr (takes_hash) last_hash_ = hash_of<Key>(key, plan_.filter_seed);
            if constexpr (has_filter) hashes_.push_back(last_hash_);
        } else if (is_full && is_full_of(key)) {
            if (key_begin_ > 0) set_last_key_apart();
            finish_block();
            continues_ = true;
        }
        add_to_block(key, last_hash_, sequence, kind, value);
        table_properties& properties = index_.properties;
        ++properties.entries;
        if (kind == payload_kind::tombstone) ++properties.tombstones;
        properties.min_sequence = (std::min)(properties.min_sequence, sequence);
        properties.max_sequence = (std::max)(properties.max_sequence, sequence);
    }

    /// About how large the table would be if it ended here, without its index.
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        return taken_ + out_.size() + block_.bytes();
    }
    /// About the memory that it holds: a hash for each key, the index, and what was not taken.
    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return hashes_.capacity() * sizeof(std::uint64_t) + index_bytes_ + out_.capacity() +
               block_.bytes();
    }
    /// How many entries were added.
    [[nodiscard]] std::uint64_t entries() const noexcept { return index_.properties.entries; }

    /// Ends the table. `take` then gives the last bytes, and nothing more may be added.
    /// @returns where the resident part lies
    extent finish() {
        if (in_block_ > 0) finish_block();
        index_.last_key = std::move(last_key_);
        if constexpr (has_filter) index_.filter = build_filter();
        const std::size_t begin = out_.size();
        Encoding::write_index(out_, index_);
        const byte_view resident = byte_view(out_).subspan(begin);
        const extent where{taken_ + begin, resident.size(), checksum(resident)};
        Encoding::end_table(out_, where);
        return where;
    }

    /// The bytes made since the last call.
    [[nodiscard]] byte_buffer take() {
        taken_ += out_.size();
        return std::exchange(out_, {});
    }

private:
    [[nodiscard]] table_filter build_filter() {
        return detail::choice_of<filter_policy>::choose(
            how_.filter, plan_, [&]<class Policy>(const Policy& policy) {
                return table_filter::of<Policy>(policy.build(std::move(hashes_), plan_));
            });
    }
    void add_to_block(const key_view& key, std::uint64_t hash, sequence_number sequence,
                      payload_kind kind, const cell<Value>& value) {
        if (in_block_ == 0) {
            index_.first_keys.push_back(codec<Key>::own(key));
            index_bytes_ += sizeof(extent) + sizeof(Key) + encoded_bytes<Key>(key);
        }
        block_.add(key, sequence, kind, value);
        written_.add(key, hash, sequence, kind);
        ++in_block_;
    }
    /// Whether the entry has the last one's key. @throws error if it comes before the last one, which only
    /// an order of the key's type that contradicts itself brings about, or a policy
    [[nodiscard]] bool follows_same_key(const key_view& key, sequence_number sequence) {
        const auto order =
            last_key_ ? compare(codec<Key>::as_view(*last_key_), key) : std::weak_ordering::less;
        if (order > 0 || (order == 0 && sequence >= last_sequence_))
            throw error(
                errc::invalid_argument,
                "an entry comes before the one that it follows: the order of the key type " +
                    codec<Key>::shape() +
                    " contradicts itself, or a policy hands out entries out of order");
        last_sequence_ = sequence;
        return order == 0;
    }
    /// Whether the versions of the last key are enough for a block: the index repeats the key with each block,
    /// so it must be small beside that.
    [[nodiscard]] bool is_full_of(const key_view& key) const {
        const std::size_t enough =
            (std::max)(how_.block_bytes, std::size_t{16} * encoded_bytes<Key>(key));
        return block_.bytes() >= (key_begin_ == 0 ? enough : 2 * enough);
    }
    /// Ends the block before the last key, which then begins one. O(block), and seldom: encodings
    /// cannot give entries back, so the block is decoded.
    void set_last_key_apart() {
        byte_buffer bytes;
        block_.finish(bytes);
        const columns<Key, Value> decoded = read_back(bytes);
        const window_of<Key, Value> all = decoded.window();
        const std::size_t begin = key_begin_;
        block_ = empty_;
        written_.clear();
        in_block_ = 0;
        index_.first_keys.pop_back();
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (i == begin) finish_block();
            const view_of<Key> key = view_in<Key>(all.keys[i]);
            std::uint64_t hash = 0;
            if constexpr (takes_hash) hash = hash_of<Key>(key, plan_.filter_seed);
            add_to_block(key, hash, all.sequences[i], all.kinds[i], all.values[i]);
        }
    }
    /// What a block decodes to, which is what was written to it. @throws error
    [[nodiscard]] columns<Key, Value> read_back(byte_view block) const {
        try {
            columns<Key, Value> decoded = Encoding::template read_block<Key, Value>(block);
            written_.template expect<Value>(decoded.window(), plan_.filter_seed);
            return decoded;
        } catch (const decode_error& failure) {
            written_.template refuse<Value>(0, failure.what());
        }
    }
    /// The same of the bytes as they will be read.
    void check_written(byte_view sealed) {
        sealed_.assign(sealed.begin(), sealed.end());
        if constexpr (requires { Encoding::decompress(std::move(sealed_)); })
            sealed_ = Encoding::decompress(std::move(sealed_));
        (void)read_back(sealed_);
    }
    void finish_block() {
        const std::size_t begin = out_.size();
        block_.finish(out_);
        empty_ = block_;
        in_block_ = key_begin_ = 0;
        continues_ = false;
        if constexpr (!std::is_same_v<compression_policy, no_compression>) {
            const std::string_view by = Encoding::compress(out_, begin, how_.compression, plan_);
            if (!by.empty()) index_.properties.compression = by;
        }
        const byte_view bytes = byte_view(out_).subspan(begin);
        check_written(bytes);
        written_.clear();
        index_.blocks.push_back({taken_ + begin, bytes.size(), checksum(bytes)});
    }

    static constexpr bool has_filter = !std::is_same_v<filter_policy, no_filter>;
    static constexpr bool takes_hash = has_filter || detail::written_entries<Key>::takes_hash;

    table_plan plan_;
    paged_format how_;
    std::vector<std::uint64_t> hashes_;  // of the keys, for the filter
    byte_buffer out_;
    std::uint64_t taken_ = 0;  // bytes that have left through take()
    typename Encoding::template block_writer<Key, Value> block_;
    typename Encoding::template block_writer<Key, Value> empty_;  // as the block began
    std::size_t in_block_ = 0;                                    // entries
    std::size_t key_begin_ = 0;                                   // of them before the last key
    detail::written_entries<Key> written_;                        // to the block
    byte_buffer sealed_;                                          // the last block, to be decoded
    std::uint64_t last_hash_ = 0;
    sequence_number last_sequence_ = no_sequence;
    bool continues_ = false;  // the block begins with the key that the last one ended with
    table_index<Key> index_;
    std::size_t index_bytes_ = 0;  // about its memory
    std::optional<Key> last_key_;
};

/// A block after decoding: its bytes, and the columns that may borrow from them.
template <class Encoding>
template <class Key, class Value>
class paged_format<Encoding>::block {
public:
    /// @param in keeps the bytes, aligned as the heap aligns whatever it is asked for; it outlives the block
    /// @throws decode_error if the bytes are no block, or its entries are out of order
    explicit block(byte_buffer bytes,
                   std::pmr::memory_resource* in = std::pmr::new_delete_resource())
        : bytes_(kept(detail::decompressed<Encoding>(std::move(bytes)), in)),
          columns_(Encoding::template read_block<Key, Value>(bytes_)) {
        check_order();
    }
    block(const block&) = delete;
    block& operator=(const block&) = delete;

    /// All its entries. Valid as long as the block.
    [[nodiscard]] window_of<Key, Value> window() const noexcept { return columns_.window(); }
    /// About how much memory it takes.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return sizeof(*this) + bytes_.capacity() + columns_.bytes();
    }

private:
    static std::pmr::vector<std::byte> kept(const byte_buffer& bytes,
                                            std::pmr::memory_resource* in) {
        return {bytes.begin(), bytes.end(), in};
    }
    void check_order() const {
        const auto all = window();
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!has_order<Key>(view_in<Key>(all.keys[i])))
                throw decode_error("a key has no place in the order");
            if (i == 0) continue;
            const auto order = compare(view_in<Key>(all.keys[i - 1]), view_in<Key>(all.keys[i]));
            if (order > 0 || (order == 0 && all.sequences[i - 1] <= all.sequences[i]))
                throw decode_error("entries are out of order");
        }
    }

    std::pmr::vector<std::byte> bytes_;
    columns<Key, Value> columns_;
};

}  // namespace lsm
