#include "server/store/sqlite.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/store/page_checksum_sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/vfs_sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace parley::server::sqlite {

namespace {

int open_flags(Access access) {
    // A reader of a log needs its shared index, so that read-only is enforced by query_only instead.
    const int create = access == Access::read_write ? SQLITE_OPEN_CREATE : 0;
    return SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | create;
}

}  // namespace

Error Connection::error_of(int code, std::string_view detail) {
    std::string context = "SQLite: ";
    context += sqlite3_errstr(code);
    context += " (" + std::to_string(code) + ")";
    if (!detail.empty()) context.append(": ").append(detail);
    switch (code & 0xff) {
        case SQLITE_FULL:
            return Error{ErrorCode::disk_full, std::move(context), 0, {}};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM:
        case SQLITE_INTERRUPT:
            return Error{ErrorCode::unavailable, std::move(context), 0, {}};
        default:
            return Error{ErrorCode::internal, std::move(context), 0, {}};
    }
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, const std::string& vfs,
                                                     Access access) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, open_flags(access), vfs.empty() ? nullptr : vfs.c_str());
    std::unique_ptr<Connection> connection(new Connection(handle));
    if (code != SQLITE_OK) return fail(error_of(code, handle != nullptr ? sqlite3_errmsg(handle) : ""));
    sqlite3_extended_result_codes(handle, 1);
    // Only our VFS answers.
    (void)sqlite3_file_control(handle, "main", page_reads_control, &connection->reads_);
    return connection;
}

Connection::~Connection() {
    for (const Kept& kept : kept_)
        sqlite3_finalize(kept.statement);
    sqlite3_close_v2(handle_);
}

Status Connection::execute(const char* sql) {
    const auto kept = std::ranges::find(kept_, std::string_view(sql), &Kept::sql);
    const int code =
        kept != kept_.end() ? run_kept(*kept) : sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return fail(error_of(code, sqlite3_errmsg(handle_)));
    return {};
}

int Connection::run_kept(Kept& kept) {
    if (kept.statement == nullptr) {
        const int code = sqlite3_prepare_v3(handle_, kept.sql.data(), static_cast<int>(kept.sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &kept.statement, nullptr);
        if (code != SQLITE_OK) return code;
    }
    const int code = sqlite3_step(kept.statement);
    // Says the same once more where the step failed.
    const int ended = sqlite3_reset(kept.statement);
    return code == SQLITE_DONE ? SQLITE_OK : ended;
}

void Connection::run(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) note_failure(code);
}

void Connection::give_up_when(const std::atomic<bool>& ending) {
    constexpr int steps_between_looks = 1'000;
    const auto look = [](void* flag) {
        return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0;
    };
    sqlite3_progress_handler(handle_, steps_between_looks, look, const_cast<std::atomic<bool>*>(&ending));
}

std::int64_t Connection::changes() const {
    return sqlite3_total_changes64(handle_);
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

bool Connection::writing() const {
    return sqlite3_txn_state(handle_, nullptr) == SQLITE_TXN_WRITE;
}

void Connection::reserve_page_checksums() {
    if (reads_ == nullptr) return;
    int bytes = page_checksum_bytes;
    (void)sqlite3_file_control(handle_, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

std::optional<bool> Connection::stored_page_fits(std::int64_t number) {
    sqlite3_file* file = nullptr;
    if (reads_ == nullptr || !reads_->checked) return std::nullopt;
    (void)sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (file == nullptr || file->pMethods == nullptr) return std::nullopt;
    // A page that is being written at this moment fits a moment later.
    constexpr int tries = 4;
    std::array<std::uint8_t, page_bytes> page;
    for (int tried = 0; tried < tries; ++tried) {
        reads_->accepted = Pages::any;
        const auto passed_over = reads_->passed_over;
        const int code = file->pMethods->xRead(file, page.data(), page_bytes, (number - 1) * page_bytes);
        const bool fits = reads_->passed_over == passed_over;
        reads_->accepted = Pages::sound;
        reads_->passed_over = passed_over;
        if (code == SQLITE_IOERR_SHORT_READ) return std::nullopt;
        if (code == SQLITE_OK && fits) return true;
    }
    return false;
}

void Connection::note_failure(int code) {
    if (failure_) return;
    failure_ = error_of(code, sqlite3_errmsg(handle_));
    damaged_ = (code & 0xff) == SQLITE_CORRUPT;
}

void Connection::note_damage(std::string what) {
    if (failure_) return;
    failure_ = Error{ErrorCode::internal, std::move(what), 0, {}};
    damaged_ = true;
}

void Connection::note_mistake(const Error& error) {
    if (!failure_) failure_ = error;
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

bool Statement::prepare() {
    if (handle_ != nullptr) return true;
    const int code = sqlite3_prepare_v3(connection_.handle(), sql_.data(), static_cast<int>(sql_.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
    if (code == SQLITE_OK) return true;
    connection_.note_failure(code);
    return false;
}

void Statement::bind(int index, std::int64_t value) {
    sqlite3_bind_int64(handle_, index, value);
}

void Statement::bind(int index, std::string_view text) {
    // An empty view may have no address, and SQLite would take that for NULL.
    const char* data = text.data() != nullptr ? text.data() : "";
    sqlite3_bind_text(handle_, index, data, static_cast<int>(text.size()), SQLITE_STATIC);
}

void Statement::bind(int index, ByteView blob) {
    const void* data = blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "";
    sqlite3_bind_blob(handle_, index, data, static_cast<int>(blob.size()), SQLITE_STATIC);
}

void Statement::bind(int index, std::nullptr_t) {
    sqlite3_bind_null(handle_, index);
}

Query::~Query() {
    if (statement_.handle_ != nullptr) sqlite3_reset(statement_.handle_);
}

bool Query::step() {
    if (statement_.handle_ == nullptr || statement_.connection_.failed()) return false;
    const int code = step_handle();
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) statement_.connection_.note_failure(code);
    return false;
}

int Query::step_handle() {
    const auto& connection = statement_.connection_;
    auto* reads = connection.reads_;
    if (reads == nullptr) return sqlite3_step(statement_.handle_);
    reads->accepted = std::min(statement_.pages_, connection.pages_max_);
    const int code = sqlite3_step(statement_.handle_);
    reads->accepted = Pages::sound;
    return code;
}

bool Query::is_null(int column) const {
    return sqlite3_column_type(statement_.handle_, column) == SQLITE_NULL;
}

bool Query::is_integer(int column) const {
    return sqlite3_column_type(statement_.handle_, column) == SQLITE_INTEGER;
}

bool Query::is_blob(int column) const {
    return sqlite3_column_type(statement_.handle_, column) == SQLITE_BLOB;
}

std::int64_t Query::integer(int column) const {
    return sqlite3_column_int64(statement_.handle_, column);
}

std::string_view Query::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.handle_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle_, column))};
}

ByteView Query::blob(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.handle_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle_, column))};
}

std::int64_t one_number(Connection& connection, std::string_view sql) {
    Statement statement(connection, sql);
    auto query = statement();
    return query.step() ? query.integer(0) : 0;
}

}  // namespace parley::server::sqlite

namespace parley::server {

std::string_view sqlite_version() {
    return sqlite3_libversion();
}

bool sqlite_has_log_reset_race() {
    constexpr int mended_in = 3'051'003;
    return sqlite3_libversion_number() < mended_in;
}

}  // namespace parley::server
