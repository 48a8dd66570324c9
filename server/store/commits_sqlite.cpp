#include "server/store/commits_sqlite.hpp"

#include "protocol/generated/cpp/limits.hpp"

namespace parley::server::sqlite {

namespace {

constexpr Duration window = milliseconds(limits::resume_window_ms);

/// A row that is dated later than this was written by a clock that ran ahead: it is old enough, too, or it
/// would keep everything behind it for as long as the clock was wrong.
constexpr Duration clock_error_max = milliseconds(limits::resume_window_ms);

bool is_due(WallTime at, WallTime now) {
    return at < now - window || at > now + clock_error_max;
}

}  // namespace

CommitTable::CommitTable(Connection& connection)
    : forgetting_(connection),
      insert_(connection, "INSERT INTO commits (position, stream, first, last, at) VALUES (?, ?, ?, ?, ?)"),
      oldest_(connection, "SELECT at FROM commits ORDER BY position LIMIT 1"),
      // Only from the front, up to the first row that is kept: where clocks jump, a later row may look older,
      // and who reads on from one in front of it must not miss it. The inner limit bounds the work.
      trim_(connection,
            "DELETE FROM commits WHERE position <"
            " (SELECT coalesce(min(CASE WHEN at >= ?1 AND at <= ?2 THEN position END), max(position) + 1)"
            " FROM (SELECT position, at FROM commits ORDER BY position LIMIT ?3))"
            " AND position <= (SELECT coalesce(min(position), 9223372036854775807) FROM follower)") {}

void CommitTable::write(const CommitRow& row) {
    insert_.run(row.position, row.stream, row.first, row.last, row.at);
}

void CommitTable::trim(WallTime now, std::int64_t rows_max) {
    if (!forgetting_.begins()) return;
    forget(now, rows_max);
    forgetting_.ended();
}

void CommitTable::forget(WallTime now, std::int64_t rows_max) {
    if (!oldest_at_) {
        auto query = oldest_();
        oldest_at_ = query.step() ? WallTime{query.integer(0)} : now;
    }
    if (!is_due(*oldest_at_, now)) return;
    trim_.run(now - window, now + clock_error_max, rows_max);
    oldest_at_.reset();
}

}  // namespace parley::server::sqlite
