// SPDX-License-Identifier: BSL-1.0
#include "session_of.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

/// Lets `MultiGet` read by io_uring where the kernel has it.
extern "C" bool RocksDbIOUringEnable() {
    return true;
}

namespace bench {
namespace {

rocksdb::Slice slice(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
    return {bytes.data(), bytes.size()};
}
void check(const rocksdb::Status& status) {
    if (!status.ok()) throw std::runtime_error("rocksdb: " + status.ToString());
}

rocksdb::Options options_for(const opening& how, bool mapped) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    options.bottommost_compression = rocksdb::kNoCompression;
    options.write_buffer_size = how.buffer();
    options.max_write_buffer_number = 2;
    options.max_background_jobs = 2;  // one flushes, one compacts
    options.level_compaction_dynamic_level_bytes = true;
    options.enable_pipelined_write = true;
    options.max_open_files = -1;
    options.allow_mmap_reads = mapped;
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.02;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(how.cache());
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.format_version = 5;
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

/// @tparam Mapped  whether tables are read through mappings, past the block cache
template <bool Mapped>
struct rocksdb_of {
    template <class Shape>
    class store;
};

template <bool Mapped>
template <class Shape>
class rocksdb_of<Mapped>::store {
    using key_type = typename Shape::key;
    using value_type = typename Shape::value;

public:
    class worker;

    explicit store(const opening& how) : how_(how), options_(options_for(how, Mapped)) {
        rocksdb::DB* opened = nullptr;
        check(rocksdb::DB::Open(options_, how.where.string(), &opened));
        db_.reset(opened);
        writing_.sync = how.class_of == survives::power;
        writing_.disableWAL = how.class_of == survives::close;
    }

    void drain() {
        check(db_->Flush({}));
        while (number_of("rocksdb.compaction-pending") +
               number_of("rocksdb.num-running-compactions"))
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    void compact() {
        rocksdb::CompactRangeOptions all;
        all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
        check(db_->CompactRange(all, nullptr, nullptr));
    }

    [[nodiscard]] std::string settings() const {
        return "write_buffer_size " + std::to_string(how_.buffer() >> 20) +
               " MiB, two of them, block cache " + std::to_string(how_.cache() >> 20) +
               " MiB, Bloom filter of 10 bits, memtable Bloom filter, hash index in data blocks, "
               "pipelined writes, dynamic level bytes, 2 background jobs, no compression, " +
               (Mapped ? "mmap reads, " : "") + "sync " + (writing_.sync ? "true" : "false") +
               ", WAL " + (writing_.disableWAL ? "off" : "on");
    }

private:
    [[nodiscard]] std::uint64_t number_of(const char* property) const {
        std::uint64_t value = 0;
        db_->GetIntProperty(property, &value);
        return value;
    }

    opening how_;
    rocksdb::Options options_;
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::WriteOptions writing_;
};

template <bool Mapped>
template <class Shape>
class rocksdb_of<Mapped>::store<Shape>::worker {
public:
    explicit worker(store& of) : of_(of), db_(*of.db_), writing_(of.writing_) {}

    void put(const key_type& key, const value_type& value) {
        check(db_.Put(writing_, slice(stored_key(key).view()), slice(stored(value).view())));
    }
    void erase(const key_type& key) { check(db_.Delete(writing_, slice(stored_key(key).view()))); }
    void put_all(std::span<const key_type> keys, std::span<const value_type> values) {
        batch_.Clear();
        for (std::size_t i = 0; i < keys.size(); ++i)
            check(batch_.Put(slice(stored_key(keys[i]).view()), slice(stored(values[i]).view())));
        check(db_.Write(writing_, &batch_));
    }
    bool get(const key_type& key, auto&& see) {
        const rocksdb::Status status =
            db_.Get(reading_, db_.DefaultColumnFamily(), slice(stored_key(key).view()), &value_);
        const bool found = status.ok();
        if (found)
            see(view(value_));
        else if (!status.IsNotFound())
            check(status);
        value_.Reset();
        return found;
    }
    void get_all(std::span<const key_type> keys, auto&& see) {
        std::vector<decltype(stored_key(keys[0]))> bytes;
        bytes.reserve(keys.size());
        std::vector<rocksdb::Slice> slices;
        for (const key_type& key : keys)
            slices.push_back(slice(bytes.emplace_back(stored_key(key)).view()));
        std::vector<rocksdb::PinnableSlice> values(keys.size());
        std::vector<rocksdb::Status> statuses(keys.size());
        db_.MultiGet(reading_, db_.DefaultColumnFamily(), keys.size(), slices.data(), values.data(),
                     statuses.data());
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (statuses[i].IsNotFound()) continue;
            check(statuses[i]);
            see(i, view(values[i]));
        }
    }
    void walk(const key_type* from, bool forward, auto&& see) {
        const std::unique_ptr<rocksdb::Iterator> at(db_.NewIterator(reading_));
        if (from)
            at->Seek(slice(stored_key(*from).view()));
        else
            forward ? at->SeekToFirst() : at->SeekToLast();
        for (; at->Valid(); forward ? at->Next() : at->Prev())
            if (!see(view(at->key()), view(at->value()))) return;
        check(at->status());
    }
    void load(std::size_t count, auto&& entry) {
        rocksdb::SstFileWriter file(rocksdb::EnvOptions(), of_.options_);
        const std::string name = of_.how_.where.string() + ".load";
        check(file.Open(name));
        key_type key{};
        value_type value{};
        for (std::size_t i = 0; i < count; ++i) {
            entry(i, key, value);
            check(file.Put(slice(stored_key(key).view()), slice(stored(value).view())));
        }
        check(file.Finish());
        rocksdb::IngestExternalFileOptions how;
        how.move_files = true;
        check(db_.IngestExternalFile({name}, how));
    }

private:
    store& of_;
    rocksdb::DB& db_;
    rocksdb::WriteOptions writing_;
    rocksdb::ReadOptions reading_;
    rocksdb::WriteBatch batch_;
    rocksdb::PinnableSlice value_;
};

template <bool Mapped>
engine rocksdb_engine(std::string name) {
    return {std::move(name),
            {survives::close, survives::process, survives::power},
            true,
            openers_of<rocksdb_of<Mapped>::template store>(shapes{})};
}

const registration cached{rocksdb_engine<false>("rocksdb")};
const registration mapped{rocksdb_engine<true>("rocksdb-mmap")};

}  // namespace
}  // namespace bench
