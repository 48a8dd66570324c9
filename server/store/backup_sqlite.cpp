#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/store/backup.hpp"
#include "server/store/connections_sqlite.hpp"
#include "server/store/directory_lock.hpp"
#include "server/store/schema_sqlite.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

namespace parley::server {

namespace {

using sqlite::Access;
using sqlite::Connection;
using sqlite::Statement;

constexpr std::int64_t rows_at_once = 4096;

/// Counts bad rows while a copy is looked through.
class CountingHost final : public StoreHost {
  public:
    void fatal(std::string_view) override {}
    void bad_row(std::int64_t, std::int64_t) override { ++bad_rows; }
    void random(std::span<std::uint8_t>) override {}
    DiskUse disk_use() override { return {}; }

    std::int64_t bad_rows = 0;
};

std::string database_in(const std::string& directory) {
    return directory + "/parley.db";
}

Status sync_path(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int failure = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (synced) return {};
    return fail(ErrorCode::internal, "cannot sync " + path + ": " + std::strerror(failure));
}

std::string parent_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    return parent.empty() ? "." : parent.string();
}

Status move_into_place(const std::string& from, const std::string& to) {
    TRY(sync_path(from, O_RDONLY));
    std::error_code failure;
    std::filesystem::rename(from, to, failure);
    if (failure) return fail(ErrorCode::internal, "cannot rename to " + to + ": " + failure.message());
    return sync_path(parent_of(to), O_RDONLY | O_DIRECTORY);
}

void remove_with_log(const std::string& path) {
    std::error_code ignored;
    for (const auto* suffix : {"", "-wal", "-shm", "-journal"})
        std::filesystem::remove(path + suffix, ignored);
}

std::string one_text(Connection& connection, std::string_view sql) {
    Statement statement(connection, sql);
    auto query = statement();
    return query.step() ? std::string(query.text(0)) : std::string();
}

std::int64_t one_number(Connection& connection, std::string_view sql) {
    Statement statement(connection, sql);
    auto query = statement();
    return query.step() ? query.integer(0) : 0;
}

/// The structure of the file, and every row in it.
Result<BackupReport> look_through(const std::string& file, const std::string& vfs) {
    CountingHost host;
    BackupReport report;
    TRY_ASSIGN(auto connection, Connection::open(file, vfs, Access::read_write));
    const auto structure = one_text(*connection, "PRAGMA integrity_check(1)");
    TRY(connection->status());
    if (structure != "ok") return fail(ErrorCode::internal, file + ": integrity_check: " + structure);
    sqlite::RowTable rows(*connection, host);
    sqlite::ScrubPosition position;
    while (const auto count = rows.verify_after(position.stream, position.born, rows_at_once))
        report.rows += count;
    TRY(connection->status());
    report.bad_rows = host.bad_rows;
    return report;
}

Status copy_into(const std::string& directory, const std::string& vfs, const std::string& file) {
    TRY_ASSIGN(auto connection, Connection::open(database_in(directory), vfs, Access::read_only));
    TRY(connection->execute("PRAGMA wal_autocheckpoint = 0"));
    TRY(sqlite::keep_log_on_close(*connection));
    {
        Statement copy(*connection, "VACUUM INTO ?");
        copy.run(std::string_view(file));
    }
    return connection->status();
}

/// The store of the directory, brought into its main file alone; nothing where there is none that can be
/// read.
std::unique_ptr<Connection> settle(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored) || !sqlite::make_log_durable(path)) return nullptr;
    auto opened = Connection::open(path, "", Access::read_write);
    if (!opened || !sqlite::copy_log_back(**opened, sqlite::LogCopy::truncate)) return nullptr;
    const auto version = one_number(**opened, "PRAGMA user_version");
    return version == sqlite::schema_version && (*opened)->status() ? std::move(*opened) : nullptr;
}

std::int64_t new_epoch(StoreHost& host, std::int64_t before) {
    std::array<std::uint8_t, 5> bytes{};
    host.random(bytes);
    std::int64_t epoch = 1;
    for (const auto byte : bytes)
        epoch = epoch << 8 | byte;
    return epoch == before ? epoch + 1 : epoch;
}

