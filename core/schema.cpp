#include "core/schema.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <array>
#include <string>

namespace parley::core {
namespace {

// What all versions together come to, for a database that holds nothing: altering tables that were only just
// made is what costs most in making them. A new version is written down here as well; a test holds both ways
// equal.
//
// `self`: who this device is signed in as, and how far its account stream has got; one line or none.
// `conversation`: see conversation.hpp. `stream_row`: rows of conversations, and of the account stream under
// stream 0. `command`: the outbox, in order. `settled`: own commands that were accepted, so that their ids
// stay known. `receipt`: how far others have got. `reader`: which rows the version that opened this last
// could read.
constexpr std::string_view newest_schema = R"sql(
CREATE TABLE lease (generation INTEGER NOT NULL);
INSERT INTO lease VALUES (0);

CREATE TABLE self (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    account TEXT NOT NULL,
    device TEXT NOT NULL,
    access_token TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    refresh_token TEXT NOT NULL,
    sync_token TEXT,
    epoch INTEGER,
    cursor INTEGER NOT NULL,
    behind INTEGER NOT NULL,
    heard_at INTEGER NOT NULL DEFAULT 0,
    may_be_lost INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE conversation (
    number INTEGER PRIMARY KEY,
    stream TEXT NOT NULL UNIQUE,
    known INTEGER NOT NULL,
    present INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    until INTEGER NOT NULL,
    summary BLOB NOT NULL,
    preview BLOB,
    head INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    solid INTEGER NOT NULL,
    base INTEGER NOT NULL,
    ranges TEXT NOT NULL,
    removed_after INTEGER,
    removed_upto INTEGER NOT NULL,
    newest_owed INTEGER NOT NULL,
    members_after INTEGER,
    settings_owed INTEGER NOT NULL,
    restored_from INTEGER,
    read INTEGER NOT NULL,
    triple_read INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    mentions INTEGER NOT NULL,
    as_of_conversation INTEGER NOT NULL,
    as_of_account INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    delivered_places TEXT NOT NULL DEFAULT '',
    read_places TEXT NOT NULL DEFAULT ''
);

CREATE TABLE stream_row (
    stream INTEGER NOT NULL,
    born INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    type INTEGER NOT NULL,
    id BLOB,
    counts INTEGER NOT NULL,
    own INTEGER NOT NULL,
    not_on_server INTEGER NOT NULL,
    body BLOB NOT NULL,
    unreadable INTEGER NOT NULL DEFAULT 0,
    message INTEGER NOT NULL DEFAULT 0,
    emoji TEXT,
    PRIMARY KEY (stream, born)
) WITHOUT ROWID;
CREATE INDEX stream_row_other ON stream_row (stream, type, born) WHERE type <> 42;
CREATE INDEX stream_row_lost ON stream_row (stream, id) WHERE not_on_server = 1;
CREATE INDEX stream_row_unreadable ON stream_row (stream, seq) WHERE unreadable = 1;
CREATE INDEX stream_row_deleted ON stream_row (stream, seq) WHERE counts >= 3;
CREATE INDEX stream_row_reaction ON stream_row (stream, message, emoji, born, not_on_server, own)
    WHERE message > 0;

CREATE TABLE command (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    type INTEGER NOT NULL,
    lane TEXT NOT NULL,
    made_by BLOB,
    made_at INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    failure INTEGER,
    failure_context TEXT,
    failure_field TEXT,
    body BLOB NOT NULL,
    attempted INTEGER NOT NULL DEFAULT 0,
    forwards INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE settled (
    id BLOB PRIMARY KEY,
    stream TEXT NOT NULL,
    at INTEGER NOT NULL,
    passing INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX settled_passing ON settled (at) WHERE passing = 1;

CREATE TABLE receipt (
    stream INTEGER NOT NULL,
    account TEXT NOT NULL,
    delivered INTEGER NOT NULL,
    read INTEGER NOT NULL,
    speaks_from INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (stream, account)
) WITHOUT ROWID;

CREATE TABLE profile (
    account TEXT PRIMARY KEY,
    body BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE reader (stamp INTEGER NOT NULL);
INSERT INTO reader VALUES (0);
)sql";

constexpr std::string_view version_1 = R"sql(
CREATE TABLE lease (generation INTEGER NOT NULL);
INSERT INTO lease VALUES (0);

CREATE TABLE self (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    account TEXT NOT NULL,
    device TEXT NOT NULL,
    access_token TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    refresh_token TEXT NOT NULL,
    sync_token TEXT,
    epoch INTEGER,
    cursor INTEGER NOT NULL,
    behind INTEGER NOT NULL
);

CREATE TABLE conversation (
    number INTEGER PRIMARY KEY,
    stream TEXT NOT NULL UNIQUE,
    known INTEGER NOT NULL,
    present INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    until INTEGER NOT NULL,
    summary BLOB NOT NULL,
    preview BLOB,
    head INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    solid INTEGER NOT NULL,
    base INTEGER NOT NULL,
    ranges TEXT NOT NULL,
    removed_after INTEGER,
    removed_upto INTEGER NOT NULL,
    newest_owed INTEGER NOT NULL,
    members_after INTEGER,
    settings_owed INTEGER NOT NULL,
    restored_from INTEGER,
    read INTEGER NOT NULL,
    triple_read INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    mentions INTEGER NOT NULL,
    as_of_conversation INTEGER NOT NULL,
    as_of_account INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    delivered_to_all INTEGER NOT NULL,
    read_by_all INTEGER NOT NULL
);

CREATE TABLE stream_row (
    stream INTEGER NOT NULL,
    born INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    type INTEGER NOT NULL,
    id BLOB,
    counts INTEGER NOT NULL,
    own INTEGER NOT NULL,
    not_on_server INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (stream, born)
) WITHOUT ROWID;
CREATE UNIQUE INDEX stream_row_id ON stream_row (stream, id) WHERE id IS NOT NULL;
CREATE INDEX stream_row_other ON stream_row (stream, type, born) WHERE type <> 42;

CREATE TABLE command (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    type INTEGER NOT NULL,
    lane TEXT NOT NULL,
    made_by BLOB,
    made_at INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    failure INTEGER,
    failure_context TEXT,
    failure_field TEXT,
    body BLOB NOT NULL
);

CREATE TABLE settled (
    id BLOB PRIMARY KEY,
    stream TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

// How far others have got, and what is known of persons.
constexpr std::string_view version_2 = R"sql(
CREATE TABLE receipt (
    stream INTEGER NOT NULL,
    account TEXT NOT NULL,
    delivered INTEGER NOT NULL,
    read INTEGER NOT NULL,
    PRIMARY KEY (stream, account)
) WITHOUT ROWID;

CREATE TABLE profile (
    account TEXT PRIMARY KEY,
    body BLOB NOT NULL
) WITHOUT ROWID;
)sql";

// A message's id is unique among those of its sender only.
constexpr std::string_view version_3 = R"sql(
DROP INDEX stream_row_id;
CREATE INDEX stream_row_id ON stream_row (stream, id) WHERE id IS NOT NULL;
)sql";

// A message is looked for by its id only where a restored server may have given it another place.
constexpr std::string_view version_4 = R"sql(
DROP INDEX stream_row_id;
CREATE INDEX stream_row_lost ON stream_row (stream, id) WHERE not_on_server = 1;
)sql";

// Rows that a later version made, of which only the place is known; and which rows the version that opened
// this last could read. When the server was last heard, by its own clock.
constexpr std::string_view version_5 = R"sql(
ALTER TABLE stream_row ADD COLUMN unreadable INTEGER NOT NULL DEFAULT 0;
CREATE INDEX stream_row_unreadable ON stream_row (stream, seq) WHERE unreadable = 1;
CREATE TABLE reader (stamp INTEGER NOT NULL);
INSERT INTO reader VALUES (0);
ALTER TABLE self ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
)sql";

// Which settled commands leave nothing that later ones could name, so that the older ones are forgotten.
constexpr std::string_view version_6 = R"sql(
ALTER TABLE settled ADD COLUMN passing INTEGER NOT NULL DEFAULT 0;
UPDATE settled SET passing = 1 WHERE stream = '';
CREATE INDEX settled_passing ON settled (at) WHERE passing = 1;
)sql";

// What has reached everybody who sees it is no longer all that lies below one place.
constexpr std::string_view version_7 = R"sql(
ALTER TABLE conversation ADD COLUMN delivered_places TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN read_places TEXT NOT NULL DEFAULT '';
UPDATE conversation SET delivered_places = '1-' || delivered_to_all WHERE delivered_to_all > 0;
UPDATE conversation SET read_places = '1-' || read_by_all WHERE read_by_all > 0;
ALTER TABLE conversation DROP COLUMN delivered_to_all;
ALTER TABLE conversation DROP COLUMN read_by_all;
)sql";

