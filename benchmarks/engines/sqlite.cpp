// SPDX-License-Identifier: BSL-1.0
#include "session_of.hpp"

#include <filesystem>
#include <sqlite3.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace bench {
namespace {

/// A connection. Each thread has its own.
class connection {
public:
    explicit connection(const std::string& file) {
        check(sqlite3_open_v2(file.c_str(), &db_,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                              nullptr));
        check(sqlite3_busy_timeout(db_, 10000));
    }
    ~connection() { sqlite3_close_v2(db_); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void run(const std::string& sql) {
        check(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr));
    }
    void check(int status) const {
        if (status != SQLITE_OK)
            throw std::runtime_error(std::string("sqlite: ") +
                                     (db_ ? sqlite3_errmsg(db_) : "no memory"));
    }
    [[nodiscard]] sqlite3* get() const { return db_; }

private:
    sqlite3* db_ = nullptr;
};

class statement {
public:
    statement(connection& in, const char* sql) : in_(in) {
        in.check(sqlite3_prepare_v3(in.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &at_, nullptr));
    }
    ~statement() { sqlite3_finalize(at_); }
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    template <class Object>
    statement& bind(int place, const Object& object) {
        if constexpr (std::is_same_v<Object, std::uint64_t>) {
            in_.check(sqlite3_bind_int64(at_, place, static_cast<sqlite3_int64>(object)));
        } else {
            const std::string_view bytes = bytes_of(object);
            in_.check(sqlite3_bind_blob64(at_, place, bytes.data(), bytes.size(), SQLITE_STATIC));
        }
        return *this;
    }
    template <class Object>
    [[nodiscard]] auto column(int place) const {
        if constexpr (std::is_same_v<Object, std::uint64_t>)
            return static_cast<std::uint64_t>(sqlite3_column_int64(at_, place));
        else
            return std::string_view(static_cast<const char*>(sqlite3_column_blob(at_, place)),
                                    static_cast<std::size_t>(sqlite3_column_bytes(at_, place)));
    }
    /// @returns whether there is a row
    bool step() {
        const int status = sqlite3_step(at_);
        if (status == SQLITE_ROW) return true;
        if (status != SQLITE_DONE) in_.check(status);
        return false;
    }
    void reset() { sqlite3_reset(at_); }
    void finish() {
        step();
        reset();
    }

private:
    connection& in_;
    sqlite3_stmt* at_ = nullptr;
};

template <class Shape>
class sqlite_store {
    using key_type = typename Shape::key;
    using value_type = typename Shape::value;
    static constexpr bool integer_keys = std::is_same_v<key_type, std::uint64_t>;

public:
    class worker;

    explicit sqlite_store(const opening& how)
        : how_((std::filesystem::create_directories(how.where), how)), main_(file()) {
        prepare(main_);
        main_.run(integer_keys
                      ? "CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, v INTEGER)"
                      : "CREATE TABLE IF NOT EXISTS t(k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID");
    }

    void drain() { main_.run("PRAGMA wal_checkpoint(TRUNCATE)"); }
    void compact() { drain(); }

    [[nodiscard]] std::string settings() const {
        return std::string(integer_keys ? "integer key" : "WITHOUT ROWID") +
               ", WAL, synchronous=" + synchronous() + ", cache_size " +
               std::to_string(how_.memory >> 20) + " MiB a connection, prepared statements" +
               (how_.class_of == survives::power ? ""
                                                 : " (the loss of power may break the whole file)");
    }

private:
    [[nodiscard]] std::string file() const { return (how_.where / "data").string(); }
    [[nodiscard]] const char* synchronous() const {
        return how_.class_of == survives::power ? "FULL" : "OFF";
    }
    void prepare(connection& with) const {
        with.run("PRAGMA journal_mode=WAL");
        with.run(std::string("PRAGMA synchronous=") + synchronous());
        with.run("PRAGMA cache_size=-" + std::to_string(how_.memory >> 10));
    }

    opening how_;
    connection main_;
};

template <class Shape>
class sqlite_store<Shape>::worker {
public:
    explicit worker(sqlite_store& of) : db_(of.file()) { of.prepare(db_); }

    void put(const key_type& key, const value_type& value) {
        put_.bind(1, key).bind(2, value).finish();
    }
    void erase(const key_type& key) { erase_.bind(1, key).finish(); }
    void put_all(std::span<const key_type> keys, std::span<const value_type> values) {
        db_.run("BEGIN IMMEDIATE");
        for (std::size_t i = 0; i < keys.size(); ++i) put(keys[i], values[i]);
        db_.run("COMMIT");
    }
    bool get(const key_type& key, auto&& see) {
        const bool found = get_.bind(1, key).step();
        if (found) see(get_.template column<value_type>(0));
        get_.reset();
        return found;
    }
    void get_all(std::span<const key_type> keys, auto&& see) {
        db_.run("BEGIN");
        for (std::size_t i = 0; i < keys.size(); ++i)
            get(keys[i], [&](const auto& value) { see(i, value); });
        db_.run("COMMIT");
    }
    void walk(const key_type* from, bool forward, auto&& see) {
        statement& rows = from ? seek_.bind(1, *from) : forward ? all_ : all_backwards_;
        while (rows.step() &&
               see(rows.template column<key_type>(0), rows.template column<value_type>(1))) {
        }
        rows.reset();
    }
    void load(std::size_t count, auto&& entry) {
        key_type key{};
        value_type value{};
        db_.run("BEGIN IMMEDIATE");
        for (std::size_t i = 0; i < count; ++i) {
            entry(i, key, value);
            put(key, value);
        }
        db_.run("COMMIT");
    }

private:
    connection db_;
    statement put_{db_, "INSERT OR REPLACE INTO t VALUES(?, ?)"};
    statement erase_{db_, "DELETE FROM t WHERE k = ?"};
    statement get_{db_, "SELECT v FROM t WHERE k = ?"};
    statement seek_{db_, "SELECT k, v FROM t WHERE k >= ? ORDER BY k"};
    statement all_{db_, "SELECT k, v FROM t ORDER BY k"};
    statement all_backwards_{db_, "SELECT k, v FROM t ORDER BY k DESC"};
};

const registration sqlite_engine{{"sqlite",
                                  {survives::close, survives::process, survives::power},
                                  false,
                                  openers_of<sqlite_store>(shapes{})}};

}  // namespace
}  // namespace bench