/// Moves every counter beyond all that was ever given, also by the store that is replaced, where it can be
/// read.
Status begin_epoch(Connection& connection, const std::string& replaced, StoreHost& host) {
    const bool knows_replaced = !replaced.empty();
    if (knows_replaced) {
        Statement attach(connection, "ATTACH ? AS replaced");
        attach.run(std::string_view(replaced));
        TRY(connection.status());
    }
    const auto epoch = new_epoch(host, one_number(connection, "SELECT epoch FROM main.meta"));
    TRY(connection.execute("BEGIN IMMEDIATE"));
    {
        Statement mark(connection, "UPDATE main.meta SET epoch = ?, running = 0");
        mark.run(epoch);
        Statement jump_conversations(connection,
                                     "UPDATE main.conversation SET restored_from = head, head = head + ?");
        jump_conversations.run(limits::restore_jump);
        Statement jump_accounts(connection, "UPDATE main.account SET head = head + ?");
        jump_accounts.run(limits::restore_jump);
    }
    TRY(connection.status());
    if (knows_replaced) {
        const auto beyond = [](const std::string& table) {
            const std::string jump = std::to_string(limits::restore_jump);
            return "UPDATE main." + table + " SET head = max(head, " + jump +
                   " + coalesce((SELECT older.head FROM" + " replaced." + table +
                   " AS older WHERE older.key = " + table + ".key), 0))";
        };
        TRY(connection.execute(beyond("conversation").c_str()));
        TRY(connection.execute(beyond("account").c_str()));
        TRY(connection.execute(
            "UPDATE main.meta SET last_key = max(last_key, (SELECT last_key FROM replaced.meta))"));
    }
    return connection.execute("COMMIT");
}

/// Keeps what was there: the main file under another name, and its log where that could not be copied back.
Result<std::string> keep_replaced(const std::string& path, bool settled) {
    std::error_code failure;
    if (!std::filesystem::exists(path, failure)) return std::string();
    const auto kept = path + ".replaced";
    remove_with_log(kept);
    std::filesystem::create_hard_link(path, kept, failure);
    if (failure) return fail(ErrorCode::internal, "cannot keep " + kept + ": " + failure.message());
    for (const auto* suffix : {"-wal", "-shm"}) {
        std::error_code missing;
        if (settled) {
            std::filesystem::remove(path + suffix, missing);
        } else {
            std::filesystem::rename(path + suffix, kept + suffix, missing);
        }
    }
    return kept;
}

}  // namespace

Result<BackupReport> copy_store(const std::string& directory, const std::string& vfs,
                                const std::string& file) {
    TRY(copy_into(directory, vfs, file));
    return look_through(file, vfs);
}

Result<BackupReport> back_up(const std::string& directory, const std::string& file) {
    const auto partial = file + ".partial";
    remove_with_log(partial);
    auto report = copy_store(directory, "", partial);
    if (!report) {
        remove_with_log(partial);
        return report;
    }
    TRY(move_into_place(partial, file));
    return report;
}

Result<BackupReport> back_up_closed(const std::string& directory, const std::string& file) {
    TRY_ASSIGN(const auto lock, DirectoryLock::take(directory));
    return back_up(directory, file);
}

Result<RestoreReport> restore(const std::string& file, const std::string& directory, StoreHost& host) {
    TRY_ASSIGN(const auto lock, DirectoryLock::take(directory));
    const auto path = database_in(directory);
    const auto fresh = path + ".restoring";
    remove_with_log(fresh);
    std::error_code failure;
    std::filesystem::copy_file(file, fresh, failure);
    if (failure) return fail(ErrorCode::invalid, "cannot read the backup " + file + ": " + failure.message());
    TRY(look_through(fresh, ""));
    auto old = settle(path);
    const bool settled = old != nullptr;
    old.reset();
    RestoreReport report;
    {
        TRY_ASSIGN(auto connection, Connection::open(fresh, "", Access::read_write));
        TRY(connection->execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL"));
        TRY(sqlite::migrate(*connection));
        TRY(begin_epoch(*connection, settled ? path : std::string(), host));
        report.epoch = one_number(*connection, "SELECT epoch FROM main.meta");
        report.conversations = one_number(*connection, "SELECT count(*) FROM main.conversation");
        TRY(connection->status());
    }
    TRY_ASSIGN(report.replaced, keep_replaced(path, settled));
    TRY(move_into_place(fresh, path));
    return report;
}

}  // namespace parley::server
