#include "protocol/generated/cpp/errors.hpp"
#include "server/store/backup.hpp"
#include "server/store/connections_sqlite.hpp"
#include "server/store/copies_sqlite.hpp"
#include "server/store/directory_lock.hpp"
#include "server/store/epoch_sqlite.hpp"
#include "server/store/schema_sqlite.hpp"
#include "server/store/vfs_sqlite.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>

namespace parley::server {

namespace {

using namespace copies;
using sqlite::Access;
using sqlite::Statement;

constexpr int replaced_max = 1'000;

/// A copy to work on. The file may be that of a store which has a log beside it.
Status copy_backup(const std::string& file, const std::string& fresh) {
    remove_with_log(fresh);
    for (const auto* suffix : {"", "-wal"}) {
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

/// Reads all that `begin_epoch` asks a store that is replaced, whole tables: a damaged page of one is met
/// here, where the restore can still go on without.
bool knows_what_it_gave(Connection& connection) {
    for (const auto* sql : {"SELECT max(head) FROM conversation", "SELECT max(head) FROM account",
                            "SELECT max(last_key) FROM meta"})
        (void)one_number(connection, sql);
    return !connection.failed();
}

/// The store of the directory, brought into its main file alone; nothing where there is none, or none that
/// can be read as far as a restore has to.
std::unique_ptr<Connection> settle(const std::string& path, const std::string& vfs) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored) || !sqlite::make_log_durable(path)) return nullptr;
    auto opened = Connection::open(path, vfs, Access::read_write);
    if (!opened || !sqlite::copy_log_back(**opened, sqlite::LogCopy::truncate)) return nullptr;
    const auto version = one_number(**opened, "PRAGMA user_version");
    const bool known = version >= 1 && version <= sqlite::schema_version;
    return known && knows_what_it_gave(**opened) ? std::move(*opened) : nullptr;
}

/// What is known of the numbers that were given.
struct Given {
    /// The store that is replaced; empty: it cannot be read.
    std::string replaced;
    /// The highest number from which a restore into this directory has let a stream go on.
    std::int64_t restored = 0;
    /// The time bounds what nobody knows.
    WallTime now;
};

/// Moves every counter beyond all that was ever given: also by the store that is replaced, where it can be
/// read, and where it cannot, beyond what it can have given.
Status begin_epoch(Connection& connection, const Given& known, StoreHost& host) {
    const auto& replaced = known.replaced;
    const bool knows_replaced = !replaced.empty();
    if (knows_replaced) {
        Statement attach(connection, "ATTACH ? AS replaced");
        attach.run(std::string_view(replaced));
        TRY(connection.status());
    }
    const auto epoch = sqlite::new_epoch(host, one_number(connection, "SELECT epoch FROM main.meta"));
    const auto jump = [&](const std::string& table) {
        // What was given before the replaced store was, by a store of this directory: to a stream that it
        // lacks, or to any where an older store was put back by hand in between.
        const std::string restored = std::to_string(known.restored);
        const std::string older = "max(coalesce((SELECT older.head FROM replaced." + table +
                                  " AS older WHERE older.key = main." + table + ".key), 0), " + restored +
                                  ")";
        const auto unknown = std::max(sqlite::beyond_all(known.now), known.restored);
        return sqlite::move_heads("main." + table, knows_replaced ? older : std::to_string(unknown));
    };
    TRY(connection.execute("BEGIN IMMEDIATE"));
    {
        Statement mark(connection, "UPDATE main.meta SET epoch = ?, running = 0");
        mark.run(epoch);
    }
    TRY(connection.status());
    TRY(connection.execute("UPDATE main.conversation SET restored_from = head"));
    TRY(connection.execute(jump("conversation").c_str()));
    TRY(connection.execute(jump("account").c_str()));
    // That it is a copy is known: the next start has nothing to find out.
    TRY(connection.execute("UPDATE main.life SET file = ''"));
    if (knows_replaced) {
        TRY(connection.execute(
            "UPDATE main.meta SET last_key = max(last_key, (SELECT last_key FROM replaced.meta))"));
    }
    return connection.execute("COMMIT");
}

// Two restores within one jump of the time's bound move counters equally far. So the directory remembers how
// far that was, in a file beside the store, which survives where the store is lost alone.

std::string memory_in(const std::string& directory) {
    return database_in(directory) + ".restored";
}

/// 0: nothing is remembered, or what is there makes no sense.
std::int64_t remembered(const std::string& directory) {
    const std::string text = content_of(memory_in(directory));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    constexpr std::int64_t json_max = std::int64_t{1} << 53;
    const bool sound = error == std::errc{} && end != text.data() + text.size() && *end == '\n';
    return sound && number > 0 && number < json_max ? number : 0;
}

/// Before the store is moved into place: a crash in between costs a jump and no number.
Status remember(const std::string& directory, Connection& connection, std::int64_t before) {
    const auto reached = std::max({before, one_number(connection, "SELECT max(head) FROM main.conversation"),
                                   one_number(connection, "SELECT max(head) FROM main.account")});
    TRY(connection.status());
    const std::string fresh = memory_in(directory) + ".new";
    TRY(write_private(fresh, std::to_string(reached) + "\n"));
    return move_into_place(fresh, memory_in(directory));
}

/// A name that no earlier restore has used: what was replaced before stays too.
Result<std::string> free_name(const std::string& path) {
    for (int number = 1; number <= replaced_max; ++number) {
        const std::string name = path + ".replaced" + (number == 1 ? "" : "." + std::to_string(number));
        std::error_code ignored;
        if (!std::filesystem::exists(name, ignored)) return name;
    }
    return fail(ErrorCode::internal, "there are too many " + path + ".replaced; remove some");
}

/// Keeps what was there: the main file under another name, and its log where that could not be copied back.
Result<std::string> keep_replaced(const std::string& path, bool settled) {
    std::error_code failure;
    if (!std::filesystem::exists(path, failure)) return std::string();
    TRY_ASSIGN(const auto kept, free_name(path));
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
Status put_secret(const std::string& secret, const std::string& directory) {
    const std::string path = secret_in(directory);
    if (secret.empty() || content_of(path) == secret) return {};
    TRY(write_private(path + ".restoring", secret));
    return move_into_place(path + ".restoring", path);
}

Result<RestoreReport> restore_here(const std::string& file, const std::string& directory, StoreHost& host,
                                   WallTime now) {
    const auto path = database_in(directory);
    std::error_code ignored;
    if (std::filesystem::equivalent(file, path, ignored))
        return fail(ErrorCode::invalid, file + " is the store itself");
    const auto fresh = path + ".restoring";
    TRY(copy_backup(file, fresh));
    const std::atomic<bool> never{false};
    TRY_ASSIGN(const Look look, look_through(fresh, {.name = file, .vfs = {}}, never));
    TRY_ASSIGN(const auto checked, sqlite::GuardedVfs::create("", nullptr));
    auto old = settle(path, checked->name());
    const bool settled = old != nullptr;
    old.reset();
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
        const Given given{
            .replaced = settled ? path : std::string(), .restored = remembered(directory), .now = now};
        TRY(begin_epoch(*connection, given, host));
        TRY(remember(directory, *connection, given.restored));
        report.epoch = one_number(*connection, "SELECT epoch FROM main.meta");
        report.conversations = one_number(*connection, "SELECT count(*) FROM main.conversation");
        TRY(connection->status());
    }
    report.secret = !secret.empty();
    TRY_ASSIGN(report.replaced, keep_replaced(path, settled));
    TRY(put_secret(secret, directory));
    TRY(move_into_place(fresh, path));
    return report;
}

}  // namespace

Result<RestoreReport> restore(const std::string& file, const std::string& directory, StoreHost& host,
                              WallTime now) {
    TRY_ASSIGN(const auto lock, DirectoryLock::take(directory));
    auto report = restore_here(file, directory, host, now);
    if (!report) remove_with_log(database_in(directory) + ".restoring");
    return report;
}

}  // namespace parley::server
