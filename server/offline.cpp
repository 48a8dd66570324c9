#include "server/offline.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/ops/backup_report.hpp"
#include "server/ops/clock.hpp"
#include "server/ops/control_socket.hpp"
#include "server/ops/first_start.hpp"
#include "server/ops/process_host.hpp"
#include "server/ops/process_log.hpp"
#include "server/ops/system_call.hpp"
#include "server/store/backup.hpp"
#include "server/store/data_directory.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store_options.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>

namespace parley::server {

namespace {

/// Where no server runs and none has ever run, the folder is mostly another one than was meant.
Status check_store(const std::string& directory) {
    std::error_code failure;
    if (std::filesystem::exists(std::filesystem::path(directory) / database_file, failure)) return {};
    const auto folder = std::filesystem::absolute(directory, failure).lexically_normal();
    return fail(ErrorCode::invalid,
                folder.string() +
                    " holds no store: name the folder of the server with --data (or its file with --config), "
                    "or start parleyd once, which makes one");
}

Result<std::string> make_invite_offline(const Settings& settings, const OperatorInvite& wanted) {
    TRY(check_store(settings.data));
    ProcessLog log(log_level_named(settings.log_level));
    std::atomic<std::int64_t> bad_rows{0};
    ProcessHost host(settings.data, log, bad_rows);
    const Rules rules;
    TRY_ASSIGN(const auto store, open_sqlite_store(store_options(settings), rules, host));
    if (store->was_copied()) log.warning(begun_on_copy, {{"epoch", store->epoch()}});
    TRY_ASSIGN(const protocol::Invite made, make_invite(*store, wanted, current_time().wall));
    TRY(store->close());
    return made.code;
}

/// Whose process writes it is not ours, so that the place must not depend on where we stand.
Result<std::string> absolute_target(const std::string& wanted) {
    std::error_code failure;
    std::filesystem::path path = std::filesystem::absolute(wanted.empty() ? "." : wanted, failure);
    if (failure) return fail(ErrorCode::invalid, wanted + ": " + failure.message());
    if (std::filesystem::is_directory(path, failure)) {
        const auto now = static_cast<std::time_t>(current_time().wall.ms / 1'000);
        path /= fmt::format("parley-{:%Y%m%d-%H%M%S}.db", fmt::gmtime(now));
    }
    const std::string text = path.lexically_normal().string();
    // The request to the server is one line.
    if (text.find('\n') != std::string::npos) return fail(ErrorCode::invalid, "the name has a line feed");
    return text;
}

Result<BackupReport> back_up_somehow(const Settings& settings, const std::string& file) {
    const auto said = ask_running(settings.data, "backup " + file);
    if (!said && said.error().code == ErrorCode::unavailable) {
        TRY(check_store(settings.data));
        return back_up_closed({.directory = settings.data, .file = file});
    }
    if (!said) return fail(said.error());
    const auto report = decode_report(*said);
    if (!report) return fail(ErrorCode::internal, "the server that runs is of another version");
    return *report;
}

std::string counted(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// What is wrong with the rows and pages of a report; empty: nothing.
std::string damage(const std::string& where, const auto& report) {
    if (report.bad_rows > 0) {
        return fmt::format("{} of the {} do not fit their checksums and are never served: {} is damaged",
                           report.bad_rows, counted(report.rows, "row"), where);
    }
    if (report.bad_pages == 0) return {};
    return fmt::format("{} of the file do not fit their checksums: {} is damaged, though no row of it is",
                       counted(report.bad_pages, "page"), where);
}

}  // namespace

Result<std::string> make_invite(const Settings& settings, const MakeInvite& invite) {
    const std::string request =
        fmt::format("invite {} {}{}", invite.uses, invite.days, invite.administrator ? " administrator" : "");
    auto said = ask_running(settings.data, request);
    if (said || said.error().code != ErrorCode::unavailable) return said;
    return make_invite_offline(settings, {.uses = invite.uses,
                                          .lasts = seconds(invite.days * 24 * 3600),
                                          .administrator = invite.administrator});
}

Result<std::string> back_up(const Settings& settings, const BackUp& backup) {
    TRY_ASSIGN(const std::string file, absolute_target(backup.file));
    TRY_ASSIGN(const BackupReport report, back_up_somehow(settings, file));
    // It is there, and as good as its original; whoever runs this every night must hear of it.
    if (const auto damaged = damage("the store", report); !damaged.empty())
        return fail(ErrorCode::internal, "the backup " + file + " was written, but " + damaged);
    return fmt::format("Backed up to {}: {}, {:.1f} MiB.", file, counted(report.rows, "row"),
                       static_cast<double>(report.bytes) / (1 << 20));
}

Result<std::string> restore(const Settings& settings, const Restore& backup) {
    ProcessLog log(log_level_named(settings.log_level));
    std::atomic<std::int64_t> bad_rows{0};
    ProcessHost host(settings.data, log, bad_rows);
    std::error_code failure;
    if (!std::filesystem::exists(backup.file, failure))
        return fail(ErrorCode::invalid,
                    backup.file + " cannot be found; it takes the file that parleyd backup wrote");
    const bool was_there = std::filesystem::exists(settings.data, failure);
    TRY(make_data_folder(settings.data));
    const auto report = restore({.directory = settings.data, .file = backup.file}, host, current_time().wall);
    if (!report && !was_there) std::filesystem::remove(settings.data, failure);  // only where it is empty
    if (!report && report.error().code == ErrorCode::unavailable) {
        return fail(ErrorCode::unavailable,
                    report.error().context + ": stop the server, restore, and start it again");
    }
    if (!report) return fail(report.error());
    std::string text =
        fmt::format("Restored {} into {}: {}, {}.", backup.file, settings.data,
                    counted(report->conversations, "conversation"), counted(report->rows, "row"));
    if (!report->replaced.empty())
        text += "\nWhat was there before is kept as " + report->replaced + "; remove it when all is well.";
    if (!report->secret)
        text += "\nThe file holds no key for tokens: devices sign in again unless " + settings.data +
                "/secret is theirs.";
    if (const auto damaged = damage("the backup", *report); !damaged.empty())
        text += "\nAttention: " + damaged + ".";
    return text +
           "\nStart the server now. Devices keep what they hold; what the backup lacks is marked there.";
}

}  // namespace parley::server
