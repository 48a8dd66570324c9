#include "server/store/connections_sqlite.hpp"

#include "base/mutant.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "server/store/page_checksum_sqlite.hpp"
#include "server/store/vfs_file_sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <utility>

namespace parley::server::sqlite {

namespace {

constexpr std::size_t idle_readers_max = 8;
/// Below 128 KiB, above which the system's VFS writes only a part at a time.
constexpr std::int64_t log_chunk_bytes = 1 << 16;

int note_log_size(void* log_bytes, sqlite3* handle, const char* schema, int pages) {
    (void)handle;
    (void)schema;
    // A page in the log has a header of 24 bytes; the pages of a file made by us have 4096.
    *static_cast<std::int64_t*>(log_bytes) = std::int64_t{pages} * (4096 + 24);
    return SQLITE_OK;
}

class SqliteSnapshot final : public Snapshot {
  public:
    SqliteSnapshot(std::shared_ptr<Readers::Pool> pool, std::unique_ptr<Tables> tables)
        : pool_(std::move(pool)), tables_(std::move(tables)) {}
    ~SqliteSnapshot() override { pool_->give_back(std::move(tables_)); }

    Status begin() {
        TRY(tables_->connection->execute("BEGIN"));
        // The first read is what fixes the view.
        meta_ = tables_->read_meta();
        return tables_->connection->status();
    }

    Tables& tables() { return *tables_; }

    Rows& rows() override { return tables_->rows; }
    EarlierTexts& earlier_texts() override { return tables_->earlier_texts; }
    Conversations& conversations() override { return tables_->conversations; }
    Accounts& accounts() override { return tables_->accounts; }
    Links& links() override { return tables_->links; }
    Blocks& blocks() override { return tables_->blocks; }
    Commands& commands() override { return tables_->commands; }
    std::int64_t epoch() override { return meta_.epoch; }
    std::int64_t position() override { return meta_.position; }
    std::int64_t life() override { return tables_->lives.last(); }
    Shared shared_with(std::int64_t life) override {
        return tables_->lives.shared_with(life, meta_.position);
    }
    Status status() override { return tables_->connection->status(); }

  private:
    std::shared_ptr<Readers::Pool> pool_;  // held so that a snapshot may be dropped after the store is closed
    std::unique_ptr<Tables> tables_;
    Meta meta_;
};

Result<std::unique_ptr<SqliteSnapshot>> open_snapshot(const std::shared_ptr<Readers::Pool>& pool) {
    TRY_ASSIGN(auto tables, pool->take());
    auto snapshot = std::make_unique<SqliteSnapshot>(pool, std::move(tables));
    TRY(snapshot->begin());
    return snapshot;
}

Result<sqlite3_file*> main_file(Connection& connection) {
    sqlite3_file* file = nullptr;
    const int code = sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code != SQLITE_OK) return fail(Connection::error_of(code, "the main file"));
    return file;
}

Status cut_file(Connection& connection, std::int64_t bytes) {
    TRY_ASSIGN(auto* const file, main_file(connection));
    sqlite3_int64 size = 0;
    int code = file->pMethods->xFileSize(file, &size);
    if (code == SQLITE_OK && size <= bytes) return {};
    if (code == SQLITE_OK) code = file->pMethods->xTruncate(file, bytes);
    if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    return code == SQLITE_OK ? Status{} : Status{fail(Connection::error_of(code, "end of the main file"))};
}

}  // namespace

Status make_log_durable(sqlite3_vfs& vfs, const std::string& database) {
    const auto path = database + "-wal";
    TRY_ASSIGN(const bool exists, file_exists(vfs, path));
    if (!exists) return {};
    VfsFile log(vfs, path);
    TRY(log.open(VfsFile::Kind::log));
    TRY_ASSIGN(const auto size, log.size());
    std::vector<std::uint8_t> chunk;
    for (std::int64_t offset = 0; offset < size; offset += log_chunk_bytes) {
        chunk.resize(static_cast<std::size_t>(std::min(log_chunk_bytes, size - offset)));
        TRY(log.read(chunk, offset));
        TRY(log.write(chunk, offset));
    }
    return size > 0 ? log.sync() : Status{};
}

Status make_log_durable(const std::string& database) {
    return make_log_durable(*sqlite3_vfs_find(nullptr), database);
}

Status keep_log_on_close(const Connection& connection) {
    const int code = sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return code == SQLITE_OK ? Status{} : Status{fail(Connection::error_of(code, "no checkpoint on close"))};
}

Result<std::unique_ptr<Connection>> open_writer(const std::string& path, const std::string& vfs,
                                                std::int64_t& log_bytes, PageChecksums checksums) {
    TRY_ASSIGN(auto connection, Connection::open(path, vfs, Access::read_write));
    TRY(connection->execute("PRAGMA page_size = 4096"));
    if (checksums == PageChecksums::on) connection->reserve_page_checksums();
    // 32 MiB of pages, which is most of the memory that a busy server takes.
    TRY(
        connection->execute("PRAGMA journal_mode = WAL;"
                            "PRAGMA synchronous = FULL;"
                            "PRAGMA wal_autocheckpoint = 0;"
                            "PRAGMA secure_delete = ON;"
                            "PRAGMA cell_size_check = ON;"
                            "PRAGMA cache_size = -32768;"
                            "PRAGMA temp_store = MEMORY"));
    connection->follow_sound_pages_only();
    if (mutant(Mutant::synchronous_normal)) TRY(connection->execute("PRAGMA synchronous = NORMAL"));
    TRY(keep_log_on_close(*connection));
    sqlite3_wal_hook(connection->handle(), note_log_size, &log_bytes);
    return connection;
}

