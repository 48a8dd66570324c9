#include "bench/bare_inserts_sqlite.hpp"

#include <sqlite3.h>

#include <array>
#include <cstdlib>
#include <iostream>

namespace parley::bench {

namespace {

void run(int code) {
    if (code != SQLITE_OK) give_up(sqlite3_errstr(code));
}

}  // namespace

void give_up(const std::string& what) {
    std::cerr << "store_bench: " << what << '\n';
    std::exit(1);
}

Uuid Ids::next() {
    std::array<std::uint8_t, 10> random{};
    for (auto& byte : random)
        byte = static_cast<std::uint8_t>(engine_());
    return Uuid::version7({now_ms_++ / 8 + 1'750'000'000'000}, random);
}

BareInserts::BareInserts(const std::string& directory) {
    run(sqlite3_open((directory + "/bare.db").c_str(), &database_));
    execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;"
        "PRAGMA cache_size = -32768;"
        "CREATE TABLE row (stream INTEGER NOT NULL, born INTEGER NOT NULL, seq INTEGER NOT NULL,"
        " kind INTEGER NOT NULL, slot INTEGER NOT NULL, author INTEGER NOT NULL, id BLOB,"
        " at INTEGER NOT NULL, gone INTEGER NOT NULL, checksum BLOB NOT NULL, body BLOB NOT NULL,"
        " PRIMARY KEY (stream, born)) STRICT, WITHOUT ROWID;"
        "CREATE UNIQUE INDEX row_id ON row (id, author) WHERE id IS NOT NULL;"
        "CREATE UNIQUE INDEX row_slot ON row (stream, slot) WHERE slot <> 0;"
        "CREATE INDEX row_fixed ON row (stream, born) WHERE kind <> 42;"
        "CREATE INDEX row_changed ON row (stream, seq) WHERE seq <> born;");
    run(sqlite3_prepare_v2(database_, "INSERT INTO row VALUES (?1, ?2, ?2, 42, 0, ?3, ?4, ?5, 0, ?6, ?7)", -1,
                           &insert_, nullptr));
}

BareInserts::~BareInserts() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
}

void BareInserts::messages(int messages, int batch) {
    const std::string body(120, 'x');
    for (int i = 0; i < messages; ++i) {
        if (i % batch == 0) execute("BEGIN IMMEDIATE");
        const auto id = ids_.next();
        sqlite3_bind_int64(insert_, 1, 12'000'000'000'000);
        sqlite3_bind_int64(insert_, 2, ++born_);
        sqlite3_bind_int64(insert_, 3, 12'000'000'000'000 + i % 20);
        sqlite3_bind_blob(insert_, 4, id.bytes.data(), 16, SQLITE_STATIC);
        sqlite3_bind_int64(insert_, 5, 1'750'000'000'000 + i);
        sqlite3_bind_blob(insert_, 6, id.bytes.data(), 16, SQLITE_STATIC);
        sqlite3_bind_blob(insert_, 7, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
        if (sqlite3_step(insert_) != SQLITE_DONE) give_up(sqlite3_errmsg(database_));
        sqlite3_reset(insert_);
        if (i % batch == batch - 1) execute("COMMIT");
    }
}

void BareInserts::execute(const char* sql) {
    run(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr));
}

}  // namespace parley::bench
