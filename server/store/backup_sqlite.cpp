#include "protocol/generated/cpp/errors.hpp"
#include "server/store/backup.hpp"
#include "server/store/connections_sqlite.hpp"
#include "server/store/copies_sqlite.hpp"
#include "server/store/data_directory.hpp"
#include "server/store/directory_lock.hpp"
#include "server/store/schema_sqlite.hpp"
#include "server/store/vfs_sqlite.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace parley::server {

namespace {

using namespace copies;
using sqlite::Access;
using sqlite::Statement;

/// How a copy that is not complete is called, in the folder FILE.partial.
constexpr std::string_view unfinished = "unfinished-backup";

// How a backup begins (file format, section 1.3): a file of SQLite's that is written without a log. A store
// has one.
constexpr std::string_view magic = "SQLite format 3";
constexpr std::size_t versions_at = 18;
constexpr std::string_view without_log = "\1\1";

/// Whatever holds a log or a journal is at work with the file, and is not us.
bool is_in_use(const std::string& file) {
    std::error_code ignored;
    return std::ranges::any_of(std::array{"-wal", "-journal"}, [&](const char* suffix) {
        return std::filesystem::exists(file + suffix, ignored);
    });
}

/// One of ours, or an empty file.
bool is_backup_or_empty(const std::string& file) {
    std::error_code failure;
    if (!std::filesystem::is_regular_file(file, failure)) return false;
    std::ifstream input(file, std::ios::binary);
    std::string begins(versions_at + without_log.size(), '\0');
    input.read(begins.data(), static_cast<std::streamsize>(begins.size()));
    if (input.gcount() == 0) return true;
    if (!begins.starts_with(magic) || !begins.ends_with(without_log) || is_in_use(file)) return false;
    const auto checked = sqlite::GuardedVfs::create("", nullptr);
    if (!checked) return false;
    const auto connection = Connection::open(file, (*checked)->name(), Access::read_only);
    return connection && check_kind(**connection, file);
}

/// Everything that a store keeps beside its lock is called so.
bool is_part_of_a_store(const std::filesystem::path& file) {
    std::error_code ignored;
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    return file.filename().string().starts_with("parley.") &&
           std::filesystem::exists(folder / lock_file, ignored);
}

/// Never what this or another store lives on, nor what is something else.
Status check_target(const std::string& directory, const std::string& file) {
    std::error_code ignored;
    if (is_part_of_a_store(file))
        return fail(ErrorCode::invalid, file + " belongs to a store; choose another name");
    if (!std::filesystem::exists(file, ignored)) return {};
    if (std::filesystem::equivalent(file, database_in(directory), ignored))
        return fail(ErrorCode::invalid, file + " is the store itself; choose another name");
    if (is_backup_or_empty(file)) return {};
    return fail(ErrorCode::invalid,
                file + " is there and is no backup that this program could replace; choose another name");
}

/// Answers with the number of pages of the store that do not fit their checksums. The copy has what stands on
/// them with checksums that fit, so that this is the last moment at which it is known.
Result<std::int64_t> copy_into(const std::string& directory, const std::string& vfs, const std::string& file,
                               const std::atomic<bool>& ending) {
    TRY_ASSIGN(const auto checked, sqlite::GuardedVfs::create(vfs, nullptr));
    TRY_ASSIGN(auto connection, Connection::open(database_in(directory), checked->name(), Access::read_only));
    connection->reserve_page_checksums();
    connection->give_up_when(ending);
    TRY(connection->execute("PRAGMA wal_autocheckpoint = 0"));
    TRY(sqlite::keep_log_on_close(*connection));
    TRY(sqlite::check_page_protection(*connection));
    {
        Statement copy(*connection, "VACUUM INTO ?", Pages::any);
        copy.run(std::string_view(file));
    }
    TRY(connection->status());
    return connection->pages_passed_over();
}

Status keep_secret(const std::string& directory, const std::string& file) {
    const std::string secret = content_of(secret_in(directory));
    std::error_code ignored;
    if (secret.empty() && std::filesystem::exists(secret_in(directory), ignored))
        return fail(ErrorCode::internal, "cannot read " + secret_in(directory));
    if (secret.empty()) return {};
    TRY_ASSIGN(const auto checked, sqlite::GuardedVfs::create("", nullptr));
    TRY_ASSIGN(auto connection, Connection::open(file, checked->name(), Access::read_write));
    TRY(connection->execute("CREATE TABLE kept_secret (content BLOB NOT NULL) STRICT"));
    {
        Statement put(*connection, "INSERT INTO kept_secret VALUES (?)");
        put.run(as_bytes(secret));
    }
    return connection->status();
}

BackupReport report_of(const Look& look) {
    return {.rows = look.rows, .bad_rows = look.bad_rows, .bad_pages = look.bad_pages, .bytes = look.bytes};
}

/// A folder for its owner only, from which only the owner removes: nobody needs the second beside the first,
/// so that an empty folder with this mode is not somebody else's.
constexpr mode_t workplace_mode = S_IRWXU | S_ISVTX;

bool has_mode_of_ours(const std::filesystem::path& folder) {
    constexpr mode_t looked_at = S_IRWXU | S_IRWXG | S_IRWXO | S_ISVTX;
    struct stat found{};
    return ::lstat(folder.c_str(), &found) == 0 && found.st_uid == ::geteuid() &&
           (found.st_mode & looked_at) == workplace_mode;
}

/// What a try that was cut off has left: told from what others keep under this name by the names in it, and
/// where it is empty by its mode.
bool is_left_by_us(const std::filesystem::path& folder) {
    std::error_code failure;
    if (!std::filesystem::is_directory(std::filesystem::symlink_status(folder, failure))) return false;
    if (std::filesystem::is_empty(folder, failure)) return has_mode_of_ours(folder);
    std::filesystem::directory_iterator entry(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        const auto name = entry->path().filename().string();
        const bool ours = std::ranges::any_of(
            database_parts, [&](const char* part) { return name == std::string(unfinished) + part; });
        if (!ours) return false;
    }
    return !failure;
}

void remove_workplace(const std::filesystem::path& folder) {
    remove_with_log((folder / unfinished).string());
    std::error_code ignored;
    std::filesystem::remove(folder, ignored);
}

/// An empty folder, with a mode by which it is known again.
Status make_workplace(const std::string& folder, const std::string& file) {
    std::error_code failure;
    if (std::filesystem::exists(std::filesystem::symlink_status(folder, failure))) {
        if (!is_left_by_us(folder))
            return fail(ErrorCode::invalid,
                        folder +
                            " is in the way, and was not left by a backup that was cut off; move it"
                            " elsewhere, or choose another name for the backup");
        remove_workplace(folder);
    }
    if (::mkdir(folder.c_str(), workplace_mode) == 0) return {};
    const int reason = errno;
    const auto parent = std::filesystem::path(folder).parent_path();
    if (!parent.empty() && !std::filesystem::exists(parent, failure))
        return fail(ErrorCode::invalid,
                    "there is no folder for the backup " + file + "; make " + parent.string() + " first");
    return fail(ErrorCode::internal, "the backup cannot be written to " + parent.string() + ": " +
                                         std::strerror(reason) +
                                         "; choose a folder in which the server may write");
}

Result<Look> copy_and_check(const std::string& directory, const std::string& partial,
                            const std::atomic<bool>& ending) {
    // SQLite writes into an empty file that is there, and so does not decide who may read it.
    TRY(write_private(partial, {}));
    TRY_ASSIGN(const auto bad_pages, copy_into(directory, "", partial, ending));
    TRY(keep_secret(directory, partial));
    TRY_ASSIGN(auto look, look_through(partial, {.name = "the copy", .vfs = {}}, ending));
    look.bad_pages += bad_pages;
    return look;
}

}  // namespace

