#include "server/store/earlier_texts_sqlite.hpp"

#include "base/mutant.hpp"
#include "server/store/row_codec.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::server::sqlite {

namespace {

using protocol::Type;

RowFields fields_of(StreamKey stream, const protocol::Change& change, ByteView body) {
    return {.stream = stream.value,
            .born = change.born,
            .seq = change.seq,
            .kind = static_cast<std::int64_t>(Type::message_new),
            .slot = 0,
            .author = 0,
            .at = change.timestamp.ms,
            .gone = 0,
            .id = {},
            .body = body};
}

}  // namespace

EarlierTextTable::EarlierTextTable(Connection& connection, StoreHost& host)
    : connection_(connection),
      host_(host),
      after_(connection,
             "SELECT seq, at, checksum, body FROM earlier_text WHERE stream = ? AND born = ? AND seq > ?"
             " ORDER BY seq"),
      count_(connection, "SELECT count(*) FROM earlier_text WHERE stream = ? AND born = ?"),
      insert_(connection,
              "INSERT INTO earlier_text (stream, born, seq, at, checksum, body) VALUES (?, ?, ?, ?, ?, ?)"),
      delete_(connection, "DELETE FROM earlier_text WHERE stream = ? AND born = ?") {}

RowsFound EarlierTextTable::earlier_texts(StreamKey stream, std::int64_t born, std::int64_t after,
                                          RowLimits limits) {
    RowsFound found;
    auto query = after_(stream, born, after);
    while (query.step()) {
        const auto body = query.blob(3);
        const auto bytes = frame_bytes(body);
        found.more = std::cmp_greater_equal(found.rows.size(), limits.rows_max) ||
                     (!found.rows.empty() && found.bytes + bytes > limits.bytes_max);
        if (found.more) return found;
        protocol::Change change{
            .seq = query.integer(0), .born = born, .timestamp = {query.integer(1)}, .payload = {}};
        found.passed = change.seq;
        auto payload = decode_body(Type::message_new, as_text(body));
        const auto sum = checksum_of(fields_of(stream, change, body), hashed_);
        if (!payload || !std::ranges::equal(query.blob(2), sum)) {
            host_.bad_row(stream.value, born);
            continue;
        }
        change.payload = std::move(*payload);
        found.bytes += bytes;
        found.rows.push_back(std::move(change));
    }
    return found;
}

std::int64_t EarlierTextTable::count_earlier_texts(StreamKey stream, std::int64_t born) {
    auto query = count_(stream, born);
    return query.step() ? query.integer(0) : 0;
}

void EarlierTextTable::keep(const RowToWrite& row) {
    ++writes_;
    const auto encoded = encode_body(row.change.payload);
    if (!encoded) return connection_.note_mistake(encoded.error());
    const auto sum = checksum_of(fields_of(row.stream, row.change, as_bytes(*encoded)), hashed_);
    insert_.run(row.stream, row.change.born, row.change.seq, row.change.timestamp, ByteView{sum},
                as_bytes(*encoded));
}

void EarlierTextTable::drop(StreamKey stream, std::int64_t born) {
    ++writes_;
    if (mutant(Mutant::earlier_texts_kept)) return;
    delete_.run(stream, born);
}

}  // namespace parley::server::sqlite