// What was deleted after the server counted is subtracted, without a look at all that is unread. Which
// messages may have reached the server; what is there already may have.
constexpr std::string_view version_8 = R"sql(
CREATE INDEX stream_row_deleted ON stream_row (stream, seq) WHERE counts = 3;
ALTER TABLE command ADD COLUMN attempted INTEGER NOT NULL DEFAULT 0;
UPDATE command SET attempted = 1;
)sql";

// To which message a row is a reaction, and with which emoji; and whether a restored server still has to say
// what it has.
constexpr std::string_view version_9 = R"sql(
ALTER TABLE self ADD COLUMN may_be_lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream_row ADD COLUMN message INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream_row ADD COLUMN emoji TEXT;
CREATE INDEX stream_row_reaction ON stream_row (stream, message, emoji, born, not_on_server, own)
    WHERE message > 0;
)sql";

// Of what was deleted some had named everybody.
constexpr std::string_view version_10 = R"sql(
DROP INDEX stream_row_deleted;
CREATE INDEX stream_row_deleted ON stream_row (stream, seq) WHERE counts >= 3;
)sql";

// From where on receipts speak of messages, where somebody had been blocked meanwhile. And a message that
// waits may be a forward, which says nothing to whoever does not know of that.
constexpr std::string_view version_11 = R"sql(
ALTER TABLE receipt ADD COLUMN speaks_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE command ADD COLUMN forwards INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr std::array scripts_of_all_versions = {version_1, version_2,  version_3, version_4,
                                                version_5, version_6,  version_7, version_8,
                                                version_9, version_10, version_11};

