#include "server/store/blocks_sqlite.hpp"

#include "base/mutant.hpp"

namespace parley::server::sqlite {

namespace {

#define SILENCE_COLUMNS "conversation, account, reader, delivered, read, receipts_from"

std::vector<Silence> silences_in(Query query) {
    std::vector<Silence> found;
    while (query.step()) {
        found.push_back({.conversation = {query.integer(0)},
                         .account = {query.integer(1)},
                         .reader = {query.integer(2)},
                         .delivered = query.integer(3),
                         .read = query.integer(4),
                         .receipts_from = query.integer(5)});
    }
    return found;
}

}  // namespace

BlockTables::BlockTables(Connection& connection)
    : connection_(connection),
      stands_(connection, "SELECT 1 FROM block WHERE blocker = ? AND blocked = ?"),
      made_by_(connection, "SELECT blocked, at FROM block WHERE blocker = ? ORDER BY at, blocked"),
      against_(connection,
               "SELECT blocker FROM block INDEXED BY block_against WHERE blocked = ? ORDER BY blocker"),
      // Whom a message names stands in one of two tables, for all who are named or for one of them.
      left_out_(connection,
                "SELECT count(*), total(EXISTS (SELECT 1 FROM mention WHERE account = ?2"
                " AND conversation = ?1 AND born = message.born)"
                " OR EXISTS (SELECT 1 FROM mention_of_all WHERE conversation = ?1 AND born = message.born))"
                " FROM blocked_message AS message WHERE conversation = ?1 AND born > ?3"
                " AND EXISTS (SELECT 1 FROM block WHERE blocker = ?2 AND blocked = message.author)"),
      about_(connection, "SELECT " SILENCE_COLUMNS
                         " FROM silence WHERE conversation = ? AND account = ? ORDER BY reader"),
      toward_(connection, "SELECT " SILENCE_COLUMNS
                          " FROM silence WHERE conversation = ? AND reader = ? ORDER BY account"),
      put_(connection, "INSERT INTO block (blocker, blocked, at) VALUES (?, ?, ?)"),
      remove_(connection, "DELETE FROM block WHERE blocker = ? AND blocked = ?"),
      note_message_(connection,
                    "INSERT OR IGNORE INTO blocked_message (conversation, born, author) VALUES (?, ?, ?)"),
      drop_message_(connection, "DELETE FROM blocked_message WHERE conversation = ? AND born = ?"),
      put_silence_(connection,
                   "INSERT OR IGNORE INTO silence (" SILENCE_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)"),
      remove_silence_(connection,
                      "DELETE FROM silence WHERE conversation = ? AND account = ? AND reader = ?") {}

bool BlockTables::stands(AccountKey blocker, AccountKey blocked) {
    auto query = stands_(blocker, blocked);
    return query.step();
}

std::vector<BlockRecord> BlockTables::made_by(AccountKey blocker) {
    std::vector<BlockRecord> found;
    auto query = made_by_(blocker);
    while (query.step())
        found.push_back({.account = {query.integer(0)}, .at = {query.integer(1)}});
    return found;
}

std::vector<AccountKey> BlockTables::against(AccountKey blocked) {
    std::vector<AccountKey> found;
    auto query = against_(blocked);
    while (query.step())
        found.push_back({query.integer(0)});
    return found;
}

LeftOut BlockTables::left_out(ConversationKey conversation, AccountKey reader, std::int64_t born) {
    if (mutant(Mutant::blocked_still_counts)) return {};
    auto query = left_out_(conversation, reader, born);
    if (!query.step()) return {};
    return {.unread = query.integer(0), .mentions = query.integer(1)};
}

std::vector<Silence> BlockTables::silences_about(ConversationKey conversation, AccountKey account) {
    return silences_in(about_(conversation, account));
}

std::vector<Silence> BlockTables::silences_toward(ConversationKey conversation, AccountKey reader) {
    return silences_in(toward_(conversation, reader));
}

void BlockTables::put(AccountKey blocker, const BlockRecord& block) {
    ++writes_;
    put_.run(blocker, block.account, block.at);
}

void BlockTables::remove(AccountKey blocker, AccountKey blocked) {
    ++writes_;
    remove_.run(blocker, blocked);
}

void BlockTables::note_message(ConversationKey conversation, AccountKey author, std::int64_t born) {
    ++writes_;
    note_message_.run(conversation, born, author);
}

void BlockTables::drop_message(ConversationKey conversation, std::int64_t born) {
    ++writes_;
    drop_message_.run(conversation, born);
}

bool BlockTables::put(const Silence& silence) {
    ++writes_;
    const auto before = connection_.changes();
    put_silence_.run(silence.conversation, silence.account, silence.reader, silence.delivered, silence.read,
                     silence.receipts_from);
    return connection_.changes() != before;
}

void BlockTables::remove(const Silence& silence) {
    ++writes_;
    remove_silence_.run(silence.conversation, silence.account, silence.reader);
}

}  // namespace parley::server::sqlite