Result<std::unique_ptr<Connection>> open_reader(const std::string& path, const std::string& vfs) {
    TRY_ASSIGN(auto connection, Connection::open(path, vfs, Access::read_only));
    TRY(
        connection->execute("PRAGMA query_only = ON;"
                            "PRAGMA wal_autocheckpoint = 0;"
                            "PRAGMA cell_size_check = ON;"
                            "PRAGMA cache_size = -8192;"
                            "PRAGMA temp_store = MEMORY"));
    TRY(keep_log_on_close(*connection));
    return connection;
}

Status copy_log_back(Connection& connection, LogCopy how) {
    // A connection that has not read yet knows of no log, and says that all of it is copied.
    TRY(connection.execute("PRAGMA schema_version"));
    const int mode = how == LogCopy::truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int in_log = 0;
    int copied = 0;
    const int code = sqlite3_wal_checkpoint_v2(connection.handle(), nullptr, mode, &in_log, &copied);
    if (code != SQLITE_OK) return fail(Connection::error_of(code, "checkpoint"));
    if (copied < in_log)
        return fail(ErrorCode::unavailable, "readers keep part of the log from being copied back");
    return {};
}

Status make_room_for_log(Connection& connection) {
    const auto pages = one_number(connection, "PRAGMA page_count");
    TRY(connection.status());
    TRY_ASSIGN(auto* const file, main_file(connection));
    sqlite3_int64 size = 0;
    int code = file->pMethods->xFileSize(file, &size);
    if (code == SQLITE_OK && size / page_bytes >= pages) return {};
    // Not zeros, for which a file system may keep no space.
    std::array<std::uint8_t, page_bytes> filler;
    filler.fill(0xb5);
    for (auto number = size / page_bytes; code == SQLITE_OK && number < pages; ++number)
        code = file->pMethods->xWrite(file, filler.data(), page_bytes, number * page_bytes);
    // A page that is made and set free by the same transaction is never written, so that this is all that
    // the file will have in its place.
    if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    return code == SQLITE_OK ? Status{} : Status{fail(Connection::error_of(code, "room for the log"))};
}

Status cut_behind_last_page(Connection& connection) {
    // Keeps other programs from writing meanwhile.
    TRY(connection.execute("BEGIN IMMEDIATE"));
    const auto bytes =
        one_number(connection, "PRAGMA page_count") * one_number(connection, "PRAGMA page_size");
    auto cut = connection.status();
    if (cut && bytes > 0) cut = cut_file(connection, bytes);
    TRY(connection.execute("ROLLBACK"));
    return cut;
}

Result<std::unique_ptr<Tables>> Readers::Pool::take() {
    {
        const std::lock_guard lock(mutex);
        if (closed) return fail(ErrorCode::unavailable, "the store is closed");
        if (!idle.empty()) {
            auto tables = std::move(idle.back());
            idle.pop_back();
            return tables;
        }
    }
    TRY_ASSIGN(auto connection, open_reader(path, vfs));
    return std::make_unique<Tables>(std::move(connection), host);
}

void Readers::Pool::give_back(std::unique_ptr<Tables> tables) {
    const bool failed = tables->connection->failed() || !tables->connection->execute("COMMIT");
    tables->clear();
    const std::lock_guard lock(mutex);
    if (!failed && !closed && idle.size() < idle_readers_max) idle.push_back(std::move(tables));
}

Result<std::unique_ptr<Snapshot>> Readers::snapshot() {
    return open_snapshot(pool_);
}

Status Readers::check() {
    TRY_ASSIGN(auto connection, open_reader(pool_->path, pool_->vfs));
    Statement quick_check(*connection, "PRAGMA quick_check(1)");
    std::string found = "no answer";
    if (auto query = quick_check(); query.step()) found = query.text(0);
    TRY(connection->status());
    if (found != "ok") return fail(ErrorCode::internal, "quick_check: " + found);
    return {};
}

Result<Scrubbed> Readers::scrub(ScrubPosition& position, std::int64_t rows_max) {
    TRY_ASSIGN(auto snapshot, open_snapshot(pool_));
    auto& tables = snapshot->tables();
    Scrubber scrubber(*tables.connection, tables.rows, pool_->host);
    const auto done = scrubber.step(position, rows_max);
    TRY(snapshot->status());
    return done;
}

void Readers::close() {
    std::vector<std::unique_ptr<Tables>> dropped;
    const std::lock_guard lock(pool_->mutex);
    pool_->closed = true;
    dropped.swap(pool_->idle);
}

}  // namespace parley::server::sqlite
