#pragma once

#include "base/result.hpp"
#include "server/domain/context.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

/// The use cases, one family a file. Each checks all that can be refused before it writes anything.
namespace parley::server {

// accounts.cpp
Result<Answer> perform(WorkContext& context, const RegisterAccount& command);
Result<Answer> perform(WorkContext& context, const AddDevice& command);
Result<Answer> perform(WorkContext& context, const UseRefreshToken& command);
Result<Answer> perform(WorkContext& context, const protocol::DeviceRevoke& command);
Result<Answer> perform(WorkContext& context, const protocol::ProfileSet& command);

/// What a device hears that is signed in no more; the code says whether it erases its database.
/// `token_reused` as in DeviceRecord.
std::unexpected<Error> signed_out(bool token_reused);
/// Refuses what comes from such a device.
Status check_present(const DeviceRecord& device);

// invites.cpp
Result<Answer> perform(WorkContext& context, const OperatorInvite& command);
Result<Answer> perform(WorkContext& context, const protocol::InviteCreate& command);
/// 24 characters, 120 random bits: a secret.
std::string new_code(WorkContext& context);

// conversations.cpp
Result<Answer> perform(WorkContext& context, const protocol::ConversationCreate& command);
Result<Answer> perform(WorkContext& context, const protocol::ConversationRename& command);
Result<Answer> perform(WorkContext& context, const protocol::ConversationPermissions& command);
Result<Answer> perform(WorkContext& context, const protocol::HistoryShare& command);
Result<Answer> perform(WorkContext& context, const protocol::SlowModeSet& command);

/// Makes the direct conversation of the account at work with `other`, who may be itself; it must not be there
/// yet. Whoever has blocked him is not told, and is not in it until something comes that he sees.
ConversationRecord found_direct(WorkContext& context, AccountKey other);

// members.cpp
Result<Answer> perform(WorkContext& context, const protocol::MemberAdd& command);
Result<Answer> perform(WorkContext& context, const protocol::MemberRemove& command);
Result<Answer> perform(WorkContext& context, const protocol::ConversationLeave& command);

/// Refuses so many more than a group may have; `field` names who they are.
Status check_members(const WorkContext& context, const ConversationRecord& conversation, std::int64_t more,
                     std::string field);
/// Begins the memberships of these, who are not in it, and tells it. Returns the conversation's head.
std::int64_t admit(WorkContext& context, ConversationRecord& conversation, std::vector<MemberRecord> members);
/// The member row's content.
protocol::MemberChanged member_changed(View& view, const MemberRecord& member, AccountKey by);

// blocks.cpp
Result<Answer> perform(WorkContext& context, const protocol::BlockSet& command);

/// Whether the one has blocked the other.
bool has_blocked(View& view, AccountKey blocker, AccountKey blocked);
/// Refuses what the account at work would add to a conversation with a person whom it has blocked.
Status check_may_add(const WorkContext& context, const ConversationRecord& conversation);
/// The same before there is a conversation with that person.
Status check_may_begin_with(WorkContext& context, AccountKey other);
/// `account.not_found`, as of somebody who is not there: he has blocked the account at work.
Status check_may_be_added(WorkContext& context, AccountKey account, const char* field);
/// Of a direct conversation: who does not see what was made at each of these places, by key.
std::vector<AccountKey> missed_by(View& view, const ConversationRecord& conversation,
                                  std::initializer_list<std::int64_t> places);
/// So many messages of this range the member of a direct conversation may not see.
std::int64_t count_unseen(View& view, const MemberRecord& member, BornRange range);
/// A direct conversation that was begun towards somebody who had blocked the other begins for him, too,
/// before its next change, where he is not in it yet.
void reveal(WorkContext& context, const ConversationRecord& conversation, AccountKey account);
/// Members who came in: between them and those who are there receipts are silent where a block stands.
void begin_silences(WorkContext& context, ConversationRecord& conversation,
                    const std::vector<AccountKey>& newcomers);
/// Who is told nothing of how far the member has got, by key; what had outlived its block ends.
std::vector<AccountKey> unheard_by(WorkContext& context, ConversationRecord& conversation,
                                   const MemberRecord& member);
/// As a member's receipt is told where nothing stands between.
protocol::Receipt receipt_of(const MemberRecord& member);
/// As it is told where something does.
protocol::Receipt receipt_of(const Silence& silence);

// links.cpp
Result<Answer> perform(WorkContext& context, const protocol::LinkCreate& command);
Result<Answer> perform(WorkContext& context, const protocol::LinkRevoke& command);
Result<Answer> perform(WorkContext& context, const protocol::LinkJoin& command);

// roles.cpp
Result<Answer> perform(WorkContext& context, const protocol::MemberRole& command);
Result<Answer> perform(WorkContext& context, const protocol::OwnershipTransfer& command);

/// Writes and tells it, with the conversation's next `seq`, which is returned.
std::int64_t give_role(WorkContext& context, ConversationRecord& conversation, MemberRecord member,
                       protocol::Role role);
/// Where no owner is left, the highest of the members becomes one; of several the longest-standing.
void pass_ownership(WorkContext& context, ConversationRecord& conversation);

// messages.cpp
Result<Answer> send_message(WorkContext& context, const protocol::MessageSend& command);
Result<Answer> perform(WorkContext& context, const protocol::MessageEdit& command);
Result<Answer> perform(WorkContext& context, const protocol::MessageDelete& command);
/// Refuses where the command that this one follows was not accepted.
Status check_follows(WorkContext& context);

/// A message as it stands before something is done to it.
struct Subject {
    Standing standing;
    protocol::Change change;
    protocol::MessageNew message;
    AccountKey sender;
};

/// Whose message a command is about: the one that it names, or the own one; nothing where there is no such
/// account.
std::optional<AccountKey> sender_meant(const WorkContext& context, const std::optional<AccountId>& named);
/// The message that a command is about, for whoever may do this to it and can see it.
Result<Subject> find_message(WorkContext& context, const protocol::Target& where, const Uuid& id,
                             std::optional<AccountKey> sender, core::rules::Act act);
/// `message.deleted`: nothing is added to what was deleted.
Status check_not_deleted(const Subject& subject);
/// Tells a change of the message at this place, or of what hangs on it; who does not see it hears the number
/// alone.
void tell_who_sees(WorkContext& context, const ConversationRecord& conversation, protocol::Change change,
                   std::int64_t message);
/// The person's devices hear counts that they could not adjust by themselves.
void tell_counts(WorkContext& context, const ConversationRecord& conversation, const MemberRecord& member);

// forwards.cpp
/// Gives the row what this message says now, where the account at work can see it now: nobody's word is taken
/// for what somebody else has said. Fails as find_message, and with `message.deleted`, field `forward`.
Status take_forwarded(WorkContext& context, const protocol::ForwardOf& forward,
                      protocol::MessageNew& message);

// reactions.cpp
Result<Answer> perform(WorkContext& context, const protocol::MessageReact& command);

// pins.cpp
Result<Answer> perform(WorkContext& context, const protocol::MessagePin& command);

// own_settings.cpp
Result<Answer> perform(WorkContext& context, const protocol::PreferencesSet& command);
Result<Answer> perform(WorkContext& context, const protocol::DraftSet& command);
/// Of what the account at work has marked as unread.
void take_mark_back(WorkContext& context, ConversationKey conversation);

// epoch.cpp
Result<Answer> perform(WorkContext& context, const TokenAhead& command);

// follow_up.cpp
/// The person's profile is to be shown by all conversations that he is in.
void owe_profile(WorkContext& context, AccountKey account);
/// Does the next slice of what is owed, and says so by one FollowedUp.
void follow_up(WorkContext& context, const FollowUp& command);

// receipts.cpp
Result<Answer> perform(WorkContext& context, const protocol::Read& command);
void take_acks(WorkContext& context, const Acks& acks);

}  // namespace parley::server
