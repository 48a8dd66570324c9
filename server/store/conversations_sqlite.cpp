#include "server/store/conversations_sqlite.hpp"

#include "base/mutant.hpp"
#include "server/store/stretches_sqlite.hpp"

#include <algorithm>
#include <array>

namespace parley::server::sqlite {

namespace {

constexpr std::size_t cached_conversations_max = 4096;
constexpr std::size_t cached_members_max = 32768;

#define CONVERSATION_COLUMNS                                                                           \
    "key, kind, title, low, high, head, counted, members, touched, floor, restored_from, permissions," \
    " history_from, blocks, silences, slow_ms"
#define MEMBER_COLUMNS                                                                             \
    "conversation, account, role, present, visible_from, since, read, delivered, counted_at_read," \
    " own_since_read, touched, invited_by, receipts_from, spared, said_at"
#define MOVED                                                                               \
    "SELECT member.conversation, max(conversation.touched, member.touched), member.stretch" \
    " FROM member INDEXED BY member_moved"                                                  \
    " CROSS JOIN conversation ON conversation.key = member.conversation"                    \
    " WHERE member.account = ? AND member.present = 1 AND member.spared = 0"

/// In the column `permissions` each act has four bits, in this order: the number of the lowest role that may,
/// or 0 where nothing is set.
constexpr std::array acts = {&protocol::Permissions::post,          &protocol::Permissions::add,
                             &protocol::Permissions::remove,        &protocol::Permissions::rename,
                             &protocol::Permissions::delete_others, &protocol::Permissions::pin,
                             &protocol::Permissions::mention_all,   &protocol::Permissions::invite};
constexpr unsigned bits_of_act = 4;

std::int64_t packed(const protocol::Permissions& permissions) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < acts.size(); ++i) {
        const auto role = permissions.*acts[i];
        if (role) bits |= static_cast<std::uint64_t>(*role) << (i * bits_of_act);
    }
    return static_cast<std::int64_t>(bits);
}

protocol::Permissions unpacked(std::int64_t column) {
    protocol::Permissions permissions;
    for (std::size_t i = 0; i < acts.size(); ++i) {
        const auto number = static_cast<std::uint64_t>(column) >> (i * bits_of_act) & 15;
        if (number != 0) permissions.*acts[i] = static_cast<protocol::Role>(number);
    }
    return permissions;
}

/// In the column `blocks`.
constexpr std::int64_t low_blocks_bit = 1;
constexpr std::int64_t high_blocks_bit = 2;

std::int64_t blocks_of(const ConversationRecord& record) {
    return (record.low_blocks ? low_blocks_bit : 0) + (record.high_blocks ? high_blocks_bit : 0);
}

ConversationRecord conversation_of(const Query& query) {
    return {.key = {query.integer(0)},
            .kind = static_cast<protocol::ConversationKind>(query.integer(1)),
            .title = std::string(query.text(2)),
            .history_from = query.integer(12),
            .slow = milliseconds(query.integer(15)),
            .permissions = unpacked(query.integer(11)),
            .low = {query.integer(3)},
            .high = {query.integer(4)},
            .low_blocks = (query.integer(13) & low_blocks_bit) != 0,
            .high_blocks = (query.integer(13) & high_blocks_bit) != 0,
            .head = query.integer(5),
            .counted = query.integer(6),
            .members = query.integer(7),
            .touched = query.integer(8),
            .floor = query.integer(9),
            .restored_from = query.integer(10),
            .silences = query.integer(14)};
}

std::vector<ConversationKey> sorted_keys(Query query) {
    std::vector<ConversationKey> found;
    while (query.step())
        found.push_back({query.integer(0)});
    std::ranges::sort(found);
    return found;
}

MemberRecord member_of(const Query& query) {
    return {.conversation = {query.integer(0)},
            .account = {query.integer(1)},
            .role = static_cast<protocol::Role>(query.integer(2)),
            .present = query.integer(3) != 0,
            .from = query.integer(4),
            .since = query.integer(5),
            .read = query.integer(6),
            .delivered = query.integer(7),
            .counted_at_read = query.integer(8),
            .own_since_read = query.integer(9),
            .touched = query.integer(10),
            .invited_by = {query.integer(11)},
            .said_at = {query.integer(14)},
            .receipts_from = query.integer(12),
            .spared = query.integer(13) != 0};
}

}  // namespace

