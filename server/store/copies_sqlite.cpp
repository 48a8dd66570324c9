#include "server/store/copies_sqlite.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/store/connections_sqlite.hpp"
#include "server/store/data_directory.hpp"
#include "server/store/schema_sqlite.hpp"
#include "server/store/sync_folder.hpp"
#include "server/store/tables_sqlite.hpp"
#include "server/store/vfs_sqlite.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

namespace parley::server::copies {

namespace {

using sqlite::Access;
using sqlite::Statement;

constexpr std::int64_t rows_at_once = 4096;

/// Counts bad rows while a copy is looked through.
class CountingHost final : public StoreHost {
  public:
    void fatal(std::string_view) override {}
    void bad_row(std::int64_t stream, std::int64_t born) override { bad.emplace(stream, born); }
    void bad_index(std::int64_t stream, std::int64_t born) override { bad.emplace(stream, born); }
    void bad_page(std::int64_t number) override { bad_pages.insert(number); }
    void random(std::span<std::uint8_t>) override {}
    DiskUse disk_use() override { return {}; }

    std::set<std::pair<std::int64_t, std::int64_t>> bad;
    std::set<std::int64_t> bad_pages;
};

Status sync_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
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

}  // namespace

std::string database_in(const std::string& directory) {
    return directory + "/" + database_file;
}

std::string secret_in(const std::string& directory) {
    return directory + "/" + secret_file;
}

std::string one_text(Connection& connection, std::string_view sql, Pages pages) {
    Statement statement(connection, sql, pages);
    auto query = statement();
    return query.step() ? std::string(query.text(0)) : std::string();
}

Status check_kind(Connection& connection, const std::string& name) {
    const auto tables = one_number(
        connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('row', 'meta')");
    const auto version = one_number(connection, "PRAGMA user_version");
    if (!connection.status() || tables != 2 || version < 1)
        return fail(ErrorCode::invalid, name + " is no backup of Parley");
    if (version <= sqlite::schema_version) return {};
    return fail(ErrorCode::invalid, name + " was made by a newer version of this program");
}

Result<Look> look_through(const std::string& file, const LookOptions& options,
                          const std::atomic<bool>& ending) {
    CountingHost host;
    Look look;
    TRY_ASSIGN(const auto checked, sqlite::GuardedVfs::create(options.vfs, nullptr));
    TRY_ASSIGN(auto connection, Connection::open(file, checked->name(), Access::read_write));
    connection->give_up_when(ending);
    TRY(check_kind(*connection, options.name));
    const auto damaged = [&](const Error& error) {
        const bool other = ending || error.code != ErrorCode::internal;
        return fail(error.code, other ? error.context : options.name + " is damaged: " + error.context);
    };
    // Of a store that crashed the pages may be torn which its log has whole.
    const Status copied = sqlite::copy_log_back(*connection, sqlite::LogCopy::truncate);
    if (!copied) return damaged(copied.error());
    const auto structure = one_text(*connection, "PRAGMA integrity_check(1)", Pages::any);
    if (const Status read = connection->status(); !read) return damaged(read.error());
    if (structure != "ok") return fail(ErrorCode::internal, options.name + " is damaged: " + structure);
    sqlite::RowTable rows(*connection, host);
    sqlite::Scrubber scrubber(*connection, rows, host);
    sqlite::ScrubPosition position;
    for (bool more = true; more;) {
        const auto by_place = position.walk == sqlite::ScrubPosition::Walk::places;
        const auto scrubbed = scrubber.step(position, rows_at_once);
        TRY(connection->status());
        if (by_place) look.rows += scrubbed.rows;
        more = !scrubbed.round_ended;
    }
    look.bytes = one_number(*connection, "PRAGMA page_count") * one_number(*connection, "PRAGMA page_size");
    TRY(connection->status());
    look.bad_rows = std::ssize(host.bad);
    look.bad_pages = std::ssize(host.bad_pages);
    return look;
}

Status write_private(const std::string& path, std::string_view content) {
    remove_with_log(path);
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0)
        return fail(ErrorCode::internal, "cannot create " + path + ": " + std::strerror(errno));
    const bool written =
        ::write(descriptor, content.data(), content.size()) == static_cast<ssize_t>(content.size());
    const int failure = errno;
    ::close(descriptor);
    if (written) return {};
    return fail(ErrorCode::internal, "cannot write " + path + ": " + std::strerror(failure));
}

std::string content_of(const std::string& path) {
    std::ifstream input(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(input), {}};
}

Status move_into_place(const std::string& from, const std::string& to) {
    TRY(sync_file(from));
    std::error_code failure;
    std::filesystem::rename(from, to, failure);
    if (failure) return fail(ErrorCode::internal, "cannot rename to " + to + ": " + failure.message());
    return sync_folder(parent_of(to));
}

void remove_with_log(const std::string& path) {
    std::error_code ignored;
    for (const auto* part : database_parts)
        std::filesystem::remove(path + part, ignored);
}

}  // namespace parley::server::copies
