#pragma once

#include "core/ports/database.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace parley::client {

/// How far a COMMIT is on the disk when it returns.
enum class Durability : std::uint8_t {
    /// Synced: survives a power loss.
    commit,
    /// Synced by the next `sync`, once for all commits before it; a crash of the process alone loses nothing.
    /// Nothing
    /// that follows from a commit may leave the machine before that.
    on_sync,
    /// Never synced; for tests.
    never,
};

/// The core's database as a SQLite file in WAL mode. One thread; one process at a time (see Home), since two
/// on one file would meet the WAL-reset race of SQLite before 3.51.3.
class SqliteDatabase final : public core::Database {
  public:
    /// Opens or makes the file (mode 0600). `path` ":memory:" is a database of its own. `vfs` names a
    /// registered SQLite VFS that does the I/O; empty: SQLite's own for this system.
    static Result<std::unique_ptr<SqliteDatabase>> open(const std::string& path, Durability durability,
                                                        const std::string& vfs = {});
    ~SqliteDatabase() override;
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;

    Status execute(std::string_view sql) override;
    Result<std::unique_ptr<core::Statement>> prepare(std::string_view sql) override;

    /// With Durability::on_sync: brings every commit so far onto the disk; cheap where there was none. After
    /// a failure, or after any other error of the disk, every call here fails: what the kernel dropped will
    /// not be reported again, so that nothing may be built on it before the file is opened anew.
    Status sync();

  private:
    friend class SqliteStatement;
    SqliteDatabase(sqlite3* handle, Durability durability);

    /// Whether the disk can still be relied on.
    Status usable() const;
    Error error_of(int result);
    static int committed(void* self, sqlite3* handle, const char* schema, int log_pages);

    /// What every transaction begins and ends with is prepared once.
    struct Kept {
        std::string_view sql;
        sqlite3_stmt* statement = nullptr;
    };
    Status execute(Kept& kept);

    sqlite3* handle_;
    Durability durability_;
    std::array<Kept, 2> kept_{{{.sql = "BEGIN IMMEDIATE"}, {.sql = "COMMIT"}}};
    /// Commits since the last sync.
    bool unsynced_ = false;
    /// The disk failed to read, write or sync.
    bool broken_ = false;
};

}  // namespace parley::client
