#include "server/store/schema_sqlite.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/store/connections_sqlite.hpp"
#include "server/store/stretches_sqlite.hpp"
#include "server/store/view.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace parley::server::sqlite {

namespace {

// row        All streams. Clustered by place, so that history is one walk and an append goes to the end of
// its stream.
//            Rows that changed since they were made (seq <> born) stand in row_changed too; a walk by seq
//            merges both. Message ids are found through row_id, where new ones stand together since they grow
//            with time.
// member     `stretch` says when the conversation last moved for the member, so that a resume looks at those
// alone that moved (stretches_sqlite.hpp).
// commits    What each transaction changed, in commit order, for as long as somebody may ask for it
// (commits_sqlite.hpp): `follower` says up to where each follower has read it.
// profile_debt What is still to be done after commits, oldest first (server/domain/follow_up.cpp).
// the others What use cases must know at once. All but command, invite, link, former_handle,
// profile_debt, follower, life and meta, and why a device is not present, can be made from the rows again.
constexpr const char* version_1 = R"sql(
CREATE TABLE row (
    stream INTEGER NOT NULL, born INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,
    slot INTEGER NOT NULL, author INTEGER NOT NULL, id BLOB, at INTEGER NOT NULL, gone INTEGER NOT NULL,
    checksum BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (stream, born)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX row_id ON row (id, author) WHERE id IS NOT NULL;
CREATE UNIQUE INDEX row_slot ON row (stream, slot) WHERE slot <> 0;
CREATE INDEX row_fixed ON row (stream, born) WHERE kind <> 42;
CREATE INDEX row_changed ON row (stream, seq) WHERE seq <> born;

CREATE TABLE account (
    key INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE, name TEXT NOT NULL, avatar TEXT NOT NULL,
    role INTEGER NOT NULL, password_hash TEXT NOT NULL, head INTEGER NOT NULL, floor INTEGER NOT NULL) STRICT;
CREATE TABLE device (
    key INTEGER PRIMARY KEY, account INTEGER NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL,
    present INTEGER NOT NULL, refresh_number INTEGER NOT NULL, refreshed_at INTEGER NOT NULL) STRICT;
CREATE INDEX device_account ON device (account) WHERE present = 1;
CREATE TABLE invite (
    code TEXT PRIMARY KEY, uses_left INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    administrator INTEGER NOT NULL, made_by INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    key INTEGER PRIMARY KEY, kind INTEGER NOT NULL, title TEXT NOT NULL, low INTEGER NOT NULL,
    high INTEGER NOT NULL, head INTEGER NOT NULL, counted INTEGER NOT NULL, members INTEGER NOT NULL,
    touched INTEGER NOT NULL, floor INTEGER NOT NULL, restored_from INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX conversation_pair ON conversation (low, high) WHERE low <> 0;
CREATE TABLE member (
    conversation INTEGER NOT NULL, account INTEGER NOT NULL, role INTEGER NOT NULL, present INTEGER NOT NULL,
    visible_from INTEGER NOT NULL, since INTEGER NOT NULL, read INTEGER NOT NULL, delivered INTEGER NOT NULL,
    counted_at_read INTEGER NOT NULL, own_since_read INTEGER NOT NULL, touched INTEGER NOT NULL,
    PRIMARY KEY (conversation, account)) STRICT, WITHOUT ROWID;
CREATE INDEX member_account ON member (account, conversation) WHERE present = 1;
CREATE TABLE interval (
    conversation INTEGER NOT NULL, account INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER,
    PRIMARY KEY (conversation, account, first)) STRICT, WITHOUT ROWID;
CREATE TABLE mention (
    account INTEGER NOT NULL, conversation INTEGER NOT NULL, born INTEGER NOT NULL,
    PRIMARY KEY (account, conversation, born)) STRICT, WITHOUT ROWID;

CREATE TABLE command (
    account INTEGER NOT NULL, id BLOB NOT NULL, content BLOB NOT NULL, creation INTEGER NOT NULL,
    at INTEGER NOT NULL, type INTEGER NOT NULL, stream TEXT NOT NULL, seq INTEGER, body BLOB NOT NULL,
    PRIMARY KEY (account, id)) STRICT, WITHOUT ROWID;
CREATE INDEX command_old ON command (at) WHERE creation = 0;

CREATE TABLE commits (
    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL) STRICT;
CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, position INTEGER NOT NULL,
    last_key INTEGER NOT NULL, running INTEGER NOT NULL) STRICT;
INSERT INTO meta VALUES (1, 1, 0, 0, 0);
PRAGMA user_version = 1;
)sql";

// Stretches and wide conversations as in stretches_sqlite.hpp. Commits of before have no date, and are
// forgotten first.
constexpr const char* version_2 = R"sql(
ALTER TABLE member ADD COLUMN stretch INTEGER NOT NULL DEFAULT 0;
UPDATE member SET stretch = (
    SELECT CASE WHEN conversation.members > 256 THEN 9223372036854775807
           ELSE max(conversation.touched, member.touched) / 1024 END
    FROM conversation WHERE conversation.key = member.conversation);
DROP INDEX member_account;
CREATE INDEX member_moved ON member (account, stretch, conversation) WHERE present = 1;
ALTER TABLE commits ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
CREATE TABLE follower (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version = 2;
)sql";

// Whoever had pages with checksums keeps them.
constexpr const char* version_3 = "PRAGMA user_version = 3";

// Why a device is not present.
constexpr const char* version_4 = R"sql(
ALTER TABLE device ADD COLUMN token_reused INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 4;
)sql";

