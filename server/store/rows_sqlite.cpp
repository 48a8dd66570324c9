#include "server/store/rows_sqlite.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace parley::server::sqlite {

namespace {

using protocol::Change;
using protocol::Type;

// The columns that make a row, in the order of `RowTable::Column`.
#define COLUMNS "stream, born, seq, kind, slot, author, id, at, gone, checksum, body"

}  // namespace

RowTable::RowTable(Connection& connection, StoreHost& host)
    : connection_(connection),
      host_(host),
      reactions_(connection),
      insert_(connection, "INSERT INTO row (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              Pages::leaves),
      replace_(connection,
               "UPDATE row SET seq = ?3, kind = ?4, at = ?5, gone = ?6, checksum = ?7, body = ?8"
               " WHERE stream = ?1 AND born = ?2",
               Pages::leaves),
      delete_with_message_(connection, "DELETE FROM row WHERE stream = ? AND born = ? AND kind IN (37, 39)",
                           Pages::leaves),
      at_(connection, "SELECT " COLUMNS " FROM row WHERE stream = ? AND born = ?", Pages::any),
      unchanged_messages_(connection,
                          "SELECT " COLUMNS
                          " FROM row WHERE stream = ? AND born >= ? AND born <= ? AND seq = born"
                          " AND kind = 42 ORDER BY born",
                          Pages::any),
      messages_up_(connection,
                   "SELECT " COLUMNS
                   " FROM row WHERE stream = ? AND born >= ? AND born <= ? AND kind = 42 ORDER BY born",
                   Pages::any),
      messages_down_(connection,
                     "SELECT " COLUMNS
                     " FROM row WHERE stream = ? AND born >= ? AND born <= ? AND kind = 42"
                     " ORDER BY born DESC",
                     Pages::any),
      counted_(connection,
               "SELECT stream, born, author, gone FROM row WHERE stream = ? AND born >= ? AND born <= ?"
               " AND kind = 42 ORDER BY born",
               Pages::any),
      // From here on the indexes alone answer, so that a bad row stops none of them.
      fixed_places_(connection,
                    "SELECT born FROM row INDEXED BY row_fixed WHERE stream = ? AND born > ? AND kind <> 42"
                    " ORDER BY born",
                    Pages::any),
      member_places_(connection,
                     "SELECT born FROM row INDEXED BY row_member WHERE stream = ? AND born > ? AND kind = 43"
                     " ORDER BY born",
                     Pages::any),
      pinned_places_(connection,
                     "SELECT born FROM row INDEXED BY row_pinned WHERE stream = ? AND born > ? AND kind = 37"
                     " AND gone = 0 ORDER BY born",
                     Pages::any),
      changed_places_(connection,
                      "SELECT seq, born FROM row INDEXED BY row_changed WHERE stream = ? AND seq > ?"
                      " AND seq <> born ORDER BY seq",
                      Pages::any),
      message_(connection, "SELECT stream, born FROM row INDEXED BY row_id WHERE id = ? AND author = ?",
               Pages::any),
      message_places_(connection, "SELECT born FROM row INDEXED BY row_id WHERE id = ? AND stream = ?",
                      Pages::any),
      place_(connection, "SELECT born FROM row WHERE stream = ? AND slot = ? AND slot <> 0", Pages::any),
      head_(connection, "SELECT head FROM conversation WHERE key = ?") {}

/// Types too: a number that has become an empty blob still reads as 0.
bool RowTable::fits(const Query& query, const RowFields& fields) {
    for (const int column : {stream, born, seq, kind, slot, author, at_ms, gone}) {
        if (!query.is_integer(column)) return false;
    }
    if (!query.is_blob(checksum) || !query.is_blob(body)) return false;
    if (!(query.is_blob(id) || query.is_null(id))) return false;
    return std::ranges::equal(query.blob(checksum), checksum_of(fields, hashed_));
}

RowFields RowTable::fields_of(const Query& query) {
    return {.stream = query.integer(stream),
            .born = query.integer(born),
            .seq = query.integer(seq),
            .kind = query.integer(kind),
            .slot = query.integer(slot),
            .author = query.integer(author),
            .at = query.integer(at_ms),
            .gone = query.integer(gone),
            .id = query.blob(id),
            .body = query.blob(body)};
}

std::optional<Change> RowTable::read(const Query& query) {
    const auto fields = fields_of(query);
    if (fits(query, fields)) {
        auto payload = decode_body(static_cast<Type>(fields.kind), as_text(fields.body));
        if (payload) {
            Change change{.seq = fields.seq,
                          .born = fields.born,
                          .timestamp = {fields.at},
                          .payload = std::move(*payload)};
            if (fields.id.size() == 16) std::ranges::copy(fields.id, change.id.emplace().bytes.begin());
            return change;
        }
    }
    host_.bad_row(fields.stream, fields.born);
    return std::nullopt;
}

std::optional<RowTable::RowAt> RowTable::row_at(const Query& query) {
    auto change = read(query);
    if (!change) return std::nullopt;
    return RowAt{.change = std::move(*change),
                 .gone = query.integer(gone) != 0,
                 .bytes = frame_bytes(query.blob(body))};
}

std::optional<RowTable::RowAt> RowTable::at(StreamKey stream_key, std::int64_t place) {
    const BornRange here{.first = place, .last = place};
    if (!unreadable_within(stream_key, here, false)) {
        auto query = at_(stream_key, place);
        if (query.step()) return row_at(query);
    }
    // An index has led here, and there is nothing, or nothing that can be taken apart.
    if (!connection_.failed() || may_pass_over(stream_key, here)) host_.bad_row(stream_key.value, place);
    return std::nullopt;
}

std::optional<VerifiedRow> RowTable::verify(StreamKey stream_key, std::int64_t place) {
    {
        auto query = at_(stream_key, place);
        if (query.step()) {
            const auto fields = fields_of(query);
            const auto type = static_cast<Type>(fields.kind);
            if (fits(query, fields) && decode_body(type, as_text(fields.body))) {
                return VerifiedRow{.stream = fields.stream,
                                   .born = fields.born,
                                   .seq = fields.seq,
                                   .kind = type,
                                   .slot = fields.slot,
                                   .author = fields.author,
                                   .gone = fields.gone != 0,
                                   .id = {fields.id.begin(), fields.id.end()}};
            }
        }
    }
    if (!connection_.failed() || may_pass_over(stream_key, {.first = place, .last = place}))
        host_.bad_row(stream_key.value, place);
    return std::nullopt;
}

std::optional<MessageFound> RowTable::message(AccountKey sender, const Uuid& wanted) {
    MessageFound found;
    {
        auto query = message_(wanted, sender);
        if (!query.step()) return std::nullopt;
        found.stream.value = query.integer(0);
        found.born = query.integer(1);
    }
    auto row = at(found.stream, found.born);
    if (row && row->change.id == wanted) {
        found.change = std::move(row->change);
    } else if (row) {
        host_.bad_index(found.stream.value, found.born);
        found.misled = true;
    }
    return found;
}

std::int64_t RowTable::message_place(StreamKey stream_key, const Uuid& wanted) {
    std::vector<std::int64_t> places;
    {
        auto query = message_places_(wanted, stream_key);
        while (query.step())
            places.push_back(query.integer(0));
    }
    for (const auto place : places) {
        const auto row = at(stream_key, place);
        if (row && row->change.id != wanted) {
            host_.bad_index(stream_key.value, place);
        } else if (!row || row->change.type() == Type::message_new) {
            return place;
        }
    }
    return 0;
}

std::int64_t RowTable::place(StreamKey stream_key, Slot wanted) {
    auto query = place_(stream_key, wanted.value);
    return query.step() ? query.integer(0) : 0;
}

std::optional<Change> RowTable::in_slot(StreamKey stream_key, Slot wanted) {
    const auto found = place(stream_key, wanted);
    auto row = found != 0 ? at(stream_key, found) : std::nullopt;
    if (!row) return std::nullopt;
    return std::move(row->change);
}

std::optional<Change> RowTable::reaction(const ReactionKey& key) {
    const auto found = reactions_.place(key);
    auto row = found != 0 ? at(key.stream, found) : std::nullopt;
    if (!row) return std::nullopt;
    return std::move(row->change);
}

std::vector<std::int64_t> RowTable::reactions_taken_back(const ReactionKey& key) {
    return reactions_.taken_back(key);
}

RowChecksum RowTable::checksum_for(const RowToWrite& row, const std::string& encoded) {
    const auto& change = row.change;
    return checksum_of({.stream = row.stream.value,
                        .born = change.born,
                        .seq = change.seq,
                        .kind = static_cast<std::int64_t>(change.type()),
                        .slot = row.slot.value,
                        .author = row.author.value,
                        .at = change.timestamp.ms,
                        .gone = row.gone ? 1 : 0,
                        .id = change.id ? ByteView{change.id->bytes} : ByteView{},
                        .body = as_bytes(encoded)},
                       hashed_);
}

void RowTable::insert(const RowToWrite& row) {
    const auto& change = row.change;
    assert(change.born == change.seq);
    const auto encoded = encode_body(change.payload);
    if (!encoded) return connection_.note_mistake(encoded.error());
    const auto sum = checksum_for(row, *encoded);
    insert_.run(row.stream, change.born, change.seq, static_cast<std::int64_t>(change.type()), row.slot.value,
                row.author, change.id, change.timestamp, row.gone, ByteView{sum}, as_bytes(*encoded));
    note_reaction(row);
}

void RowTable::replace(const RowToWrite& row) {
    const auto& change = row.change;
    assert(change.born < change.seq);
    const bool held_text = change.type() == Type::message_new || change.type() == Type::draft_changed;
    if (row.gone && held_text) erased_ = true;
    const auto encoded = encode_body(change.payload);
    if (!encoded) return connection_.note_mistake(encoded.error());
    const auto sum = checksum_for(row, *encoded);
    replace_.run(row.stream, change.born, change.seq, static_cast<std::int64_t>(change.type()),
                 change.timestamp, row.gone, ByteView{sum}, as_bytes(*encoded));
    note_reaction(row);
}

void RowTable::note_reaction(const RowToWrite& row) {
    if (const auto* reaction = std::get_if<protocol::ReactionChanged>(&row.change.payload))
        reactions_.put(row, *reaction);
}

void RowTable::drop_reactions(StreamKey stream_key, std::int64_t message) {
    for (const auto place : reactions_.drop(stream_key, message))
        delete_with_message_.run(stream_key, place);
}

void RowTable::drop_pin(StreamKey stream_key, std::int64_t message) {
    if (const auto held = place(stream_key, Slot::pin(message))) delete_with_message_.run(stream_key, held);
}

}  // namespace parley::server::sqlite
