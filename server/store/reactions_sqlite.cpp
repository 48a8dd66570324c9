#include "server/store/reactions_sqlite.hpp"

#include <string>

namespace parley::server::sqlite {

ReactionTable::ReactionTable(Connection& connection)
    : insert_(connection,
              "INSERT INTO reaction (stream, message, born, seq, account, emoji) VALUES (?, ?, ?, ?, ?, ?)"),
      update_(connection,
              "UPDATE reaction SET seq = ?4, emoji = ?5 WHERE stream = ?1 AND message = ?2 AND born = ?3"),
      delete_(connection, "DELETE FROM reaction WHERE stream = ? AND message = ?"),
      all_(connection, "SELECT born FROM reaction WHERE stream = ? AND message = ?"),
      held_(connection,
            "SELECT born FROM reaction INDEXED BY reaction_emoji"
            " WHERE stream = ? AND message = ? AND emoji = ? AND account = ? ORDER BY born LIMIT 1"),
      taken_back_(connection,
                  "SELECT born FROM reaction INDEXED BY reaction_emoji"
                  " WHERE stream = ? AND message = ? AND emoji = '' AND account = ? ORDER BY born"),
      // From one emoji to the next one, however many people reacted with each.
      count_(connection,
             "WITH RECURSIVE here (emoji) AS ("
             " SELECT min(emoji) FROM reaction WHERE stream = ?1 AND message = ?2 AND emoji > ''"
             " UNION ALL SELECT (SELECT min(emoji) FROM reaction WHERE stream = ?1 AND message = ?2"
             " AND emoji > here.emoji) FROM here WHERE here.emoji IS NOT NULL)"
             " SELECT count(emoji), total(emoji = ?3), total(EXISTS (SELECT 1 FROM reaction WHERE stream = ?1"
             " AND message = ?2 AND emoji = here.emoji AND account = ?4)) FROM here"),
      first_(connection,
             "SELECT message FROM reaction WHERE stream = ? AND message >= ? AND message <= ? AND seq > ?"
             " ORDER BY message LIMIT 1",
             Pages::any),
      last_(connection,
            "SELECT message FROM reaction WHERE stream = ? AND message >= ? AND message <= ? AND seq > ?"
            " ORDER BY message DESC LIMIT 1",
            Pages::any),
      places_(connection,
              "SELECT born FROM reaction WHERE stream = ? AND message = ? AND born > ? AND seq > ?"
              " ORDER BY born LIMIT ?",
              Pages::any) {}

void ReactionTable::put(const RowToWrite& row, const protocol::ReactionChanged& reaction) {
    const auto& change = row.change;
    const std::string_view emoji = reaction.emoji ? std::string_view(*reaction.emoji) : std::string_view();
    if (change.seq == change.born) {
        insert_.run(row.stream, reaction.message, change.born, change.seq, row.author, emoji);
    } else {
        update_.run(row.stream, reaction.message, change.born, change.seq, emoji);
    }
}

std::vector<std::int64_t> ReactionTable::drop(StreamKey stream, std::int64_t message) {
    std::vector<std::int64_t> dropped;
    {
        auto query = all_(stream, message);
        while (query.step())
            dropped.push_back(query.integer(0));
    }
    if (!dropped.empty()) delete_.run(stream, message);
    return dropped;
}

std::int64_t ReactionTable::place(const ReactionKey& key) {
    auto query = held_(key.stream, key.message, key.emoji, key.account);
    return query.step() ? query.integer(0) : 0;
}

std::vector<std::int64_t> ReactionTable::taken_back(const ReactionKey& key) {
    std::vector<std::int64_t> found;
    auto query = taken_back_(key.stream, key.message, key.account);
    while (query.step())
        found.push_back(query.integer(0));
    return found;
}

ReactionCounts ReactionTable::count(const ReactionKey& key) {
    auto query = count_(key.stream, key.message, key.emoji, key.account);
    if (!query.step()) return {};
    return {.emoji = query.integer(0), .this_one = query.integer(1) != 0, .own = query.integer(2)};
}

std::int64_t ReactionTable::nearest(StreamKey stream, BornRange range, std::int64_t since, bool falling) {
    auto query = (falling ? last_ : first_)(stream, range.first, range.last, since);
    return query.step() ? query.integer(0) : 0;
}

std::vector<std::int64_t> ReactionTable::places(StreamKey stream, std::int64_t message, std::int64_t after,
                                                std::int64_t since, std::int64_t limit) {
    std::vector<std::int64_t> found;
    auto query = places_(stream, message, after, since, limit);
    while (query.step())
        found.push_back(query.integer(0));
    return found;
}

}  // namespace parley::server::sqlite