constexpr const char* version_5 = "PRAGMA user_version = 5";

// Handles that accounts gave up. What was given up before is not known.
constexpr const char* version_6 = R"sql(
CREATE TABLE former_handle (handle TEXT PRIMARY KEY, account INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX former_handle_account ON former_handle (account);
PRAGMA user_version = 6;
)sql";

constexpr const char* version_7 = "PRAGMA user_version = 7";

// The runs of the server (lives_sqlite.hpp); a server of version 7 made the table at its start. And epochs
// that say how far counters were moved (epoch_sqlite.hpp); they were drawn by lot.
constexpr const char* version_8 = R"sql(
CREATE TABLE IF NOT EXISTS life (
    life INTEGER PRIMARY KEY, position INTEGER NOT NULL, file TEXT NOT NULL) STRICT;
UPDATE meta SET epoch = 1 + max(coalesce((SELECT max(head) FROM conversation), 0),
                                coalesce((SELECT max(head) FROM account), 0)) / 1073741824
WHERE epoch > 8388606;
PRAGMA user_version = 8;
)sql";

constexpr const char* version_9 = "PRAGMA user_version = 9";

// What was deleted, for counts, and what edited messages said before. Nothing was either before.
constexpr const char* version_10 = R"sql(
CREATE TABLE deletion (
    conversation INTEGER NOT NULL, born INTEGER NOT NULL, author INTEGER NOT NULL,
    PRIMARY KEY (conversation, born)) STRICT, WITHOUT ROWID;
CREATE TABLE earlier_text (
    stream INTEGER NOT NULL, born INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
    checksum BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (stream, born, seq)) STRICT, WITHOUT ROWID;
PRAGMA user_version = 10;
)sql";

constexpr const char* version_11 = "PRAGMA user_version = 11";

// Who may do what in a group, four bits for each act (conversations_sqlite.cpp). Nothing was set before.
constexpr const char* version_12 = R"sql(
ALTER TABLE conversation ADD COLUMN permissions INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 12;
)sql";

constexpr const char* version_13 = "PRAGMA user_version = 13";

