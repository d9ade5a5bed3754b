// SPDX-License-Identifier: BSL-1.0
#include "session_of.hpp"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace leveldb {

/// What only its own tests are meant to use; not in every build of it.
class EnvPosixTestHelper {
public:
    [[gnu::weak]] static void SetReadOnlyMMapLimit(int limit);
};

}  // namespace leveldb

namespace bench {
namespace {

leveldb::Slice slice(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
}
std::string_view view(const leveldb::Slice& bytes) {
    return {bytes.data(), bytes.size()};
}
void check(const leveldb::Status& status) {
    if (!status.ok()) throw std::runtime_error("leveldb: " + status.ToString());
}

template <class Shape>
class leveldb_store {
    using key_type = typename Shape::key;
    using value_type = typename Shape::value;

public:
    class worker;

    explicit leveldb_store(const opening& how)
        : how_(how), cache_(leveldb::NewLRUCache(how.cache())),
          filter_(leveldb::NewBloomFilterPolicy(10)) {
        // It maps tables, and a fault on a page brings in the whole read-ahead of the device: 80 gets a
        // second, where reading without mappings makes thousands.
        if (how.beyond_memory && &leveldb::EnvPosixTestHelper::SetReadOnlyMMapLimit)
            leveldb::EnvPosixTestHelper::SetReadOnlyMMapLimit(0);
        leveldb::Options options;
        options.create_if_missing = true;
        options.compression = leveldb::kNoCompression;
        options.write_buffer_size = how.buffer();
        options.max_file_size = std::size_t{32} << 20;
        options.block_cache = cache_.get();
        options.filter_policy = filter_.get();
        leveldb::DB* opened = nullptr;
        check(leveldb::DB::Open(options, how.where.string(), &opened));
        db_.reset(opened);
        writing_.sync = how.class_of == survives::power;
    }

    /// It tells nobody that it compacts, other than by files that come and go.
    void drain() {
        const auto quiet = std::chrono::milliseconds(50);
        std::string before, now;
        db_->GetProperty("leveldb.sstables", &now);
        do {
            before = now;
            std::this_thread::sleep_for(quiet);
            db_->GetProperty("leveldb.sstables", &now);
        } while (now != before);
    }
    void compact() { db_->CompactRange(nullptr, nullptr); }

    [[nodiscard]] std::string settings() const {
        return "write_buffer_size " + std::to_string(how_.buffer() >> 20) + " MiB, block cache " +
               std::to_string(how_.cache() >> 20) +
               " MiB, Bloom filter of 10 bits, max_file_size 32 MiB, no compression, " +
               (how_.beyond_memory ? "tables not mapped, " : "") + "sync " +
               (writing_.sync ? "true" : "false");
    }

private:
    opening how_;
    std::unique_ptr<leveldb::Cache> cache_;
    std::unique_ptr<const leveldb::FilterPolicy> filter_;
    std::unique_ptr<leveldb::DB> db_;
    leveldb::WriteOptions writing_;
};

template <class Shape>
class leveldb_store<Shape>::worker {
public:
    explicit worker(leveldb_store& of) : db_(*of.db_), writing_(of.writing_) {}

    void put(const key_type& key, const value_type& value) {
        check(db_.Put(writing_, slice(stored_key(key).view()), slice(stored(value).view())));
    }
    void erase(const key_type& key) { check(db_.Delete(writing_, slice(stored_key(key).view()))); }
    void put_all(std::span<const key_type> keys, std::span<const value_type> values) {
        batch_.Clear();
        for (std::size_t i = 0; i < keys.size(); ++i)
            batch_.Put(slice(stored_key(keys[i]).view()), slice(stored(values[i]).view()));
        check(db_.Write(writing_, &batch_));
    }
    bool get(const key_type& key, auto&& see) { return get(key, {}, see); }
    void get_all(std::span<const key_type> keys, auto&& see) {
        leveldb::ReadOptions reading;
        reading.snapshot = db_.GetSnapshot();
        for (std::size_t i = 0; i < keys.size(); ++i)
            get(keys[i], reading, [&](std::string_view value) { see(i, value); });
        db_.ReleaseSnapshot(reading.snapshot);
    }
    void walk(const key_type* from, bool forward, auto&& see) {
        const std::unique_ptr<leveldb::Iterator> at(db_.NewIterator({}));
        if (from)
            at->Seek(slice(stored_key(*from).view()));
        else
            forward ? at->SeekToFirst() : at->SeekToLast();
        for (; at->Valid(); forward ? at->Next() : at->Prev())
            if (!see(view(at->key()), view(at->value()))) return;
        check(at->status());
    }
    void load(std::size_t count, auto&& entry) {
        constexpr std::size_t batch_entries = 1000;
        key_type key{};
        value_type value{};
        for (std::size_t i = 0; i < count;) {
            batch_.Clear();
            for (std::size_t n = 0; n < batch_entries && i < count; ++n, ++i) {
                entry(i, key, value);
                batch_.Put(slice(stored_key(key).view()), slice(stored(value).view()));
            }
            check(db_.Write(writing_, &batch_));
        }
    }

private:
    bool get(const key_type& key, const leveldb::ReadOptions& reading, auto&& see) {
        const leveldb::Status status = db_.Get(reading, slice(stored_key(key).view()), &value_);
        if (status.IsNotFound()) return false;
        check(status);
        see(std::string_view(value_));
        return true;
    }

    leveldb::DB& db_;
    leveldb::WriteOptions writing_;
    leveldb::WriteBatch batch_;
    std::string value_;
};

const registration leveldb_engine{
    {"leveldb", {survives::process, survives::power}, true, openers_of<leveldb_store>(shapes{})}};

}  // namespace
}  // namespace bench
