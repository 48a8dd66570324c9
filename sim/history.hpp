#pragma once

#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "server/domain/batch.hpp"
#include "sim/by_number.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

/// Messages with a place in it may be seen.
struct Interval {
    std::int64_t from = 1;
    /// `seq` of the change that ended it.
    std::optional<std::int64_t> until;
    /// Place of the joining: what lies before it was shared.
    std::int64_t joined = 1;

    bool holds(std::int64_t born) const { return born >= from && (!until || born <= *until); }
    /// Receipts say nothing of what was said before somebody came, also where he sees it.
    bool has_a_say(std::int64_t born) const { return born >= joined && holds(born); }
};

struct Membership {
    bool present = false;
    protocol::Role role = protocol::Role::member;
    std::vector<Interval> intervals;
    /// `seq` of the newest joining: read up to there.
    std::int64_t joined = 0;
    /// Where he is out: somebody else did that.
    bool removed = false;

    bool sees(std::int64_t born) const;
};

/// One stream as it came about, change by change.
struct StreamHistory {
    StreamId id;
    bool conversation = false;
    protocol::ConversationKind kind = protocol::ConversationKind::group;
    /// By `seq`; superseded ones included.
    ByNumber<protocol::Change> changes;
    /// `born` to the `seq` of the row's latest change.
    ByNumber<std::int64_t> latest;
    /// `born` to the changes that came over the row after it was made.
    std::map<std::int64_t, std::vector<std::int64_t>> later;
    std::map<AccountId, Membership> members;
    /// Of a direct conversation: who had blocked the one who began it, and does not know of it.
    std::optional<AccountId> spared;
    /// Messages, by place, to the places of what hangs on them: reactions, and their pin.
    std::map<std::int64_t, std::set<std::int64_t>> on_messages;
    /// Of the account's own stream: how far which conversation is read.
    std::map<StreamId, std::int64_t> read;
    /// Of the same: places of the rows that say what its person has set for himself in which conversation.
    std::map<StreamId, std::int64_t> preferences;
    std::map<StreamId, std::int64_t> drafts;
    /// Of the same: the changes by which its person blocked somebody, or ended that, by `seq`.
    std::map<AccountId, std::map<std::int64_t, bool>> blocks;
    /// Some changes were learnt from the store after a crash; of rows changed twice meanwhile only the last
    /// is known.
    std::vector<std::int64_t> unseen;

    /// Up to here the numbers were given out, or skipped, before the latest restore of the server.
    std::int64_t base = 0;

    std::int64_t head() const { return changes.empty() ? base : std::max(base, changes.rbegin()->first); }
    const protocol::Change* row(std::int64_t born) const;
    /// The message at this place, in its latest state.
    const protocol::MessageNew* message(std::int64_t born) const;
    /// The same as it stood after the change with this number; null: it was not there yet, or that is not
    /// known.
    const protocol::MessageNew* message_as_of(std::int64_t born, std::int64_t seq) const;
    /// What stands in these rows.
    const protocol::PreferencesChanged* preferences_in(const StreamId& stream) const;
    const protocol::DraftChanged* draft_in(const StreamId& stream) const;
    /// Who reacted to the message at this place, by emoji.
    /// Where `seen` is given, as far as this holds for their rows.
    using Seen = std::function<bool(const protocol::Change&)>;
    std::map<std::string, std::set<AccountId>> reactions_to(std::int64_t message,
                                                            const Seen& seen = nullptr) const;
    /// The places of the messages that are pinned, in the order of pinning; `seen` as above.
    std::vector<std::int64_t> pins(const Seen& seen = nullptr) const;
    /// How often the message at this place is known to have been edited.
    std::int64_t edits(std::int64_t born) const;
    /// Each state that the row has had, as far as they are known, the first one first.
    std::vector<const protocol::Change*> states(std::int64_t born) const;
};

struct Place {
    StreamId stream;
    std::int64_t born = 0;
    friend bool operator==(const Place&, const Place&) = default;
};

/// A small sequential model: what the server has committed, in order, and who may see what follows from it.
/// Written down from committed batches; none of the product's rules is used to work it out.
class History {
  public:
    void apply(const server::Batch& batch);
    /// A change found in the store that no batch brought: the server died between committing and telling.
    /// False: it is known.
    bool learn(const StreamId& stream, const protocol::Change& change);
    /// What somebody may see of a direct conversation, as the store says: what came first of a block and a
    /// message, where both were learnt, no change says.
    void learn_sight(const StreamId& stream, const AccountId& account, std::vector<Interval> intervals);
    /// Numbers up to this were given out, as the store says; those not known were superseded meanwhile.
    void learn_head(const StreamId& stream, std::int64_t head);

    /// The server was restored to this history, and the numbers go on behind these.
    void begin_epoch(const std::map<StreamId, std::int64_t>& heads);

    const std::map<StreamId, StreamHistory>& streams() const { return streams_; }
    const StreamHistory* find(const StreamId& stream) const;
    const Membership* membership(const StreamId& stream, const AccountId& account) const;
    /// Whether the one has blocked the other; as of a change of his account's stream.
    bool has_blocked(const AccountId& blocker, const AccountId& blocked,
                     std::int64_t as_of = std::numeric_limits<std::int64_t>::max()) const;
    /// Whether there was ever a block between the two.
    bool were_apart(const AccountId& one, const AccountId& other) const;
    /// Whether this member may see what was made of a direct conversation, or of a message of any: what hangs
    /// on a message of a direct one he sees as far as it was made where he sees what happens.
    bool sees(const StreamId& stream, const AccountId& account, const protocol::Change& row) const;
    /// Where this account's message with this id stands.
    const Place* place(const AccountId& sender, const Uuid& id) const;
    std::int64_t messages() const { return static_cast<std::int64_t>(places_.size()); }

    /// How far this account has read in this conversation.
    std::int64_t read(const AccountId& account, const StreamId& conversation) const;

  private:
    /// `founding`: brought by the work that made the stream.
    void add(const StreamId& stream, const protocol::Change& change, bool founding);
    void add_block(const StreamId& account, const protocol::Change& change,
                   const protocol::BlockChanged& block);
    static void join_where_nothing_was_said(const StreamHistory& stream, std::vector<Interval>& intervals);
    void add_joined(const StreamId& account, const protocol::Joined& joined);
    /// The direct conversation of the two; null: there is none.
    StreamHistory* direct_between(const AccountId& one, const AccountId& other);
    static void drop_what_hangs_on(StreamHistory& stream, std::int64_t message);
    void add_member(StreamHistory& stream, const protocol::Change& change,
                    const protocol::MemberChanged& member, bool founding);

    std::map<StreamId, StreamHistory> streams_;
    std::map<std::pair<AccountId, Uuid>, Place> places_;
};

}  // namespace parley::sim
