#pragma once

#include "base/time.hpp"
#include "protocol/generated/cpp/enums.hpp"
#include "protocol/generated/cpp/structs.hpp"
#include "server/domain/keys.hpp"
#include "server/store/rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley::server {

struct ConversationRecord {
    ConversationKey key;
    protocol::ConversationKind kind = protocol::ConversationKind::group;
    /// Of a group.
    std::string title;
    /// Of a group: whoever joins sees messages from this `born` on; 0: from his joining on.
    std::int64_t history_from = 0;
    /// Of a group in slow mode: the time between two messages of one member; zero: it is in none.
    Duration slow;
    /// Of a group; where none is set, all are as by default.
    protocol::Permissions permissions;
    /// The two persons of a direct conversation, the smaller key first; of saved messages one person twice.
    AccountKey low;
    AccountKey high;
    /// The one has blocked the other.
    bool low_blocks = false;
    bool high_blocks = false;
    /// Latest `seq`.
    std::int64_t head = 0;
    /// Messages so far, of which those that are not deleted count as unread for those who did not write them.
    std::int64_t counted = 0;
    /// Members that are present.
    std::int64_t members = 0;
    /// Commit position of the latest change or receipt.
    std::int64_t touched = 0;
    /// Cursors below are too old.
    std::int64_t floor = 0;
    /// The head at the moment of the latest restore; 0: never restored.
    std::int64_t restored_from = 0;
    /// So many `Silence`s there are in it.
    std::int64_t silences = 0;

    /// Of a direct conversation: who is not this one.
    AccountKey other(AccountKey account) const { return account == low ? high : low; }
    /// Of a direct conversation: whether this one has blocked the other.
    bool is_blocked_by(AccountKey account) const { return account == low ? low_blocks : high_blocks; }
};

/// One person in one conversation. Kept after he has left.
struct MemberRecord {
    ConversationKey conversation;
    AccountKey account;
    protocol::Role role = protocol::Role::member;
    bool present = false;
    /// Place at which the present membership begins. Messages of before it he sees where an interval says so.
    std::int64_t from = 0;
    /// `seq` of the change that began the present membership.
    std::int64_t since = 0;
    std::int64_t read = 0;
    std::int64_t delivered = 0;
    /// Counted messages up to `read`, and counted messages after it that are own, or that he may not see
    /// since he had blocked their sender: what then remains, without those that are deleted, is unread.
    std::int64_t counted_at_read = 0;
    std::int64_t own_since_read = 0;
    /// Commit position of the latest own reading.
    std::int64_t touched = 0;
    /// By whose invite link the present membership began; none: by no link.
    AccountKey invited_by = {};
    /// When the last own message was committed; 0: there was none, or an older server took it.
    WallTime said_at = {};
    /// Of a direct conversation: his receipts say nothing of what lies before this place. 0: they speak of
    /// all.
    std::int64_t receipts_from = 0;
    /// Of a direct conversation that was begun by somebody whom he had blocked: it is there for that one
    /// alone, until something comes that he sees. He is told of nothing in it, and may do nothing.
    bool spared = false;
};

/// Commit positions above the one, up to the other.
struct PositionRange {
    std::int64_t above = 0;
    std::int64_t upto = 0;

    bool contains(std::int64_t position) const { return above < position && position <= upto; }
};

/// A conversation that moved, for one account.
struct Moved {
    ConversationKey conversation;
    /// Commit position; no two conversations of an account share one.
    std::int64_t position = 0;
};

/// Conversations, their members and what these may see. Pointers stay valid while the view lives; what they
/// point to follows the writes of a transaction.
class Conversations {
  public:
    virtual ~Conversations() = default;

    virtual const ConversationRecord* find(ConversationKey key) = 0;
    /// The one direct conversation of the two.
    virtual std::optional<ConversationKey> direct_between(AccountKey one, AccountKey other) = 0;
    virtual const MemberRecord* member(ConversationKey conversation, AccountKey account) = 0;
    /// Those who are present, in the order in which their present membership began.
    virtual std::vector<MemberRecord> members(ConversationKey conversation, std::int64_t count_max) = 0;
    /// Which messages the account sees: those of its memberships, and what was shared with it of before;
    /// ascending, apart; of the present membership `last` is `last_born`.
    virtual std::vector<BornRange> intervals(ConversationKey conversation, AccountKey account) = 0;
    /// Who is present and came in after the place, which he has never been shown; by key. Of a direct
    /// conversation both were there from the first place on (intervals say what one of them does not see).
    virtual std::vector<AccountKey> unseen_by(ConversationKey conversation, std::int64_t born) = 0;
    /// Messages after `born` that name the account, or everybody, and count.
    virtual std::int64_t mentions_after(ConversationKey conversation, AccountKey account,
                                        std::int64_t born) = 0;
    /// Messages after `born` that somebody else wrote and that were deleted.
    virtual std::int64_t deleted_after(ConversationKey conversation, AccountKey account,
                                       std::int64_t born) = 0;
    /// Of the conversations that `joined` names, those that last moved at a position in
    /// (above, upto], latest first, `count_max` at most. Costs what moved, not what there is.
    virtual std::vector<Moved> moved(AccountKey account, PositionRange range, std::size_t count_max) = 0;
    /// All conversations in which the account is present, by key; those left out that it is spared.
    virtual std::vector<ConversationKey> joined(AccountKey account) = 0;
    /// The same with those.
    virtual std::vector<ConversationKey> joined_or_spared(AccountKey account) = 0;
};

class ConversationWrites {
  public:
    virtual ~ConversationWrites() = default;

    virtual void put(const ConversationRecord& record) = 0;
    virtual void put(const MemberRecord& record) = 0;
    virtual void open_interval(ConversationKey conversation, AccountKey account, std::int64_t first) = 0;
    virtual void close_interval(ConversationKey conversation, AccountKey account, std::int64_t last) = 0;
    /// The one that was closed last is open again.
    virtual void reopen_interval(ConversationKey conversation, AccountKey account) = 0;
    virtual void add_mention(ConversationKey conversation, AccountKey account, std::int64_t born) = 0;
    /// Forgets one: the message names the account no more, or is deleted.
    virtual void drop_mention(ConversationKey conversation, AccountKey account, std::int64_t born) = 0;
    /// A message of this author names everybody; nobody is named in it besides.
    virtual void add_mention_of_all(ConversationKey conversation, AccountKey author, std::int64_t born) = 0;
    /// Forgets it: the message is deleted.
    virtual void drop_mention_of_all(ConversationKey conversation, std::int64_t born) = 0;
    /// A message of this author was deleted.
    virtual void add_deletion(ConversationKey conversation, AccountKey author, std::int64_t born) = 0;
    /// Forgets those up to `born`: nobody asks for what was read.
    virtual void drop_mentions(ConversationKey conversation, AccountKey account, std::int64_t born) = 0;
};

}  // namespace parley::server
