// What of the rows that are held counts as unread.

#include "core/rows.hpp"
#include "protocol/codec.hpp"

#include <set>

namespace parley::core {

/// Of a row with its counts and place. Who wrote it stands in its body, which is read for those alone who
/// have blocked anybody.
Result<rules::Counts> Rows::counts_in(const Query& query, const std::set<AccountId>& blocked) const {
    const auto counts = static_cast<rules::Counts>(query.integer(0));
    if (blocked.empty()) return counts;
    TRY_ASSIGN(const auto change,
               protocol::decode<protocol::Change>(query.bytes(2), protocol::Encoding::cbor));
    const auto* message = std::get_if<protocol::MessageNew>(&change.payload);
    return rules::while_blocked(counts, message && blocked.contains(message->sender));
}

Result<rules::Tally> Rows::tally(std::int64_t stream, std::int64_t above, std::int64_t upto,
                                 const std::set<AccountId>& blocked) {
    rules::Tally tally;
    if (upto <= above) return tally;
    constexpr Sql of_all =
        "SELECT counts, born FROM stream_row WHERE stream = ? AND born > ? AND born <= ?"
        " AND counts <> 0 AND not_on_server = 0";
    constexpr Sql by_whom =
        "SELECT counts, born, body FROM stream_row WHERE stream = ? AND born > ? AND born <= ?"
        " AND counts <> 0 AND not_on_server = 0";
    TRY_ASSIGN(Query query, database_.read(blocked.empty() ? of_all : by_whom, stream, above, upto));
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) return tally;
        TRY_ASSIGN(const auto counts, counts_in(query, blocked));
        tally.add(counts, query.integer(1), above);
    }
}

Result<rules::Tally> Rows::tally_deleted(std::int64_t stream, std::int64_t above, std::int64_t upto,
                                         std::int64_t since, const std::set<AccountId>& blocked) {
    rules::Tally tally;
    if (upto <= above) return tally;
    static_assert(static_cast<int>(rules::Counts::until_deleted) == 3, "what the index is for");
    constexpr Sql of_all =
        "SELECT counts, born FROM stream_row INDEXED BY stream_row_deleted"
        " WHERE stream = ? AND counts >= 3 AND seq > ?"
        " AND born > ? AND born <= ? AND not_on_server = 0";
    constexpr Sql by_whom =
        "SELECT counts, born, body FROM stream_row INDEXED BY stream_row_deleted"
        " WHERE stream = ? AND counts >= 3 AND seq > ?"
        " AND born > ? AND born <= ? AND not_on_server = 0";
    TRY_ASSIGN(Query query, database_.read(blocked.empty() ? of_all : by_whom, stream, since, above, upto));
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) return tally;
        TRY_ASSIGN(const auto counts, counts_in(query, blocked));
        if (counts == rules::Counts::not_at_all) continue;
        ++tally.unread;
        if (counts == rules::Counts::as_mention_until_deleted) ++tally.mentions;
    }
}

}  // namespace parley::core
