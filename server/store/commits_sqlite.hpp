#pragma once

#include "base/time.hpp"
#include "server/store/forgetting_sqlite.hpp"
#include "server/store/sqlite.hpp"

#include <cstdint>
#include <optional>

namespace parley::server::sqlite {

/// Numbers of one stream that one transaction gave, and its place in commit order.
struct CommitRow {
    std::int64_t position = 0;
    StreamKey stream;
    std::int64_t first = 0;
    std::int64_t last = 0;
    WallTime at;
};

/// The table commits: what changed, in commit order. It is kept for as long as a device may come back by it
/// (limits::resume_window_ms) and until every follower has read it; what lies behind both is forgotten a few
/// rows at a time, with the transactions that add to it. What is left has no gaps.
class CommitTable {
  public:
    explicit CommitTable(Connection& connection);

    void write(const CommitRow& row);
    /// Forgets what nobody needs any more at `now`, of the oldest `rows_max` rows.
    void trim(WallTime now, std::int64_t rows_max);
    /// Forgets what it knows of the table, which a transaction rolled back.
    void clear() { oldest_at_.reset(); }
    /// As of Forgetting.
    bool learn() { return forgetting_.learn(); }

  private:
    void forget(WallTime now, std::int64_t rows_max);

    Forgetting forgetting_;
    /// Of the oldest row, where it is known, so that most transactions need not look.
    std::optional<WallTime> oldest_at_;

    Statement insert_;
    Statement oldest_;
    Statement trim_;
};

}  // namespace parley::server::sqlite
