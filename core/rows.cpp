#include "core/rows.hpp"

#include "base/mutant.hpp"
#include "core/conversation.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

// 42 is message.new; SQL texts must be literals, so that the number stands in them. Indexes are named, since
// SQLite would rather read a whole conversation by its primary key than use one of those that hold a part of
// it.
static_assert(static_cast<int>(protocol::Type::message_new) == 42);

Result<StoredRow> read_row(const Query& query) {
    StoredRow row;
    TRY_ASSIGN(row.change, protocol::decode<protocol::Change>(query.bytes(0), protocol::Encoding::cbor));
    row.not_on_server = query.integer(1) != 0;
    return row;
}

Result<std::optional<StoredRow>> read_one(Query query) {
    TRY_ASSIGN(bool found, query.step());
    if (!found) return std::nullopt;
    TRY_ASSIGN(StoredRow row, read_row(query));
    return row;
}

bool is_deleted(const StoredRow& row) {
    const auto* message =
        row.change.unreadable ? nullptr : std::get_if<protocol::MessageNew>(&row.change.payload);
    return message && message->deleted_by && !row.not_on_server;
}

bool is_own(const protocol::Change& change, const AccountId& reader) {
    if (change.unreadable) return false;
    if (const auto* reaction = std::get_if<protocol::ReactionChanged>(&change.payload))
        return reaction->account == reader;
    const auto* message = std::get_if<protocol::MessageNew>(&change.payload);
    return message && message->sender == reader;
}

}  // namespace

Result<Applied> Rows::apply(std::int64_t stream, const protocol::Change& change, const AccountId& reader) {
    TRY_ASSIGN(const Held before, held(stream, change.born));
    if (before.there) {
        const bool readable_now = before.unreadable && !change.unreadable && change.seq == before.seq;
        const bool older =
            change.seq == before.seq || (change.seq < before.seq && !mutant(Mutant::folded_row_over_newer));
        if (!before.lost && !readable_now && older) return Applied::older;
    }
    Applied applied = before.there ? Applied::updated : Applied::added;
    const auto* message = std::get_if<protocol::MessageNew>(&change.payload);
    const bool tombstone = !change.unreadable && message && message->deleted_by;
    if (tombstone && applied == Applied::updated && mutant(Mutant::deleted_text_kept)) return Applied::older;
    const auto* draft = std::get_if<protocol::DraftChanged>(&change.payload);
    if (!change.unreadable && draft && draft->text.empty()) database_.erase_from_log();
    // Not this row alone may have held what was said: a preview does, an edit that waits, a lost copy.
    if (tombstone) {
        database_.erase_from_log();
        TRY(drop_what_hangs_on(stream, change.born));
    }
    const auto* reaction =
        change.unreadable ? nullptr : std::get_if<protocol::ReactionChanged>(&change.payload);
    const auto* pin = change.unreadable ? nullptr : std::get_if<protocol::PinChanged>(&change.payload);
    const std::int64_t on_message = reaction ? reaction->message : pin ? pin->message : 0;
    if (on_message > 0) {
        // An answer of before may bring what went with its message.
        TRY_ASSIGN(const auto held, find(stream, on_message));
        if (held && is_deleted(*held)) return Applied::older;
    }
    if (change.unreadable) {
        applied = Applied::unreadable;
        any_unreadable_ = true;
    } else if (change.id) {
        TRY(take_from_elsewhere(stream, change));
    }
    note_seat(stream, change, before);
    const auto counts = static_cast<int>(change.unreadable ? rules::Counts::not_at_all
                                                           : rules::counts_for(reader, change.payload));
    const std::string body = protocol::encode(change, protocol::Encoding::cbor);
    // A statement that may replace does more, also where there is nothing to replace.
    constexpr Sql add =
        "INSERT INTO stream_row (stream, born, seq, type, id, counts, own, not_on_server, body, unreadable,"
        " message, emoji) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)";
    constexpr Sql replace =
        "INSERT OR REPLACE INTO stream_row (stream, born, seq, type, id, counts, own, not_on_server, body,"
        " unreadable, message, emoji) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)";
    TRY(database_.write(before.there ? replace : add, stream, change.born, change.seq,
                        static_cast<int>(change.type()), change.id, counts, is_own(change, reader),
                        as_bytes(body), change.unreadable, on_message,
                        reaction ? reaction->emoji : std::nullopt));
    std::int64_t& highest = highest_places_[stream];
    highest = std::max(highest, change.born);
    return applied;
}

