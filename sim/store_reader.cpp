#include "sim/store_reader.hpp"

#include "protocol/codec.hpp"
#include "server/domain/keys.hpp"
#include "sim/handles_sqlite.hpp"

#include <sqlite3.h>

#include <cstring>
#include <string>
#include <string_view>

namespace parley::sim {

namespace {

using protocol::ChangePayload;
using protocol::Type;

RawConnection open(const DiskProcess& process) {
    sqlite3* handle = nullptr;
    const int result =
        sqlite3_open_v2("data/parley.db", &handle, SQLITE_OPEN_READWRITE, process.vfs_name().c_str());
    RawConnection connection(handle);
    return result == SQLITE_OK ? std::move(connection) : nullptr;
}

RawStatement query(sqlite3& connection, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(&connection, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    return RawStatement(statement);
}

std::string_view blob(sqlite3_stmt& row, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(&row, column));
    return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(&row, column))};
}

template <class T>
std::optional<ChangePayload> decode_as(std::string_view body) {
    auto decoded = protocol::decode<T>(body, protocol::Encoding::cbor);
    if (!decoded) return std::nullopt;
    return ChangePayload(std::move(*decoded));
}

std::optional<ChangePayload> decode_body(Type type, std::string_view body) {
    switch (type) {
        case Type::message_new:
            return decode_as<protocol::MessageNew>(body);
        case Type::member_changed:
            return decode_as<protocol::MemberChanged>(body);
        case Type::conversation_changed:
            return decode_as<protocol::ConversationChanged>(body);
        case Type::joined:
            return decode_as<protocol::Joined>(body);
        case Type::left:
            return decode_as<protocol::Left>(body);
        case Type::read_changed:
            return decode_as<protocol::ReadChanged>(body);
        case Type::device_changed:
            return decode_as<protocol::DeviceChanged>(body);
        case Type::profile_changed:
            return decode_as<protocol::ProfileChanged>(body);
        case Type::preferences_changed:
            return decode_as<protocol::PreferencesChanged>(body);
        case Type::reaction_changed:
            return decode_as<protocol::ReactionChanged>(body);
        case Type::pin_changed:
            return decode_as<protocol::PinChanged>(body);
        case Type::block_changed:
            return decode_as<protocol::BlockChanged>(body);
        case Type::draft_changed:
            return decode_as<protocol::DraftChanged>(body);
        default:
            return std::nullopt;
    }
}

bool read_heads(sqlite3& connection, StoredRows& into) {
    const auto read = [&](std::string_view sql, auto to_stream) {
        const RawStatement rows = query(connection, sql);
        if (!rows) return false;
        while (sqlite3_step(rows.get()) == SQLITE_ROW) {
            into.heads[to_stream(sqlite3_column_int64(rows.get(), 0))] = sqlite3_column_int64(rows.get(), 1);
        }
        return true;
    };
    return read("SELECT key, head FROM conversation",
                [](std::int64_t key) { return server::to_id(server::ConversationKey{key}); }) &&
           read("SELECT key, head FROM account",
                [](std::int64_t key) { return server::to_stream(server::AccountKey{key}); });
}

std::optional<StoredRow> read_row(sqlite3_stmt& row, const StoredRows& known) {
    enum Column { stream, born, seq, kind, author, id, at, body };
    StoredRow result;
    const std::int64_t key = sqlite3_column_int64(&row, stream);
    result.stream = server::to_stream(server::AccountKey{key});
    if (!known.heads.contains(result.stream)) result.stream = server::to_id(server::ConversationKey{key});
    result.change.born = sqlite3_column_int64(&row, born);
    result.change.seq = sqlite3_column_int64(&row, seq);
    result.change.timestamp = {sqlite3_column_int64(&row, at)};
    if (const std::string_view bytes = blob(row, id); bytes.size() == 16) {
        result.change.id.emplace();
        std::memcpy(result.change.id->bytes.data(), bytes.data(), bytes.size());
        result.author = server::to_id(server::AccountKey{sqlite3_column_int64(&row, author)});
    }
    auto payload = decode_body(static_cast<Type>(sqlite3_column_int64(&row, kind)), blob(row, body));
    if (!payload) return std::nullopt;
    result.change.payload = std::move(*payload);
    return result;
}

}  // namespace

std::map<StreamId, std::map<std::int64_t, const protocol::Change*>> StoredRows::by_born() const {
    std::map<StreamId, std::map<std::int64_t, const protocol::Change*>> result;
    for (const StoredRow& row : rows)
        result[row.stream][row.change.born] = &row.change;
    return result;
}

std::optional<StoredRows> read_store(const MemoryDisk& disk) {
    const auto copy = disk.copy(disk.name() + " looked at");
    const auto process = copy->start();
    const RawConnection connection = open(*process);
    if (!connection) return std::nullopt;
    StoredRows result;
    if (!read_heads(*connection, result)) return std::nullopt;
    const RawStatement meta = query(*connection, "SELECT epoch, position FROM meta");
    if (!meta || sqlite3_step(meta.get()) != SQLITE_ROW) return std::nullopt;
    result.epoch = sqlite3_column_int64(meta.get(), 0);
    result.position = sqlite3_column_int64(meta.get(), 1);
    const RawStatement members = query(*connection, "SELECT account, conversation, delivered FROM member");
    while (members && sqlite3_step(members.get()) == SQLITE_ROW) {
        const AccountId account = server::to_id(server::AccountKey{sqlite3_column_int64(members.get(), 0)});
        const StreamId stream =
            server::to_id(server::ConversationKey{sqlite3_column_int64(members.get(), 1)});
        result.delivered[{account, stream}] = sqlite3_column_int64(members.get(), 2);
    }
    const RawStatement seen = query(
        *connection,
        "SELECT conversation, account, first, last FROM interval JOIN conversation ON key = conversation"
        " WHERE low <> 0 ORDER BY conversation, account, first");
    while (seen && sqlite3_step(seen.get()) == SQLITE_ROW) {
        const StreamId stream = server::to_id(server::ConversationKey{sqlite3_column_int64(seen.get(), 0)});
        const AccountId account = server::to_id(server::AccountKey{sqlite3_column_int64(seen.get(), 1)});
        const bool open = sqlite3_column_type(seen.get(), 3) == SQLITE_NULL;
        result.seen_in_direct[{stream, account}].emplace_back(
            sqlite3_column_int64(seen.get(), 2),
            open ? std::nullopt : std::optional(sqlite3_column_int64(seen.get(), 3)));
    }
    const RawStatement rows = query(
        *connection, "SELECT stream, born, seq, kind, author, id, at, body FROM row ORDER BY stream, seq");
    if (!rows) return std::nullopt;
    int step = sqlite3_step(rows.get());
    for (; step == SQLITE_ROW; step = sqlite3_step(rows.get())) {
        auto row = read_row(*rows, result);
        if (!row) return std::nullopt;
        result.rows.push_back(std::move(*row));
    }
    if (step != SQLITE_DONE) return std::nullopt;
    return result;
}

}  // namespace parley::sim
