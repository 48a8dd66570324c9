#include "protocol/generated/cpp/errors.hpp"
#include "server/store/backup.hpp"
#include "server/store/connections_sqlite.hpp"
#include "server/store/copies_sqlite.hpp"
#include "server/store/data_directory.hpp"
#include "server/store/directory_lock.hpp"
#include "server/store/epoch_memory.hpp"
#include "server/store/epoch_sqlite.hpp"
#include "server/store/schema_sqlite.hpp"
#include "server/store/vfs_sqlite.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>

namespace parley::server {

namespace {

using namespace copies;
using sqlite::Access;
using sqlite::Statement;

constexpr int replaced_max = 1'000;

using BeforeStep = std::function<void(RestoreStep)>;

/// A copy to work on. The file may be that of a store which has a log beside it.
Status copy_backup(const std::string& file, const std::string& fresh, const BeforeStep& before) {
    remove_with_log(fresh);
    for (const auto* suffix : {"", "-wal"}) {
        before(RestoreStep::own);
        std::error_code failure;
        const bool main = *suffix == '\0';
        if (!main && !std::filesystem::exists(file + suffix, failure)) continue;
        if (main && !std::filesystem::is_regular_file(file, failure))
            return fail(ErrorCode::invalid, file + (failure ? ": " + failure.message() : " is not a file"));
        TRY(write_private(fresh + suffix, {}));
        std::filesystem::copy_file(file + suffix, fresh + suffix,
                                   std::filesystem::copy_options::overwrite_existing, failure);
        if (failure) return fail(ErrorCode::invalid, "cannot read " + file + ": " + failure.message());
    }
    return {};
}

/// What a store has given.
struct Given {
    std::int64_t epoch = 0;
    std::int64_t last_key = 0;
};

/// Brings the store of the directory into its main file alone, and asks it. Nothing where there is none, or
/// none that can be read as far as that: a damaged page is met here, where the restore can still go on
/// without.
std::optional<Given> settle(const std::string& path, const std::string& vfs) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored) || !sqlite::make_log_durable(path)) return std::nullopt;
    auto opened = Connection::open(path, vfs, Access::read_write);
    if (!opened || !sqlite::copy_log_back(**opened, sqlite::LogCopy::truncate)) return std::nullopt;
    const auto version = one_number(**opened, "PRAGMA user_version");
    if (version < 1 || version > sqlite::schema_version) return std::nullopt;
    const Given given{.epoch = sqlite::epoch_reached(**opened),
                      .last_key = one_number(**opened, "SELECT last_key FROM meta")};
    if ((*opened)->failed()) return std::nullopt;
    return given;
}

/// Makes the copy an epoch of its own, behind that of the store that it replaces and of all that this
/// directory remembers.
Status begin_epoch(Connection& connection, const std::optional<Given>& replaced, std::int64_t remembered,
                   StoreHost& host, WallTime now) {
    TRY(connection.execute("BEGIN IMMEDIATE"));
    const Parting parting{.shared_upto = one_number(connection, "SELECT position FROM meta"),
                          .epoch_seen = std::max(remembered, replaced ? replaced->epoch : 0),
                          .at = now};
    const std::int64_t before = sqlite::epoch_reached(connection);
    const std::int64_t known_key =
        std::max(one_number(connection, "SELECT last_key FROM meta"), replaced ? replaced->last_key : 0);
    TRY_ASSIGN(const auto epoch, sqlite::begin_epoch(connection, parting, host));
    {
        Statement mark(connection, "UPDATE meta SET epoch = ?, running = 0, last_key = ?");
        mark.run(epoch, sqlite::last_key_of_before(known_key, epoch - before, now, host));
    }
    // That it is a copy is known: the next start has nothing to find out.
    connection.run("UPDATE life SET file = ''");
    TRY(connection.status());
    return connection.execute("COMMIT");
}

/// Under this name something else is kept than the file at `path`.
bool keeps_another(const std::string& name, const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(name, ignored) && !std::filesystem::equivalent(name, path, ignored);
}

/// A name that no earlier restore has used: what was replaced before stays too. What was kept by one that was
/// cut off, and is what is there still, is not kept once more.
Result<std::string> free_name(const std::string& path) {
    for (int number = 1; number <= replaced_max; ++number) {
        const std::string name = path + ".replaced" + (number == 1 ? "" : "." + std::to_string(number));
        if (!keeps_another(name, path) && !keeps_another(name + "-wal", path + "-wal")) return name;
    }
    return fail(ErrorCode::internal, "there are too many " + path + ".replaced; remove some");
}

