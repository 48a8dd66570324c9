#include "client/sqlite_database.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cassert>
#include <optional>
#include <utility>

namespace parley::client {

namespace {

/// The log is copied into the database file when it has grown to this; 4 KiB each.
constexpr int log_pages_max = 1000;

std::string settings(Durability durability, bool keep_lock) {
    const char* level = durability == Durability::commit    ? "FULL"
                        : durability == Durability::on_sync ? "NORMAL"
                                                            : "OFF";
    return std::string(keep_lock ? "PRAGMA locking_mode=EXCLUSIVE;" : "") +
           "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
           "PRAGMA temp_store=MEMORY; PRAGMA synchronous=" +
           level;
}

}  // namespace

/// Does not outlive its database.
class SqliteStatement final : public core::Statement {
  public:
    SqliteStatement(SqliteDatabase& database, sqlite3_stmt* handle) : database_(database), handle_(handle) {}
    ~SqliteStatement() override { sqlite3_finalize(handle_); }
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    void bind(int parameter, std::int64_t value) override {
        require(sqlite3_bind_int64(handle_, parameter + 1, value));
    }

    void bind(int parameter, std::string_view text) override {
        // A view without data would bind NULL.
        require(sqlite3_bind_text64(handle_, parameter + 1, text.data() ? text.data() : "", text.size(),
                                    SQLITE_TRANSIENT, SQLITE_UTF8));
    }

    void bind(int parameter, ByteView blob) override {
        require(sqlite3_bind_blob64(handle_, parameter + 1,
                                    blob.data() ? static_cast<const void*>(blob.data()) : "", blob.size(),
                                    SQLITE_TRANSIENT));
    }

    void bind_null(int parameter) override { require(sqlite3_bind_null(handle_, parameter + 1)); }

    Result<bool> step() override {
        TRY(database_.usable());
        const int result = sqlite3_step(handle_);
        if (result == SQLITE_ROW) return true;
        if (result == SQLITE_DONE) return false;
        Error error = database_.error_of(result);
        sqlite3_reset(handle_);
        return fail(std::move(error));
    }

    void reset() override {
        sqlite3_reset(handle_);
        sqlite3_clear_bindings(handle_);
    }

    bool is_null(int column) const override { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

    std::int64_t integer(int column) const override { return sqlite3_column_int64(handle_, column); }

    std::string_view text(int column) const override {
        const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
        return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
    }

    ByteView blob(int column) const override {
        const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
        return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
    }

  private:
    /// Binding fails only for a parameter that the statement does not have, or during a step: our mistakes.
    static void require([[maybe_unused]] int result) { assert(result == SQLITE_OK); }

    SqliteDatabase& database_;
    sqlite3_stmt* handle_;
};

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::string& path, Durability durability,
                                                             const std::string& vfs) {
    sqlite3* handle = nullptr;
    const mode_t before = ::umask(0077);
    const int result = sqlite3_open_v2(path.c_str(), &handle,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                       vfs.empty() ? nullptr : vfs.c_str());
    ::umask(before);
    // Owned from here on, so that a failed open is closed as well.
    std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(handle, durability));
    if (result != SQLITE_OK) return fail(database->error_of(result));
    // The file has one user anyway (see Home), and taking SQLite's lock costs as much as a small write.
    const bool keep_lock = vfs.empty();
    TRY(database->execute(settings(durability, keep_lock)));
    // A sync that failed before may have left commits in the log that exist in memory only; what is written
    // after them would be lost with them. So the log is copied and emptied before anything is added to it.
    TRY(database->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    return database;
}

SqliteDatabase::SqliteDatabase(sqlite3* handle, Durability durability)
    : handle_(handle), durability_(durability) {
    sqlite3_wal_hook(handle_, &SqliteDatabase::committed, this);
}

SqliteDatabase::~SqliteDatabase() {
    for (const Kept& kept : kept_)
        sqlite3_finalize(kept.statement);
    sqlite3_close_v2(handle_);
}

Status SqliteDatabase::usable() const {
    if (!broken_) return {};
    return fail(ErrorCode::internal, "local database: the disk failed; open it anew");
}

Error SqliteDatabase::error_of(int result) {
    broken_ = broken_ || (result & 0xff) == SQLITE_IOERR;
    const int kind = result & 0xff;
    const ErrorCode code = kind == SQLITE_FULL ? ErrorCode::disk_full : ErrorCode::internal;
    const std::string reason = sqlite3_errmsg(handle_);
    if (kind != SQLITE_CORRUPT && kind != SQLITE_NOTADB) return {code, "local database: " + reason, 0, {}};
    const char* file = sqlite3_db_filename(handle_, "main");
    return {code,
            "the local database" + (file == nullptr ? std::string() : std::string(" ") + file) +
                " is damaged (" + reason + "): move it away, then sign in again",
            0,
            {}};
}

int SqliteDatabase::committed(void* self, sqlite3* handle, const char* schema, int log_pages) {
    auto& database = *static_cast<SqliteDatabase*>(self);
    database.unsynced_ = true;
    if (log_pages < log_pages_max) return SQLITE_OK;
    // In place of SQLite's automatic checkpoint, which is a hook as well. Where there was only no room, it is
    // tried again at the next commit; the log is complete without it.
    const int copied = sqlite3_wal_checkpoint_v2(handle, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if ((copied & 0xff) == SQLITE_IOERR) database.broken_ = true;
    return SQLITE_OK;
}

Status SqliteDatabase::execute(std::string_view sql) {
    TRY(usable());
    for (Kept& kept : kept_) {
        if (kept.sql == sql) return execute(kept);
    }
    const int result = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) return fail(error_of(result));
    return {};
}

Status SqliteDatabase::execute(Kept& kept) {
    if (kept.statement == nullptr) {
        const int result = sqlite3_prepare_v3(handle_, kept.sql.data(), static_cast<int>(kept.sql.size()),
                                              SQLITE_PREPARE_PERSISTENT, &kept.statement, nullptr);
        if (result != SQLITE_OK) return fail(error_of(result));
    }
    const int result = sqlite3_step(kept.statement);
    Status done;
    if (result != SQLITE_DONE) done = fail(error_of(result));
    sqlite3_reset(kept.statement);
    return done;
}

Result<std::unique_ptr<core::Statement>> SqliteDatabase::prepare(std::string_view sql) {
    TRY(usable());
    sqlite3_stmt* handle = nullptr;
    const int result = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (result != SQLITE_OK) return fail(error_of(result));
    return std::make_unique<SqliteStatement>(*this, handle);
}

Status SqliteDatabase::sync() {
    TRY(usable());
    if (durability_ != Durability::on_sync || !unsynced_) return {};
    sqlite3_file* log = nullptr;
    const int found = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (found != SQLITE_OK) return fail(error_of(found));
    // Without methods there is no log: the database is in memory.
    if (log != nullptr && log->pMethods != nullptr &&
        log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
        broken_ = true;
        return fail(ErrorCode::internal, "local database: the disk did not take what was written");
    }
    unsynced_ = false;
    return {};
}

}  // namespace parley::client
