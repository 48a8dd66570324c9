#pragma once

#include "server/store/rows.hpp"
#include "server/store/sqlite.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace parley::server::sqlite {

/// Which reactions hang on which message: what their rows say, in order of messages.
class ReactionTable {
  public:
    explicit ReactionTable(Connection& connection);

    void put(const RowToWrite& row, const protocol::ReactionChanged& reaction);
    /// Those of one message, and returns where their rows stand.
    std::vector<std::int64_t> drop(StreamKey stream, std::int64_t message);

    /// As in Rows.
    std::int64_t place(const ReactionKey& key);
    std::vector<std::int64_t> taken_back(const ReactionKey& key);
    ReactionCounts count(const ReactionKey& key);

    /// The first message in this range, or (falling) the last, to which a reaction with a `seq` above `since`
    /// was ever made; 0: there is none.
    std::int64_t nearest(StreamKey stream, BornRange range, std::int64_t since, bool falling);
    /// Places above `after` of reactions to a message that changed after `since`, also of those that were
    /// taken back. At most `limit`, in order.
    std::vector<std::int64_t> places(StreamKey stream, std::int64_t message, std::int64_t after,
                                     std::int64_t since, std::int64_t limit);

  private:
    Statement insert_;
    Statement update_;
    Statement delete_;
    Statement all_;
    Statement held_;
    Statement taken_back_;
    Statement count_;
    Statement first_;
    Statement last_;
    Statement places_;
};

}  // namespace parley::server::sqlite
