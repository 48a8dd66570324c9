#pragma once

#include "base/result.hpp"
#include "server/domain/context.hpp"

#include <cstdint>
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
/// yet.
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
void tell_who_sees(WorkContext& context, ConversationKey conversation, protocol::Change change,
                   std::int64_t message);

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