/// Keeps what is there under another name too: the main file, and its log where that could not be copied
/// back. Until the copy takes the place, the store is as it was.
Result<std::string> keep_replaced(const std::string& path, bool settled, const BeforeStep& before) {
    std::error_code failure;
    if (!std::filesystem::exists(path, failure)) return std::string();
    TRY_ASSIGN(const auto kept, free_name(path));
    for (const std::string part : {"-wal", ""}) {
        const bool is_log = !part.empty();
        const bool wanted = !is_log || (!settled && std::filesystem::exists(path + part, failure));
        if (failure || !wanted || std::filesystem::exists(kept + part, failure)) continue;
        before(RestoreStep::own);
        std::filesystem::create_hard_link(path + part, kept + part, failure);
    }
    if (!failure) return kept;
    const auto reason = failure.message();
    std::filesystem::remove(kept + "-wal", failure);
    return fail(ErrorCode::internal, "cannot keep " + kept + ": " + reason);
}

/// Takes the secret out of the copy; empty: there is none.
Result<std::string> take_secret(Connection& connection) {
    const auto there =
        one_number(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'kept_secret'");
    TRY(connection.status());
    if (there == 0) return std::string();
    std::string secret;
    {
        Statement read(connection, "SELECT content FROM kept_secret");
        auto query = read();
        if (query.step()) secret = as_text(query.blob(0));
    }
    TRY(connection.status());
    TRY(connection.execute("DROP TABLE kept_secret"));
    return secret;
}

/// Before the store is replaced: were there a crash between the two, the old store's devices would have to
/// sign in again where the secrets differ, and the same restore once more ends it.
Status put_secret(const std::string& secret, const std::string& directory, const BeforeStep& before) {
    const std::string path = secret_in(directory);
    if (secret.empty() || content_of(path) == secret) return {};
    before(RestoreStep::own);
    TRY(write_private(path + ".restoring", secret));
    before(RestoreStep::own);
    return move_into_place(path + ".restoring", path);
}

Result<RestoreReport> restore_here(const BackupPaths& paths, StoreHost& host, WallTime now,
                                   const BeforeStep& before) {
    const auto& [directory, file] = paths;
    const auto path = database_in(directory);
    std::error_code ignored;
    if (std::filesystem::equivalent(file, path, ignored))
        return fail(ErrorCode::invalid, file + " is the store itself");
    const auto fresh = path + ".restoring";
    TRY(copy_backup(file, fresh, before));
    const std::atomic<bool> never{false};
    const auto looked = look_through(fresh, {.name = file, .vfs = {}}, never);
    if (!looked && looked.error().code == ErrorCode::internal)
        return fail(ErrorCode::internal, looked.error().context + "; take another backup");
    TRY_ASSIGN(const Look look, looked);
    TRY_ASSIGN(const auto checked, sqlite::GuardedVfs::create("", nullptr));
    checked->watch_writes([&](std::int64_t) { before(RestoreStep::write); });
    const auto replaced = settle(path, checked->name());
    RestoreReport report{.rows = look.rows, .bad_rows = look.bad_rows, .bad_pages = look.bad_pages};
    std::string secret;
    {
        TRY_ASSIGN(auto connection, Connection::open(fresh, checked->name(), Access::read_write));
        connection->reserve_page_checksums();
        // With a log until the pages are protected, and without one at the end: what is moved is one file.
        TRY(connection->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
        TRY(sqlite::migrate(*connection));
        TRY(sqlite::protect_pages(*connection));
        TRY(connection->execute("PRAGMA journal_mode = DELETE"));
        TRY_ASSIGN(secret, take_secret(*connection));
        TRY(begin_epoch(*connection, replaced, remembered_epoch(directory), host, now));
        report.epoch = one_number(*connection, "SELECT epoch FROM meta");
        report.conversations = one_number(*connection, "SELECT count(*) FROM conversation");
        TRY(connection->status());
    }
    report.secret = !secret.empty();
    TRY(put_secret(secret, directory, before));
    TRY_ASSIGN(report.replaced, keep_replaced(path, replaced.has_value(), before));
    before(RestoreStep::own);
    // Were the power to fail between the log and the main file, what is left would know that an epoch is due.
    if (!replaced) TRY(remember_epoch(directory, report.epoch));
    for (const auto* suffix : {"-wal", "-shm"}) {
        before(RestoreStep::own);
        std::filesystem::remove(path + suffix, ignored);
    }
    before(RestoreStep::own);
    TRY(move_into_place(fresh, path));
    before(RestoreStep::own);
    // Where that fails, the next start does it.
    (void)remember_epoch(directory, report.epoch);
    return report;
}

}  // namespace

Result<RestoreReport> restore(const BackupPaths& paths, StoreHost& host, WallTime now,
                              const std::function<void(RestoreStep)>& before) {
    const std::string& directory = paths.directory;
    TRY_ASSIGN(const auto lock, DirectoryLock::take(directory));
    auto report = restore_here(paths, host, now, before ? before : [](RestoreStep) {});
    if (report) return report;
    remove_with_log(database_in(directory) + ".restoring");
    // Nothing is left of a try on a folder that held nothing.
    std::error_code ignored;
    const std::filesystem::directory_iterator files(directory, ignored);
    if (std::distance(begin(files), end(files)) == 1)
        std::filesystem::remove(std::filesystem::path(directory) / lock_file, ignored);
    return report;
}

}  // namespace parley::server
