// SPDX-License-Identifier: BSL-1.0
#include "session_of.hpp"

#include <cstring>
#include <filesystem>
#include <lmdb.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace bench {
namespace {

void check(int status) {
    if (status != MDB_SUCCESS)
        throw std::runtime_error(std::string("lmdb: ") + mdb_strerror(status));
}
MDB_val bytes(std::string_view of) {
    return {of.size(), const_cast<char*>(of.data())};
}
std::string_view view(const MDB_val& of) {
    return {static_cast<const char*>(of.mv_data), of.mv_size};
}

template <class Shape>
class lmdb_store {
    using key_type = typename Shape::key;
    using value_type = typename Shape::value;
    static constexpr bool integer_keys = std::is_same_v<key_type, std::uint64_t>;

public:
    class worker;

    explicit lmdb_store(const opening& how) : class_(how.class_of) {
        std::filesystem::create_directories(how.where);
        check(mdb_env_create(&env_));
        check(mdb_env_set_mapsize(env_, 8 * how.expected_bytes + (std::size_t{1} << 30)));
        // Without readahead its random reads are faster. A writable map whose pages the kernel writes
        // when it likes survives the process; the loss of power may leave it broken.
        unsigned flags = MDB_NORDAHEAD;
        if (class_ != survives::power) flags |= MDB_WRITEMAP | MDB_NOSYNC;
        check(mdb_env_open(env_, how.where.c_str(), flags, 0600));
        transaction begin(env_, 0);
        check(mdb_dbi_open(begin.get(), nullptr, MDB_CREATE | (integer_keys ? MDB_INTEGERKEY : 0),
                           &dbi_));
        begin.commit();
    }
    ~lmdb_store() { mdb_env_close(env_); }
    lmdb_store(const lmdb_store&) = delete;
    lmdb_store& operator=(const lmdb_store&) = delete;

    void drain() {}
    void compact() {}

    [[nodiscard]] std::string settings() const {
        return std::string("MDB_NORDAHEAD") + (integer_keys ? ", MDB_INTEGERKEY" : "") +
               (class_ == survives::power
                    ? ", synced"
                    : ", MDB_WRITEMAP, MDB_NOSYNC (the loss of power may break the whole file)") +
               "; reads through the page cache, which no budget bounds";
    }

private:
    class transaction {
    public:
        transaction(MDB_env* env, unsigned flags) {
            check(mdb_txn_begin(env, nullptr, flags, &txn_));
        }
        ~transaction() {
            if (txn_) mdb_txn_abort(txn_);
        }
        transaction(const transaction&) = delete;
        transaction& operator=(const transaction&) = delete;
        [[nodiscard]] MDB_txn* get() const { return txn_; }
        void commit() { check(mdb_txn_commit(std::exchange(txn_, nullptr))); }

    private:
        MDB_txn* txn_ = nullptr;
    };

    /// Integer keys stay in the machine's byte order.
    static auto key_bytes(const key_type& key) {
        if constexpr (integer_keys)
            return stored<key_type>(key);
        else
            return stored_key(key);
    }
    static auto shown_key(const MDB_val& key) {
        if constexpr (integer_keys)
            return load_integer(key.mv_data);
        else
            return view(key);
    }

    survives class_;
    MDB_env* env_ = nullptr;
    MDB_dbi dbi_ = 0;
};

template <class Shape>
class lmdb_store<Shape>::worker {
public:
    explicit worker(lmdb_store& of) : of_(of) {
        check(mdb_txn_begin(of_.env_, nullptr, MDB_RDONLY, &reader_));
        check(mdb_cursor_open(reader_, of_.dbi_, &cursor_));
        mdb_txn_reset(reader_);
    }
    ~worker() {
        mdb_cursor_close(cursor_);
        mdb_txn_abort(reader_);
    }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    void put(const key_type& key, const value_type& value) {
        transaction writing(of_.env_, 0);
        put(writing.get(), key, value, 0);
        writing.commit();
    }
    void erase(const key_type& key) {
        transaction writing(of_.env_, 0);
        const auto stored = key_bytes(key);
        MDB_val k = bytes(stored.view());
        const int status = mdb_del(writing.get(), of_.dbi_, &k, nullptr);
        if (status != MDB_NOTFOUND) check(status);
        writing.commit();
    }
    void put_all(std::span<const key_type> keys, std::span<const value_type> values) {
        transaction writing(of_.env_, 0);
        for (std::size_t i = 0; i < keys.size(); ++i) put(writing.get(), keys[i], values[i], 0);
        writing.commit();
    }
    bool get(const key_type& key, auto&& see) {
        const snapshot now(reader_);
        return find(key, see);
    }
    void get_all(std::span<const key_type> keys, auto&& see) {
        const snapshot now(reader_);
        for (std::size_t i = 0; i < keys.size(); ++i)
            find(keys[i], [&](std::string_view value) { see(i, value); });
    }
    void walk(const key_type* from, bool forward, auto&& see) {
        const snapshot now(reader_);
        check(mdb_cursor_renew(reader_, cursor_));
        MDB_val k{}, v{};
        int status;
        if (from) {
            const auto stored = key_bytes(*from);
            k = bytes(stored.view());
            status = mdb_cursor_get(cursor_, &k, &v, MDB_SET_RANGE);
        } else {
            status = mdb_cursor_get(cursor_, &k, &v, forward ? MDB_FIRST : MDB_LAST);
        }
        for (; status == MDB_SUCCESS;
             status = mdb_cursor_get(cursor_, &k, &v, forward ? MDB_NEXT : MDB_PREV))
            if (!see(shown_key(k), view(v))) return;
        if (status != MDB_NOTFOUND) check(status);
    }
    void load(std::size_t count, auto&& entry) {
        transaction writing(of_.env_, 0);
        key_type key{};
        value_type value{};
        for (std::size_t i = 0; i < count; ++i) {
            entry(i, key, value);
            put(writing.get(), key, value, MDB_APPEND);
        }
        writing.commit();
    }

private:
    /// The thread's read transaction, at the newest state.
    class snapshot {
    public:
        explicit snapshot(MDB_txn* reader) : reader_(reader) { check(mdb_txn_renew(reader)); }
        ~snapshot() { mdb_txn_reset(reader_); }
        snapshot(const snapshot&) = delete;
        snapshot& operator=(const snapshot&) = delete;

    private:
        MDB_txn* reader_;
    };

    void put(MDB_txn* in, const key_type& key, const value_type& value, unsigned flags) {
        const auto stored_k = key_bytes(key);
        const stored<value_type> stored_v(value);
        MDB_val k = bytes(stored_k.view()), v = bytes(stored_v.view());
        check(mdb_put(in, of_.dbi_, &k, &v, flags));
    }
    bool find(const key_type& key, auto&& see) {
        const auto stored = key_bytes(key);
        MDB_val k = bytes(stored.view()), v{};
        const int status = mdb_get(reader_, of_.dbi_, &k, &v);
        if (status == MDB_NOTFOUND) return false;
        check(status);
        see(view(v));
        return true;
    }

    lmdb_store& of_;
    MDB_txn* reader_ = nullptr;
    MDB_cursor* cursor_ = nullptr;
};

const registration lmdb_engine{{"lmdb",
                                {survives::close, survives::process, survives::power},
                                false,
                                openers_of<lmdb_store>(shapes{})}};

}  // namespace
}  // namespace bench
