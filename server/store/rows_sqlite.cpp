#include "server/store/rows_sqlite.hpp"

#include "protocol/codec.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace parley::server::sqlite {

namespace {

using protocol::Change;
using protocol::Encoding;
using protocol::Type;

// The columns that make a row, in the order in which `RowTable::read` takes them.
#define COLUMNS "stream, born, seq, kind, slot, author, id, at, gone, checksum, body"
enum Column { stream, born, seq, kind, slot, author, id, at, gone, checksum, body };

/// What an envelope around a body takes in JSON, ids and numbers included.
constexpr std::int64_t envelope_bytes = 200;

/// Never less than the body takes in JSON: six bytes stand there for a control character, two for a quote.
std::int64_t frame_bytes(ByteView encoded) {
    std::int64_t bytes = envelope_bytes + static_cast<std::int64_t>(encoded.size());
    for (const auto byte : encoded) {
        if (byte < 0x20) bytes += 5;
        if (byte == '"' || byte == '\\') ++bytes;
    }
    return bytes;
}

std::string encode_body(const protocol::ChangePayload& payload) {
    return std::visit([](const auto& one) { return protocol::encode(one, Encoding::cbor); }, payload);
}

template <class T>
std::optional<protocol::ChangePayload> decode_as(std::string_view bytes) {
    auto decoded = protocol::decode<T>(bytes, Encoding::cbor);
    if (!decoded) return std::nullopt;
    return protocol::ChangePayload{std::move(*decoded)};
}

std::optional<protocol::ChangePayload> decode_body(Type type, std::string_view bytes) {
    switch (type) {
        case Type::message_new:
            return decode_as<protocol::MessageNew>(bytes);
        case Type::member_changed:
            return decode_as<protocol::MemberChanged>(bytes);
        case Type::conversation_changed:
            return decode_as<protocol::ConversationChanged>(bytes);
        case Type::joined:
            return decode_as<protocol::Joined>(bytes);
        case Type::left:
            return decode_as<protocol::Left>(bytes);
        case Type::read_changed:
            return decode_as<protocol::ReadChanged>(bytes);
        case Type::device_changed:
            return decode_as<protocol::DeviceChanged>(bytes);
        case Type::profile_changed:
            return decode_as<protocol::ProfileChanged>(bytes);
        default:
            return std::nullopt;
    }
}

void append_number(std::string& out, std::int64_t value) {
    std::array<char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(value >> (8 * i) & 0xff);
    out.append(bytes.data(), bytes.size());
}

struct RowFields {
    std::int64_t stream, born, seq, kind, slot, author, at, gone;
    ByteView id;
    ByteView body;
};

/// All that a row says, each number in 8 bytes, low byte first, then the length of the id, the id and the
/// body.
void checksum_over(const RowFields& row, std::string& buffer, std::array<std::uint8_t, 16>& out) {
    buffer.clear();
    for (const auto number : {row.stream, row.born, row.seq, row.kind, row.slot, row.author, row.at, row.gone,
                              static_cast<std::int64_t>(row.id.size())}) {
        append_number(buffer, number);
    }
    buffer.append(as_text(row.id)).append(as_text(row.body));
    crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(buffer.data()),
                       buffer.size(), nullptr, 0);
}

}  // namespace

