#pragma once

#include "base/result.hpp"
#include "core/rules/permissions.hpp"
#include "server/domain/batch.hpp"
#include "server/domain/rules.hpp"
#include "server/domain/work.hpp"
#include "server/store/view.hpp"

#include <optional>
#include <utility>
#include <vector>

/// What all use cases share: the piece of work at hand, and how a change gets into a stream.
namespace parley::server {

struct WorkContext {
    Transaction& store;
    const Rules& rules;
    const Origin& origin;
    WallTime at;
    std::vector<Effect>& effects;

    AccountKey account() const { return origin.account; }
};

/// What a new state of a row consists of, besides its numbers.
struct NewState {
    Slot slot;
    protocol::ChangePayload payload;
    /// Of a message.
    std::optional<Uuid> id;
    AccountKey author;
    bool gone = false;
    /// Of a message or a reaction that is there already; neither has a slot.
    struct Placed {
        std::int64_t born = 0;
        /// When a message was committed first: what becomes of it later does not make it a message of then.
        WallTime at;
    };
    std::optional<Placed> placed = {};
};

/// Writes the row as the conversation's next change; `conversation` has the new head and is put. Emits
/// nothing.
protocol::Change write_change(WorkContext& context, ConversationRecord& conversation, NewState state);
/// The same for an account's stream, and emits it.
protocol::Change change_account(WorkContext& context, AccountKey account, NewState state);

/// A present member, and where.
struct Standing {
    ConversationRecord conversation;
    MemberRecord member;
};

/// What everybody hears of a conversation in which he is not, whether it is there or not, in the same words.
std::unexpected<Error> not_member();

/// The one way to learn whether somebody may do something in a conversation, for use cases and for reading.
Result<Standing> authorize(View& view, ConversationKey conversation, AccountKey account,
                           core::rules::Act act);

/// The conversation that a target names. Nothing for a direct conversation that is not there yet.
Result<std::optional<ConversationKey>> resolve(View& view, AccountKey account,
                                               const protocol::Target& target);
/// The same where the conversation has to be there.
Result<ConversationKey> resolve_existing(View& view, AccountKey account, const protocol::Target& target);
/// The same for what only a group has: a direct conversation refuses it whether it is there yet or not.
Result<ConversationKey> resolve_group(View& view, AccountKey account, const protocol::Target& target);

protocol::Profile profile_of(const AccountRecord& account);
/// As rows and lists tell them: absent until somebody has set them.
std::optional<protocol::Permissions> permissions_of(const ConversationRecord& conversation);
/// As rows and lists tell it: absent where the history is hidden from those who join.
std::optional<std::int64_t> history_from_of(const ConversationRecord& conversation);
/// As rows and lists tell it: absent where the group is in no slow mode.
std::optional<std::int64_t> slow_ms_of(const ConversationRecord& conversation);
/// What a list shows of the conversation to this member.
protocol::Summary summary_of(View& view, const ConversationRecord& conversation, const MemberRecord& member);

/// How many messages of the conversation the member has not read, as of the heads that the view sees.
struct Unread {
    std::int64_t unread = 0;
    std::int64_t mentions = 0;
};
Unread unread_of(View& view, const ConversationRecord& conversation, const MemberRecord& member);

/// Refuses what only grows the store where the disk is nearly full; reading and removing go on.
Status check_room(const WorkContext& context);

/// Success without a reply of its own; `seq` of the change that was made.
Answer done(const WorkContext& context, StreamId stream, std::int64_t seq);
Answer nothing_to_do(const WorkContext& context);

}  // namespace parley::server
