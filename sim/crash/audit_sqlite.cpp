#include "sim/crash/audit.hpp"
#include "sim/handles_sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>

namespace parley::sim::crash {

namespace {

/// Each is to find nothing.
struct Recount {
    const char* what;
    const char* sql;
};
constexpr std::array recounts{
    Recount{"a conversation's number of messages differs from a recount",
            "SELECT key FROM conversation AS c WHERE counted <>"
            " (SELECT count(*) FROM row WHERE stream = c.key AND kind = 42)"},
    Recount{"a conversation's number of members differs from a recount",
            "SELECT key FROM conversation AS c WHERE members <>"
            " (SELECT count(*) FROM member WHERE conversation = c.key AND present = 1)"},
    Recount{"a member's unread count differs from a recount",
            "SELECT m.conversation FROM member AS m JOIN conversation AS c ON c.key = m.conversation"
            " WHERE m.present = 1 AND c.counted - m.counted_at_read - m.own_since_read <>"
            " (SELECT count(*) FROM row WHERE stream = m.conversation AND born > m.read AND kind = 42"
            " AND author <> m.account)"},
    Recount{"a member's count of own messages differs from a recount",
            "SELECT m.conversation FROM member AS m WHERE m.present = 1 AND m.own_since_read <>"
            " (SELECT count(*) FROM row WHERE stream = m.conversation AND born > m.read AND kind = 42"
            " AND author = m.account)"},
    Recount{"a mention has no message, or a deleted one",
            "SELECT conversation FROM mention AS m WHERE NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = m.conversation AND born = m.born AND kind = 42 AND gone = 0)"},
    Recount{"a mention of all has no message, or a deleted one",
            "SELECT conversation FROM mention_of_all AS m WHERE NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = m.conversation AND born = m.born AND kind = 42 AND gone = 0"
            " AND author = m.author)"},
    Recount{"a deletion has no deleted message",
            "SELECT conversation FROM deletion AS d WHERE NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = d.conversation AND born = d.born AND kind = 42 AND gone = 1"
            " AND author = d.author)"},
    Recount{"a deleted message has no deletion",
            "SELECT stream FROM row AS r WHERE kind = 42 AND gone = 1 AND NOT EXISTS (SELECT 1 FROM deletion"
            " WHERE conversation = r.stream AND born = r.born)"},
    Recount{"an earlier text has no message, or a deleted or newer one",
            "SELECT stream FROM earlier_text AS e WHERE NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = e.stream AND born = e.born AND kind = 42 AND gone = 0 AND seq > e.seq)"},
    Recount{"what an edited message said first is not kept",
            "SELECT stream FROM row AS r WHERE kind = 42 AND gone = 0 AND seq <> born AND NOT EXISTS"
            " (SELECT 1 FROM earlier_text WHERE stream = r.stream AND born = r.born AND seq = r.born)"},
    Recount{"a reaction has no message, or a deleted one",
            "SELECT stream FROM reaction AS r WHERE NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = r.stream AND born = r.message AND kind = 42 AND gone = 0)"},
    Recount{"a reaction has no row, or one that says the contrary",
            "SELECT stream FROM reaction AS r WHERE NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = r.stream AND born = r.born AND kind = 39 AND seq = r.seq AND author = r.account"
            " AND gone = (r.emoji = ''))"},
    Recount{"a row that is a reaction is not known by its message",
            "SELECT stream FROM row AS r WHERE kind = 39 AND NOT EXISTS (SELECT 1 FROM reaction"
            " WHERE stream = r.stream AND born = r.born)"},
    Recount{"one person has reacted with one emoji twice",
            "SELECT stream FROM reaction WHERE emoji <> '' GROUP BY stream, message, emoji, account"
            " HAVING count(*) > 1"},
    Recount{"a pin has no message, or a deleted one",
            "SELECT stream FROM row AS p WHERE kind = 37 AND (slot % 16 <> 9 OR NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = p.stream AND born = p.slot / 16 AND kind = 42 AND gone = 0))"},
    Recount{"a message has two pins",
            "SELECT stream FROM row WHERE kind = 37 GROUP BY stream, slot HAVING count(*) > 1"},
    Recount{"a group has no owner",
            "SELECT key FROM conversation AS c WHERE low = 0 AND members > 0 AND NOT EXISTS"
            " (SELECT 1 FROM member WHERE conversation = c.key AND present = 1 AND role = 1)"},
    Recount{"a member has no row, or one that says the contrary",
            "SELECT conversation FROM member AS m WHERE NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = m.conversation AND slot = m.account * 16 + 1 AND gone = 1 - m.present)"},
    Recount{"a device has no row, or one that says the contrary",
            "SELECT key FROM device AS d WHERE NOT EXISTS (SELECT 1 FROM row"
            " WHERE stream = d.account AND slot = d.key * 16 + 5 AND gone = 1 - d.present)"},
    Recount{"an account has a handle that is kept for another",
            "SELECT a.key FROM account AS a JOIN former_handle AS f ON f.handle = a.handle"
            " WHERE f.account <> a.key"},
    Recount{"a membership is open that has ended, or the contrary",
            "SELECT conversation FROM member AS m WHERE present <> (SELECT count(*) FROM interval AS i"
            " WHERE i.conversation = m.conversation AND i.account = m.account AND i.last IS NULL)"},
    Recount{"somebody sees a message twice",
            "SELECT i.conversation FROM interval AS i JOIN interval AS j ON j.conversation = i.conversation"
            " AND j.account = i.account AND j.first > i.first AND (i.last IS NULL OR j.first <= i.last)"},
    Recount{"an invite link was used more often than it may be, or nobody is there who made it",
            "SELECT l.conversation FROM link AS l WHERE uses > uses_max OR NOT EXISTS (SELECT 1 FROM member"
            " WHERE conversation = l.conversation AND account = l.made_by AND present = 1)"},
    Recount{"a membership began by the link of one who was never there",
            "SELECT conversation FROM member AS m WHERE invited_by <> 0 AND NOT EXISTS (SELECT 1 FROM member"
            " WHERE conversation = m.conversation AND account = m.invited_by)"},
    Recount{"a position lies above its conversation's head",
            "SELECT conversation FROM member AS m JOIN conversation AS c ON c.key = m.conversation"
            " WHERE m.read > c.head OR m.delivered > c.head OR m.since > c.head"},
    Recount{"a member's stretch is not that of the latest movement",
            "SELECT conversation FROM member AS m JOIN conversation AS c ON c.key = m.conversation"
            " WHERE m.present = 1 AND c.members <= 256 AND m.stretch <>"
            " max(c.touched / 1024, m.touched / 1024)"},
    Recount{"a row has a number above its stream's head",
            "SELECT stream FROM row AS r WHERE seq > coalesce((SELECT head FROM conversation WHERE key ="
            " r.stream), (SELECT head FROM account WHERE key = r.stream), 0)"},
    Recount{"a number stands in two rows of a stream",
            "SELECT stream FROM row GROUP BY stream, seq HAVING count(*) > 1"},
    Recount{"a row is older than its place", "SELECT stream FROM row WHERE seq < born"},
};

class File {
  public:
    File(const MemoryDisk& disk, const std::string& path)
        : copy_(disk.copy("looked at")), process_(copy_->start()) {
        sqlite3* handle = nullptr;
        const int opened =
            sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, process_->vfs_name().c_str());
        connection_.reset(handle);
        if (opened != SQLITE_OK)
            complain(std::string("the file cannot be opened: ") + sqlite3_errmsg(handle));
        run("PRAGMA cell_size_check = ON; PRAGMA query_only = ON");
    }