RowTable::RowTable(Connection& connection, StoreHost& host)
    : host_(host),
      insert_(connection, "INSERT INTO row (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      replace_(connection,
               "UPDATE row SET seq = ?3, kind = ?4, at = ?5, gone = ?6, checksum = ?7, body = ?8"
               " WHERE stream = ?1 AND born = ?2"),
      unchanged_messages_(connection, "SELECT " COLUMNS
                                      " FROM row WHERE stream = ? AND born >= ? AND born <= ? AND seq = born"
                                      " AND kind = 42 ORDER BY born"),
      unchanged_fixed_(connection,
                       "SELECT " COLUMNS
                       " FROM row INDEXED BY row_fixed WHERE stream = ? AND born > ? AND kind <> 42"
                       " AND seq = born ORDER BY born"),
      changed_(connection, "SELECT " COLUMNS
                           " FROM row INDEXED BY row_changed WHERE stream = ? AND seq > ? AND seq <> born"
                           " ORDER BY seq"),
      messages_up_(connection,
                   "SELECT " COLUMNS
                   " FROM row WHERE stream = ? AND born >= ? AND born <= ? AND kind = 42 ORDER BY born"),
      messages_down_(connection, "SELECT " COLUMNS
                                 " FROM row WHERE stream = ? AND born >= ? AND born <= ? AND kind = 42"
                                 " ORDER BY born DESC"),
      messages_since_(connection,
                      "SELECT * FROM (SELECT " COLUMNS
                      " FROM row WHERE stream = ?1 AND born >= max(?2, ?4 + 1) AND born <= ?3 AND seq = born"
                      " AND kind = 42 UNION ALL SELECT " COLUMNS
                      " FROM row INDEXED BY row_changed WHERE stream = ?1 AND seq > ?4 AND seq <> born"
                      " AND kind = 42 AND born BETWEEN ?2 AND ?3) ORDER BY born"),
      of_kind_(connection,
               "SELECT " COLUMNS
               " FROM row INDEXED BY row_fixed WHERE stream = ? AND born > ? AND kind <> 42 AND kind = ?"
               " ORDER BY born"),
      message_(connection, "SELECT " COLUMNS " FROM row WHERE id = ? AND author = ?"),
      message_place_(
          connection,
          "SELECT born FROM row INDEXED BY row_id WHERE id = ? AND stream = ? AND kind = 42 AND gone = 0"),
      count_(connection,
             "SELECT author FROM row WHERE stream = ? AND born >= ? AND born <= ? AND kind = 42"
             " AND gone = 0"),
      place_(connection, "SELECT born FROM row WHERE stream = ? AND slot = ? AND slot <> 0"),
      all_after_(connection,
                 "SELECT " COLUMNS " FROM row WHERE (stream, born) > (?, ?) ORDER BY stream, born LIMIT ?") {}

