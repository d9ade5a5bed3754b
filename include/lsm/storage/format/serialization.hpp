// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/column.hpp>
#include <lsm/fwd.hpp>
#include <lsm/storage/format/archive.hpp>
#include <lsm/storage/format/paged.hpp>

#include <boost/archive/archive_exception.hpp>
#include <boost/archive/iterators/dataflow_exception.hpp>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <locale>
#include <new>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lsm {

/// The encoding of `serialization_format`: tables whose blocks are archives of Boost.Serialization, one
/// each. Links that library. Choose them to read tables with what you have for archives; blocks are
/// faster and smaller. docs/file_format.md, "Archive tables".
///
/// An archive holds the count of entries, then of each its sequence number, its kind, its key and,
/// unless it is a tombstone, its value, as the numbers and strings that their codecs name one after
/// another. Floating numbers are integers of the same bits, so that no text loses them. Archives
/// trust the lengths in them: only bytes that have passed their checksum may be read.
///
/// @tparam Archive `binary_archive`, which machines of other kinds cannot read, `text_archive` or
/// `xml_archive`
template <class Archive>
struct archive_encoding : detail::binary_frame<archive_encoding<Archive>> {
    static constexpr std::string_view name = Archive::name;
    static constexpr std::uint32_t version = 1;
    static constexpr std::string_view extension = Archive::extension;
    static constexpr std::size_t default_block_bytes = 4096;
    static constexpr std::string_view magic = Archive::magic;

    template <class Key, class Value>
    class block_writer;

    template <class Key, class Value>
    static columns<Key, Value> read_block(byte_view bytes) {
        try {
            detail::archive_source source(bytes);
            std::istream stream(&source);
            stream.imbue(std::locale::classic());
            detail::expect_string<Archive>(source);  // a header begins with one
            typename Archive::in archive(stream, detail::archive_flags);
            auto block = read_entries<Key, Value>(archive, source);
            detail::expect_end<Archive>(source);
            return block;
        } catch (const boost::archive::archive_exception& failure) {
            throw decode_error(std::string("archive: ") + failure.what());
        } catch (const boost::archive::iterators::dataflow_exception& failure) {
            throw decode_error(std::string("archive: ") + failure.what());
        }
    }

private:
    template <class Key, class Value>
    static columns<Key, Value> read_entries(typename Archive::in& archive,
                                            const detail::archive_source& source) {
        detail::archive_reader<Archive> head(archive, source);
        head.field("count");
        const std::size_t count = head.begin_sequence();
        columns<Key, Value> block(count);
        for (std::size_t i = 0; i < count; ++i) {
            detail::archive_reader<Archive> in(archive, source);
            in.field("sequence");
            const auto sequence = in.template number<sequence_number>();
            in.field("kind");
            const auto kind = in.template number<std::uint8_t>();
            if (!is_payload_kind(kind)) in.fail("unknown payload kind");
            block.push_version(sequence, static_cast<payload_kind>(kind));
            in.field("key");
            block.keys().push(codec<Key>::template read<detail::archive_reader<Archive>>(in));
            in.field("value");
            if (static_cast<payload_kind>(kind) == payload_kind::value)
                block.values().push(
                    codec<Value>::template read<detail::archive_reader<Archive>>(in));
            else
                block.values().push_nothing();
        }
        return block;
    }
};

/// A block under construction: the entries themselves, since an archive begins with their count.
template <class Archive>
template <class Key, class Value>
class archive_encoding<Archive>::block_writer {
public:
    void add(const std::remove_cvref_t<view_of<Key>>& key, sequence_number sequence,
             payload_kind kind, const cell<Value>& value) {
        entry& added = entries_.emplace_back(entry{sequence, codec<Key>::own(key), {}});
        bytes_ += sizeof(sequence) + sizeof(kind) + encoded_bytes<Key>(key);
        if (kind == payload_kind::tombstone) return;
        added.value.emplace(codec<Value>::own(view_in<Value>(value)));
        bytes_ += encoded_bytes<Value>(view_in<Value>(value));
    }
    /// As many as the entries take in binary tables; an archive takes some more.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// @throws boost::archive::archive_exception
    void finish(byte_buffer& out) {
        detail::archive_sink sink(out);
        std::ostream stream(&sink);
        stream.imbue(std::locale::classic());
        write_entries(stream);
        if (!stream) throw std::bad_alloc();  // nothing else stops a sink
        entries_.clear();
        bytes_ = 0;
    }

private:
    struct entry {
        sequence_number sequence;
        Key key;
        std::optional<Value> value;  // none in a tombstone
    };

    void write_entries(std::ostream& stream) const {
        typename Archive::out archive(stream, detail::archive_flags);
        detail::archive_writer<Archive> out(archive);
        out.field("count");
        out.begin_sequence(entries_.size());
        for (const entry& each : entries_) {
            const auto kind = each.value ? payload_kind::value : payload_kind::tombstone;
            out.field("sequence");
            out.number(each.sequence);
            out.field("kind");
            out.number(static_cast<std::uint8_t>(kind));
            out.field("key");
            codec<Key>::write(out, codec<Key>::as_view(each.key));
            out.field("value");
            if (each.value) codec<Value>::write(out, codec<Value>::as_view(*each.value));
        }
    }

    std::vector<entry> entries_;
    std::size_t bytes_ = 0;
};

}  // namespace lsm