    /// Calls `row` for each row that the statement finds.
    void each(const char* sql, const std::function<void(sqlite3_stmt&)>& row) {
        sqlite3_stmt* handle = nullptr;
        const int prepared = sqlite3_prepare_v2(connection_.get(), sql, -1, &handle, nullptr);
        const RawStatement statement(handle);
        int step = prepared;
        if (prepared == SQLITE_OK) {
            while ((step = sqlite3_step(handle)) == SQLITE_ROW)
                row(*handle);
        }
        if (step != SQLITE_DONE)
            complain(std::string("the file cannot be read: ") + sqlite3_errmsg(connection_.get()));
    }

    void complain(std::string what) { found.complaints.push_back(std::move(what)); }

    StoredFile found;

  private:
    void run(const char* sql) {
        if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            complain(std::string("the file cannot be read: ") + sqlite3_errmsg(connection_.get()));
    }

    std::unique_ptr<MemoryDisk> copy_;
    std::unique_ptr<DiskProcess> process_;
    RawConnection connection_;
};

std::int64_t number(sqlite3_stmt& row, int column) {
    return sqlite3_column_int64(&row, column);
}

std::string_view blob(sqlite3_stmt& row, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(&row, column));
    return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(&row, column))};
}

void read_rows(File& file) {
    std::map<RowPlace, std::int64_t> messages;
    file.each("SELECT stream, born, message FROM reaction",
              [&](sqlite3_stmt& row) { messages[{number(row, 0), number(row, 1)}] = number(row, 2); });
    std::int64_t stream = 0;
    std::vector<RowFacts>* rows = nullptr;
    file.each(
        "SELECT stream, born, seq, kind, at, author, id, body, gone, slot FROM row ORDER BY stream, born",
        [&](sqlite3_stmt& row) {
            if (rows == nullptr || stream != number(row, 0)) {
                stream = number(row, 0);
                rows = &file.found.rows[stream];
            }
            RowFacts facts{.born = number(row, 1),
                           .seq = number(row, 2),
                           .kind = number(row, 3),
                           .at = number(row, 4),
                           .author = number(row, 5),
                           .body = digest_of(blob(row, 7))};
            if (facts.kind == reaction_kind) facts.message = messages[{stream, facts.born}];
            // Its slot is its message's.
            if (facts.kind == pin_kind) facts.message = number(row, 9) / 16;
            if (facts.kind == message_kind || facts.message != 0) facts.deleted = number(row, 8) != 0;
            if (const auto id = blob(row, 6); id.size() == 16)
                std::memcpy(facts.id.emplace().bytes.data(), id.data(), id.size());
            rows->push_back(facts);
        });
    file.each(
        "SELECT stream, born, seq, at, body FROM earlier_text ORDER BY stream, born, seq",
        [&](sqlite3_stmt& row) {
            file.found.earlier[{number(row, 0), number(row, 1)}].push_back({.born = number(row, 1),
                                                                            .seq = number(row, 2),
                                                                            .kind = message_kind,
                                                                            .at = number(row, 3),
                                                                            .body = digest_of(blob(row, 4))});
        });
}