std::optional<Change> RowTable::read(const Query& query) {
    const RowFields fields{.stream = query.integer(stream),
                           .born = query.integer(born),
                           .seq = query.integer(seq),
                           .kind = query.integer(kind),
                           .slot = query.integer(slot),
                           .author = query.integer(author),
                           .at = query.integer(at),
                           .gone = query.integer(gone),
                           .id = query.blob(id),
                           .body = query.blob(body)};
    checksum_over(fields, hashed_, checksum_);
    if (std::ranges::equal(query.blob(checksum), checksum_)) {
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

bool RowTable::take(const Query& query, std::int64_t passed, RowLimits limits, RowsFound& found) {
    const auto bytes = frame_bytes(query.blob(body));
    const bool full = std::cmp_greater_equal(found.rows.size(), limits.rows_max) ||
                      (!found.rows.empty() && found.bytes + bytes > limits.bytes_max);
    if (full) {
        found.more = true;
        return false;
    }
    found.passed = passed;
    if (auto change = read(query)) {
        found.rows.push_back(std::move(*change));
        found.bytes += bytes;
    }
    return true;
}

RowsFound RowTable::changed_since(const ChangedSince& wanted) {
    // Three walks, each in order of seq, merged: unchanged messages range by range, other unchanged rows,
    // changed rows.
    RowsFound found;
    std::size_t range = 0;
    const auto first_of = [&](std::size_t i) {
        return std::max(wanted.visible[i].first, wanted.after + 1);
    };
    std::optional<Query> messages;
    const auto next_message = [&] {
        while (!wanted.only_gone && range < wanted.visible.size()) {
            if (!messages) {
                const auto first = first_of(range);
                messages.emplace(unchanged_messages_);
                unchanged_messages_.start(wanted.stream, first, wanted.visible[range].last);
            }
            if (messages->step()) return true;
            messages.reset();
            ++range;
        }
        return false;
    };
    auto fixed = unchanged_fixed_(wanted.stream, wanted.after);
    auto changed = changed_(wanted.stream, wanted.after);
    const auto seen = [&](const Query& query) {
        if (wanted.only_gone && query.integer(gone) == 0) return false;
        if (static_cast<Type>(query.integer(kind)) != Type::message_new) return true;
        const auto place = query.integer(born);
        return std::ranges::any_of(wanted.visible, [&](BornRange one) { return one.contains(place); });
    };
    const auto next_changed = [&] {
        while (changed.step()) {
            if (seen(changed)) return true;
        }
        return false;
    };
    bool has_message = next_message();
    bool has_fixed = !wanted.only_gone && fixed.step();
    bool has_changed = next_changed();
    while (has_message || has_fixed || has_changed) {
        const auto message_seq = has_message ? messages->integer(seq) : last_born;
        const auto fixed_seq = has_fixed ? fixed.integer(seq) : last_born;
        const auto changed_seq = has_changed ? changed.integer(seq) : last_born;
        if (message_seq < fixed_seq && message_seq < changed_seq) {
            if (!take(*messages, message_seq, wanted.limits, found)) break;
            has_message = next_message();
        } else if (fixed_seq < changed_seq) {
            if (!take(fixed, fixed_seq, wanted.limits, found)) break;
            has_fixed = fixed.step();
        } else {
            if (!take(changed, changed_seq, wanted.limits, found)) break;
            has_changed = next_changed();
        }
    }
    return found;
}

RowsFound RowTable::messages(const MessagesWanted& wanted) {
    RowsFound found;
    const auto walk = [&](Query query) {
        while (query.step() && take(query, query.integer(born), wanted.limits, found)) {
        }
    };
    const auto [first, last] = wanted.range;
    if (wanted.since > 0) {
        assert(!wanted.newest_first);
        walk(messages_since_(wanted.stream, first, last, wanted.since));
    } else if (wanted.newest_first) {
        walk(messages_down_(wanted.stream, first, last));
    } else {
        walk(messages_up_(wanted.stream, first, last));
    }
    return found;
}

RowsFound RowTable::of_kind(StreamKey stream_key, Type wanted, std::int64_t after, RowLimits limits) {
    RowsFound found;
    const auto kind_number = static_cast<std::int64_t>(wanted);
    auto query = of_kind_(stream_key, after, kind_number);
    while (query.step() && take(query, query.integer(born), limits, found)) {
    }
    return found;
}

std::optional<MessageFound> RowTable::message(AccountKey sender, const Uuid& wanted) {
    auto query = message_(wanted, sender);
    if (!query.step()) return std::nullopt;
    MessageFound found{.stream = {}, .change = read(query)};
    found.stream.value = query.integer(stream);
    return found;
}

std::int64_t RowTable::message_place(StreamKey stream_key, const Uuid& wanted) {
    auto query = message_place_(wanted, stream_key);
    return query.step() ? query.integer(0) : 0;
}

MessageCounts RowTable::count_messages(StreamKey stream_key, BornRange range, AccountKey own) {
    MessageCounts counts;
    auto query = count_(stream_key, range.first, range.last);
    while (query.step()) {
        ++counts.all;
        if (query.integer(0) == own.value) ++counts.own;
    }
    return counts;
}

std::int64_t RowTable::place(StreamKey stream_key, Slot wanted) {
    auto query = place_(stream_key, wanted.value);
    return query.step() ? query.integer(0) : 0;
}

ByteView RowTable::checksum_of(const RowToWrite& row, const std::string& encoded) {
    const auto& change = row.change;
    checksum_over({.stream = row.stream.value,
                   .born = change.born,
                   .seq = change.seq,
                   .kind = static_cast<std::int64_t>(change.type()),
                   .slot = row.slot.value,
                   .author = row.author.value,
                   .at = change.timestamp.ms,
                   .gone = row.gone ? 1 : 0,
                   .id = change.id ? ByteView{change.id->bytes} : ByteView{},
                   .body = as_bytes(encoded)},
                  hashed_, checksum_);
    return checksum_;
}

void RowTable::insert(const RowToWrite& row) {
    const auto& change = row.change;
    assert(change.born == change.seq);
    const auto encoded = encode_body(change.payload);
    insert_.run(row.stream, change.born, change.seq, static_cast<std::int64_t>(change.type()), row.slot.value,
                row.author, change.id, change.timestamp, row.gone, checksum_of(row, encoded),
                as_bytes(encoded));
}

void RowTable::replace(const RowToWrite& row) {
    const auto& change = row.change;
    assert(change.born < change.seq);
    const auto encoded = encode_body(change.payload);
    replace_.run(row.stream, change.born, change.seq, static_cast<std::int64_t>(change.type()),
                 change.timestamp, row.gone, checksum_of(row, encoded), as_bytes(encoded));
}

std::int64_t RowTable::verify_after(std::int64_t& last_stream, std::int64_t& last_place,
                                    std::int64_t rows_max) {
    std::int64_t count = 0;
    const auto from_stream = last_stream;
    const auto from_place = last_place;
    auto query = all_after_(from_stream, from_place, rows_max);
    while (query.step()) {
        ++count;
        last_stream = query.integer(stream);
        last_place = query.integer(born);
        (void)read(query);
    }
    return count;
}

}  // namespace parley::server::sqlite