Result<BackupReport> copy_store(const std::string& directory, const std::string& vfs,
                                const std::string& file) {
    const std::atomic<bool> never{false};
    TRY_ASSIGN(const auto bad_pages, copy_into(directory, vfs, file, never));
    TRY_ASSIGN(Look look, look_through(file, {.name = file, .vfs = vfs}, never));
    look.bad_pages += bad_pages;
    return report_of(look);
}

Result<BackupReport> back_up(const BackupPaths& paths, const std::atomic<bool>& ending) {
    const auto& [directory, file] = paths;
    TRY(check_target(directory, file));
    const auto workplace = file + ".partial";
    const auto partial = workplace + "/" + std::string(unfinished);
    TRY(make_workplace(workplace, file));
    const auto look = copy_and_check(directory, partial, ending);
    const Status done = look ? move_into_place(partial, file) : Status{fail(look.error())};
    remove_workplace(workplace);
    if (!done) {
        if (ending) return fail(ErrorCode::unavailable, "the server stops; nothing was written");
        return fail(done.error());
    }
    return report_of(*look);
}

Result<BackupReport> back_up_closed(const BackupPaths& paths) {
    std::error_code ignored;
    if (!std::filesystem::exists(database_in(paths.directory), ignored))
        return fail(ErrorCode::invalid, paths.directory + " holds no store");
    TRY_ASSIGN(const auto lock, DirectoryLock::take(paths.directory));
    const std::atomic<bool> never{false};
    return back_up(paths, never);
}

}  // namespace parley::server