ConversationTables::ConversationTables(Connection& connection)
    : find_(connection, "SELECT " CONVERSATION_COLUMNS " FROM conversation WHERE key = ?"),
      direct_(connection, "SELECT key FROM conversation WHERE low = ? AND high = ? AND low <> 0"),
      member_(connection, "SELECT " MEMBER_COLUMNS " FROM member WHERE conversation = ? AND account = ?"),
      present_(connection, "SELECT " MEMBER_COLUMNS
                           " FROM member WHERE conversation = ? AND present = 1 ORDER BY since LIMIT ?"),
      intervals_(connection,
                 "SELECT first, last FROM interval WHERE conversation = ? AND account = ? ORDER BY first"),
      unseen_by_(connection,
                 "SELECT account FROM member"
                 " WHERE conversation = ?1 AND present = 1 AND visible_from > ?2 AND NOT EXISTS"
                 " (SELECT 1 FROM interval WHERE interval.conversation = ?1"
                 " AND interval.account = member.account AND first <= ?2 AND (last IS NULL OR last >= ?2))"
                 " ORDER BY account"),
      mentions_(connection,
                "SELECT (SELECT count(*) FROM mention WHERE account = ?1 AND conversation = ?2 AND born > ?3)"
                " + (SELECT count(*) FROM mention_of_all WHERE conversation = ?2 AND born > ?3"
                " AND author <> ?1)"),
      deleted_(connection,
               "SELECT count(*) FROM deletion WHERE conversation = ? AND born > ? AND author <> ?"),
      moved_(connection, MOVED " AND member.stretch BETWEEN ? AND ? ORDER BY member.stretch DESC"),
      moved_wide_(connection, MOVED " AND member.stretch = 9223372036854775807"),
      joined_(connection,
              "SELECT conversation FROM member INDEXED BY member_moved WHERE account = ? AND present = 1"
              " AND spared = 0"),
      joined_or_spared_(connection,
                        "SELECT conversation FROM member INDEXED BY member_moved"
                        " WHERE account = ?1 AND present = 1 AND spared = 0"
                        " UNION ALL SELECT conversation FROM member INDEXED BY member_spared"
                        " WHERE account = ?1 AND present = 1 AND spared = 1"),
      insert_conversation_(connection, "INSERT INTO conversation (" CONVERSATION_COLUMNS
                                       ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_conversation_(
          connection,
          "UPDATE conversation SET title = ?2, head = ?3, counted = ?4, members = ?5, touched = ?6,"
          " floor = ?7, restored_from = ?8, permissions = ?9, history_from = ?10,"
          " blocks = ?11, silences = ?12, slow_ms = ?13 WHERE key = ?1"),
      insert_member_(connection, "INSERT INTO member (" MEMBER_COLUMNS
                                 ", stretch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_member_(connection,
                     "UPDATE member SET read = ?3, delivered = ?4, counted_at_read = ?5, own_since_read = ?6,"
                     " touched = ?7, said_at = ?8 WHERE conversation = ?1 AND account = ?2"),
      update_membership_(connection,
                         "UPDATE member SET role = ?3, present = ?4, visible_from = ?5, since = ?6,"
                         " stretch = ?7, invited_by = ?8, receipts_from = ?9, spared = ?10"
                         " WHERE conversation = ?1 AND account = ?2"),
      note_stretch_(connection, "UPDATE member SET stretch = ?3 WHERE conversation = ?1 AND account = ?2"),
      note_stretches_(connection, "UPDATE member SET stretch = ?2 WHERE conversation = ?1 AND present = 1"),
      open_interval_(connection, "INSERT INTO interval (conversation, account, first) VALUES (?, ?, ?)"),
      close_interval_(
          connection,
          "UPDATE interval SET last = ?3 WHERE conversation = ?1 AND account = ?2 AND last IS NULL"),
      reopen_interval_(connection,
                       "UPDATE interval SET last = NULL WHERE conversation = ?1 AND account = ?2 AND first ="
                       " (SELECT max(first) FROM interval WHERE conversation = ?1 AND account = ?2)"),
      add_mention_(connection,
                   "INSERT OR IGNORE INTO mention (account, conversation, born) VALUES (?, ?, ?)"),
      drop_mention_(connection, "DELETE FROM mention WHERE account = ? AND conversation = ? AND born = ?"),
      add_mention_of_all_(
          connection, "INSERT OR IGNORE INTO mention_of_all (conversation, born, author) VALUES (?, ?, ?)"),
      drop_mention_of_all_(connection, "DELETE FROM mention_of_all WHERE conversation = ? AND born = ?"),
      add_deletion_(connection,
                    "INSERT OR IGNORE INTO deletion (conversation, born, author) VALUES (?, ?, ?)"),
      drop_mentions_(connection, "DELETE FROM mention WHERE account = ? AND conversation = ? AND born <= ?") {
}

const ConversationRecord* ConversationTables::find(ConversationKey key) {
    if (const auto* known = conversations_.find(key)) return known;
    auto query = find_(key);
    return query.step() ? conversations_.add_stored(key, conversation_of(query)) : nullptr;
}

std::optional<ConversationKey> ConversationTables::direct_between(AccountKey one, AccountKey other) {
    flush();
    const auto [low, high] = std::minmax(one, other);
    auto query = direct_(low, high);
    if (!query.step()) return std::nullopt;
    return ConversationKey{query.integer(0)};
}

const MemberRecord* ConversationTables::member(ConversationKey conversation, AccountKey account) {
    const MemberKey key{conversation, account};
    if (const auto* known = members_.find(key)) return known;
    auto query = member_(conversation, account);
    return query.step() ? members_.add_stored(key, member_of(query)) : nullptr;
}

std::vector<MemberRecord> ConversationTables::members(ConversationKey conversation, std::int64_t count_max) {
    flush();
    std::vector<MemberRecord> found;
    auto query = present_(conversation, count_max);
    while (query.step())
        found.push_back(member_of(query));
    return found;
}

std::vector<BornRange> ConversationTables::intervals(ConversationKey conversation, AccountKey account) {
    std::vector<BornRange> found;
    auto query = intervals_(conversation, account);
    while (query.step()) {
        found.push_back({.first = query.integer(0), .last = query.is_null(1) ? last_born : query.integer(1)});
    }
    return found;
}

std::vector<AccountKey> ConversationTables::unseen_by(ConversationKey conversation, std::int64_t born) {
    flush();
    std::vector<AccountKey> found;
    auto query = unseen_by_(conversation, born);
    while (query.step())
        found.push_back({query.integer(0)});
    return found;
}

std::int64_t ConversationTables::mentions_after(ConversationKey conversation, AccountKey account,
                                                std::int64_t born) {
    auto query =
        mentions_(account, conversation, mutant(Mutant::mentions_counted_when_read) ? born - 1 : born);
    return query.step() ? query.integer(0) : 0;
}

std::int64_t ConversationTables::deleted_after(ConversationKey conversation, AccountKey account,
                                               std::int64_t born) {
    if (mutant(Mutant::deleted_still_counts)) return 0;
    auto query = deleted_(conversation, born, account);
    return query.step() ? query.integer(0) : 0;
}

std::vector<Moved> ConversationTables::moved(AccountKey account, PositionRange range, std::size_t count_max) {
    flush();
    std::vector<Moved> found;
    const auto take = [&](const Query& query) {
        const Moved one{.conversation = {query.integer(0)}, .position = query.integer(1)};
        if (range.contains(one.position)) found.push_back(one);
    };
    for (auto query = moved_wide_(account); query.step();)
        take(query);
    // Stretch by stretch from the latest on: a stretch below holds nothing later, so the walk ends with the
    // stretch that fills the page.
    const std::size_t wide = found.size();
    std::int64_t stretch = always;
    for (auto query = moved_(account, stretch_of(range.above), stretch_of(range.upto)); query.step();) {
        if (found.size() - wide >= count_max && query.integer(2) < stretch) break;
        stretch = query.integer(2);
        take(query);
    }
    std::ranges::sort(found, std::greater{}, &Moved::position);
    if (found.size() > count_max) found.resize(count_max);
    return found;
}

std::vector<ConversationKey> ConversationTables::joined(AccountKey account) {
    flush();
    return sorted_keys(joined_(account));
}

std::vector<ConversationKey> ConversationTables::joined_or_spared(AccountKey account) {
    flush();
    return sorted_keys(joined_or_spared_(account));
}

void ConversationTables::put(const ConversationRecord& record) {
    ++writes_;
    (void)find(record.key);  // so that the cache knows whether it is new
    conversations_.put(record.key, record);
}

void ConversationTables::put(const MemberRecord& record) {
    ++writes_;
    (void)member(record.conversation, record.account);
    members_.put({record.conversation, record.account}, record);
}

void ConversationTables::open_interval(ConversationKey conversation, AccountKey account, std::int64_t first) {
    ++writes_;
    open_interval_.run(conversation, account, first);
}

void ConversationTables::close_interval(ConversationKey conversation, AccountKey account, std::int64_t last) {
    ++writes_;
    close_interval_.run(conversation, account, last);
}

void ConversationTables::reopen_interval(ConversationKey conversation, AccountKey account) {
    ++writes_;
    reopen_interval_.run(conversation, account);
}

void ConversationTables::add_mention(ConversationKey conversation, AccountKey account, std::int64_t born) {
    ++writes_;
    add_mention_.run(account, conversation, born);
}

void ConversationTables::drop_mentions(ConversationKey conversation, AccountKey account, std::int64_t born) {
    ++writes_;
    drop_mentions_.run(account, conversation, mutant(Mutant::mentions_counted_when_read) ? born - 1 : born);
}

void ConversationTables::drop_mention(ConversationKey conversation, AccountKey account, std::int64_t born) {
    ++writes_;
    drop_mention_.run(account, conversation, born);
}

void ConversationTables::add_mention_of_all(ConversationKey conversation, AccountKey author,
                                            std::int64_t born) {
    ++writes_;
    add_mention_of_all_.run(conversation, born, author);
}

void ConversationTables::drop_mention_of_all(ConversationKey conversation, std::int64_t born) {
    ++writes_;
    drop_mention_of_all_.run(conversation, born);
}

void ConversationTables::add_deletion(ConversationKey conversation, AccountKey author, std::int64_t born) {
    ++writes_;
    add_deletion_.run(conversation, born, author);
}

void ConversationTables::write(const ConversationEntry& entry) {
    const auto& record = entry.record;
    const std::string_view title = record.title;
    if (!entry.exists) {
        insert_conversation_.run(record.key, static_cast<std::int64_t>(record.kind), title, record.low,
                                 record.high, record.head, record.counted, record.members, record.touched,
                                 record.floor, record.restored_from, packed(record.permissions),
                                 record.history_from, blocks_of(record), record.silences, record.slow.ms);
        return;
    }
    update_conversation_.run(record.key, title, record.head, record.counted, record.members, record.touched,
                             record.floor, record.restored_from, packed(record.permissions),
                             record.history_from, blocks_of(record), record.silences, record.slow.ms);
    const auto stretch = stretch_of(record);
    if (stretch != stretch_of(entry.stored)) note_stretches_.run(record.key, stretch);
}

void ConversationTables::write(const MemberEntry& entry) {
    const auto& record = entry.record;
    const auto& stored = entry.stored;
    const auto role = static_cast<std::int64_t>(record.role);
    if (!entry.exists) {
        insert_member_.run(record.conversation, record.account, role, record.present, record.from,
                           record.since, record.read, record.delivered, record.counted_at_read,
                           record.own_since_read, record.touched, record.invited_by, record.receipts_from,
                           record.spared, record.said_at.ms, stretch_of_member(record));
        return;
    }
    // Apart, since these rewrite an index and happen seldom.
    if (record.role != stored.role || record.present != stored.present || record.from != stored.from ||
        record.since != stored.since || record.invited_by != stored.invited_by ||
        record.receipts_from != stored.receipts_from || record.spared != stored.spared) {
        update_membership_.run(record.conversation, record.account, role, record.present, record.from,
                               record.since, stretch_of_member(record), record.invited_by,
                               record.receipts_from, record.spared);
    } else if (stretch_of(record.touched) != stretch_of(stored.touched)) {
        note_stretch_.run(record.conversation, record.account, stretch_of_member(record));
    }
    update_member_.run(record.conversation, record.account, record.read, record.delivered,
                       record.counted_at_read, record.own_since_read, record.touched, record.said_at.ms);
}

/// The conversation was written before its members, and so were the rows that it rewrites.
std::int64_t ConversationTables::stretch_of_member(const MemberRecord& member) {
    const auto* conversation = find(member.conversation);
    if (conversation == nullptr) return 0;  // Only where the store failed.
    return std::max(stretch_of(*conversation), stretch_of(member.touched));
}

void ConversationTables::flush() {
    conversations_.flush([this](const ConversationEntry& entry) { write(entry); });
    members_.flush([this](const MemberEntry& entry) { write(entry); });
}

void ConversationTables::clear() {
    conversations_.clear();
    members_.clear();
}

void ConversationTables::trim() {
    if (conversations_.size() > cached_conversations_max || members_.size() > cached_members_max) clear();
}

}  // namespace parley::server::sqlite