// Since when a profile says what it says, and whose is not shown everywhere yet; before, what a conversation
// showed of somebody stayed as it was when he came in.
constexpr const char* version_14 = R"sql(
ALTER TABLE account ADD COLUMN profile_as_of INTEGER NOT NULL DEFAULT 0;
UPDATE account SET profile_as_of = head / 1073741824 * 1073741824 + coalesce(
    (SELECT seq % 1073741824 FROM row WHERE stream = account.key AND slot = 6
     AND slot <> 0), 0);
CREATE TABLE profile_debt (
    account INTEGER PRIMARY KEY, since INTEGER NOT NULL, upto INTEGER NOT NULL) STRICT;
CREATE INDEX profile_debt_since ON profile_debt (since);
INSERT INTO profile_debt SELECT stream, 0, 0 FROM row WHERE slot = 6 AND seq <> born;
PRAGMA user_version = 14;
)sql";

constexpr const char* version_15 = "PRAGMA user_version = 15";

// Who reacted to which message, and members apart from reactions. Nobody had reacted before.
constexpr const char* version_16 = R"sql(
CREATE TABLE reaction (
    stream INTEGER NOT NULL, message INTEGER NOT NULL, born INTEGER NOT NULL, seq INTEGER NOT NULL,
    account INTEGER NOT NULL, emoji TEXT NOT NULL,
    PRIMARY KEY (stream, message, born)) STRICT, WITHOUT ROWID;
CREATE INDEX reaction_emoji ON reaction (stream, message, emoji, account);
CREATE INDEX row_member ON row (stream, born) WHERE kind = 43;
PRAGMA user_version = 16;
)sql";

constexpr const char* version_17 = "PRAGMA user_version = 17";

// What is pinned. Nothing was before.
constexpr const char* version_18 = R"sql(
CREATE INDEX row_pinned ON row (stream, born) WHERE kind = 37 AND gone = 0;
PRAGMA user_version = 18;
)sql";

constexpr const char* version_19 = "PRAGMA user_version = 19";

// Which messages name everybody; invite links of groups, by whose people came in, and since when a group
// shares its history. None did before, there was no link, and nothing was shared.
constexpr const char* version_20 = R"sql(
CREATE TABLE mention_of_all (
    conversation INTEGER NOT NULL, born INTEGER NOT NULL, author INTEGER NOT NULL,
    PRIMARY KEY (conversation, born)) STRICT, WITHOUT ROWID;
CREATE TABLE link (
    key INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, code TEXT NOT NULL, role INTEGER NOT NULL,
    made_by INTEGER NOT NULL, made_at INTEGER NOT NULL, expires_at INTEGER, uses INTEGER NOT NULL,
    uses_max INTEGER, digest BLOB NOT NULL UNIQUE) STRICT;
CREATE INDEX link_conversation ON link (conversation, made_by);
ALTER TABLE member ADD COLUMN invited_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN history_from INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 20;
)sql";

constexpr const char* version_21 = "PRAGMA user_version = 21";

// Who has blocked whom, what is not counted for it, and what receipts are told instead; slow mode of groups,
// and when each member said something last. Nobody had blocked anybody before, and no group was slow.
// Messages may be silent, carry custom data, and be forwarded, for which rows have had room.
constexpr const char* version_22 = R"sql(
CREATE TABLE block (
    blocker INTEGER NOT NULL, blocked INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (blocker, blocked)) STRICT, WITHOUT ROWID;
CREATE INDEX block_against ON block (blocked);
CREATE TABLE blocked_message (
    conversation INTEGER NOT NULL, born INTEGER NOT NULL, author INTEGER NOT NULL,
    PRIMARY KEY (conversation, born)) STRICT, WITHOUT ROWID;
CREATE TABLE silence (
    conversation INTEGER NOT NULL, account INTEGER NOT NULL, reader INTEGER NOT NULL,
    delivered INTEGER NOT NULL, read INTEGER NOT NULL, receipts_from INTEGER NOT NULL,
    PRIMARY KEY (conversation, account, reader)) STRICT, WITHOUT ROWID;
