#include "sim/local_reader.hpp"

#include "sim/handles_sqlite.hpp"

#include <sqlite3.h>

namespace parley::sim {

namespace {

/// Every column of the row but blobs, as name=value; those that say nothing are left out.
std::string columns_of(sqlite3_stmt& row) {
    std::string line;
    for (int column = 0; column < sqlite3_column_count(&row); ++column) {
        const int type = sqlite3_column_type(&row, column);
        if (type == SQLITE_NULL || type == SQLITE_BLOB) continue;
        const std::string value = reinterpret_cast<const char*>(sqlite3_column_text(&row, column));
        if (value.empty() || value == "0") continue;
        if (!line.empty()) line += ' ';
        line += std::string(sqlite3_column_name(&row, column)) + '=' + value;
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
    sqlite3_stmt* prepared = nullptr;
    if (opened == SQLITE_OK)
        sqlite3_prepare_v2(handle, "SELECT * FROM conversation WHERE stream = ?", -1, &prepared, nullptr);
    const RawStatement query(prepared);
    if (!query) return {disk.name() + ": its database cannot be read"};
    for (const StreamId& stream : streams) {
        const std::string name = stream.text();
        sqlite3_bind_text(query.get(), 1, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT);
        if (sqlite3_step(query.get()) == SQLITE_ROW) lines.push_back(disk.name() + ": " + columns_of(*query));
        sqlite3_reset(query.get());
    }
    return lines;
}

namespace {

/// Hands each row of the answer to `take`; false where the database fails.
template <class Take>
bool each(core::Database& database, std::string_view sql, Take take) {
    const auto statement = database.prepare(sql);
    while (statement) {
        const auto stepped = (*statement)->step();
        if (!stepped) return false;
        if (!*stepped) return true;
        take(**statement);
    }
    return false;
}

/// The one number that is asked for; nothing where there is none.
std::optional<std::int64_t> number(core::Database& database, std::string_view sql, const StreamId& stream,
                                   const std::vector<std::int64_t>& parameters) {
    const auto statement = database.prepare(sql);
    if (!statement) return std::nullopt;
    const std::string name = stream.text();
    (*statement)->bind(0, std::string_view(name));
    int index = 0;
    for (const std::int64_t parameter : parameters)
        (*statement)->bind(++index, parameter);
    if (!(*statement)->step().value_or(false)) return std::nullopt;
    return (*statement)->integer(0);
}

}  // namespace

std::optional<std::map<StreamId, HeldStream>> held_streams(core::Database& database) {
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
    const bool read =
        each(database, "SELECT 0, account, cursor, 0, 0 FROM self", conversation) &&
        each(database, "SELECT number, stream, cursor, read, base FROM conversation", conversation) &&
        each(database, "SELECT stream, born, seq FROM stream_row WHERE not_on_server = 0", stream_row);
    if (!read) return std::nullopt;
    return streams;
}

std::optional<std::int64_t> held_messages(core::Database& database, const StreamId& stream,
                                          std::int64_t first, std::int64_t last) {
    return number(database,
                  "SELECT count(*) FROM stream_row WHERE stream = (SELECT number FROM conversation"
                  " WHERE stream = ?) AND type = 42 AND born BETWEEN ? AND ?",
                  stream, {first, last});
}

std::optional<protocol::AsOf> held_as_of(core::Database& database, const StreamId& stream) {
    const auto conversation =
        number(database, "SELECT as_of_conversation FROM conversation WHERE stream = ?", stream, {});
    const auto account =
        number(database, "SELECT as_of_account FROM conversation WHERE stream = ?", stream, {});
    if (!conversation || !account) return std::nullopt;
    return protocol::AsOf{.conversation = *conversation, .account = *account};
}

std::optional<std::int64_t> held_base(core::Database& database, const StreamId& stream) {
    return number(database, "SELECT base FROM conversation WHERE stream = ?", stream, {});
}

}  // namespace parley::sim
