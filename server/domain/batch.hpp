#pragma once

#include "base/result.hpp"
#include "server/domain/work.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace parley::server {

/// The answer to one piece of work, success or refusal. Each piece of work with a session gets exactly one.
struct Replied {
    Origin origin;
    Result<Answer> answer;
};

/// A change of a conversation's stream, committed. It goes to every session that has the stream open, in
/// place of which `origin.session` gets nothing where the change is a new message (its `Replied` follows).
struct ConversationChange {
    ConversationKey conversation;
    protocol::Change change;
    Origin origin;
    /// Those who may not see it, in order: of a message that was changed those who came in after it, of what
    /// happens in a direct conversation who has blocked its author. A `Skipped` with the same number stands
    /// before the change.
    std::vector<AccountKey> unseen_by = {};
};

/// To these members nothing is told under this number of the conversation's stream but that there is one.
struct Skipped {
    ConversationKey conversation;
    std::int64_t seq = 0;
    std::vector<AccountKey> accounts;
};

/// A change of an account's stream, committed; goes to all sessions of the account.
struct AccountChange {
    AccountKey account;
    protocol::Change change;
};

/// The account's sessions have this conversation open from here on; stands right after the account change
/// `joined`. Of several who come in at once, all are opened before the first change that brings them, so that
/// each gets the own `member.changed`, which begins at `joined.from` or (where the conversation is new) at 1,
/// and those of the others.
struct Opened {
    AccountKey account;
    ConversationKey conversation;
};

/// The account's sessions get nothing more of this conversation; stands before the change that removed it for
/// the others, right after the account change `left`.
struct Closed {
    AccountKey account;
    ConversationKey conversation;
};

/// A member got further; for the other members of a small conversation.
struct ReceiptMoved {
    ConversationKey conversation;
    protocol::Receipt receipt;
    AccountKey account;
    /// Members between whom and him a block stands, in order.
    std::vector<AccountKey> unheard_by = {};
};

/// The device is signed out: its session ends, before the `Replied` of what did it. With 4004, at which it
/// erases its database; or with 4001, where only a refresh token of its was used again.
struct DeviceRevoked {
    AccountKey account;
    DeviceKey device;
    bool token_reused = false;
};

/// Acks that could not be written; for the shard that collected them, which tries again.
struct AcksReturned {
    std::uint32_t shard = 0;
    Acks acks;
};

/// An older copy of the store had been put back, and from here on it is another epoch: every session ends,
/// since what its device holds may be of the lost one, and comes back into this.
struct EpochBegun {
    std::int64_t epoch = 0;
    /// What was committed behind this position before may be on devices as something else, or lost.
    std::int64_t shared_upto = 0;
    /// How far the token had got that showed it.
    std::int64_t seen = 0;
};

/// There is something for FollowUp to do, after this commit.
struct FollowUpOwed {};

/// What became of a FollowUp.
struct FollowedUp {
    enum class Outcome : std::uint8_t {
        done,        ///< Nothing is left.
        more,        ///< There is more to do.
        failed,      ///< It could not be done, and is tried again later; meanwhile what is owed behind it.
        rest_failed  ///< What it was to skip is all that is left.
    };
    Outcome outcome = Outcome::done;
};

using Effect = std::variant<Replied, ConversationChange, Skipped, AccountChange, Opened, Closed, ReceiptMoved,
                            DeviceRevoked, AcksReturned, EpochBegun, FollowUpOwed, FollowedUp>;

/// What one transaction did, in the order in which it happened. Immutable once committed; shared by all
/// shards.
struct Batch {
    /// Commit positions that the transaction took; `last` < `first` where it took none (only refusals and
    /// repeats).
    std::int64_t first_position = 0;
    /// The store's position after it. Positions of batches grow without overlap.
    std::int64_t last_position = 0;
    std::vector<Effect> effects;
};

using SharedBatch = std::shared_ptr<const Batch>;  // held by the shards until each has walked it

}  // namespace parley::server
