#pragma once

#include "base/result.hpp"
#include "core/local_database.hpp"
#include "core/rules/counts.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::core {

/// Number under which the rows of the account's own stream stand; conversations count from 1.
inline constexpr std::int64_t account_stream_number = 0;

/// What became of a change.
enum class Applied : std::uint8_t {
    older,       ///< The device holds this state of the row or a later one.
    updated,     ///< The row has a new state.
    added,       ///< The row was not held before.
    unreadable,  ///< The row's new state is of a later version: only its place is kept.
};

/// How people reacted to a message with one emoji.
struct ReactionTally {
    std::string emoji;
    std::int64_t count = 0;
    bool own = false;
    /// Where the earliest stands.
    std::int64_t first = 0;
};

struct StoredRow {
    protocol::Change change;
    bool not_on_server = false;
};

/// What counting receipts needs of a member's row.
struct Seat {
    /// Of the row.
    std::int64_t born = 0;
    AccountId account;
    /// What he sees begins at one of two places, which are the same where his row says it: an older server's
    /// row does not say when he came in, but it was made when he first did, and written last when he came in
    /// again, or later.
    std::int64_t sees_from = 1;
    std::int64_t surely_from = 1;
};

/// Own messages that follow each other with numbers of the same restore (restore_generation), all marked *not
/// on the server* or none. What stands between them is of the same history as they.
struct OwnRun {
    std::int64_t first = 0;
    std::int64_t last = 0;
    bool not_on_server = false;
};

/// The rows that the device holds, by (stream, born). A row is replaced only by a state of it with a larger
/// `seq`, so that repeats, replays and pages in any order end alike; or where it is marked *not on the
/// server*: then by whatever comes under its key. A message's id belongs to its sender: one that comes again
/// at another place (a restored server had lost it, and it was sent again) moves there; the same id of
/// somebody else is another message.
///
/// A state that a later version made takes the place of the one before, which is not true any more, but
/// cannot be shown. It gives way to the same state once that can be read.
class Rows {
  public:
    explicit Rows(LocalDatabase& database) : database_(database) {}

    /// `reader`: for whom it counts as unread or not.
    Result<Applied> apply(std::int64_t stream, const protocol::Change& change, const AccountId& reader);

    /// Under this place, and without its text from now on: the row that says so comes later, and takes its
    /// place.
    Status note_deleted(std::int64_t stream, const protocol::Change& tombstone);

    Result<std::optional<StoredRow>> find(std::int64_t stream, std::int64_t born);
    /// Looks from the newest message on, however far back it is.
    Result<std::optional<StoredRow>> find_message(std::int64_t stream, const Uuid& id,
                                                  const AccountId& sender);
    /// At most `limit` messages below (above) a place, nearest first.
    Result<std::vector<StoredRow>> messages_below(std::int64_t stream, std::int64_t born, std::size_t limit);
    Result<std::vector<StoredRow>> messages_above(std::int64_t stream, std::int64_t born, std::size_t limit);
    /// When the newest own message was committed that is held; absent: none is.
    Result<std::optional<WallTime>> said_last(std::int64_t stream);
    /// The reactions to these neighbouring messages that are held, by the place of the message, the earliest
    /// emoji first; all of them where the message stands in a range.
    Result<std::map<std::int64_t, std::vector<ReactionTally>>> reactions(
        std::int64_t stream, const std::vector<StoredRow>& messages);
    /// The first who reacted with one of them.
    Result<std::vector<AccountId>> who_reacted(std::int64_t stream, const StoredRow& message,
                                               const std::string& emoji, std::int64_t limit);
    /// The own reaction with this emoji is no more: the row that says so comes later.
    Status note_taken_back(std::int64_t stream, std::int64_t message, const std::string& emoji);
    /// All rows of another type, in order of `born`.
    Result<std::vector<StoredRow>> of_type(std::int64_t stream, protocol::Type type);
    /// Those who are members as far as the device knows, in order of `born`. Stays valid until the next call
    /// of anything here. Kept for the next time, since each receipt asks.
    Result<std::span<const Seat>> seats(std::int64_t stream);
    /// Where the reader's own messages stand from one place to another, in order.
    Result<std::vector<OwnRun>> own_runs(std::int64_t stream, std::int64_t low, std::int64_t high);
    Result<std::int64_t> count_messages_from(std::int64_t stream, std::int64_t born);

    /// Rows of which only the place is known, and the lowest `seq` among them.
    Result<std::int64_t> count_unreadable(std::int64_t stream);
    Result<std::optional<std::int64_t>> first_unreadable(std::int64_t stream);

    /// What of (above, upto] counts as unread; `blocked`: whose messages count for nothing.
    Result<rules::Tally> tally(std::int64_t stream, std::int64_t above, std::int64_t upto,
                               const std::set<AccountId>& blocked);

    /// How many messages of others at places in (above, upto] were deleted by a change after `since`, and how
    /// many of them had named everybody; those of `blocked` left out.
    Result<rules::Tally> tally_deleted(std::int64_t stream, std::int64_t above, std::int64_t upto,
                                       std::int64_t since, const std::set<AccountId>& blocked);

    /// The server was restored to a moment at which it held changes up to `above`: marks all rows with a
    /// later `seq`, and returns where those stand that were born before it. `above` of -1 marks everything.
    Result<std::vector<std::int64_t>> mark_not_on_server(std::int64_t stream, std::int64_t above);
    /// The same of those whose `seq` is below this.
    Status mark_older_not_on_server(std::int64_t stream, std::int64_t below);
    /// Whether any row is marked so, in whichever stream.
    Result<bool> any_not_on_server();
    /// Takes away what is marked so.
    Status remove_not_on_server(std::int64_t stream);
    /// Takes away what is marked so of this sender's message in other streams, and returns which those are.
    /// Looks through all that is marked, which is little.
    Result<std::vector<std::int64_t>> remove_lost_copies(std::int64_t stream, const Uuid& id,
                                                         const AccountId& sender);

    /// Everything was erased.
    void clear() { forget_known(); }

  private:
    /// What a row was before.
    struct Held {
        bool there = false;
        bool lost = false;
        bool unreadable = false;
        std::int64_t seq = 0;
        std::int64_t type = 0;
    };
    Result<Held> held(std::int64_t stream, std::int64_t born);
    /// Reactions to the message, and its pin.
    Status drop_what_hangs_on(std::int64_t stream, std::int64_t message);
    Status take_from_elsewhere(std::int64_t stream, const protocol::Change& change);
    void note_seat(std::int64_t stream, const protocol::Change& change, const Held& before);
    Result<rules::Counts> counts_in(const Query& query, const std::set<AccountId>& blocked) const;
    Result<std::vector<StoredRow>> collect(Query query);
    Result<bool> any_unreadable();
    Result<std::int64_t> highest_place(std::int64_t stream);
    Result<bool> finds(Sql sql);
    void forget_known();
    void forget_what_was_taken_back();

    LocalDatabase& database_;
    /// Of the streams that were asked for last.
    std::unordered_map<std::int64_t, std::vector<Seat>> seats_;
    /// Whether any row at all is so: few devices ever hold one, and much asks of each stream. Absent: to be
    /// looked up.
    std::optional<bool> any_lost_;
    std::optional<bool> any_unreadable_;
    /// In each stream: nothing is held above this place. Most of what comes is new, and stands above.
    std::unordered_map<std::int64_t, std::int64_t> highest_places_;
    /// How much had been taken back when the above was known.
    std::uint64_t known_as_of_ = 0;
};

}  // namespace parley::core