Status Rows::drop_what_hangs_on(std::int64_t stream, std::int64_t message) {
    if (mutant(Mutant::reactions_outlive_a_tombstone)) return {};
    return database_.write(
        "DELETE FROM stream_row INDEXED BY stream_row_reaction WHERE stream = ?"
        " AND message = ? AND message > 0",
        stream, message);
}

Status Rows::note_deleted(std::int64_t stream, const protocol::Change& tombstone) {
    database_.erase_from_log();
    TRY(drop_what_hangs_on(stream, tombstone.born));
    const std::string body = protocol::encode(tombstone, protocol::Encoding::cbor);
    return database_.write("UPDATE stream_row SET counts = ?, body = ? WHERE stream = ? AND born = ?",
                           static_cast<int>(rules::Counts::not_at_all), as_bytes(body), stream,
                           tombstone.born);
}

/// The same message of the same sender at another place. The server gives it one only where a restore took
/// away the other.
Status Rows::take_from_elsewhere(std::int64_t stream, const protocol::Change& change) {
    const auto* message = std::get_if<protocol::MessageNew>(&change.payload);
    if (!message) return {};
    TRY_ASSIGN(const bool any, any_not_on_server());
    if (!any) return {};
    TRY_ASSIGN(Query query,
               database_.read("SELECT body, not_on_server FROM stream_row INDEXED BY stream_row_lost"
                              " WHERE stream = ? AND id = ? AND not_on_server = 1 AND born <> ?",
                              stream, *change.id, change.born));
    TRY_ASSIGN(auto others, collect(std::move(query)));
    for (const StoredRow& other : others) {
        const auto* held = std::get_if<protocol::MessageNew>(&other.change.payload);
        if (!held || held->sender != message->sender) continue;
        TRY(database_.write("DELETE FROM stream_row WHERE stream = ? AND born = ?", stream,
                            other.change.born));
        // They are of a history that is lost.
        TRY(drop_what_hangs_on(stream, other.change.born));
    }
    return {};
}

Result<std::optional<StoredRow>> Rows::find(std::int64_t stream, std::int64_t born) {
    TRY_ASSIGN(Query query,
               database_.read("SELECT body, not_on_server FROM stream_row WHERE stream = ? AND born = ?",
                              stream, born));
    return read_one(std::move(query));
}

Result<std::optional<StoredRow>> Rows::find_message(std::int64_t stream, const Uuid& id,
                                                    const AccountId& sender) {
    TRY_ASSIGN(Query query,
               database_.read("SELECT body, not_on_server FROM stream_row WHERE stream = ? AND type = 42"
                              " AND id = ? AND unreadable = 0 ORDER BY born DESC",
                              stream, id));
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) return std::nullopt;
        TRY_ASSIGN(StoredRow row, read_row(query));
        if (std::get<protocol::MessageNew>(row.change.payload).sender == sender) return row;
    }
}

Result<std::vector<StoredRow>> Rows::messages_below(std::int64_t stream, std::int64_t born,
                                                    std::size_t limit) {
    TRY_ASSIGN(Query query,
               database_.read("SELECT body, not_on_server FROM stream_row WHERE stream = ? AND born < ?"
                              " AND type = 42 ORDER BY born DESC LIMIT ?",
                              stream, born, static_cast<std::int64_t>(limit)));
    return collect(std::move(query));
}

Result<std::optional<WallTime>> Rows::said_last(std::int64_t stream) {
    TRY_ASSIGN(Query query,
               database_.read("SELECT body, not_on_server FROM stream_row WHERE stream = ? AND type = 42"
                              " AND own = 1 AND not_on_server = 0 ORDER BY born DESC LIMIT 1",
                              stream));
    TRY_ASSIGN(const auto found, collect(std::move(query)));
    return found.empty() ? std::nullopt : std::optional(found.front().change.timestamp);
}