void read_heads(File& file) {
    auto& heads = file.found.heads;
    const auto note = [&](sqlite3_stmt& row) {
        heads.of_stream[number(row, 0)] = number(row, 1);
    };
    file.each("SELECT key, head FROM account", note);
    file.each("SELECT key, head FROM conversation", note);
    file.each("SELECT key, low, high FROM conversation WHERE low <> 0", [&](sqlite3_stmt& row) {
        file.found.directs[number(row, 0)] = {number(row, 1), number(row, 2)};
    });
    file.each("SELECT key, permissions FROM conversation",
              [&](sqlite3_stmt& row) { file.found.permissions[number(row, 0)] = number(row, 1); });
    file.each("SELECT position FROM meta", [&](sqlite3_stmt& row) { heads.position = number(row, 0); });
}

/// Every number was given by one commit, in order and without a gap, and the newest of them made the head.
/// Old commits are forgotten.
void check_commits(File& file) {
    std::map<std::int64_t, std::int64_t> given;
    std::int64_t last_position = 0;
    file.each("SELECT position, stream, first, last FROM commits ORDER BY position", [&](sqlite3_stmt& row) {
        const auto stream = number(row, 1);
        const auto known = given.find(stream);
        const bool follows = known == given.end() || number(row, 2) == known->second + 1;
        if (!follows || number(row, 3) < number(row, 2))
            file.complain("commits give numbers twice or leave some out in stream " + std::to_string(stream));
        given[stream] = number(row, 3);
        last_position = number(row, 0);
    });
    if (last_position > file.found.heads.position) file.complain("a commit lies above the store's position");
    for (const auto& [stream, upto] : given) {
        const auto head = file.found.heads.of_stream.find(stream);
        if (head == file.found.heads.of_stream.end() || head->second != upto)
            file.complain("a head is not where its commits brought it: stream " + std::to_string(stream));
    }
}

void read_people(File& file) {
    file.each(
        "SELECT m.conversation, m.account, m.present, m.role, m.read, m.delivered,"
        " c.counted - m.counted_at_read - m.own_since_read - (SELECT count(*) FROM deletion AS d"
        " WHERE d.conversation = m.conversation AND d.born > m.read AND d.author <> m.account)"
        " FROM member AS m JOIN conversation AS c ON c.key = m.conversation",
        [&](sqlite3_stmt& row) {
            file.found.members.push_back({.conversation = number(row, 0),
                                          .account = number(row, 1),
                                          .present = number(row, 2) != 0,
                                          .role = number(row, 3),
                                          .read = number(row, 4),
                                          .delivered = number(row, 5),
                                          .unread = number(row, 6)});
        });
    constexpr const char* intervals =
        "SELECT conversation, account, first, coalesce(last, 1 << 60) FROM interval ORDER BY first";
    file.each(intervals, [&](sqlite3_stmt& row) {
        file.found.intervals[{number(row, 0), number(row, 1)}].emplace_back(number(row, 2), number(row, 3));
    });
    file.each("SELECT key, account, present, refresh_number FROM device", [&](sqlite3_stmt& row) {
        file.found.devices.push_back({.key = number(row, 0),
                                      .account = number(row, 1),
                                      .present = number(row, 2) != 0,
                                      .refresh_number = number(row, 3)});
    });
}

}  // namespace

StoredFile audit(const MemoryDisk& disk, const std::string& path, AuditDepth depth) {
    File file(disk, path);
    if (!file.found.complaints.empty()) return std::move(file.found);
    read_heads(file);
    read_rows(file);
    read_people(file);
    check_commits(file);
    if (depth.recount) {
        for (const auto& recount : recounts) {
            file.each(recount.sql, [&](sqlite3_stmt& row) {
                file.complain(std::string(recount.what) + ": stream " + std::to_string(number(row, 0)));
            });
        }
    }
    if (depth.integrity) {
        file.each("PRAGMA integrity_check(3)", [&](sqlite3_stmt& row) {
            if (blob(row, 0) != "ok") file.complain("integrity_check: " + std::string(blob(row, 0)));
        });
    }
    return std::move(file.found);
}

}  // namespace parley::sim::crash
