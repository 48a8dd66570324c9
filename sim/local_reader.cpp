#include "sim/local_reader.hpp"

#include "protocol/generated/cpp/enums.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "sim/handles_sqlite.hpp"

#include <sqlite3.h>

#include <utility>

namespace parley::sim {

namespace {

/// What a number in this column stands for, by the names of the protocol.
std::string named(std::string_view column, std::int64_t number) {
    const auto name = column == "type"      ? name_of(static_cast<protocol::Type>(number))
                      : column == "failure" ? name_of(static_cast<ErrorCode>(number))
                                            : std::string_view();
    return name.empty() ? std::to_string(number) : std::string(name);
}

/// Every column of the row but blobs, as name=value; those that say nothing are left out.
std::string columns_of(sqlite3_stmt& row) {
    std::string line;
    for (int column = 0; column < sqlite3_column_count(&row); ++column) {
        const int type = sqlite3_column_type(&row, column);
        if (type == SQLITE_NULL || type == SQLITE_BLOB) continue;
        const std::string name = sqlite3_column_name(&row, column);
        const std::string value = type == SQLITE_INTEGER
                                      ? named(name, sqlite3_column_int64(&row, column))
                                      : reinterpret_cast<const char*>(sqlite3_column_text(&row, column));
        if (value.empty() || value == "0") continue;
        if (!line.empty()) line += ' ';
        line += name + '=' + value;
    }
    return line;
}

}  // namespace

std::vector<std::string> local_state(const MemoryDisk& disk, const std::vector<StreamId>& streams) {
    std::vector<std::string> lines;
    const auto copy = disk.copy(disk.name() + " looked at");
    const auto process = copy->start();
    sqlite3* handle = nullptr;
    const int opened =
        sqlite3_open_v2("local.db", &handle, SQLITE_OPEN_READWRITE, process->vfs_name().c_str());
    const RawConnection connection(handle);
    const auto prepare = [&](const char* sql) {
        sqlite3_stmt* prepared = nullptr;
        if (opened == SQLITE_OK) sqlite3_prepare_v2(handle, sql, -1, &prepared, nullptr);
        return RawStatement(prepared);
    };
    const RawStatement query = prepare("SELECT * FROM conversation WHERE stream = ?");
    const RawStatement outbox =
        prepare("SELECT lower(hex(id)) AS command, * FROM command ORDER BY position LIMIT 40");
    if (!query || !outbox) return {disk.name() + ": its database cannot be read"};
    for (const StreamId& stream : streams) {
        const std::string name = stream.text();
        sqlite3_bind_text(query.get(), 1, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT);
        if (sqlite3_step(query.get()) == SQLITE_ROW) lines.push_back(disk.name() + ": " + columns_of(*query));
        sqlite3_reset(query.get());
    }
    while (sqlite3_step(outbox.get()) == SQLITE_ROW)
        lines.push_back(disk.name() + ": waits: " + columns_of(*outbox));
    return lines;
}

bool put_tokens(MemoryDisk& disk, const HeldTokens& tokens) {
    const auto process = disk.start();
    sqlite3* handle = nullptr;
    const int opened =
        sqlite3_open_v2("local.db", &handle, SQLITE_OPEN_READWRITE, process->vfs_name().c_str());
    const RawConnection connection(handle);
    sqlite3_stmt* prepared = nullptr;
    if (opened == SQLITE_OK)
        sqlite3_prepare_v2(handle, "UPDATE self SET access_token = ?, expires_at = ?, refresh_token = ?", -1,
                           &prepared, nullptr);
    const RawStatement update(prepared);
    if (!update) return false;
    sqlite3_bind_text(prepared, 1, tokens.access.data(), static_cast<int>(tokens.access.size()), nullptr);
    sqlite3_bind_int64(prepared, 2, tokens.expires_at);
    sqlite3_bind_text(prepared, 3, tokens.refresh.data(), static_cast<int>(tokens.refresh.size()), nullptr);
    return sqlite3_step(prepared) == SQLITE_DONE && sqlite3_changes(handle) == 1;
}

core::Statement* LocalReader::prepared(std::string_view sql) {
    auto& statement = statements_[sql.data()];
    if (!statement) {
        auto fresh = database_.prepare(sql);
        if (fresh) statement = std::move(*fresh);
    }
    return statement.get();
}

template <class Take>
bool LocalReader::each(std::string_view sql, Take take) {
    core::Statement* statement = prepared(sql);
    if (statement == nullptr) return false;
    auto stepped = statement->step();
    for (; stepped && *stepped; stepped = statement->step())
        take(*statement);
    // What stands in the middle of an answer keeps the log from being copied back.
    statement->reset();
    return stepped.has_value();
}

std::optional<std::int64_t> LocalReader::number(std::string_view sql, const StreamId& stream,
                                                std::initializer_list<std::int64_t> parameters) {
    core::Statement* statement = prepared(sql);
    if (statement == nullptr) return std::nullopt;
    const std::string name = stream.text();
    statement->bind(0, std::string_view(name));
    int index = 0;
    for (const std::int64_t parameter : parameters)
        statement->bind(++index, parameter);
    std::optional<std::int64_t> found;
    if (statement->step().value_or(false)) found = statement->integer(0);
    statement->reset();
    return found;
}

std::optional<std::map<StreamId, HeldStream>> LocalReader::streams() {
    std::map<StreamId, HeldStream> streams;
    std::map<std::int64_t, StreamId> names;
    const auto conversation = [&](const core::Statement& row) {
        const StreamId stream{std::string(row.text(1))};
        names[row.integer(0)] = stream;
        streams[stream] = {
            .rows = {}, .cursor = row.integer(2), .read = row.integer(3), .base = row.integer(4)};
    };
    const auto stream_row = [&](const core::Statement& row) {
        const auto name = names.find(row.integer(0));
        if (name != names.end()) streams[name->second].rows[row.integer(1)] = row.integer(2);
    };
    const bool read = each("SELECT 0, account, cursor, 0, 0 FROM self", conversation) &&
                      each("SELECT number, stream, cursor, read, base FROM conversation", conversation) &&
                      each("SELECT stream, born, seq FROM stream_row WHERE not_on_server = 0", stream_row);
    if (!read) return std::nullopt;
    return streams;
}

std::optional<std::int64_t> LocalReader::messages(const StreamId& stream, std::int64_t first,
                                                  std::int64_t last) {
    return number(
        "SELECT count(*) FROM stream_row WHERE stream = (SELECT number FROM conversation"
        " WHERE stream = ?) AND type = 42 AND not_on_server = 0 AND born BETWEEN ? AND ?",
        stream, {first, last});
}

std::optional<protocol::AsOf> LocalReader::as_of(const StreamId& stream) {
    const auto conversation = number("SELECT as_of_conversation FROM conversation WHERE stream = ?", stream);
    const auto account = number("SELECT as_of_account FROM conversation WHERE stream = ?", stream);
    if (!conversation || !account) return std::nullopt;
    return protocol::AsOf{.conversation = *conversation, .account = *account};
}

std::optional<HeldCounts> LocalReader::counts(const StreamId& stream) {
    core::Statement* statement = prepared(
        "SELECT unread, mentions, triple_read, as_of_conversation, as_of_account FROM conversation"
        " WHERE stream = ?");
    if (statement == nullptr) return std::nullopt;
    const std::string name = stream.text();
    statement->bind(0, std::string_view(name));
    std::optional<HeldCounts> counts;
    if (statement->step().value_or(false))
        counts = {.unread = statement->integer(0),
                  .mentions = statement->integer(1),
                  .read = statement->integer(2),
                  .upto = statement->integer(3),
                  .account = statement->integer(4)};
    statement->reset();
    return counts;
}

std::optional<HeldRanges> LocalReader::ranges(const StreamId& stream) {
    core::Statement* statement = prepared("SELECT ranges, solid FROM conversation WHERE stream = ?");
    if (statement == nullptr) return std::nullopt;
    const std::string name = stream.text();
    statement->bind(0, std::string_view(name));
    std::optional<HeldRanges> held;
    if (statement->step().value_or(false)) {
        if (auto ranges = core::RangeSet::parse(statement->text(0)))
            held = {.ranges = std::move(*ranges), .solid = statement->integer(1)};
    }
    statement->reset();
    return held;
}

std::optional<std::vector<std::string>> LocalReader::texts() {
    std::vector<std::string> texts;
    const auto take = [&](const core::Statement& row) {
        const auto bytes = row.blob(0);
        texts.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    const bool read = each("SELECT body FROM stream_row", take) && each("SELECT body FROM command", take) &&
                      each("SELECT preview FROM conversation WHERE preview IS NOT NULL", take);
    if (!read) return std::nullopt;
    return texts;
}

bool LocalReader::all_committed() {
    core::Statement* begin = prepared("BEGIN");
    core::Statement* end = prepared("COMMIT");
    if (begin == nullptr || end == nullptr) return false;
    // Within a transaction none can be begun. This one neither reads nor writes.
    const bool begun = begin->step().has_value();
    begin->reset();
    if (!begun) return false;
    const bool ended = end->step().has_value();
    end->reset();
    return ended;
}

std::optional<std::int64_t> LocalReader::base(const StreamId& stream) {
    return number("SELECT base FROM conversation WHERE stream = ?", stream);
}

std::optional<std::string> LocalReader::access_token() {
    std::optional<std::string> token;
    if (!each("SELECT access_token FROM self", [&](const core::Statement& row) { token = row.text(0); }))
        return std::nullopt;
    return token;
}

std::optional<HeldTokens> LocalReader::tokens() {
    std::optional<HeldTokens> tokens;
    const auto take = [&](const core::Statement& row) {
        tokens = {.access = std::string(row.text(0)),
                  .expires_at = row.integer(1),
                  .refresh = std::string(row.text(2))};
    };
    if (!each("SELECT access_token, expires_at, refresh_token FROM self", take)) return std::nullopt;
    return tokens;
}

}  // namespace parley::sim