ALTER TABLE account ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN blocked_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN silences INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN slow_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN receipts_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN spared INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN said_at INTEGER NOT NULL DEFAULT 0;
DROP INDEX member_moved;
CREATE INDEX member_moved ON member (account, stretch, conversation) WHERE present = 1 AND spared = 0;
CREATE INDEX member_spared ON member (account, conversation) WHERE spared = 1;
PRAGMA user_version = 22;
)sql";

constexpr std::array scripts = {version_1,  version_2,  version_3,  version_4,  version_5,  version_6,
                                version_7,  version_8,  version_9,  version_10, version_11, version_12,
                                version_13, version_14, version_15, version_16, version_17, version_18,
                                version_19, version_20, version_21, version_22};
static_assert(scripts.size() == tables_version);
static_assert(schema_version == tables_version + 1, "what protect_pages leads to");
static_assert(epoch_max == 8388606 && limits::restore_jump == 1073741824,
              "what versions 8 and 14 compute with");
static_assert(narrow_members_max == 256 && stretch_positions == 1024, "what version 2 computes with");

Result<std::int64_t> version_of(Connection& connection) {
    const auto version = one_number(connection, "PRAGMA user_version");
    TRY(connection.status());
    return version;
}

constexpr bool says_pages_are_protected(std::int64_t version) {
    return version > 2 && version % 2 == 1;
}

/// What is damaged is not taken for the file of an older version.
Status check_protection(const Connection& connection, std::int64_t version) {
    if (!says_pages_are_protected(version) || connection.pages_protected()) return {};
    return fail(ErrorCode::internal, "the first page of the database is damaged: restore a backup");
}

/// A step that failed has committed nothing; what it left in the log behind that, where it may have filled
/// the disk, is cut off.
Status without_leftovers(Connection& connection, Status done) {
    if (!done) (void)copy_log_back(connection, LogCopy::truncate);
    return done;
}

Status write_anew(Connection& connection) {
    // What it is written from need not fit into memory.
    TRY(connection.execute("PRAGMA temp_store = FILE"));
    const auto done = connection.execute("VACUUM");
    TRY(connection.execute("PRAGMA temp_store = MEMORY"));
    TRY(without_leftovers(connection, done));
    return copy_log_back(connection, LogCopy::truncate);
}

}  // namespace

Status migrate(Connection& connection, std::int64_t wanted) {
    TRY_ASSIGN(auto version, version_of(connection));
    if (version > schema_version) {
        return fail(ErrorCode::internal, "the store was written by a newer version of this program");
    }
    TRY(check_protection(connection, version));
    if (version >= wanted) return {};
    TRY(connection.execute("BEGIN IMMEDIATE"));
    for (; version < wanted; ++version) {
        if (auto made = connection.execute(scripts[static_cast<std::size_t>(version)]); !made) {
            if (connection.in_transaction()) (void)connection.execute("ROLLBACK");
            return without_leftovers(connection, made);
        }
    }
    const auto committed = connection.execute("COMMIT");
    if (!committed && connection.in_transaction()) (void)connection.execute("ROLLBACK");
    return without_leftovers(connection, committed);
}

Status check_page_protection(Connection& connection) {
    TRY_ASSIGN(const auto version, version_of(connection));
    return check_protection(connection, version);
}

Status protect_pages(Connection& connection) {
    TRY_ASSIGN(const auto version, version_of(connection));
    TRY(check_protection(connection, version));
    if (!connection.pages_protected()) {
        TRY(write_anew(connection));
        if (!connection.pages_protected())
            return fail(ErrorCode::internal, "the pages of the database could not be given checksums");
    }
    if (version >= schema_version) return {};
    return connection.execute(("PRAGMA user_version = " + std::to_string(schema_version)).c_str());
}

}  // namespace parley::server::sqlite
