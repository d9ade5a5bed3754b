// SPDX-License-Identifier: BSL-1.0
#include "subject.hpp"

#include <leveldb/db.h>

#include <memory>
#include <stdexcept>

namespace flips {
namespace {

void check(const leveldb::Status& status) {
    if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::unique_ptr<leveldb::DB> open(const std::string& folder, bool paranoid) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.paranoid_checks = paranoid;
    leveldb::DB* opened = nullptr;
    check(leveldb::DB::Open(options, folder, &opened));
    return std::unique_ptr<leveldb::DB>(opened);
}

void write(const std::string& folder) {
    const auto made = open(folder, false);
    for (int n = 0; n < in_tables; ++n) check(made->Put({}, key_of(n), value_of(n)));
    made->CompactRange(nullptr, nullptr);
    for (int n = in_tables; n < in_tables + in_log; ++n)
        check(made->Put({}, key_of(n), value_of(n)));
}

answers read(const std::string& folder, bool paranoid) {
    const auto opened = open(folder, paranoid);
    leveldb::ReadOptions reading;
    reading.verify_checksums = paranoid;
    answers seen;
    const std::unique_ptr<leveldb::Iterator> at(opened->NewIterator(reading));
    for (at->SeekToFirst(); at->Valid(); at->Next())
        seen.scanned.emplace_back(at->key().ToString(), at->value().ToString());
    check(at->status());
    for (int n = 0; n < in_tables + in_log; ++n) {
        const leveldb::Status status = opened->Get(reading, key_of(n), &seen.got.emplace_back());
        if (!status.IsNotFound()) check(status);
    }
    return seen;
}

const registration defaults{
    {"LevelDB, defaults", write, [](const std::string& folder) { return read(folder, false); }}};
const registration paranoid{{"LevelDB, paranoid_checks and verify_checksums", write,
                             [](const std::string& folder) { return read(folder, true); }}};

}  // namespace
}  // namespace flips