Result<std::vector<StoredRow>> Rows::messages_above(std::int64_t stream, std::int64_t born,
                                                    std::size_t limit) {
    TRY_ASSIGN(Query query,
               database_.read("SELECT body, not_on_server FROM stream_row WHERE stream = ? AND born > ?"
                              " AND type = 42 ORDER BY born LIMIT ?",
                              stream, born, static_cast<std::int64_t>(limit)));
    return collect(std::move(query));
}

Result<std::map<std::int64_t, std::vector<ReactionTally>>> Rows::reactions(
    std::int64_t stream, const std::vector<StoredRow>& messages) {
    std::map<std::int64_t, std::vector<ReactionTally>> tallies;
    if (messages.empty()) return tallies;
    std::map<std::int64_t, bool> marked;
    for (const StoredRow& message : messages)
        marked[message.change.born] = message.not_on_server;
    // One question for all of them: most have none, and each question costs as much as several reactions.
    TRY_ASSIGN(Query query,
               database_.read("SELECT message, emoji, count(*), max(own), min(born),"
                              " count(*) FILTER (WHERE not_on_server = 0),"
                              " max(own) FILTER (WHERE not_on_server = 0),"
                              " min(born) FILTER (WHERE not_on_server = 0)"
                              " FROM stream_row INDEXED BY stream_row_reaction WHERE stream = ?"
                              " AND message BETWEEN ? AND ? AND message > 0 AND emoji IS NOT NULL"
                              " GROUP BY message, emoji",
                              stream, marked.begin()->first, marked.rbegin()->first));
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) break;
        const std::int64_t message = query.integer(0);
        const auto asked = marked.find(message);
        if (asked == marked.end()) continue;
        // Those of before a restore hang on what is of before it, too.
        const int column = asked->second ? 2 : 5;
        if (query.integer(column) == 0) continue;
        tallies[message].push_back({.emoji = query.text(1),
                                    .count = query.integer(column),
                                    .own = query.integer(column + 1) != 0,
                                    .first = query.integer(column + 2)});
    }
    for (auto& [message, of_it] : tallies)
        std::ranges::sort(of_it, {}, &ReactionTally::first);
    return tallies;
}

Result<std::vector<AccountId>> Rows::who_reacted(std::int64_t stream, const StoredRow& message,
                                                 const std::string& emoji, std::int64_t limit) {
    TRY_ASSIGN(Query query,
               database_.read("SELECT body, not_on_server FROM stream_row INDEXED BY stream_row_reaction"
                              " WHERE stream = ? AND message = ? AND message > 0 AND emoji = ?"
                              " AND not_on_server <= ? ORDER BY born LIMIT ?",
                              stream, message.change.born, emoji, message.not_on_server, limit));
    TRY_ASSIGN(const auto rows, collect(std::move(query)));
    std::vector<AccountId> accounts;
    for (const StoredRow& row : rows)
        accounts.push_back(std::get<protocol::ReactionChanged>(row.change.payload).account);
    return accounts;
}

Status Rows::note_taken_back(std::int64_t stream, std::int64_t message, const std::string& emoji) {
    return database_.write(
        "UPDATE stream_row SET emoji = NULL WHERE stream = ? AND message = ?"
        " AND message > 0 AND emoji = ? AND own = 1",
        stream, message, emoji);
}

Result<std::vector<StoredRow>> Rows::of_type(std::int64_t stream, protocol::Type type) {
    TRY_ASSIGN(Query query,
               database_.read("SELECT body, not_on_server FROM stream_row INDEXED BY stream_row_other"
                              " WHERE stream = ? AND type = ? AND type <> 42 ORDER BY born",
                              stream, static_cast<int>(type)));
    return collect(std::move(query));
}

Result<std::vector<OwnRun>> Rows::own_runs(std::int64_t stream, std::int64_t low, std::int64_t high) {
    TRY_ASSIGN(Query query, database_.read("SELECT born, not_on_server FROM stream_row WHERE stream = ?"
                                           " AND born >= ? AND born <= ? AND own = 1 AND type = 42"
                                           " ORDER BY born",
                                           stream, low, high));
    std::vector<OwnRun> runs;
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) return runs;
        const OwnRun here{query.integer(0), query.integer(0), query.integer(1) != 0};
        const bool goes_on = !runs.empty() && runs.back().not_on_server == here.not_on_server &&
                             restore_generation(runs.back().last) == restore_generation(here.first);
        if (goes_on)
            runs.back().last = here.last;
        else
            runs.push_back(here);
    }
}

