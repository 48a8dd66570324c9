#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/blocks.hpp"
#include "core/conversation.hpp"
#include "core/identity.hpp"
#include "core/local_database.hpp"
#include "core/output.hpp"
#include "core/rows.hpp"
#include "core/timers.hpp"

#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

namespace parley::core {

/// Receipts in both directions.
///
/// Others': how far each other member has got; from them, what everybody has who sees it, which only grows:
/// who joins later, or leaves, takes nothing back, and who joins later has a say about what he sees alone. In
/// a group a blocked person has none, since nothing is heard of him.
///
/// Own: `ack` tells the server what this device has committed. Acks are derived from committed cursors, sent
/// at most once a second, never answered. A `pong` proves that what was sent some seconds before its ping was
/// taken in (the server answers pings at once, and gathers acks before it writes them); until then an ack
/// counts as not sent after the next connect. One without a token proves nothing: where the server cannot
/// write, it keeps acks in memory alone, and tries again for longer than those seconds; they are told again.
class Receipts {
  public:
    Receipts(LocalDatabase& database, Conversations& conversations, Rows& rows, const Blocks& blocks,
             IdentityStore& identity, Output& output, Timers& timers)
        : database_(database),
          conversations_(conversations),
          rows_(rows),
          blocks_(blocks),
          identity_(identity),
          output_(output),
          timers_(timers) {}

    // Getters.
    /// How far the others have got. Stays valid until the next call of anything here. Kept for the next time,
    /// since each receipt asks.
    using ByMember = std::map<AccountId, protocol::Receipt>;
    Result<const ByMember*> of(const Conversation& conversation);

    // Input.
    Status handle_receipt(Conversation& conversation, const protocol::Receipt& receipt);
    /// Everything that the server does not surely know is to be told after a connect.
    void handle_signed_in();
    void handle_disconnected();
    /// `pings`: sent so far on all connections.
    void handle_pings(std::uint64_t pings, Instant now);
    /// `proves`: the server says that it has written what it gathered.
    void handle_pong(bool proves);

    // Commands.
    /// What was told before the numbers from here on were given out is told anew, where it still holds.
    Status forget_before(const Conversation& conversation, std::int64_t first);
    /// Above this place the history may be another one now: of what everybody has there, what holds of the
    /// messages that are shown is kept, and may be told anew of others. To be called before these are marked.
    Status keep_places_of_messages(Conversation& conversation, std::int64_t certain);
    /// Members or receipts of this conversation changed, or what is marked *not on the server*.
    Status recount(Conversation& conversation);
    /// What changed in this input may have to be acknowledged.
    void note_changed();
    /// Everything was erased.
    void clear() {
        due_.clear();
        known_.clear();
    }

    // Output: acks that are due are sent.
    void pump(Instant now);

  private:
    /// Another member: what he sees begins at one of two places, which are the same where his row says it.
    struct Other {
        std::int64_t sees_from = 1;
        std::int64_t surely_from = 1;
        std::int64_t delivered = 0;
        std::int64_t read = 0;
    };
    Result<std::vector<Other>> others_of(const Conversation& conversation);
    /// What of a range is not known yet and may be: of what is not on the server nobody says anything.
    Result<std::vector<Range>> new_places(const Conversation& conversation, const RangeSet& known,
                                          const Range& range);
    static Range reached(const std::vector<Other>& others, std::int64_t Other::* how_far,
                         std::int64_t known_upto, Conversation& conversation);

    LocalDatabase& database_;
    Conversations& conversations_;
    Rows& rows_;
    const Blocks& blocks_;
    IdentityStore& identity_;
    Output& output_;
    Timers& timers_;

    /// Of the conversations that were asked for last, by number.
    std::unordered_map<std::int64_t, ByMember> known_;
    std::uint64_t known_as_of_ = 0;
    std::set<StreamId> due_;
    std::optional<Instant> sent_at_;
    std::uint64_t pings_ = 0;
    std::uint64_t pongs_ = 0;
    /// Acks that the pong with this number will prove, and those that none will yet.
    std::vector<protocol::StreamPosition> before_ping_;
    std::uint64_t proving_pong_ = 0;
    struct SentAck {
        protocol::StreamPosition position;
        Instant at;
    };
    std::deque<SentAck> unproven_;
};

}  // namespace parley::core
