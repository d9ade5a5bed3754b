// SPDX-License-Identifier: BSL-1.0
#include "subject.hpp"

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <memory>
#include <stdexcept>

namespace flips {
namespace {

void check(const rocksdb::Status& status) {
    if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::unique_ptr<rocksdb::DB> open(const std::string& folder, bool strict) {
    rocksdb::Options options;
    options.create_if_missing = true;
    if (strict) {
        options.paranoid_checks = true;
        options.paranoid_file_checks = true;
        options.force_consistency_checks = true;
        options.track_and_verify_wals_in_manifest = true;
        options.verify_sst_unique_id_in_manifest = true;
        options.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
    }
    rocksdb::DB* opened = nullptr;
    check(rocksdb::DB::Open(options, folder, &opened));
    return std::unique_ptr<rocksdb::DB>(opened);
}

void write(const std::string& folder, bool strict) {
    const auto made = open(folder, strict);
    for (int n = 0; n < in_tables; ++n) check(made->Put({}, key_of(n), value_of(n)));
    check(made->Flush({}));
    for (int n = in_tables; n < in_tables + in_log; ++n)
        check(made->Put({}, key_of(n), value_of(n)));
    check(made->Close());
}

answers read(const std::string& folder, bool strict) {
    const auto opened = open(folder, strict);
    answers seen;
    const std::unique_ptr<rocksdb::Iterator> at(opened->NewIterator({}));
    for (at->SeekToFirst(); at->Valid(); at->Next())
        seen.scanned.emplace_back(at->key().ToString(), at->value().ToString());
    check(at->status());
    for (int n = 0; n < in_tables + in_log; ++n) {
        const rocksdb::Status status = opened->Get({}, key_of(n), &seen.got.emplace_back());
        if (!status.IsNotFound()) check(status);
    }
    return seen;
}

template <bool Strict>
subject made(std::string name) {
    return {std::move(name), [](const std::string& folder) { write(folder, Strict); },
            [](const std::string& folder) { return read(folder, Strict); }};
}

const registration defaults{made<false>("RocksDB, defaults")};
const registration strict{made<true>("RocksDB, strictest")};

}  // namespace
}  // namespace flips