Result<std::int64_t> Rows::count_messages_from(std::int64_t stream, std::int64_t born) {
    TRY_ASSIGN(Query query,
               database_.read("SELECT count(*) FROM stream_row WHERE stream = ? AND born >= ? AND type = 42",
                              stream, born));
    TRY(query.step());
    return query.integer(0);
}

Result<std::int64_t> Rows::count_unreadable(std::int64_t stream) {
    TRY_ASSIGN(const bool any, any_unreadable());
    if (!any) return 0;
    TRY_ASSIGN(Query query, database_.read("SELECT count(*) FROM stream_row INDEXED BY stream_row_unreadable"
                                           " WHERE stream = ? AND unreadable = 1",
                                           stream));
    TRY(query.step());
    return query.integer(0);
}

Result<std::optional<std::int64_t>> Rows::first_unreadable(std::int64_t stream) {
    TRY_ASSIGN(Query query, database_.read("SELECT min(seq) FROM stream_row INDEXED BY stream_row_unreadable"
                                           " WHERE stream = ? AND unreadable = 1",
                                           stream));
    TRY(query.step());
    return query.optional_integer(0);
}

Result<std::vector<std::int64_t>> Rows::mark_not_on_server(std::int64_t stream, std::int64_t above) {
    seats_.erase(stream);
    any_lost_ = true;
    std::vector<std::int64_t> born_before;
    {
        TRY_ASSIGN(Query query,
                   database_.read("SELECT CASE WHEN message > 0 THEN message ELSE born END FROM stream_row"
                                  " WHERE stream = ? AND seq > ? AND born <= ?",
                                  stream, above, above));
        while (true) {
            TRY_ASSIGN(bool found, query.step());
            if (!found) break;
            born_before.push_back(query.integer(0));
        }
    }
    TRY(database_.write("UPDATE stream_row SET not_on_server = 1 WHERE stream = ? AND seq > ?", stream,
                        above));
    return born_before;
}

Status Rows::mark_older_not_on_server(std::int64_t stream, std::int64_t below) {
    seats_.erase(stream);
    any_lost_.reset();
    return database_.write("UPDATE stream_row SET not_on_server = 1 WHERE stream = ? AND seq < ?", stream,
                           below);
}

Status Rows::remove_not_on_server(std::int64_t stream) {
    any_lost_.reset();
    // What it says may have been taken away meanwhile, where it stands by now.
    database_.erase_from_log();
    return database_.write(
        "DELETE FROM stream_row INDEXED BY stream_row_lost WHERE stream = ?"
        " AND not_on_server = 1",
        stream);
}

Result<std::vector<std::int64_t>> Rows::remove_lost_copies(std::int64_t stream, const Uuid& id,
                                                           const AccountId& sender) {
    std::vector<std::pair<std::int64_t, std::int64_t>> copies;
    TRY_ASSIGN(const bool any, any_not_on_server());
    if (any) {
        TRY_ASSIGN(Query query,
                   database_.read("SELECT body, not_on_server, stream FROM stream_row INDEXED BY"
                                  " stream_row_lost WHERE not_on_server = 1 AND id = ? AND stream <> ?",
                                  id, stream));
        while (true) {
            TRY_ASSIGN(bool found, query.step());
            if (!found) break;
            TRY_ASSIGN(const StoredRow row, read_row(query));
            const auto* held = std::get_if<protocol::MessageNew>(&row.change.payload);
            if (held && held->sender == sender) copies.emplace_back(query.integer(2), row.change.born);
        }
    }
    std::vector<std::int64_t> streams;
    for (const auto& [other, born] : copies) {
        TRY(database_.write("DELETE FROM stream_row WHERE stream = ? AND born = ?", other, born));
        streams.push_back(other);
    }
    return streams;
}

Result<std::vector<StoredRow>> Rows::collect(Query query) {
    std::vector<StoredRow> rows;
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) return rows;
        TRY_ASSIGN(StoredRow row, read_row(query));
        rows.push_back(std::move(row));
    }
}

}  // namespace parley::core