Result<std::int64_t> user_version(LocalDatabase& database) {
    TRY_ASSIGN(Query query, database.read("PRAGMA user_version"));
    TRY_ASSIGN(bool found, query.step());
    return found ? query.integer(0) : 0;
}

}  // namespace

std::span<const std::string_view> migrations() {
    return scripts_of_all_versions;
}

Status migrate(LocalDatabase& database, std::span<const std::string_view> scripts) {
    const auto newest = static_cast<std::int64_t>(scripts.size());
    TRY_ASSIGN(std::int64_t seen, user_version(database));
    if (seen == newest) return {};

    Transaction transaction(database);
    TRY(database.begin());
    // Asked again inside the transaction: another core may have migrated in between.
    TRY_ASSIGN(std::int64_t version, user_version(database));
    if (version > newest) return fail(ErrorCode::unavailable, "a newer version wrote the local database");
    if (version == 0 && newest == static_cast<std::int64_t>(scripts_of_all_versions.size())) {
        TRY(database.run(newest_schema));
        version = newest;
    }
    for (; version < newest; ++version)
        TRY(database.run(scripts[static_cast<std::size_t>(version)]));
    TRY(database.run("PRAGMA user_version = " + std::to_string(newest)));
    return transaction.commit();
}

Result<std::int64_t> reader_stamp(LocalDatabase& database) {
    TRY_ASSIGN(Query query, database.read("SELECT stamp FROM reader"));
    TRY_ASSIGN(bool found, query.step());
    return found ? query.integer(0) : 0;
}

Status set_reader_stamp(LocalDatabase& database, std::int64_t stamp) {
    return database.write("UPDATE reader SET stamp = ?", stamp);
}

Status erase_everything(LocalDatabase& database) {
    TRY(database.begin());
    database.erase_from_log();
    TRY(database.run("PRAGMA secure_delete = ON"));
    return database.run(
        "DELETE FROM self; DELETE FROM conversation; DELETE FROM stream_row; DELETE FROM command;"
        "DELETE FROM settled; DELETE FROM receipt; DELETE FROM profile;");
}

}  // namespace parley::core
